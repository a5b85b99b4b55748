"""The shipped binary as a process: its own folder, configuration, log and life."""

import os
import re
import signal
import subprocess
import time
import uuid
from pathlib import Path

import yaml

from . import settings
from .client import Client, call
from .management import Management
from .paths import BINARY
from .wire import SAFETY_NET_SECONDS, Closed, free_port


def eventually(condition, what, seconds=SAFETY_NET_SECONDS):
    """Waits for a state that no event announces; returns the first true value of `condition`."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.02)
    return value


class Proxy:
    """One server process. `configuration` is a document, or YAML text to be written as it is."""

    def __init__(self, folder, configuration, environment=None, arguments=(), prefix=()):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.configuration_file = self.folder / "llm-proxy.yaml"
        self.configure(configuration)
        self.port = free_port()
        self.management_token = "mgmt-" + uuid.uuid4().hex
        self.environment = settings.environment(self.folder, self.port, self.management_token) | (environment or {})
        self.arguments, self.prefix = list(arguments), list(prefix)
        self.log_file = self.folder / "output.log"
        self.process = None
        self.tls = None

    def __enter__(self):
        return self if self.process else self.start()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.kill()

    # Life

    def configure(self, configuration):
        text = configuration if isinstance(configuration, str) else yaml.safe_dump(configuration, sort_keys=False)
        self.configuration_file.write_text(text)

    def spawn(self):
        """Starts the process and does not wait for it."""
        assert BINARY.exists(), f"{BINARY} is missing: run `make build`"
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                # The process ends with the tests, however they end.
                ["setpriv", "--pdeathsig", "KILL", "--", *self.prefix, str(BINARY), "server", *self.arguments],
                cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, env=self.environment, start_new_session=True)
        return self

    def start(self):
        """Starts the process and returns when it serves."""
        self.spawn()
        eventually(self._is_serving, f"the proxy to serve; it said: {self.log()[-2000:]}")
        return self

    def _is_serving(self):
        code = self.process.poll()
        assert code is None, f"the proxy exited with {code}: {self.log()[-2000:]}"
        try:
            return call(self.port, "GET", "/live", tls=self.tls).status == 200
        except (OSError, Closed):
            return False

    def refusal(self):
        """Starts a process that must not serve; returns its exit code and what it said."""
        self.spawn()
        code = self.process.wait(SAFETY_NET_SECONDS)
        return code, self.log()

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        return self.process.wait(SAFETY_NET_SECONDS)

    def stop(self):
        """SIGTERM; returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        """SIGKILL: nothing is flushed."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    # Looking at it

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def resident_bytes(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def metrics(self):
        """The samples of /metrics by name and labels as written."""
        answer = self.call("GET", "/metrics")
        lines = [line for line in answer.body.decode().splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    def metric(self, name):
        """The sum of all samples of a metric."""
        return sum(value for key, value in self.metrics().items() if key.split("{")[0] == name)

    # Talking to it

    @property
    def base_url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def management(self):
        return Management(self)

    def client(self, **options):
        return Client(self.port, **options)

    def call(self, method, path, headers=None, body=None, token=None):
        return call(self.port, method, path, headers, body, token, tls=self.tls)

    def chat(self, token, **changes):
        """One unary chat completion."""
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]} | changes
        return self.call("POST", "/v1/chat/completions", body=body, token=token)
