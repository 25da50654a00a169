"""docs/query.md: every example in it is a search, and says of a mistake what the parser says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clew.trace.search_language.expression import Flag, Text
from clew.trace.search_language.parser import parse
from clew.trace.search_language.tokens import InvalidSearch

PAGE = (Path(__file__).parents[3] / "docs" / "query.md").read_text()
FENCED = re.findall(r"^```\w*\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("text", FENCED[0].splitlines())
def test_examples_are_searches(text: str) -> None:
    parse(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    list(zip(["duration > 5x", "error )"], FENCED[-1].splitlines(), strict=True)),
)
def test_mistakes_are_shown_as_they_are_answered(text: str, shown: str) -> None:
    with pytest.raises(InvalidSearch) as refused:
        parse(text)
    assert str(refused.value) == shown


def test_every_key_is_explained() -> None:
    explained = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert explained == {"duration", *(key.value for key in (*Text, *Flag))}
