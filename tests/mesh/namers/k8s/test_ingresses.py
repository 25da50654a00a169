from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from clew.mesh.namers.k8s.ingresses import CAPTURES, CLASS, Ingress, read_ingress, rules_of
from clew.mesh.naming.ingress import Match, Rule
from clew.mesh.naming.path import Path


def read(
    spec: dict[str, Any], name: str = "main", namespace: str = "prod", **annotations: str
) -> Ingress:
    metadata = {"name": name, "namespace": namespace, "annotations": annotations}
    return read_ingress(json.dumps({"metadata": metadata, "spec": spec}).encode())


def service(called: str, /, **port: Any) -> dict[str, Any]:
    return {"service": {"name": called, "port": port or {"number": 80}}}


def rules(host: str | None, *paths: dict[str, Any]) -> dict[str, Any]:
    named = {} if host is None else {"host": host}
    return {"rules": [{**named, "http": {"paths": list(paths)}}]}


def path(text: str, kind: str, **port: Any) -> dict[str, Any]:
    return {"path": text, "pathType": kind, "backend": service("web", **port)}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(
            rules("a.com", path("/x", "Exact"), path("/y", "Prefix", name="http")),
            [
                Rule("a.com", Match.EXACT, "/x", Path.of("prod", "80", "web")),
                Rule("a.com", Match.PREFIX, "/y", Path.of("prod", "http", "web")),
            ],
            id="ports by number and by name",
        ),
        pytest.param(
            rules(None, path("/v[0-9]+/.*", "ImplementationSpecific")),
            [Rule("", Match.PATTERN, "/v[0-9]+/.*", Path.of("prod", "80", "web"))],
            id="a pattern, as every path was in Linkerd",
        ),
        pytest.param(
            rules(None, {"pathType": "ImplementationSpecific", "backend": service("web")}),
            [Rule("", Match.PATTERN, "", Path.of("prod", "80", "web"))],
            id="no path fits all",
        ),
        pytest.param({"rules": [{"host": "a.com"}]}, [], id="a host without paths"),
        pytest.param({"rules": None}, [], id="no rules"),
        pytest.param({}, [], id="nothing"),
    ],
)
def test_rules(spec: dict[str, Any], expected: list[Rule]) -> None:
    ingress = read(spec)
    assert list(ingress.rules) == expected
    assert ingress.unusable == ()


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        pytest.param(
            rules("a.com", path("/(?=a)", "ImplementationSpecific")),
            "path '/(?=a)' of host 'a.com': it is no pattern that Envoy takes: "
            "invalid perl operator: (?=",
            id="a pattern that only Java has",
        ),
        pytest.param(
            rules(None, path("/.{0,900}", "ImplementationSpecific")),
            "path '/.{0,900}' of host '*': it is too large a pattern",
            id="a large pattern",
        ),
        pytest.param(
            rules(None, path("x", "Prefix")),
            "path 'x' of host '*': it does not begin with '/'",
            id="a path that is none",
        ),
        pytest.param(
            rules(None, path("/x", "Fuzzy")),
            "path '/x' of host '*': there is no pathType Fuzzy",
            id="a new type",
        ),
        pytest.param(
            rules(None, {"path": "/x", "pathType": "Exact", "backend": {"resource": {}}}),
            "path '/x' of host '*': its backend is no service with a port",
            id="a backend of another kind",
        ),
        pytest.param(
            {"defaultBackend": {"service": {"name": "web"}}},
            "its default backend is no service with a port",
            id="a default backend without a port",
        ),
    ],
)
def test_what_cannot_be_used_is_told(spec: dict[str, Any], why: str) -> None:
    ingress = read(spec)
    assert (ingress.rules, ingress.default) == ((), None)
    assert ingress.unusable == (why,)


def test_paths_are_not_rewritten() -> None:
    told = f"its annotation {CAPTURES}: paths are passed on as they come"
    assert read({}, **{CAPTURES: "true"}).unusable == (told,)
    assert read({}, **{CAPTURES: "false"}).unusable == ()


@pytest.mark.parametrize(
    ("annotation", "class_name", "ours"),
    [
        (None, None, True),
        ("linkerd", None, True),
        (None, "linkerd", True),
        ("linkerd", "nginx", True),
        ("nginx", None, False),
        (None, "nginx", False),
        ("nginx", "linkerd", False),
    ],
)
def test_whose_an_ingress_is(annotation: str | None, class_name: str | None, ours: bool) -> None:
    annotations = {} if annotation is None else {CLASS: annotation}
    spec = {} if class_name is None else {"ingressClassName": class_name}
    ingress = read({**spec, **rules(None, path("/x", "Exact"))}, **annotations)
    assert bool(rules_of([ingress], "linkerd", defaults=True).rules) is ours


def test_default_backends_come_last_and_only_the_first() -> None:
    b = read({"defaultBackend": service("late")}, name="b")
    a = read({"defaultBackend": service("early"), **rules("*.com", path("/", "Prefix"))}, name="a")
    first, last = rules_of([b, a], "linkerd", defaults=True).rules
    assert first == Rule("*.com", Match.PREFIX, "/", Path.of("prod", "80", "web"))
    assert last == Rule("", Match.PATTERN, "", Path.of("prod", "80", "early"))
    assert rules_of([b, a], "linkerd", defaults=False).rules == (first,)


def test_ingresses_are_asked_in_the_order_of_their_names() -> None:
    made = [
        read({"rules": rules(None, path("/", "Prefix"))["rules"]}, name, namespace)
        for namespace, name in (("b", "a"), ("a", "b"), ("a", "a"))
    ]
    names = [rule.name for rule in rules_of(made, "linkerd", defaults=True).rules]
    assert names == [
        Path.of("a", "80", "web"),
        Path.of("a", "80", "web"),
        Path.of("b", "80", "web"),
    ]


@pytest.mark.parametrize("text", [b"{}", b'{"metadata": {}}', b'{"metadata": {"name": 1}}', b"["])
def test_an_object_that_makes_no_sense_is_none(text: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        read_ingress(text)


@pytest.mark.parametrize(
    ("entry", "tls", "unusable"),
    [
        ({"hosts": ["A.com", "*.b.com"], "secretName": "s"}, [(("a.com", "*.b.com"), "s")], []),
        ({"secretName": "s"}, [((), "s")], []),
        ({"hosts": None, "secretName": "s"}, [((), "s")], []),
        (
            {"hosts": ["a.com"]},
            [],
            ["tls of 'a.com' names no Secret: the default certificate is shown"],
        ),
        ({}, [], ["tls of all hosts names no Secret: the default certificate is shown"]),
        (
            {"hosts": ["a.*", "b.com"], "secretName": "s"},
            [(("b.com",), "s")],
            ["tls of 'a.*': no client can ask for that"],
        ),
        # else it would be the certificate of all hosts
        ({"hosts": ["*"], "secretName": "s"}, [], ["tls of '*': no client can ask for that"]),
    ],
)
def test_certificates_of_hosts(
    entry: dict[str, Any], tls: list[tuple[tuple[str, ...], str]], unusable: list[str]
) -> None:
    ingress = read({"tls": [entry]})
    assert [(each.hosts, each.secret) for each in ingress.tls] == tls
    assert list(ingress.unusable) == unusable
