from __future__ import annotations

from collections.abc import Callable
from itertools import product

import msgspec
import pytest
from tests.check.spans import reported, server

from clew.check import names
from clew.span.model import Span


def named(service: str, name: str, trace: str = "a" * 32) -> Span:
    return msgspec.structs.replace(server(service, "1", trace=trace), name=name)


def test_few_names_say_nothing() -> None:
    assert list(names.findings(reported([[named("web", f"get /{n}") for n in range(500)]]))) == []


@pytest.mark.parametrize(
    "id",
    [
        str,
        lambda n: f"0b1f5a3c-1111-2222-3333-{n:012x}",
        lambda n: f"{n:016x}",
        lambda n: f"order{n:016d}",
    ],
)
def test_ids_in_names_are_told_with_the_name_that_is_left(id: Callable[[int], str]) -> None:
    many = [named("web", f"get /users/{id(n)}/cart") for n in range(501)]
    (found,) = names.findings(reported([[named("web", "get /", "b" * 32), *many]]))
    assert found.seen == ("web has 502 names of spans, 501 of them like 'get /users/*/cart'")
    assert found.trace == "a" * 32


def test_words_are_no_ids() -> None:
    words = ("".join(letters) for letters in product("abcdefghi", repeat=3))
    (found,) = names.findings(reported([[named("web", f"{word} things") for word in words]]))
    assert found.seen == "web has 729 names of spans"
