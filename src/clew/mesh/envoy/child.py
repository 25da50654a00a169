"""Child processes: how they die with their parent, and their end in words."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence

# A launcher instead of preexec_fn: no Python code runs in a fork of a process full of threads.
# The death signal survives execv; the parent may have died before it was set, hence the check.
_LAUNCHER = """\
import ctypes, os, resource, signal, sys
ctypes.CDLL(None).prctl(1, int(signal.SIGKILL), 0, 0, 0)
if os.getppid() != int(sys.argv[1]):
    os._exit(1)
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
try:
    os.execvp(sys.argv[2], sys.argv[2:])
except OSError as error:
    sys.exit(f"{sys.argv[2]}: {error.strerror}")
"""


def as_child(command: Sequence[str]) -> list[str]:
    """``command``, started so that the kernel kills it when this process is gone.

    Must be spawned from the main thread: the kernel watches the thread that forked, not its process
    (PR_SET_PDEATHSIG, prctl(2)). It may open as many files as the system allows: the usual 1024 are
    500 requests for a proxy. Systems without prctl get the command as it is.
    """
    assert threading.current_thread() is threading.main_thread()
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), *command]


def describe_end(status: int) -> str:
    """``it was killed by SIGKILL`` or ``it exited with status 1``."""
    if status < 0:
        return f"it was killed by {signal.Signals(-status).name}"
    return f"it exited with status {status}"
