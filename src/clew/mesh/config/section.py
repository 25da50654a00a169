"""What every part of the linker file is: a frozen struct whose attributes are its keys.

A key is the attribute in camelCase, its default is the struct's default, and a key that no
attribute has is an error. Sections with a ``kind`` are structs with that kind as their tag; the
structs of all kinds of one section form a union. What a union or value must be beyond its type
stands beside it, in ``Annotated``.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, NamedTuple

import msgspec


class Conflict(NamedTuple):
    """Keys that do not go together."""

    section: Section
    attribute: str
    """The one to blame; empty for the section as a whole."""
    what: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What a single value must be; ``words`` complete "… is not …"."""

    holds: Callable[[Any], bool]
    words: str


@dataclass(frozen=True, slots=True)
class DefaultKind:
    """The kind of a section that does not name one."""

    kind: str


@dataclass(frozen=True, slots=True)
class OrWord:
    """The key takes the first section, which has no kind, or one of the others, which have one.
    That kind alone, as a word, is its section with its defaults."""


@dataclass(frozen=True, slots=True)
class NotYet:
    """Kinds that Linkerd has and clew does not: by kind, what to use instead."""

    instead: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OneOrMany:
    """The key takes one section or a list of them."""


@dataclass(frozen=True, slots=True)
class AtLeastOneItem:
    """The list must not be empty; ``otherwise`` is said when it is."""

    otherwise: str


class Section(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A mapping of the linker file."""

    not_yet: ClassVar[Mapping[str, str]] = {}
    """Attributes that clew does not do yet: using one is an error; by attribute, what to do."""
    no_effect: ClassVar[Mapping[str, str]] = {}
    """Attributes that are taken and change nothing here: by attribute, why."""
    elsewhere: ClassVar[Mapping[str, str]] = {}
    """Keys that some Linkerd had here and that are unknown: by key, what to do."""
    idle: ClassVar[str] = ""
    """Why the whole section changes nothing here; empty when it does something."""

    def conflicts(self) -> Iterator[Conflict]:
        """Rules between keys that are broken."""
        yield from ()


class KindSection(Section, frozen=True, kw_only=True, tag_field="kind"):
    """A section that is one of several kinds."""

    experimental: bool = False
    """Linkerd wanted ``true`` for some kinds; it changes nothing here."""

    @property
    def kind(self) -> str:
        """As written in the file, such as ``io.l5d.fs``."""
        return str(self.__struct_config__.tag)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def is_kubernetes_name(text: str) -> bool:
    """What Kubernetes lets names be, so that nothing else comes into a URL."""
    return re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", text) is not None


Port = Annotated[int, Rule(lambda port: 0 <= port <= 65535, "a port (0 to 65535)")]
Ip = Annotated[str, Rule(_is_ip, "an IP address")]
Share = Annotated[float, Rule(lambda share: 0 <= share <= 1, "between 0.0 and 1.0")]
Count = Annotated[int, Rule(lambda count: count >= 0, "0 or more")]
Positive = Annotated[int, Rule(lambda count: count >= 1, "1 or more")]
Amount = Annotated[float, Rule(lambda amount: amount >= 0, "0 or more")]
Pattern = Annotated[str, Rule(_is_pattern, "a regular expression")]
KubernetesName = Annotated[
    str,
    Rule(is_kubernetes_name, "a name in Kubernetes: lower-case letters, digits, '-' and '.'"),
]
