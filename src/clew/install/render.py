"""From options to the text of manifests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clew.install.check import check
from clew.install.demo import demo
from clew.install.mesh import mesh
from clew.install.objects import Object
from clew.install.options import Options
from clew.install.traces import traces
from clew.install.written import written

PARTS: Mapping[str, Callable[[Options], list[Object]]] = {
    "traces": traces,
    "mesh": mesh,
    "demo": demo,
}
"""In the order of the blog post."""
ASIDE: Mapping[str, Callable[[Options], list[Object]]] = {"check": check}
"""No part of ``all``."""


def render(part: str, options: Options) -> str:
    """A part, or ``all``. Raises InstallError."""
    options.check()
    names = list(PARTS) if part == "all" else [part]
    objects = [each for name in names for each in {**PARTS, **ASIDE}[name](options)]
    if options.namespace != "default":
        objects.insert(0, _namespace(options.namespace))
    return "---\n".join([f"# clew install {part}\n", *map(written, objects)])


def _namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
