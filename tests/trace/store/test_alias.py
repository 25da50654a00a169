"""Short names of services."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.trace.store.alias import alias, aliases

PROD = "%/io.l5d.k8s.daemonset/prod/incoming/l5d/#/io.l5d.k8s/prod/http/cart"
STAGE = "%/io.l5d.k8s.daemonset/stage/incoming/l5d/#/io.l5d.k8s/stage/http/cart"


@pytest.mark.parametrize(
    ("service", "text", "chips"),
    [
        ("%/io.l5d.port/4141/#/io.l5d.fs/hello", "hello", ("port 4141", "fs")),
        ("#/io.l5d.fs/hello", "hello", ("fs",)),
        ("/#/io.l5d.fs/hello", "hello", ("fs",)),
        (PROD, "cart", ("daemonset l5d", "k8s prod")),
        ("%/io.l5d.k8s.localnode/#/io.l5d.k8s/a/b/c", "c", ("localnode", "k8s a")),
        ("$/inet/api.bank.example/443", "api.bank.example", ("inet :443",)),
        ("/$/inet/127.0.0.1/1", "127.0.0.1", ("inet :1",)),
        ("frontend", "frontend", ()),
        ("a/b", "a/b", ()),
        ("#/", "#/", ()),
        ("", "", ()),
        ("#/only", "only", ("only",)),
    ],
)
def test_aliases_of_one(service: str, text: str, chips: tuple[str, ...]) -> None:
    its = alias(service)
    assert (its.text, its.chips, its.router) == (text, chips, False)


@pytest.mark.parametrize(
    ("service", "router"),
    [
        ("0.0.0.0/4140", True),
        ("127.0.0.1/4141", True),
        ("::1/4140", True),
        ("::/4140", True),
        ("0.0.0.0/", False),
        ("10.0.0.1", False),
        ("a.0.0.0/4140", False),
    ],
)
def test_routers_are_named_by_their_address(service: str, router: bool) -> None:
    its = alias(service)
    assert its.router is router
    assert its.text == service
    assert its.chips == ((service,) if router else ())


def test_those_that_would_share_one_differ_by_a_segment() -> None:
    found = aliases([PROD, STAGE, "cart", "#/io.l5d.fs/hello", "%/io.l5d.port/1/#/io.l5d.fs/hello"])
    assert [its.text for its in found.values()] == [
        "cart prod",
        "cart stage",
        "cart",
        "hello",
        "hello",
    ]


def test_they_may_differ_in_their_namer() -> None:
    found = aliases(["#/io.l5d.fs/hello", "#/io.l5d.k8s/prod/http/hello"])
    assert [its.text for its in found.values()] == ["hello fs", "hello k8s"]


def test_long_names_lose_their_middle() -> None:
    text = alias("a" * 150 + "b" * 150).text
    assert (len(text), text[0], text[100], text[-1]) == (200, "a", "…", "b")


@given(st.lists(st.text(st.sampled_from("#/%$ab.:1"), max_size=12)))
def test_every_service_has_an_alias_whatever_it_is_called(services: list[str]) -> None:
    found = aliases(services)
    assert list(found) == list(dict.fromkeys(services))
    assert all(its.text or service == "" for service, its in found.items())
