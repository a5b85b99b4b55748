"""A command on a terminal of its own, as a user would type at it."""

import pexpect

from .wire import SAFETY_NET_SECONDS


def on_terminal(cli, *words, variables=None, columns=120):
    """Starts a command of `cli` on a pseudo-terminal."""
    path, *arguments = cli.arguments(*words)
    environment = cli.environment | {"TERM": "xterm"} | (variables or {})
    return pexpect.spawn(
        path, arguments, env=environment, cwd=str(cli.folder), encoding="utf-8", timeout=SAFETY_NET_SECONDS,
        dimensions=(40, columns))


def ended(terminal):
    """Waits for the end; returns the exit code, or minus the signal."""
    terminal.expect(pexpect.EOF)
    terminal.close()
    return terminal.exitstatus if terminal.signalstatus is None else -terminal.signalstatus
