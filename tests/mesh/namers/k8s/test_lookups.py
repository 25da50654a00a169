from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from tests.mesh.namers.k8s.api_server import endpoint_slice

from clew.mesh.namers.k8s.lookups import (
    ByEndpoints,
    ByLoadBalancer,
    Collection,
    Kind,
    Lookup,
    View,
    World,
    by_name,
)
from clew.mesh.namers.k8s.objects import (
    Kept,
    Read,
    Secret,
    read_config_map,
    read_endpoints,
    read_secret,
    read_service,
    read_slice,
)
from clew.mesh.naming.answer import Answer, Broken, Missing, Waiting
from clew.mesh.naming.bound import Address, Addresses, Bound
from clew.mesh.naming.path import Path

SLICES = Collection(Kind.ENDPOINTS, "default")
SERVICES = Collection(Kind.SERVICES, "default")
PREFIX = Path.read("/#/io.l5d.k8s")


def read(reader: Read, name: str, fields: dict[str, Any]) -> Kept:
    metadata = {"name": name, **fields.get("metadata", {})}
    return reader(json.dumps({**fields, "metadata": metadata}).encode())


def sliced(*slices: dict[str, Any]) -> list[Kept]:
    return [read(read_slice, f"slice-{index}", each) for index, each in enumerate(slices)]


def service(*ports: dict[str, Any], outside: list[dict[str, str]] | None = None) -> Kept:
    status = {"loadBalancer": {"ingress": outside}} if outside else {"loadBalancer": {}}
    return read(read_service, "hello", {"spec": {"ports": list(ports)}, "status": status})


def answer(
    path: str,
    endpoints: list[Kept],
    services: list[Kept] | None = None,
    lookup: Lookup = ByEndpoints(),  # noqa: B008 (frozen)
) -> Answer:
    world: World = {
        SLICES: View(by_name(endpoints), synced=True),
        SERVICES: View(by_name(services or []), synced=True),
    }
    return ask(path, lookup, world)


def ask(path: str, lookup: Lookup, world: World) -> Answer:
    question = lookup.ask(PREFIX, PREFIX + Path.read(path))
    return Missing() if question is None else question.answer(world)


def members(found: Answer) -> list[tuple[str, int, str]]:
    assert isinstance(found, Bound)
    assert isinstance(found.addr, Addresses)
    return sorted((each.host, each.port, each.node_name) for each in found.addr.members)


HELLO = endpoint_slice("hello", [("10.0.0.1", "n1"), ("10.0.0.2", "n2")], {"http": 7777})


def test_a_named_port_with_the_nodes() -> None:
    found = answer("/default/http/hello", sliced(HELLO))
    assert found == Bound(
        Path.read("/#/io.l5d.k8s/default/http/hello"),
        Addresses(
            frozenset(
                [
                    Address("10.0.0.1", 7777, node_name="n1"),
                    Address("10.0.0.2", 7777, node_name="n2"),
                ]
            )
        ),
    )


def test_names_are_lower_cased_and_the_rest_is_the_residual() -> None:
    found = answer("/Default/HTTP/Hello/A/b", sliced(HELLO))
    assert isinstance(found, Bound)
    assert str(found.id) == "/#/io.l5d.k8s/default/http/hello"
    assert str(found.residual) == "/A/b"


@pytest.mark.parametrize(
    "path",
    [
        "/default/http",
        "/default/http/nothing",
        "/default/grpc/hello",
        "/default/7777/hello",
        "/default/http/he_llo",
        r"/default/http/..\x2fhello",
    ],
)
def test_what_does_not_exist_is_missing(path: str) -> None:
    assert answer(path, sliced(HELLO)) == Missing()


def test_each_slice_keeps_its_own_port() -> None:
    other = endpoint_slice("hello", [("10.0.0.3", "n3")], {"http": 8888, "admin": 9})
    found = answer("/default/http/hello", sliced(HELLO, other))
    assert members(found) == [
        ("10.0.0.1", 7777, "n1"),
        ("10.0.0.2", 7777, "n2"),
        ("10.0.0.3", 8888, "n3"),
    ]
    assert members(answer("/default/admin/hello", sliced(HELLO, other))) == [("10.0.0.3", 9, "n3")]


