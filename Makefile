# What a developer does here. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

SCRATCH ?= .build
TREE ?= build
PREFIX ?= /usr/local
SANITIZER ?= thread
# Exclusive access to memory is proved by the compiler or checked in the debug build; checking it again at run
# time, in every dependency, costs a proxied request about 5 %.
SWIFT_FLAGS = -c release --scratch-path $(SCRATCH) -Xswiftc -enforce-exclusivity=unchecked
SWIFT_BUILD = nice swift build $(SWIFT_FLAGS)
SWIFT_FORMAT = swift format lint --strict --parallel --recursive
PYTEST = .build/venv/bin/pytest -c Tests/EndToEnd/pytest.ini --rootdir Tests

.PHONY: help setup build run test instructions unit plugin-tests end-to-end check lint layers install bench-compare pictures sanitize clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing: Debian packages, Python environment of the tests
	@deploy/setup.sh

build: ## Build the relocatable tree: build/{bin,lib,plugins,web,include}
	$(SWIFT_BUILD)
	@deploy/stage.sh $(SCRATCH)/release $(TREE)

run: setup build ## Serve on http://localhost:8080, with the mock provider unless OPENAI_API_KEY is set (PORT=…)
	@deploy/run-demo.sh $(TREE)

test: setup build instructions unit plugin-tests end-to-end ## Run every test

# Before the unit tests, whose build opens internals and so counts otherwise.
instructions: build ## Count the instructions of the codec's hot functions (limits in Tests/Benchmark/instructions.txt)
	@Tests/Benchmark/instructions.sh

unit: ## Run the unit tests of the Swift modules
	LLM_PROXY_TESTING=1 $(SWIFT_BUILD) --build-tests
	LLM_PROXY_TESTING=1 swift test $(SWIFT_FLAGS) --skip-build --disable-xctest 2>&1 \
	  | tee .build/unit.log

plugin-tests: ## Run the unit tests of the C plugins
	@Tests/PluginTests/run.sh 2>&1 | tee .build/plugin-tests.log

end-to-end: ## Run the black-box tests against build/ (ARGS=… goes to pytest)
	$(PYTEST) Tests/LayerTests Tests/EndToEnd $(ARGS) 2>&1 | tee .build/end-to-end.log

check: lint test ## Everything that a commit must pass

lint: ## Check the format of the sources, the layers and the length of files
	$(SWIFT_FORMAT) Package.swift $(wildcard Sources Plugins adapters Tests docs/examples)
	$(PYTEST) Tests/LayerTests

install: build ## Install below PREFIX (default /usr/local; DESTDIR is honoured)
	install -d $(DESTDIR)$(PREFIX)/{bin,include,lib/llm-proxy}
	cp -a $(TREE)/. $(DESTDIR)$(PREFIX)/lib/llm-proxy/
	ln -sfn ../lib/llm-proxy/bin/llm-proxy $(DESTDIR)$(PREFIX)/bin/llm-proxy
	ln -sfn ../lib/llm-proxy/include/llm_proxy_plugin.h $(DESTDIR)$(PREFIX)/include/llm_proxy_plugin.h

bench-compare: build ## Compare with nginx, haproxy and caddy; writes docs/performance.md
	Tests/Benchmark/compare.sh

pictures: ## Take the pictures of the admin UI in docs/images
	.build/venv/bin/python docs/images/take.py

sanitize: setup ## Run the black-box tests on an instrumented build (SANITIZER=thread or address)
	Tests/EndToEnd/sanitize.sh $(SANITIZER) $(ARGS)

clean: ## Remove everything that was built
	rm -rf $(TREE) .build .build-thread .build-address
