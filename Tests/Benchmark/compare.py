"""Measures llm-proxy beside nginx, haproxy and caddy. Called by compare.sh, which prepares all it needs."""
import argparse
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import report
from servers import CHAT, Field

HERE = pathlib.Path(__file__).resolve().parent
SECTIONS = ["unary", "latency", "sse", "held", "stage", "cores"]
PROXIES = ["nginx", "haproxy", "caddy", "forward-only", "governed"]
NOOPS = 32


class Benchmark:
    def __init__(self, options):
        self.options = options
        cores = [str(core) for core in sorted(os.sched_getaffinity(0))]
        if len(cores) < 2:
            raise SystemExit("benchmark: two cores are needed, one for the proxy and one for its load")
        self.cores, self.proxy_cores, self.load_core = cores, cores[:2], cores[1]
        # With four cores or more, load and proxy share no core even when the proxy has two.
        self.spare_cores = ",".join(cores[2:] if len(cores) >= 4 else cores)
        self.results = {}

    def field(self, load_cores=None):
        return Field(self.options.scratch, self.options.tree, self.proxy_cores, load_cores or self.load_core)

    def record(self, figure, proxy, value):
        self.results.setdefault(figure, {}).setdefault(proxy, []).append(value)

    def wrk(self, server, connections, cores=None, threads=1):
        answer = subprocess.run(
            ["taskset", "-c", cores or self.load_core, "wrk", f"-t{threads}", f"-c{connections}",
             f"-d{self.options.duration}s", "-s", str(HERE / "request.lua"), f"http://127.0.0.1:{server.port}{CHAT}"],
            capture_output=True, text=True, env={**os.environ, "BENCH_TOKEN": server.token}, check=False).stdout
        found = re.search(r"^JSON (.*)$", answer, re.M)
        if not found:
            raise SystemExit(f"benchmark: wrk failed against {server.name}:\n{answer}")
        measured = json.loads(found[1])
        if measured["errors"] or not measured["requests"]:
            raise SystemExit(f"benchmark: {server.name} failed {measured['errors']} of {measured['requests']} requests")
        return measured

    def loaded(self, server, connections=64, **how):
        """wrk, with the CPU that the server used meanwhile."""
        before = server.cpu()
        measured = self.wrk(server, connections, **how)
        return measured | {"cpu": server.cpu() - before}

    def rounds(self, label, servers, measure):
        duration, self.options.duration = self.options.duration, 1
        for server in servers:  # a second each, not recorded: pages and caches are warm then
            measure(server)
        self.options.duration = duration
        for number in range(self.options.rounds):
            say(f"{label}: round {number + 1} of {self.options.rounds}")
            # Another order in every round, so that nobody always comes after the same one.
            turn = number % len(servers)
            for server in servers[turn:] + servers[:turn]:
                for figure, value in measure(server).items():
                    self.record(figure, server.name, value)

    def unary(self):
        with self.field() as field:
            origin = field.origin()
            servers = [field.proxy(name, origin.port) for name in PROXIES]
            time.sleep(1)
            for server in servers:
                self.record("idle_mib", server.name, server.memory())

            def measure(server):
                m = self.loaded(server)
                return {"unary_cpu_us": m["cpu"] * 1e6 / m["requests"], "unary_rps": m["requests"] / m["seconds"]}
            self.rounds("unary, 64 connections", servers, measure)

    def latency(self):
        with self.field() as field:
            origin = field.origin()
            servers = [origin] + [field.proxy(name, origin.port) for name in PROXIES]
            for connections in (1, 16):
                def measure(server):
                    m = self.wrk(server, connections)
                    return {f"p50_us_{connections}": m["p50_us"], f"p99_us_{connections}": m["p99_us"]}
                self.rounds(f"latency, {connections} connection(s)", servers, measure)

    def stream(self, server, streams, target, seconds):
        client = subprocess.run(
            ["taskset", "-c", self.load_core, self.options.scratch + "/stream_client", str(server.port), CHAT + target,
             server.token, str(streams), str(seconds)], capture_output=True, text=True, check=False)
        measured = json.loads(client.stdout or "{}")
        if client.returncode or measured["failed"] or not measured["events"]:
            raise SystemExit(f"benchmark: streams through {server.name} failed: {client.stdout}{client.stderr}")
        return measured

    def sse(self):
        with self.field() as field:
            origin = field.stream_origin()
            servers = [field.proxy(name, origin.port) for name in PROXIES]
            for figure, target in (("sse", "?n=500&interval_us=5000"), ("flood", "?n=500&interval_us=0")):
                def measure(server):
                    before = server.cpu()
                    m = self.stream(server, 64, target, self.options.duration)
                    return {f"{figure}_cpu_us": (server.cpu() - before) * 1e6 / m["events"],
                            f"{figure}_eps": m["events"] / m["seconds"], f"{figure}_first_us": m["first_p50_us"],
                            f"{figure}_per_read": m["events"] / m["reads"]}
                self.rounds("SSE, 64 streams, " + ("200 events/s each" if figure == "sse" else "flat out"), servers,
                            measure)

    def held(self):
        """New processes each time: memory that an earlier round left behind is not counted."""
        count = self.options.held
        for number in range(min(self.options.rounds, 3)):
            say(f"{count} held streams: round {number + 1}")
            for name in PROXIES:
                with self.field() as field:
                    origin = field.stream_origin()
                    server = field.proxy(name, origin.port)
                    client = subprocess.Popen(
                        ["taskset", "-c", self.load_core, self.options.scratch + "/stream_client", str(server.port),
                         CHAT + "?hold=1", server.token, str(count), "hold"],
                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                    try:
                        m = json.loads(client.stdout.readline())
                        time.sleep(1)
                        self.record("held_mib", name, server.memory())
                        self.record("held_first", name, m["first"])
                        self.record("held_seconds", name, m["seconds"])
                    finally:
                        client.stdin.close()
                        client.wait()

    def stage(self):
        with self.field() as field:
            origin = field.origin()
            plain = field.proxy("forward-only", origin.port)
            staged = field.proxy("forward-only", origin.port, stages=NOOPS)
            plain.name, staged.name = "without", "with"

            def measure(server):
                m = self.loaded(server)
                return {"stage_cpu_us": m["cpu"] * 1e6 / m["requests"]}
            self.rounds(f"{NOOPS} empty stages", [plain, staged], measure)
            cost = self.results["stage_cpu_us"]
            for dear, cheap in zip(cost["with"], cost["without"]):
                self.record("stage_ns_by_cpu", "governed", (dear - cheap) * 1e3 / (NOOPS * 4))
            page = staged.ask("GET", "/metrics")

            def total(name):
                return sum(float(value) for value in re.findall(rf'^{name}{{[^}}]*noop[^}}]*}} (\S+)$', page, re.M))
            self.record("stage_ns_by_clock", "governed", total("llm_proxy_hook_seconds_total") * 1e9
                        / max(1.0, total("llm_proxy_hook_calls_total")))

    def cores_(self):
        with self.field(self.spare_cores) as field:
            origin = field.origin(workers=2)
            servers = []
            for name in ("nginx", "governed"):
                for workers in (1, 2):
                    servers.append(field.proxy(name, origin.port, workers=workers))
                    servers[-1].name = f"{name}-{workers}"

            def measure(server):
                m = self.loaded(server, cores=self.spare_cores, threads=2)
                return {"cores_rps": m["requests"] / m["seconds"], "cores_used": m["cpu"] / m["seconds"],
                        "cores_per_cpu_second": m["requests"] / m["cpu"]}
            self.rounds("two cores", servers, measure)

    def run(self):
        for section in self.options.only:
            getattr(self, "cores_" if section == "cores" else section)()


def say(text):
    print(f"  {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(prog="compare.sh", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round of each: does it work?")
    parser.add_argument("--only", default=",".join(SECTIONS), help="comma-separated: " + ", ".join(SECTIONS))
    parser.add_argument("--output", help="Markdown file; docs/performance.md for a complete run")
    parser.add_argument("--scratch", help=argparse.SUPPRESS)
    parser.add_argument("--tree", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.rounds = 1 if options.quick else int(os.environ.get("ROUNDS", "5"))
    options.duration = 1 if options.quick else int(os.environ.get("DURATION", "5"))
    options.held = int(os.environ.get("HELD", "5000"))
    options.only = options.only.split(",")
    if unknown := [name for name in options.only if name not in SECTIONS]:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    for stop in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, lambda *_: sys.exit(1))
    program = pathlib.Path(options.tree, "bin/llm-proxy")
    began = program.stat().st_mtime
    benchmark = Benchmark(options)
    facts = report.facts(options, benchmark.cores)
    benchmark.run()
    if program.stat().st_mtime != began:
        say("the program was replaced meanwhile: figures are of more than one build")
    facts["load_after"] = os.getloadavg()[0]
    raw = pathlib.Path(options.scratch, "rounds.json")
    raw.write_text(json.dumps({"facts": facts, "rounds": benchmark.results}, indent=1))
    text = report.markdown(facts, benchmark.results)
    print(report.terminal(benchmark.results, options.held, len(benchmark.cores)))
    complete = not options.quick and options.only == SECTIONS
    output = options.output or (str(HERE.parents[1] / "docs/performance.md") if complete else None)
    if output:
        pathlib.Path(output).write_text(text)
        print(f"report: {output}")
    else:
        print("no report written: that takes a complete run, or --output FILE")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
