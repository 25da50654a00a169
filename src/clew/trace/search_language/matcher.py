"""Whether a trace meets an expression."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import assert_never

from clew.span.model import Span
from clew.trace.search_language import regex
from clew.trace.search_language.expression import (
    And,
    Comparison,
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
from clew.trace.search_language.numbers import number

_COMPARE = {
    Comparison.EQUAL: operator.eq,
    Comparison.NOT_EQUAL: operator.ne,
    Comparison.LESS: operator.lt,
    Comparison.LESS_OR_EQUAL: operator.le,
    Comparison.GREATER: operator.gt,
    Comparison.GREATER_OR_EQUAL: operator.ge,
}


def matches(expression: Expression, trace: Sequence[Span]) -> bool:
    """Whether ``trace`` meets ``expression``; each condition may be met by another of its spans."""
    match expression:
        case And(parts):
            return all(matches(part, trace) for part in parts)
        case Or(parts):
            return any(matches(part, trace) for part in parts)
        case Not(part):
            return not matches(part, trace)
        case OneSpan(part):
            return any(matches(part, [span]) for span in trace)
        case Exists(field):
            return bool(_values(field, trace))
        case Equals(field, value, negated):
            return any((text == value) is not negated for text in _values(field, trace))
        case Matches(field, pattern, negated):
            found = regex.matching(pattern, _values(field, trace))
            return not all(found) if negated else any(found)
        case Number(tag, comparison, than):
            numbers = (number(text) for text in _values(tag, trace))
            return _any_compares((read for read in numbers if read is not None), comparison, than)
        case Duration(comparison, than):
            durations = (span.duration for span in trace if span.duration is not None)
            return _any_compares(durations, comparison, than)
        case Is(flag, value):
            return any(_flag(flag, span) is value for span in trace)
        case _:
            assert_never(expression)


def _any_compares(numbers: Iterable[float], comparison: Comparison, than: float) -> bool:
    return any(_COMPARE[comparison](number, than) for number in numbers)


def _flag(flag: Flag, span: Span) -> bool:
    match flag:
        case Flag.ERROR:
            return "error" in span.tags
        case Flag.ROOT:
            return span.parent_id is None and not span.shared
        case _:
            assert_never(flag)


def _values(field: Field, trace: Sequence[Span]) -> list[str]:
    """What the spans that have the field have there."""
    match field:
        case Tag(key):
            return [span.tags[key] for span in trace if key in span.tags]
        case Text.SERVICE:
            return [span.service for span in trace if span.service]
        case Text.OPERATION:
            return [span.name for span in trace if span.name]
        case Text.REMOTE:
            return [span.remote_service for span in trace if span.remote_service]
        case Text.KIND:
            return [span.kind.value for span in trace if span.kind]
        case Text.ANNOTATION:
            return [annotation.value for span in trace for annotation in span.annotations]
        case _:
            assert_never(field)
