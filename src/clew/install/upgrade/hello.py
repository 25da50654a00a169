"""The sample app's command in manifests for clusters whose node names do not resolve."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

_SCRIPT = re.compile(r"\s*http_proxy=(?:`hostIP\.sh`|\$\(hostIP\.sh\)):(\d+)\s+helloworld\b(.*)")


@dataclass(frozen=True, slots=True)
class Line:
    """What the shell was to run, by way of the mesh of the node."""

    port: str
    """Of the mesh."""
    flags: list[str]


def of_script(command: Sequence[str]) -> Line | None:
    """None for any other command."""
    match list(command):
        case ["/bin/sh" | "sh", "-c", str(script)] if found := _SCRIPT.fullmatch(script):
            return Line(found[1], shlex.split(found[2]))
    return None