@pytest.mark.parametrize(
    ("conditions", "is_there"),
    [
        (None, True),
        ({}, True),
        ({"ready": None}, True),
        ({"ready": True, "serving": True}, True),
        ({"ready": False}, False),
        ({"ready": False, "serving": True, "terminating": True}, False),
    ],
)
def test_only_what_is_ready(conditions: dict[str, bool] | None, is_there: bool) -> None:
    fields = HELLO | {"endpoints": [{"addresses": ["10.0.0.9"], "conditions": conditions}]}
    found = answer("/default/http/hello", sliced(fields))
    assert members(found) == ([("10.0.0.9", 7777, "")] if is_there else [])


def test_a_pod_with_two_families_is_one_endpoint() -> None:
    six = HELLO | {
        "addressType": "IPv6",
        "endpoints": [{"addresses": ["fd00::1"]}, {"addresses": ["fd00::2"]}],
    }
    found = answer("/default/http/hello", sliced(six, HELLO))
    assert [host for host, *_ in members(found)] == ["10.0.0.1", "10.0.0.2"]
    assert [h for h, *_ in members(answer("/default/http/hello", sliced(six)))] == [
        "fd00::1",
        "fd00::2",
    ]


def test_ports_that_are_not_tcp_do_not_count() -> None:
    fields = HELLO | {"ports": [{"name": "http", "port": 53, "protocol": "UDP"}]}
    assert answer("/default/http/hello", sliced(fields)) == Missing()


def test_a_service_without_pods_has_no_ports() -> None:
    empty: dict[str, Any] = HELLO | {"endpoints": None, "ports": None}
    assert answer("/default/http/hello", sliced(empty)) == Missing()


@pytest.mark.parametrize(
    ("port", "asked", "found"),
    [
        ({"name": "http", "port": 80, "targetPort": 7777}, "80", [("10.0.0.1", 7777, "n1")]),
        ({"name": "http", "port": 80, "targetPort": "web"}, "80", [("10.0.0.1", 7777, "n1")]),
        ({"name": "http", "port": 7777}, "7777", [("10.0.0.1", 7777, "n1")]),
        ({"name": "else", "port": 80, "targetPort": 9}, "80", [("10.0.0.1", 9, "n1")]),
        ({"name": "else", "port": 80, "targetPort": "web"}, "80", []),
    ],
)
def test_a_numbered_port_is_that_of_the_service(
    port: dict[str, Any], asked: str, found: list[tuple[str, int, str]]
) -> None:
    one = endpoint_slice("hello", [("10.0.0.1", "n1")], {"http": 7777})
    assert members(answer(f"/default/{asked}/hello", sliced(one), [service(port)])) == found
    assert answer("/default/81/hello", sliced(one), [service(port)]) == Missing()


def test_endpoints_where_there_are_no_slices() -> None:
    fields = {
        "subsets": [
            {
                "addresses": [{"ip": "10.0.0.1", "nodeName": "n1"}],
                "notReadyAddresses": [{"ip": "10.0.0.7"}],
                "ports": [{"name": "http", "port": 7777}],
            },
            {
                "addresses": [{"ip": "10.0.0.2"}],
                "ports": [{"name": "http", "port": 8888, "protocol": "TCP"}],
            },
        ]
    }
    found = answer("/default/http/hello", [read(read_endpoints, "hello", fields)])
    assert members(found) == [("10.0.0.1", 7777, "n1"), ("10.0.0.2", 8888, "")]


def test_a_label_is_a_further_segment() -> None:
    blue = endpoint_slice("hello", [("10.0.0.1", "n1")], {"http": 7777}, version="Blue")
    green = endpoint_slice("hello", [("10.0.0.2", "n2")], {"http": 7777}, version="green")
    lookup = ByEndpoints(label="version")
    found = answer("/default/http/hello/blue/rest", sliced(blue, green), lookup=lookup)
    assert members(found) == [("10.0.0.1", 7777, "n1")]
    assert isinstance(found, Bound)
    assert (str(found.id), str(found.residual)) == (
        "/#/io.l5d.k8s/default/http/hello/blue",
        "/rest",
    )
    assert answer("/default/http/hello", sliced(blue), lookup=lookup) == Missing()
    assert answer("/default/http/hello/red", sliced(blue), lookup=lookup) == Missing()


