"""What a search asks for, as values: a closed union that the parser makes and two readers match."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias


class Text(enum.Enum):
    """A text that spans have under a name of the language."""

    SERVICE = "service"
    OPERATION = "operation"
    REMOTE = "remote"
    KIND = "kind"
    ANNOTATION = "annotation"
    """A span may have several."""


@dataclass(frozen=True, slots=True)
class Tag:
    """The value of a tag."""

    key: str


Field: TypeAlias = Text | Tag


class Comparison(enum.Enum):
    """How two numbers are compared."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


class Flag(enum.Enum):
    """What is true or false of each span."""

    ERROR = "error"
    """It has the tag ``error``."""
    ROOT = "root"
    """It has no parent, and is not the server's side of a client's span."""


@dataclass(frozen=True, slots=True)
class Exists:
    """The span has the field."""

    field: Field


@dataclass(frozen=True, slots=True)
class Equals:
    """The span has the field, with this text; negated: with another."""

    field: Field
    value: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Matches:
    """The span has the field, and part of its text matches; negated: no part does."""

    field: Field
    pattern: str
    """A regular expression of RE2."""
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """The span has the tag, its value is a number, and it compares so."""

    tag: Tag
    comparison: Comparison
    than: float


@dataclass(frozen=True, slots=True)
class Duration:
    """The span has a duration, and it compares so."""

    comparison: Comparison
    than: float
    """In microseconds."""


@dataclass(frozen=True, slots=True)
class Is:
    """The flag of the span is so."""

    flag: Flag
    value: bool


Condition: TypeAlias = Exists | Equals | Matches | Number | Duration | Is
"""What one span meets or does not."""


@dataclass(frozen=True, slots=True)
class And:
    """All of its parts."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of its parts."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    part: Expression


@dataclass(frozen=True, slots=True)
class OneSpan:
    """One span of the trace meets all of it by itself; it holds no other such group."""

    part: Expression


Expression: TypeAlias = And | Or | Not | OneSpan | Condition
"""What a trace meets or does not. A condition in it is met when any span meets it."""
