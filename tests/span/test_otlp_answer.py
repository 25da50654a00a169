from __future__ import annotations

import pytest

from clew.span.normal import new_span
from clew.span.otlp import Export
from clew.span.otlp_answer import (
    failure,
    failure_json,
    failure_words,
    rejection,
    success,
    success_json,
)

GOOD = Export([new_span(trace_id="1", id="1")], 0, "")
PARTLY = Export([new_span(trace_id="1", id="1")], 2, "a span id is all zeros")
SAID = b"2 of 3 spans: a span id is all zeros"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (success(GOOD), b""),
        (success_json(GOOD), b"{}"),
        (
            success(PARTLY),
            b"\x0a" + bytes([len(SAID) + 4]) + b"\x08\x02\x12" + bytes([len(SAID)]) + SAID,
        ),
        (
            success_json(PARTLY),
            b'{"partialSuccess":{"rejectedSpans":"2","errorMessage":"%s"}}' % SAID,
        ),
        (failure(3, "no"), b"\x08\x03\x12\x02no"),
        (failure_json(3, "no"), b'{"code":3,"message":"no"}'),
    ],
)
def test_answers_are_what_the_published_definitions_say(answer: bytes, expected: bytes) -> None:
    assert answer == expected


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (success(GOOD), ""),
        (success(PARTLY), f"refused 2 spans: {SAID.decode()}"),
        (b"\x0a\x02\x08\x03", "refused 3 spans: it does not say why"),
        (b"<html>", ""),
    ],
)
def test_what_an_answer_says_of_rejected_spans(answer: bytes, said: str) -> None:
    assert rejection(answer) == said


@pytest.mark.parametrize(
    ("answer", "words"),
    [(failure(3, "no"), "no"), (b"404 page not found", "404 page not found"), (b"", "")],
)
def test_what_a_failure_says(answer: bytes, words: str) -> None:
    assert failure_words(answer) == words
