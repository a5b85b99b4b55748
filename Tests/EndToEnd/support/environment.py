"""What the processes of the tests get to see of this one's environment."""

import os

SANITIZERS = ("TSAN_OPTIONS", "ASAN_OPTIONS")
PROGRAMS = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")


def inherited(*names, **variables):
    """The variables `names`, where they are set, what sanitizers of an instrumented build read, and `variables`."""
    return {name: os.environ[name] for name in (*names, *SANITIZERS) if name in os.environ} | variables
