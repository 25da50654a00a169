"""An expression as SQL: which traces may meet it, by what their spans near the window are.

Of a part that is negated, too many traces may remain; the matcher decides among them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from clew.trace.search_language.expression import (
    And,
    Condition,
    Duration,
    Equals,
    Exists,
    Expression,
    Field,
    Flag,
    Is,
    Matches,
    Not,
    Number,
    OneSpan,
    Or,
    Tag,
    Text,
)
from clew.trace.search_language.numbers import NUMBER

HAS_TAG = (
    # written as the index is, so that it is used; '=' may be in a key, so it does not decide
    "has(arrayMap((k, v) -> concat(k, '=', v), mapKeys(tags), mapValues(tags)), {pair})"
    " AND tags[{key}] = {value}"
)
_COLUMNS = {Text.SERVICE: "service", Text.OPERATION: "name", Text.REMOTE: "remote_service"}
_FLAGS = {Flag.ERROR: "error", Flag.ROOT: "(parent_id = 0 AND NOT shared)"}


class Narrowing:
    """Makes conditions in SQL, and keeps the values that stand in them as parameters."""

    def __init__(self) -> None:
        self.parameters: dict[str, str | int] = {}
        """Of all conditions that were made."""

    def traces(self, expression: Expression, met: Callable[[str], str]) -> str:
        """The condition for traces; ``met`` makes it of a condition that one span must meet."""
        match expression:
            case And(parts):
                return _joined("AND", [self.traces(part, met) for part in parts])
            case Or(parts):
                return _joined("OR", [self.traces(part, met) for part in parts])
            case Not(part):
                return f"NOT ({self.traces(part, met)})"
            case OneSpan(part):
                return met(self._span(part))
            case Exists() | Equals() | Matches() | Number() | Duration() | Is():
                return met(self._condition(expression))
            case _:
                assert_never(expression)

    def parameter(self, value: str) -> str:
        """What stands for ``value`` in SQL."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"{{{name}:String}}"

    def has_tag(self, key: str, value: str) -> str:
        """The condition for spans with this tag; the index is used for it."""
        return HAS_TAG.format(
            pair=self.parameter(f"{key}={value}"),
            key=self.parameter(key),
            value=self.parameter(value),
        )

    def _span(self, expression: Expression) -> str:
        match expression:
            case And(parts):
                return _joined("AND", [self._span(part) for part in parts])
            case Or(parts):
                return _joined("OR", [self._span(part) for part in parts])
            case Not(part):
                return f"NOT ({self._span(part)})"
            case OneSpan(part):
                return self._span(part)
            case Exists() | Equals() | Matches() | Number() | Duration() | Is():
                return f"({self._condition(expression)})"
            case _:
                assert_never(expression)

    def _condition(self, condition: Condition) -> str:
        match condition:
            case Exists(field):
                return self._any(field, "true")
            case Equals(Tag(key), value, False):
                return self.has_tag(key, value)
            case Equals(field, value, negated):
                sign = "!=" if negated else "="
                return self._any(field, f"$ {sign} {self.parameter(value)}")
            case Matches(field, pattern, negated):
                not_ = "NOT " if negated else ""
                return self._any(field, f"{not_}match($, {self.parameter(pattern)})")
            case Number(tag, comparison, than):
                is_number = f"match($, {self.parameter(NUMBER)})"
                compares = f"toFloat64OrZero($) {comparison.value} {than!r}"
                return self._any(tag, f"{is_number} AND {compares}")
            case Duration(comparison, than):
                return f"duration > 0 AND duration {comparison.value} {than!r}"
            case Is(flag, value):
                return _FLAGS[flag] if value else f"NOT {_FLAGS[flag]}"
            case _:
                assert_never(condition)

    def _any(self, field: Field, test: str) -> str:
        """The condition for spans with a ``field`` whose value, ``$``, fulfils ``test``."""
        match field:
            case Tag(key):
                name = self.parameter(key)
                return f"mapContains(tags, {name}) AND {test.replace('$', f'tags[{name}]')}"
            case Text.ANNOTATION:
                return f"arrayExists(v -> {test.replace('$', 'v')}, ann_value)"
            case Text.KIND:
                return f"kind != '' AND {test.replace('$', 'toString(kind)')}"
            case Text.SERVICE | Text.OPERATION | Text.REMOTE:
                column = _COLUMNS[field]
                return f"{column} != '' AND {test.replace('$', column)}"
            case _:
                assert_never(field)


def _joined(word: str, parts: Sequence[str]) -> str:
    return f"({f' {word} '.join(parts)})"
