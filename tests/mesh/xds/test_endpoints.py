from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.mesh.naming.bound import Address, Addresses, AddrFailed, AddrNeg, AddrPending, Bound
from clew.mesh.naming.nametree import Empty, Fail, Leaf, NameTree, Neg, Union, Weighted
from clew.mesh.naming.path import Path
from clew.mesh.xds.endpoints import (
    WEIGHT_SCALE,
    Branch,
    branches,
    literal_ip,
    load_assignment,
    needs_dns,
)


def bound(name: str, *members: Address) -> Bound:
    return Bound(Path.of("#", "io.l5d.fs", name), Addresses(frozenset(members)))


def leaf(name: str) -> Leaf[Bound]:
    return Leaf(bound(name, Address(f"10.0.0.{len(name)}", 80)))


def union(*parts: tuple[float, NameTree[Bound]]) -> Union[Bound]:
    return Union(tuple(Weighted(weight, tree) for weight, tree in parts))


def shares(tree: NameTree[Bound]) -> dict[str, float]:
    return {part.bound.id.segments[-1].decode(): round(part.share, 6) for part in branches(tree)}


@pytest.mark.parametrize("tree", [Neg(), Fail(), Empty()])
def test_a_name_that_leads_nowhere_has_no_branches(tree: NameTree[Bound]) -> None:
    assert branches(tree) == ()


SHARES = [
    pytest.param(leaf("a"), {"a": 1.0}, id="a name alone has all"),
    pytest.param(union((9, leaf("a")), (1, leaf("b"))), {"a": 0.9, "b": 0.1}, id="by weight"),
    pytest.param(union((0, leaf("a")), (1, leaf("b"))), {"b": 1.0}, id="zero is never taken"),
    pytest.param(
        union((0, leaf("a")), (0, leaf("b"))), {"a": 0.5, "b": 0.5}, id="all zero is even"
    ),
    pytest.param(
        union((1, leaf("a")), (1, union((3, leaf("b")), (1, leaf("c"))))),
        {"a": 0.5, "b": 0.375, "c": 0.125},
        id="a union in a union shares its share",
    ),
]


@pytest.mark.parametrize(("tree", "expected"), SHARES)
def test_shares(tree: NameTree[Bound], expected: dict[str, float]) -> None:
    assert shares(tree) == expected


@pytest.mark.parametrize("addr", [AddrNeg(), AddrPending(), AddrFailed("why")])
def test_a_set_that_is_not_there_has_no_endpoints(
    addr: AddrNeg | AddrPending | AddrFailed,
) -> None:
    part = Branch(1.0, Bound(Path.of("a"), addr))
    assert not load_assignment("c", [part]).endpoints


ADDRESSES = [
    ("10.0.0.1", "10.0.0.1"),
    ("127.1", "127.0.0.1"),
    ("1.2.3", "1.2.0.3"),
    ("1.65535", "1.0.255.255"),
    ("::1", "::1"),
    ("[::1]", "::1"),
    ("0:0::0:1", "::1"),
    ("localhost", None),
    ("1.2.3.4.5", None),
    ("256.1", None),
    ("1.2.3.256", None),
    ("1.16777216", None),
    ("80", None),
    ("1..2", None),
    ("", None),
    ("１.2", None),
]


@pytest.mark.parametrize(("host", "address"), ADDRESSES)
def test_which_hosts_are_addresses(host: str, address: str | None) -> None:
    assert literal_ip(host) == address


@given(st.ip_addresses())
def test_every_address_is_itself(address: object) -> None:
    assert literal_ip(str(address)) == str(ip_address(str(address)))


def test_one_dns_name_is_enough_to_need_dns() -> None:
    parts = branches(Leaf(bound("a", Address("10.0.0.1", 80), Address("example.com", 80))))
    assert needs_dns(parts)
    assert not needs_dns(branches(leaf("a")))


def weights(locality: object) -> list[int]:
    return [e.load_balancing_weight.value for e in locality.lb_endpoints]  # type: ignore[attr-defined]  # untyped


def test_equal_weights_are_not_said() -> None:
    part = branches(Leaf(bound("a", Address("10.0.0.1", 80), Address("10.0.0.2", 80))))
    (locality,) = load_assignment("c", part).endpoints
    assert weights(locality) == [0, 0]


def test_endpoints_of_weight_zero_are_left_out_unless_all_are() -> None:
    some = bound("a", Address("10.0.0.1", 80, weight=0), Address("10.0.0.2", 80))
    (locality,) = load_assignment("c", branches(Leaf(some))).endpoints
    assert [e.endpoint.address.socket_address.address for e in locality.lb_endpoints] == [
        "10.0.0.2"
    ]
    none = bound("a", Address("10.0.0.1", 80, weight=0), Address("10.0.0.2", 80, weight=0))
    (locality,) = load_assignment("c", branches(Leaf(none))).endpoints
    assert len(locality.lb_endpoints) == 2


def test_where_branches_meet_on_an_address_the_shares_are_the_endpoints() -> None:
    here, there = Address("10.0.0.1", 4141), Address("10.0.0.2", 4141)
    tree = union((3, Leaf(bound("v1", here, there))), (1, Leaf(bound("v2", here))))
    (locality,) = load_assignment("c", branches(tree)).endpoints
    assert locality.locality.sub_zone == ""
    # 3/8 + 2/8 against 3/8
    assert weights(locality) == [WEIGHT_SCALE, round(WEIGHT_SCALE * 3 / 5)]


def test_the_same_address_with_two_weights_in_one_branch_does_not_count_as_meeting() -> None:
    part = branches(Leaf(bound("a", Address("10.0.0.1", 80), Address("10.0.0.1", 80, weight=2))))
    (locality,) = load_assignment("c", part).endpoints
    assert locality.locality.sub_zone == "/#/io.l5d.fs/a"


@given(st.lists(st.floats(min_value=0, max_value=1e9), min_size=1, max_size=5))
def test_weights_are_whole_positive_and_in_range(given_weights: list[float]) -> None:
    members = [Address(f"10.0.0.{i}", 80, weight=w) for i, w in enumerate(given_weights)]
    (locality,) = load_assignment("c", branches(Leaf(bound("a", *members)))).endpoints
    said = [weight for weight in weights(locality) if weight]
    assert all(1 <= weight <= WEIGHT_SCALE for weight in said)


def test_a_slow_endpoint_keeps_a_part_of_its_own_weight() -> None:
    pair = bound("pair", Address("10.0.0.1", 80, 2.0), Address("::1", 80, 1.0))
    speeds = {"10.0.0.1:80": 0.01, "[::1]:80": 0.5}
    parts = [Branch(1.0, pair)]
    (locality,) = load_assignment("a", parts).endpoints
    assert weights(locality) == [10_000, 5_000]
    (locality,) = load_assignment("a", parts, speeds).endpoints
    assert weights(locality) == [400, 10_000]
    # the share of a branch is not for its endpoints to lose
    one, other = Address("10.0.0.1", 80), Address("10.0.0.2", 80)
    halves = [Branch(0.5, bound("x", one)), Branch(0.5, bound("y", other))]
    shares = [each.load_balancing_weight.value for each in load_assignment("a", halves).endpoints]
    slowed = load_assignment("a", halves, speeds).endpoints
    assert [each.load_balancing_weight.value for each in slowed] == shares
