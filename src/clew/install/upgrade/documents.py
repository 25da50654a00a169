"""The documents of a manifest: their text, and their objects with the lines on which they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard

import yaml

from clew.errors import ClewError

_MARK = re.compile(r"^---(?=\s|$)[^\S\n]*\n?", re.MULTILINE)


class UpgradeError(ClewError):
    """A file that holds no Kubernetes objects."""


class Located(dict[Any, Any]):
    """A mapping that knows where it began; ``line`` counts from 1, and 0 is nowhere."""

    line = 0


@dataclass(frozen=True, slots=True)
class Document:
    """What stands between two ``---``."""

    text: str
    root: Located | None
    """None for one of comments alone."""

    @property
    def preface(self) -> str:
        """The comments before the object."""
        return "".join(re.findall(r"\A(?:[^\S\n]*(?:#.*)?\n)*", self.text))

    def objects(self) -> Iterator[Located]:
        """The object itself, or the items of a List."""
        if self.root is not None and self.root["kind"] == "List":
            yield from (each for each in self.root.get("items") or () if _is_object(each))
        elif self.root is not None:
            yield self.root


def read(text: str, source: str) -> list[Document]:
    """Raises UpgradeError, with the line."""
    found: list[Document] = []
    begin = 0
    for mark in [*_MARK.finditer(text), None]:
        piece = text[begin : mark.start() if mark else len(text)]
        if piece.strip():
            root = _object(piece, text.count("\n", 0, begin), source)
            found.append(Document(piece, root))
        begin = mark.end() if mark else begin
    if not any(each.root is not None for each in found):
        raise UpgradeError(f"{source}: there is no Kubernetes object in it")
    return found


def _object(text: str, above: int, source: str) -> Located | None:
    """``above``: how many lines are before it."""
    try:
        # blank lines in place of what is before, so that marks and messages have the file's lines
        root = yaml.load("\n" * above + text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else above + 1
        raise UpgradeError(f"{source}:{line}: this is not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise UpgradeError(f"{source}: this is not YAML: {error}") from error
    if root is None:
        return None
    if not _is_object(root):
        raise UpgradeError(
            f"{source}:{above + 1}: this is no Kubernetes object",
            "each document has apiVersion and kind",
        )
    return root


def _is_object(value: object) -> TypeGuard[Located]:
    return isinstance(value, Located) and isinstance(value.get("kind"), str)


class _Loader(yaml.SafeLoader):
    """Mappings are Located."""

    def located(self, node: yaml.MappingNode) -> Iterator[Located]:
        made = Located()
        made.line = node.start_mark.line + 1
        # filled later, as YAML's own are: an object may be named within itself
        yield made
        made.update(self.construct_mapping(node))


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.located)
