"""Expressions of every kind, and the text that means them."""

from __future__ import annotations

from typing import assert_never

from hypothesis import strategies as st

from clew.trace.search_language.expression import (
    And,
    Comparison,
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

FIELDS = st.sampled_from(
    [*(text for text in Text if text is not Text.KIND), *map(Tag, ("k", "error", "k=1"))]
)
VALUES = st.sampled_from(["a", "b", "get", "post", "1", "2", "1.0", "k", 'x"\\y', ""])
BOUNDS = st.sampled_from([0.0, 1.0, 1.5, 2.0, -3.0, 10.0, 20.0])
CONDITIONS = st.one_of(
    st.builds(Exists, FIELDS),
    st.builds(Equals, FIELDS, VALUES, st.booleans()),
    st.builds(Equals, st.just(Text.KIND), st.sampled_from(["CLIENT", "PRODUCER"]), st.booleans()),
    st.builds(Matches, FIELDS, st.sampled_from(["^g", "[12]", ".", "(?i)A", "^$"]), st.booleans()),
    st.builds(Number, st.builds(Tag, st.just("k")), st.sampled_from(Comparison), BOUNDS).filter(
        lambda number: number.comparison not in (Comparison.EQUAL, Comparison.NOT_EQUAL)
    ),
    st.builds(Duration, st.sampled_from(Comparison), BOUNDS.map(abs)),
    st.builds(Is, st.sampled_from(Flag), st.booleans()),
)


def _combined(part: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    parts = st.lists(part, min_size=2, max_size=3).map(tuple)
    return st.builds(And, parts) | st.builds(Or, parts) | st.builds(Not, part)


_OF_SPANS = st.recursive(CONDITIONS, _combined, max_leaves=4)
EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    CONDITIONS | st.builds(OneSpan, _OF_SPANS), _combined, max_leaves=4
)


def written(expression: Expression) -> str:
    """``expression`` in the language, with every bracket that may be needed."""
    match expression:
        case And(parts):
            return "(" + " AND ".join(map(written, parts)) + ")"
        case Or(parts):
            return "(" + " OR ".join(map(written, parts)) + ")"
        case Not(part):
            return f"NOT {written(part)}"
        case OneSpan(part):
            return f"{{{written(part)}}}"
        case _:
            return _condition(expression)


def _condition(condition: Condition) -> str:
    match condition:
        case Exists(field):
            return f"{_field(field)} exists"
        case Equals(field, value, negated):
            return f"{_field(field)} {'!=' if negated else '='} {_quoted(value)}"
        case Matches(field, pattern, negated):
            return f"{_field(field)} {'!~' if negated else '=~'} {_quoted(pattern)}"
        case Number(tag, comparison, than):
            return f"{_field(tag)} {comparison.value} {than}"
        case Duration(comparison, than):
            return f"duration {comparison.value} {than}us"
        case Is(flag, value):
            return f"{flag.value} = {str(value).lower()}"
        case _:
            assert_never(condition)


def _field(field: Field) -> str:
    return _quoted(field.key) if isinstance(field, Tag) else field.value


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