def test_in_one_namespace_paths_do_not_name_it() -> None:
    found = answer("/http/hello/rest", sliced(HELLO), lookup=ByEndpoints("default"))
    assert isinstance(found, Bound)
    assert (str(found.id), str(found.residual)) == ("/#/io.l5d.k8s/http/hello", "/rest")


@pytest.mark.parametrize("port", ["http", "80"])
def test_the_load_balancer_of_a_service(port: str) -> None:
    outside = [{"ip": "203.0.113.1"}, {"hostname": "lb.example.org", "ip": "203.0.113.2"}]
    one = service({"name": "http", "port": 80, "targetPort": 7777}, outside=outside)
    found = answer(f"/default/{port}/hello", [], [one], ByLoadBalancer())
    assert members(found) == [("203.0.113.1", 80, ""), ("lb.example.org", 80, "")]


@pytest.mark.parametrize("port", ["http", "grpc"])
def test_a_service_without_load_balancer_has_no_outside(port: str) -> None:
    one = service({"name": "http", "port": 80})
    assert answer(f"/default/{port}/hello", [], [one], ByLoadBalancer()) == Missing()


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (View(), Waiting()),
        (View(trouble="no right"), Broken("no right")),
        (View(synced=True, trouble="no right any more"), Missing()),
    ],
)
def test_what_has_not_been_read(view: View, said: Answer) -> None:
    assert ask("/default/http/hello", ByEndpoints(), {SLICES: view}) == said


@pytest.mark.parametrize(
    ("path", "lookup", "needed"),
    [
        ("/default/http/hello", ByEndpoints(), {SLICES}),
        ("/default/80/hello", ByEndpoints(), {SLICES, SERVICES}),
        ("/http/hello", ByEndpoints("default"), {SLICES}),
        ("/default/http", ByEndpoints(), None),
        ("/de_fault/http/hello", ByEndpoints(), None),
        ("/default/http/hello", ByLoadBalancer(), {SERVICES}),
        ("/default/http", ByLoadBalancer(), None),
    ],
)
def test_what_must_be_watched(path: str, lookup: Lookup, needed: set[Collection] | None) -> None:
    question = lookup.ask(PREFIX, PREFIX + Path.read(path))
    assert (None if question is None else set(question.needs)) == needed


def test_an_answer_follows_from_the_objects_of_its_service_alone() -> None:
    question = ByEndpoints().ask(PREFIX, PREFIX + Path.read("/default/http/hello"))
    assert question is not None

    def evidence(*slices: dict[str, Any]) -> object:
        return question.evidence({SLICES: View(by_name(sliced(*slices)), synced=True)})

    other = endpoint_slice("other", [("10.0.0.9", "n9")], {"http": 1})
    assert evidence(HELLO) == evidence(HELLO, other)
    assert evidence(HELLO) != evidence(HELLO | {"endpoints": None}, other)
    assert evidence(HELLO) != question.evidence({})


READERS = [read_slice, read_endpoints, read_service, read_config_map, read_secret]


@pytest.mark.parametrize("text", [b"{}", b'{"metadata": {}}', b"[]", b'{"metadata": {"name": 1}}'])
@pytest.mark.parametrize("reader", READERS)
def test_an_object_without_a_name_is_none(reader: Read, text: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        reader(text)


@pytest.mark.parametrize("reader", READERS)
def test_fields_may_be_absent(reader: Read) -> None:
    (name,) = by_name([reader(b'{"metadata": {"name": "x"}}')])
    assert name in ("", "x")


def test_the_entries_of_a_secret_are_bytes_and_are_not_shown() -> None:
    secret = read_secret(
        b'{"metadata": {"name": "a", "namespace": "b", "resourceVersion": "7"},'
        b' "type": "kubernetes.io/tls", "data": {"tls.key": "/wA="}}'
    )
    assert secret == Secret("a", "b", "7", "kubernetes.io/tls", {"tls.key": b"\xff\x00"})
    assert "tls.key" not in repr(secret)
