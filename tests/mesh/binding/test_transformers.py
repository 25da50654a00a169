from __future__ import annotations

import pytest

from clew.mesh.binding.configured import namer_rules, transformers_of
from clew.mesh.binding.nodes import Node
from clew.mesh.binding.outcome import Failed, Outcome, Pending
from clew.mesh.binding.rules import NamerRule
from clew.mesh.binding.transformers import (
    Const,
    Localhost,
    Port,
    Replace,
    SpecificHost,
    Transformer,
    transform,
)
from clew.mesh.config.linker import read_linker
from clew.mesh.naming.bound import Address, Addresses, AddrNeg, AddrPending, Bound
from clew.mesh.naming.nametree import Empty, Fail, Leaf, Neg, Union, Weighted
from clew.mesh.naming.path import Path

HELLO = Path.read("/#/io.l5d.fs/hello")
OTHER = Path.read("/$/inet/2.2.2.2/2")
MARK = Path.of("mark")


def hello(*members: Address, id: Path = HELLO, residual: str = "/r") -> Bound:
    return Bound(id, Addresses(frozenset(members)), Path.read(residual))


TWO = hello(Address("10.0.0.1", 80, 2.0, "n1"), Address("10.0.0.2", 80))
OTHER_BOUND: Outcome = Leaf(Bound(OTHER, Addresses(frozenset([Address("2.2.2.2", 2)]))))


@pytest.mark.parametrize(
    ("transformer", "id_prefix"),
    [
        (Port(4141), "/%/io.l5d.port/4141"),
        (Port(4141, MARK), "/%/mark"),
        (Localhost(frozenset()), "/%/io.l5d.localhost"),
        (Localhost(frozenset(), MARK), "/%/mark"),
        (SpecificHost("10.0.0.1"), "/%/io.l5d.specificHost"),
        (SpecificHost("10.0.0.1", MARK), "/%/mark"),
        (Const(OTHER, Neg()), "/%/io.l5d.const"),
        (Const(OTHER, Neg(), MARK), "/%/mark"),
        (Replace(OTHER, Neg()), "/%/io.l5d.replace"),
        (Replace(OTHER, Neg(), MARK), "/%/mark"),
    ],
)
def test_id_prefixes(transformer: Transformer, id_prefix: str) -> None:
    assert str(transformer.id_prefix) == id_prefix


def test_port_keeps_hosts_weights_and_residual() -> None:
    assert transform(Leaf(TWO), Port(1)) == Leaf(
        hello(
            Address("10.0.0.1", 1, 2.0, "n1"),
            Address("10.0.0.2", 1),
            id=Path.read("/%/io.l5d.port/1/#/io.l5d.fs/hello"),
        )
    )


@pytest.mark.parametrize(
    "transformer",
    [Localhost(frozenset({"10.0.0.2", "127.0.0.1"})), SpecificHost("10.0.0.2")],
)
def test_filters_keep_what_is_wanted(transformer: Transformer) -> None:
    id = transformer.id_prefix + HELLO
    assert transform(Leaf(TWO), transformer) == Leaf(hello(Address("10.0.0.2", 80), id=id))


def test_filters_compare_addresses_and_not_their_spelling() -> None:
    bound = hello(Address("fd00:0::1", 80))
    (kept,) = (transform(Leaf(bound), SpecificHost("fd00::1")),)
    assert isinstance(kept, Leaf)
    assert isinstance(kept.value.addr, Addresses)


def test_a_filter_that_leaves_nothing_leaves_the_name_bound() -> None:
    id = Path.read("/%/io.l5d.specificHost/#/io.l5d.fs/hello")
    expected = Leaf(Bound(id, AddrNeg(), Path.of("r")))
    assert transform(Leaf(TWO), SpecificHost("10.9.9.9")) == expected
    assert transform(Leaf(hello()), SpecificHost("10.9.9.9")) == expected


@pytest.mark.parametrize("transformer", [Port(1), SpecificHost("10.0.0.1")])
def test_sets_that_are_not_known_stay_so_under_the_new_id(transformer: Transformer) -> None:
    waiting = Bound(HELLO, AddrPending())
    expected = Leaf(Bound(transformer.id_prefix + HELLO, AddrPending()))
    assert transform(Leaf(waiting), transformer) == expected


@pytest.mark.parametrize(
    "transformer",
    [Port(1), SpecificHost("10.0.0.1"), Const(OTHER, OTHER_BOUND), Replace(OTHER, OTHER_BOUND)],
)
def test_what_waits_or_failed_stays_so(transformer: Transformer) -> None:
    for outcome in (Pending("waiting"), Failed("no")):
        assert transform(outcome, transformer) == outcome


def test_replace_puts_another_name_where_one_is_bound() -> None:
    id = Path.read("/%/io.l5d.replace/$/inet/2.2.2.2/2")
    other = Leaf(Bound(id, Addresses(frozenset([Address("2.2.2.2", 2)]))))
    replaced = Replace(OTHER, OTHER_BOUND)
    assert transform(Leaf(TWO), replaced) == other
    split = Union((Weighted(0.5, Leaf(TWO)), Weighted(0.5, Empty())))
    assert transform(split, replaced) == Union((Weighted(0.5, other), Weighted(0.5, Empty())))
    for nothing in (Neg(), Fail(), Empty()):
        assert transform(nothing, replaced) == nothing


def test_const_does_so_even_where_none_is() -> None:
    id = Path.read("/%/io.l5d.const/$/inet/2.2.2.2/2")
    other = Leaf(Bound(id, Addresses(frozenset([Address("2.2.2.2", 2)]))))
    for outcome in (Neg(), Fail(), Empty(), Leaf(TWO)):
        assert transform(outcome, Const(OTHER, OTHER_BOUND)) == other


@pytest.mark.parametrize("kind", [Const, Replace])
def test_a_replacement_that_failed_fails_everything(kind: type[Const | Replace]) -> None:
    assert transform(Neg(), kind(OTHER, Failed("Unknown namer"))) == Failed("Unknown namer")


LINKER = """
routers:
- protocol: http
  servers: [{}]
  interpreter:
    transformers:
    - {kind: io.l5d.port, port: 4141}
    - {kind: io.l5d.localhost, prefix: /here}
    - {kind: io.l5d.specificHost, host: 10.0.0.1}
    - {kind: io.l5d.const, path: /$/inet/2.2.2.2/2}
    - {kind: io.l5d.replace, path: /svc/nothing}
namers:
- kind: io.l5d.fs
  rootDir: disco
  prefix: /files
  transformers:
  - {kind: io.l5d.port, port: 1}
- kind: io.l5d.rewrite
  prefix: /pns
  pattern: "/{port}/{svc}"
  name: /srv/{svc}
"""


def test_the_linker_file_says_which_and_in_which_order() -> None:
    linker = read_linker(LINKER, "linkerd.yml")
    ips = frozenset({"127.0.0.1"})
    assert transformers_of(linker.routers[0].interpreter.transformers, Node(ips)) == (
        Port(4141),
        Localhost(ips, Path.of("here")),
        SpecificHost("10.0.0.1"),
        Const(OTHER, OTHER_BOUND),
        Replace(Path.read("/svc/nothing"), Neg()),
    )


def test_the_linker_file_says_which_namers_there_are() -> None:
    files, pns = namer_rules(read_linker(LINKER, "linkerd.yml").namers)
    assert files == NamerRule(Path.read("/#/files"), None, (Port(1),))
    assert pns.rewrite is not None
    assert pns.rewrite.apply(Path.read("/http/web/rest")) == Path.read("/srv/web")
