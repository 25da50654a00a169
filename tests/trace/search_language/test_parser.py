"""Searches read as the grammar in docs/query.md says, and mistakes point at their character."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trace.search_language.writing import EXPRESSIONS, written

from clew.trace.search_language.expression import (
    And,
    Comparison,
    Duration,
    Equals,
    Exists,
    Expression,
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
from clew.trace.search_language.parser import parse
from clew.trace.search_language.tokens import InvalidSearch

A, B, C = (Exists(Tag(key)) for key in "abc")
OK = Equals(Tag("status"), "200")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", A),
        ("a exists", A),
        ("a AND b", And((A, B))),
        ("a b", And((A, B))),
        ("a and b OR c", Or((And((A, B)), C))),
        ("a (b or c)", And((A, Or((B, C))))),
        ("NOT a b", And((Not(A), B))),
        ("not not a", Not(Not(A))),
        ("{a b}", OneSpan(And((A, B)))),
        ("{a} or {not b}", Or((OneSpan(A), OneSpan(Not(B))))),
        ("a exists b exists", And((A, B))),
        ("status=200", OK),
        ("status = 200", OK),
        ('status = "200"', OK),
        ("status != 200", Equals(Tag("status"), "200", negated=True)),
        ("status >= 500", Number(Tag("status"), Comparison.GREATER_OR_EQUAL, 500)),
        ("load<-1.5e3", Number(Tag("load"), Comparison.LESS, -1500)),
        ("http.path =~ ^/api/", Matches(Tag("http.path"), "^/api/")),
        (r'http.path !~ "\d+ (a|b)"', Matches(Tag("http.path"), r"\d+ (a|b)", negated=True)),
        (r'"a \"b\" \\ c" = "="', Equals(Tag(r'a "b" \ c'), "=")),
        ('"duration" = 5', Equals(Tag("duration"), "5")),
        ('"and" = "or"', Equals(Tag("and"), "or")),
        ("service = Hello", Equals(Text.SERVICE, "hello")),
        ("service", Exists(Text.SERVICE)),
        ("operation != GET", Equals(Text.OPERATION, "get", negated=True)),
        ("remote =~ ^DB", Matches(Text.REMOTE, "^DB")),
        ("annotation = Retry", Equals(Text.ANNOTATION, "Retry")),
        ("kind = server", Equals(Text.KIND, "SERVER")),
        ("duration", Duration(Comparison.GREATER, 0)),
        ("duration > 1.5ms", Duration(Comparison.GREATER, 1500)),
        ("duration <= 2h", Duration(Comparison.LESS_OR_EQUAL, 7_200_000_000)),
        ("duration = 17", Duration(Comparison.EQUAL, 17)),
        ("duration < 30µs", Duration(Comparison.LESS, 30)),
        ("error", Is(Flag.ERROR, True)),
        ("error exists", Is(Flag.ERROR, True)),
        ("error != true", Is(Flag.ERROR, False)),
        ("root = true", Is(Flag.ROOT, True)),
        ("\n service\n =\n hello\n", Equals(Text.SERVICE, "hello")),
    ],
)
def test_reads(text: str, expected: Expression) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1:1: expected a condition, found the end"),
        ("a AND", "1:6: expected a condition, found the end"),
        ("a OR OR b", "1:6: expected a condition, found 'OR'; put it in quotes to mean the word"),
        ("(a", "1:3: expected 'AND', 'OR' or ')', found the end"),
        ("{a)", "1:3: expected 'AND', 'OR' or '}', found ')'"),
        ("a )", "1:3: expected 'AND', 'OR' or the end, found ')'"),
        ("{a {b}}", "1:4: expected a condition: a group for one span holds no other, found '{'"),
        ("a =", "1:4: expected a value after '=', found the end"),
        ("a = AND b", "1:5: expected a value after '=', found 'AND'; put it in quotes to mean"),
        ("a\n  >= b", "2:6: expected a number after '>=', found 'b'"),
        ("duration > 5x", "1:12: expected a duration as 250ms or 1.5s, found '5x'"),
        ("duration =~ 5", "1:10: expected = != < <= > >= or exists after duration, found '=~'"),
        ("kind = proxy", "1:8: expected client, server, producer or consumer, found 'proxy'"),
        ("service > a", "1:9: expected = != =~ !~ or exists after service, found '>'"),
        ("error = 1", "1:9: expected true or false, found '1'"),
        ("a =~ (b", "1:6: expected a value after '=~', found '('"),
        ('a =~ "(b"', "1:6: expected a regular expression: missing ): (b"),
        ('a = "b', "1:5: expected a closing '\"' for this one"),
        ("a ! b", "1:3: expected '!=' or '!~'; a condition is negated by NOT"),
        ("a ~ b", "1:3: expected a condition, found '~'; '=~' matches"),
        ("= b", "1:1: expected a condition, found '='"),
        ("(" * 31, "1:31: expected at most 30 brackets and NOTs inside each other"),
        ("not " * 31, "1:121: expected at most 30 brackets and NOTs inside each other"),
        ("a " * 101, "1:201: expected at most 100 conditions"),
    ],
)
def test_mistakes_point_at_their_character(text: str, problem: str) -> None:
    with pytest.raises(InvalidSearch) as refused:
        parse(text)
    assert str(refused.value).startswith(f"q: {problem}")


@given(EXPRESSIONS)
def test_reads_what_was_written(expression: Expression) -> None:
    assert parse(written(expression)) == expression


@given(st.text(alphabet='ab ()={}<>!~"\\\n1AND OR', max_size=40) | st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidSearch):
        parse(text)
