"""What is in deploy/: the image's scripts run on the built tree, and the files for others are what they claim."""

import os
import re
import subprocess

import pytest
import yaml
from support.chart import chart
from support.client import call
from support.environment import inherited
from support.paths import BINARY, HEADER_FOLDER, REPOSITORY, EXAMPLES
from support.proxy import eventually
from support.wire import Closed, free_port

DEPLOY = REPOSITORY / "deploy"
CHART = DEPLOY / "helm" / "llm-proxy"
REFERENCE = (REPOSITORY / "docs" / "configuration.md").read_text()


# The image

@pytest.fixture
def container(tmp_path):
    """The image's tree and volumes, and a way to run its entry point with nothing else in the environment."""
    tree = tmp_path / "opt" / "llm-proxy"
    tree.mkdir(parents=True)
    for name in ("bin", "lib", "plugins", "web"):
        (tree / name).symlink_to(BINARY.parent.parent / name)
    (tree / "image").mkdir()
    for name in ("entrypoint.sh", "healthcheck.sh"):
        (tree / "image" / name).write_bytes((DEPLOY / "image" / name).read_bytes())
        (tree / "image" / name).chmod(0o755)
    for name in ("data", "plugins", "config", "run"):
        (tmp_path / name).mkdir(mode=0o700)
    environment = {
        **inherited("PATH"), "MANAGEMENT_TOKEN": "m", "LISTEN_ADDR": f":{free_port()}",
        "DATABASE_PATH": str(tmp_path / "data" / "llm-proxy.db"), "AUDIT_LOG_FILE": str(tmp_path / "data" / "audit.log"),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"), "LLM_PROXY_USER_PLUGINS": str(tmp_path / "plugins"),
        "LLM_PROXY_CONFIG_FOLDER": str(tmp_path / "config")}
    running = []

    def run(*command, **more):
        process = subprocess.Popen([tree / "image" / "entrypoint.sh", *command], env=environment | more,
                                   cwd=tmp_path / "data", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        running.append(process)
        return process

    def is_healthy():
        return subprocess.run([tree / "image" / "healthcheck.sh"], env=environment, capture_output=True).returncode == 0

    run.is_healthy, run.folder, run.port = is_healthy, tmp_path, int(environment["LISTEN_ADDR"][1:])
    yield run
    for process in running:
        process.kill()
        process.wait()


def test_the_entry_point_serves_with_plugins_and_configuration_of_the_volumes(container):
    subprocess.run(["cc", "-shared", "-fPIC", "-I", HEADER_FOLDER, "-o", container.folder / "plugins" / "deny.so",
                    EXAMPLES / "c" / "deny.c"], check=True)
    (container.folder / "config" / "llm-proxy.yaml").write_text(yaml.safe_dump({
        "pipeline": [{"use": name} for name in ("core.cors", "core.auth", "org.example.deny/deny", "core.forward")],
        "apis": {"openai": {"adapter": "mock", "base_url": "http://mock.invalid",
                            "allowed_endpoints": ["/v1/chat/completions"], "allowed_methods": ["POST"]}}}))
    assert not container.is_healthy()
    process = container("server")
    eventually(lambda: container.is_healthy() or process.poll() is not None, "the health check to pass")
    assert process.poll() is None, process.stdout.read()
    bearer = {"Authorization": "Bearer m"}
    project = call(container.port, "POST", "/manage/projects", bearer, {"name": "p", "api_key": "k"}).json()
    token = call(container.port, "POST", "/manage/tokens", bearer, {"project_id": project["id"], "duration_hours": 1}).json()
    body = {"model": "gpt-3.5-turbo", "messages": []}
    assert call(container.port, "POST", "/v1/chat/completions", None, body, token["token"]).code == "model_not_allowed"
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
    assert call(container.port, "POST", "/v1/chat/completions", None, body, token["token"]).status == 200
    process.terminate()
    assert process.wait(60) == 0
    assert not container.is_healthy()
    assert not list((BINARY.parent.parent / "plugins").glob("deny*")), "the image's own folder stays as it is"


def test_the_entry_point_passes_other_commands_on(container):
    process = container("--version")
    assert process.communicate()[0].startswith("llm-proxy ") and process.returncode == 0


def test_the_dockerfile_uses_the_scripts_and_drops_its_rights():
    text = (DEPLOY / "Dockerfile").read_text()
    for script in re.findall(r"deploy/image/\S+\.sh", text):
        assert os.access(REPOSITORY / script, os.X_OK), script
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE) and "HEALTHCHECK" in text
    assert 'VOLUME ["/data", "/plugins", "/config"]' in text
    for variable in re.findall(r"^\s*(?:ENV )?([A-Z_]+)=", text, re.MULTILINE):
        assert variable == "XDG_RUNTIME_DIR" or f"| `{variable}`" in REFERENCE, variable


def test_the_compose_file_is_confined_and_uses_known_variables():
    service = yaml.safe_load((DEPLOY / "docker-compose.yml").read_text())["services"]["llm-proxy"]
    assert service["read_only"] and service["cap_drop"] == ["ALL"]
    assert any(mount.startswith("/run/llm-proxy:exec") for mount in service["tmpfs"]), "plugins are loaded from there"
    for variable in service["environment"]:
        assert f"| `{variable}`" in REFERENCE, variable


# systemd

def test_the_unit_is_one_that_systemd_accepts_and_rates_as_confined(tmp_path):
    unit = tmp_path / "llm-proxy.service"
    unit.write_text((DEPLOY / "llm-proxy.service").read_text().replace("/usr/local/bin/llm-proxy", str(BINARY)))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
    assert done.returncode == 0 and "llm-proxy.service" not in done.stderr, done.stderr
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", unit], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-300:]


# Helm

def test_the_chart_makes_a_confined_pod_of_what_it_is_told():
    plain = chart(CHART)
    assert set(plain) == {"StatefulSet", "Service"}
    pod = plain["StatefulSet"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"]
    assert container["image"] == "llm-proxy:latest"
    assert container["envFrom"] == [{"secretRef": {"name": "llm-proxy"}}]
    assert [volume["name"] for volume in pod["volumes"]] == ["runtime"]
    assert plain["StatefulSet"]["spec"]["replicas"] == 1

    configuration = "pipeline:\n  - { use: core.auth }\n\napis: {}\n"
    full = chart(CHART, config=configuration, pluginsClaim="mine", env={"LOG_LEVEL": "debug", "LLM_PROXY_MOCK": True})
    assert full["ConfigMap"]["data"]["llm-proxy.yaml"].rstrip("\n") == configuration.rstrip("\n")
    pod = full["StatefulSet"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    claims = {claim["metadata"]["name"] for claim in full["StatefulSet"]["spec"]["volumeClaimTemplates"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]} | claims
    assert {"name": "LLM_PROXY_MOCK", "value": "True"} in container["env"]
    assert full["Service"]["spec"]["selector"] == full["StatefulSet"]["spec"]["selector"]["matchLabels"]
    for variable in container["env"]:
        assert f"| `{variable['name']}`" in REFERENCE, variable


def test_every_value_of_the_chart_is_used():
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    templates = "".join(file.read_text() for file in (CHART / "templates").glob("*"))
    for name in values:
        assert f".Values.{name}" in templates, name
    assert yaml.safe_load((CHART / "Chart.yaml").read_text())["name"] == CHART.name
