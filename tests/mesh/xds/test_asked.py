"""What a request asks for; ``e2e/test_mesh_identifiers.py`` holds that Envoy comes to the same."""

from __future__ import annotations

import pytest

from clew.mesh.config.identifiers import IngressIdentifier
from clew.mesh.config.linker import read_linker
from clew.mesh.config.router import HttpRouter
from clew.mesh.naming.ingress import Match, Rule, Rules
from clew.mesh.naming.path import Path
from clew.mesh.xds.asked import Head, asked_for

TOKEN = "{kind: io.l5d.header.token}"
HEADER = "{kind: io.l5d.header}"
PATH = "{kind: io.l5d.path, segments: 2}"
TARGET = "{kind: io.l5d.methodAndHost}"
WITH_URI = "{kind: io.l5d.methodAndHost, httpUriInDst: true}"
STATIC = "{kind: io.l5d.static, path: /a/b}"
INGRESS = "{kind: io.l5d.ingress}"

RULES = {
    IngressIdentifier(): Rules(
        (Rule("shop", Match.PREFIX, "/cart", Path.of("prod", "80", "cart")),)
    )
}


def router(*identifiers: str) -> HttpRouter:
    listed = ", ".join(identifiers)
    text = f"routers: [{{protocol: http, identifier: [{listed}], servers: [{{port: 1}}]}}]"
    (read,) = read_linker(text, "linkerd.yml").routers
    assert isinstance(read, HttpRouter)
    return read


def head(target: str = "/", version: str = "1.1", **headers: str) -> Head:
    """``_`` in a header's name stands for ``-``; there is a host unless it is empty."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    host = {":authority": named.pop("host", "web")}
    return Head("GET", target, version == "1.0", named | host)


@pytest.mark.parametrize(
    ("identifiers", "request_head", "name"),
    [
        pytest.param([TOKEN], head(host="Web:80"), "/svc/Web:80", id="token"),
        pytest.param([HEADER], head(l5d_name="/a/b"), "/svc/a/b", id="header"),
        pytest.param([PATH], head("/a/b/c?d=/e"), "/svc/a/b", id="path"),
        pytest.param([TARGET], head(host="Web"), "/svc/1.1/GET/web", id="target"),
        pytest.param([TARGET], head(version="1.0"), "/svc/1.0/GET", id="target of 1.0"),
        pytest.param([WITH_URI], head("/X/y?z"), "/svc/1.1/GET/web/X/y", id="target with its URI"),
        pytest.param([STATIC], head(), "/svc/a/b", id="static"),
        pytest.param([INGRESS], head("/cart/1", host="shop:80"), "/svc/prod/80/cart", id="ingress"),
        pytest.param([INGRESS, TOKEN], head("/x", host="shop"), "/svc/shop", id="the next one"),
        pytest.param([PATH, STATIC, TOKEN], head("/a"), "/svc/a/b", id="the first that can"),
        pytest.param([HEADER, TOKEN], head(l5d_name="/\xff"), "/svc/web", id="bytes are no name"),
        pytest.param([HEADER, TOKEN], head(l5d_name="/;dtab=/a"), "/svc/web", id="nor is a dtab"),
    ],
)
def test_a_request_is_named(identifiers: list[str], request_head: Head, name: str) -> None:
    asked = asked_for(router(*identifiers), request_head, RULES)
    assert (asked.identified, str(asked.name), asked.unreadable) == (True, name, "")


@pytest.mark.parametrize(
    ("identifiers", "request_head", "unreadable"),
    [
        pytest.param([TOKEN], Head("GET", "/", False, {}), "Host header is absent", id="no host"),
        pytest.param([STATIC], Head("GET", "/", True, {}), "Host header is absent", id="by 1.0"),
        pytest.param([TOKEN, STATIC], head(host=""), "", id="an empty one ends the list"),
        pytest.param([PATH], head("/a?b=/c"), "", id="too few segments"),
        pytest.param([TARGET], head(host=""), "", id="no host in a target"),
        pytest.param([INGRESS], head(host="other"), "", id="no rule"),
        pytest.param(
            [HEADER, TOKEN],
            head(l5d_name="a"),
            "'/' expected but 'a' found at '[a]'",
            id="a header that is no path ends the list",
        ),
    ],
)
def test_a_request_is_not_named(
    identifiers: list[str], request_head: Head, unreadable: str
) -> None:
    asked = asked_for(router(*identifiers), request_head, RULES)
    assert (asked.identified, str(asked.name), asked.unreadable) == (False, "/svc", unreadable)


def test_the_dtabs_of_a_request_are_its_own_and_those_of_its_context() -> None:
    request = head(l5d_dtab="/c=>/d", l5d_ctx_dtab="/a=>/b")
    asked = asked_for(router(TOKEN), request, {})
    assert str(asked.read_override()) == "/a=>/b;/c=>/d"
