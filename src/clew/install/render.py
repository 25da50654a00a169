"""From options to the text of manifests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import yaml

from clew.install.check import check
from clew.install.demo import demo
from clew.install.mesh import mesh
from clew.install.objects import Object
from clew.install.options import Options
from clew.install.traces import traces

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
    documents = (yaml.dump(each, Dumper=_Dumper, sort_keys=False, width=1000) for each in objects)
    return "---\n".join([f"# clew install {part}\n", *documents])


def _namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


class _Dumper(yaml.SafeDumper):
    """Texts of several lines stay readable, and nothing is written as a reference."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
