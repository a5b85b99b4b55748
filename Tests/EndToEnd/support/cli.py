"""The program's commands, run as a user would."""

import csv
import io
import subprocess
from dataclasses import dataclass

from .environment import PROGRAMS, inherited
from .paths import BINARY
from .wire import SAFETY_NET_SECONDS


@dataclass
class Result:
    code: int
    out: str
    error: str

    def __str__(self):
        return f"exit code {self.code}\n{self.out}\n{self.error}"


class CLI:
    """Commands in a folder of their own, with nothing of this environment but how to find programs."""

    def __init__(self, folder, proxy=None, **variables):
        self.folder = folder
        self.environment = inherited(*PROGRAMS, TZ="UTC") | variables
        if proxy:
            self.environment |= {"MANAGEMENT_API_BASE_URL": proxy.base_url, "MANAGEMENT_TOKEN": proxy.management_token}

    def arguments(self, *words):
        return [str(BINARY), *map(str, words)]

    def run(self, *words, input="", variables=None, timeout=SAFETY_NET_SECONDS * 3):
        """Runs a command to its end, whatever that is."""
        done = subprocess.run(
            self.arguments(*words), cwd=self.folder, env=self.environment | (variables or {}), input=input.encode(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def ok(self, *words, **options):
        """Runs a command that must succeed; returns what it printed."""
        result = self.run(*words, **options)
        assert result.code == 0, result
        return result.out

    def spawn(self, *words, variables=None, **options):
        """Starts a command that ends with the test."""
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *self.arguments(*words)], cwd=self.folder,
            env=self.environment | (variables or {}), **options)


def rows(text):
    """What a command printed as CSV."""
    return list(csv.DictReader(io.StringIO(text)))
