"""Finds the linker files in what a user calls one: the file itself, or ConfigMaps of a manifest."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from clew.errors import ClewError

# not by parsing: a file with a mistake in it must be found too
_HAS_ROUTERS = re.compile(r"""^\s*(["']?)routers\1\s*:""", re.MULTILINE)


class NoLinkerFile(ClewError):
    """A manifest without a linker file."""

    def __init__(self, source: str) -> None:
        super().__init__(
            f"{source}: no ConfigMap in it holds a Linkerd file",
            hint="an entry of `data` that has `routers:` is one",
        )


def linker_texts(text: str, source: str) -> list[str]:
    """The linker files in ``text``, each with its lines where they are in it.

    Raises NoLinkerFile for a Kubernetes manifest that has none.
    """
    try:
        documents = list(yaml.compose_all(text, yaml.SafeLoader))
    except yaml.YAMLError:
        return [text]  # whoever reads it says what is wrong
    objects = [found for node in documents for found in _kubernetes_objects(node)]
    if not objects:
        return [text]
    texts = [found for each in objects for found in _linker_entries(each)]
    if not texts:
        raise NoLinkerFile(source)
    return texts


def _kubernetes_objects(node: yaml.Node) -> Iterator[yaml.Node]:
    """The object itself, or the items of a List."""
    if _field(node, "apiVersion") is None or _field(node, "kind") is None:
        return
    items = _field(node, "items")
    if isinstance(items, yaml.SequenceNode):
        for item in items.value:
            yield from _kubernetes_objects(item)
    else:
        yield node


def _linker_entries(node: yaml.Node) -> Iterator[str]:
    kind, data = _field(node, "kind"), _field(node, "data")
    if kind is None or kind.value != "ConfigMap" or not isinstance(data, yaml.MappingNode):
        return
    for _, entry in data.value:
        if isinstance(entry, yaml.ScalarNode) and _HAS_ROUTERS.search(entry.value):
            # a block begins on the line after its mark
            above = entry.start_mark.line + (entry.style in ("|", ">"))
            yield "\n" * above + entry.value


def _field(node: yaml.Node, name: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == name:
                found: yaml.Node = value
                return found
    return None
