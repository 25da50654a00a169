"""The steps by which a name came to one client, out of a delegation tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Node = Mapping[str, Any]
"""Of the document that ``/delegator.json`` answers."""


def resolution(tree: Node, client: str) -> tuple[str, ...]:
    """A line for each step, the name and what led to it; none when the client is not there."""
    return _steps(tree, _dentry(tree), client) or ()


def first_client(tree: Node) -> str:
    """The id that the name is bound to first; empty when it leads nowhere."""
    if tree["type"] == "leaf":
        return str(tree["bound"]["id"])
    return next(filter(None, map(first_client, _below(tree))), "")


def _steps(node: Node, led_by: str, client: str) -> tuple[str, ...] | None:
    line = f"{node['path']} ({led_by})" if led_by else str(node["path"])
    if node["type"] == "leaf":
        return (line,) if node["bound"]["id"] == client else None
    for below in _below(node):
        by = str(node["name"]) if node["type"] == "transformation" else _dentry(below)
        if (rest := _steps(below, by, client)) is not None:
            return (line, *rest)
    return None


def _below(node: Node) -> Iterator[Node]:
    match node["type"]:
        case "delegate":
            yield node["delegate"]
        case "alt":
            yield from node["alt"]
        case "union":
            yield from (branch["tree"] for branch in node["union"])
        case "transformation":
            yield node["tree"]


def _dentry(node: Node) -> str:
    """The rule that led to it; what is transformed has it at its end."""
    if node["type"] == "transformation":
        return _dentry(node["tree"])
    dentry = node.get("dentry")
    return f"{dentry['prefix']}=>{dentry['dst']}" if dentry else ""
