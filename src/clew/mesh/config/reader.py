"""Nodes become structs. Goes on after a problem, so that all of a file's are told at once."""

from __future__ import annotations

import typing
from collections.abc import Container, Iterator, Sequence
from typing import Any, Final

import msgspec
import yaml

from clew.mesh.config.document import line_in, line_of
from clew.mesh.config.problems import Problem, nearest
from clew.mesh.config.section import (
    AtLeastOneItem,
    DefaultKind,
    NotYet,
    OneOrMany,
    OrWord,
    Rule,
    Section,
)
from clew.mesh.config.shape import Shape
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.matcher import PathMatcher
from clew.mesh.naming.path import ParseError, Path

INVALID: Final = object()
"""In place of a value that could not be read; the problem has been noted."""

_WORDS = {int: "a whole number", float: "a number", bool: "true or false"}


class Reader:
    """Reads the nodes of one file."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: dict[int, dict[str, int]] = {}
        self._sections: list[Section] = []  # keeps the ids above from being given again
        self.problems: list[Problem] = []

    def read(self, node: yaml.Node, hint: Any, at: str) -> Any:
        """The value of the type ``hint``, or INVALID. ``at`` names the place in the file."""
        shape = Shape.of(hint)
        if shape.extra(OrWord):
            plain, *worded = shape.type
            return self._section_or_word(node, plain, worded, at)
        if isinstance(shape.type, tuple):
            return self._kind(node, shape.type, shape, at)
        if typing.get_origin(shape.type) is tuple:
            return self._items(node, typing.get_args(shape.type)[0], shape, at)
        if typing.get_origin(shape.type) is dict:
            return self._entries(node, typing.get_args(shape.type)[1], at)
        if not issubclass(shape.type, Section):
            return self._value(node, shape, at)
        if shape.type.__struct_config__.tag_field is not None:
            return self._kind(node, (shape.type,), shape, at)
        return self._section(node, shape.type, at)

    def _kind(self, node: yaml.Node, classes: tuple[Any, ...], shape: Shape, at: str) -> Any:
        tag_field = classes[0].__struct_config__.tag_field
        known = {cls.__struct_config__.tag: cls for cls in classes}
        if not isinstance(node, yaml.MappingNode):
            what = f"{at}: {_show(node)} is not a mapping"
            return self._note(node, what, _as_kind(node, tag_field, known))
        not_yet = shape.extra(NotYet) or NotYet({})
        default = shape.extra(DefaultKind)
        kind_node = next((v for k, v in node.value if k.value == tag_field), None)
        if kind_node is None and default is None:
            one_of = "one of: " + ", ".join(sorted(known))
            return self._note(node, f"{at} needs '{tag_field}'", one_of)
        kind = default.kind if kind_node is None else str(kind_node.value)
        if kind in known:
            return self._section(node, known[kind], at)
        if kind in not_yet.instead:
            sentence = f"{kind} is not available in this version of clew; {not_yet.instead[kind]}"
            return self._note(kind_node or node, f"{at}: {sentence}")
        hint = nearest(kind, {*known, *not_yet.instead})
        return self._note(kind_node or node, f"{at}: unknown {tag_field} '{kind}'", hint)

    def _section_or_word(
        self, node: yaml.Node, plain: type[Section], worded: Sequence[type[Section]], at: str
    ) -> Any:
        by_word = {str(each.__struct_config__.tag): each for each in worded}
        tag_field = worded[0].__struct_config__.tag_field
        match node:
            case yaml.ScalarNode(value=text) if text in by_word:
                bare = yaml.MappingNode("tag:yaml.org,2002:map", [], node.start_mark)
                return self._section(bare, by_word[text], at)
            case yaml.ScalarNode():
                words = " nor ".join(f"'{word}'" for word in by_word)
                return self._note(node, f"{at}: {_show(node)} is neither {words} nor a mapping")
            case yaml.MappingNode(value=pairs):
                kinds = [value.value for key, value in pairs if key.value == tag_field]
                kind = next(filter(by_word.__contains__, kinds), "")
                return self._section(node, by_word.get(kind, plain), at)
        return self._section(node, plain, at)

    def _section(self, node: yaml.Node, cls: type[Section], at: str) -> Any:
        if not isinstance(node, yaml.MappingNode):
            return self._note(node, f"{_before(at)}{_show(node)} is not a mapping")
        fields = {field.encode_name: field for field in msgspec.structs.fields(cls)}
        values: dict[str, Any] = {}
        lines = {"": line_of(node)}
        for key, key_node, value in self._keys(node, at):
            if key in fields:
                name = fields[key].name
                lines[name] = line_of(key_node)
                if value.tag != "tag:yaml.org,2002:null":
                    values[name] = self.read(value, fields[key].type, f"{at}.{key}".lstrip("."))
            elif key != cls.__struct_config__.tag_field:
                hint = cls.elsewhere.get(key) or nearest(key, fields)
                self._note(key_node, f"unknown key '{key}'{_in(at)}", hint)
        for field in fields.values():
            if field.required and field.name not in values:
                values[field.name] = self._missing(node, field, at)
        if any(value is INVALID for value in values.values()):
            return INVALID
        section = cls(**values)
        self._sections.append(section)
        self._lines[id(section)] = lines
        self._check(section, fields, at)
        return section

    def _keys(self, node: yaml.MappingNode, at: str) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """Each key once, with its node and that of its value."""
        seen = set()
        for key_node, value in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._note(key_node, f"{_show(key_node)} is not a key{_in(at)}")
            elif key_node.value in seen:
                again = f"key '{key_node.value}' is here for the second time{_in(at)}"
                self._note(key_node, again)
            else:
                seen.add(key_node.value)
                yield str(key_node.value), key_node, value

    def _missing(self, node: yaml.Node, field: Any, at: str) -> Any:
        if rule := Shape.of(field.type).extra(AtLeastOneItem):
            return self._note(node, f"{_before(at)}{rule.otherwise}")
        return self._note(node, f"{at} needs '{field.encode_name}'".lstrip())

    def _check(self, section: Section, fields: dict[str, Any], at: str) -> None:
        """The rules between keys, and the keys that may not be used yet."""
        for blamed, name, what in section.conflicts():
            lines = self._lines[id(blamed)]
            self.problems.append(Problem(lines.get(name, lines[""]), what))
        for field in fields.values():
            used = getattr(section, field.name) != field.default
            if used and (instead := type(section).not_yet.get(field.name)):
                line = self._lines[id(section)][field.name]
                place = f"{at}.{field.encode_name}".lstrip(".")
                what = f"{place} is not available in this version of clew; {instead}"
                self.problems.append(Problem(line, what))

    def _items(self, node: yaml.Node, item: Any, shape: Shape, at: str) -> Any:
        if shape.extra(OneOrMany) and isinstance(node, yaml.MappingNode):
            nodes = [node]
        elif isinstance(node, yaml.SequenceNode):
            nodes = node.value
        else:
            wanted = "mapping" if shape.extra(OneOrMany) else "list"
            what = f"{at}: {_show(node)} is not a {wanted}"
            return self._note(node, what, self._as_item(node, item, shape))
        if not nodes and (rule := shape.extra(AtLeastOneItem)):
            return self._note(node, f"{at}: {rule.otherwise}")
        items = (self.read(each, item, f"{at}[{index}]") for index, each in enumerate(nodes))
        # what is wrong has been noted, so that the rest can be held against each other
        return tuple(each for each in items if each is not INVALID)

    def _as_item(self, node: yaml.Node, item: Any, shape: Shape) -> str:
        """How what stands in place of a list is meant, where that can be seen."""
        if isinstance(node, yaml.MappingNode):
            return "put '- ' before its first key" if node.value else ""
        of = Shape.of(item)
        if not isinstance(of.type, tuple):
            return ""
        known = {cls.__struct_config__.tag for cls in of.type}
        bare = _as_kind(node, of.type[0].__struct_config__.tag_field, known)
        return bare if shape.extra(OneOrMany) else bare.replace("write ", "write - ")

    def _entries(self, node: yaml.Node, item: Any, at: str) -> Any:
        """A mapping whose keys are the user's."""
        if not isinstance(node, yaml.MappingNode):
            return self._note(node, f"{at}: {_show(node)} is not a mapping")
        read = {
            key: self.read(value, item, f"{at}.{key}") for key, _, value in self._keys(node, at)
        }
        # as in a list
        return {key: each for key, each in read.items() if each is not INVALID}

    def _value(self, node: yaml.Node, shape: Shape, at: str) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            return self._note(node, f"{at}: {_show(node)} is not a single value")
        text = str(node.value)
        if shape.type in (Path, Dtab, PathMatcher):
            try:
                return shape.type.read(text)
            except ParseError as error:
                line = line_in(self._text, node, error)
                self.problems.append(Problem(line, f"{at}: {error.in_line}"))
                return INVALID
        try:
            value = msgspec.convert(text, shape.type, strict=False)
        except msgspec.ValidationError:
            return self._note(node, f"{at}: {_show(node)} is not {_WORDS[shape.type]}")
        rule = shape.extra(Rule)
        if rule and not rule.holds(value):
            return self._note(node, f"{at}: {_show(node)} is not {rule.words}")
        return value

    def _note(self, node: yaml.Node, what: str, hint: str = "") -> Any:
        self.problems.append(Problem(line_of(node), what, hint))
        return INVALID


def _before(at: str) -> str:
    return f"{at}: " if at else ""


def _in(at: str) -> str:
    return f" in {at}" if at else ""


def _as_kind(node: yaml.Node, tag_field: str | None, known: Container[Any]) -> str:
    """How a kind is written that stands there as a bare word."""
    if isinstance(node, yaml.ScalarNode) and node.value in known:
        return f"write {{{tag_field}: {node.value}}}"
    return ""


def _show(node: yaml.Node) -> str:
    match node:
        case yaml.ScalarNode():
            text = str(node.value)
            return f"'{text}'" if len(text) <= 60 else f"'{text[:60]}…'"
        case yaml.SequenceNode():
            return "a list"
    return "a mapping"
