from __future__ import annotations

import pytest

from clew.mesh.binding.outcome import Failed, Outcome, Pending
from clew.mesh.binding.remote import bind_in
from clew.mesh.binding.rules import NamerRule
from clew.mesh.binding.transformers import Port
from clew.mesh.config.linker import read_linker
from clew.mesh.naming.answer import Answer, BoundTree, Broken, Waiting
from clew.mesh.naming.bound import Address, Addresses, AddrNeg, Bound
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.nametree import Alt, Leaf, Neg
from clew.mesh.naming.path import Path
from clew.mesh.naming.remote import RemoteName, remote_root

(ROUTER,) = read_linker(
    """
routers:
- protocol: http
  label: outgoing
  interpreter: {kind: io.l5d.namerd.http, dst: /$/inet/namerd/4180}
  servers: [{port: 1}]
""",
    "linkerd.yml",
).routers
DTAB = Dtab.read("/svc => /#/io.l5d.fs")
NAME = Path.read("/svc/web")
ASKED = RemoteName(DTAB, NAME).under(remote_root("outgoing"))
LOCAL = [NamerRule(Path.read("/#/io.l5d.fs"))]
WEB = Bound(Path.read("/#/io.l5d.fs/web"), Addresses(frozenset({Address("10.0.0.1", 80)})))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (BoundTree(Leaf(WEB)), Leaf(WEB)),
        (BoundTree(Neg()), Neg()),
        (BoundTree(Alt((Neg(), Leaf(WEB)))), Leaf(WEB)),
        (Broken("why"), Failed("why")),
        (Waiting(), Pending(f"waiting for {ASKED}")),
    ],
)
def test_namerd_is_asked_for_table_and_name_and_nobody_else_is(
    answer: Answer, outcome: Outcome
) -> None:
    binding = bind_in(ROUTER, NAME, DTAB, LOCAL, {ASKED: answer}, ())
    assert binding.outcome == outcome
    assert binding.wanted == {ASKED}


def test_the_interpreters_transformers_are_applied_here() -> None:
    answers = {ASKED: BoundTree(Leaf(WEB))}
    outcome = bind_in(ROUTER, NAME, DTAB, (), answers, [Port(4141)]).outcome
    assert isinstance(outcome, Leaf)
    assert str(outcome.value.id) == "/%/io.l5d.port/4141/#/io.l5d.fs/web"
    assert outcome.value.addr == Addresses(frozenset({Address("10.0.0.1", 4141)}))


def test_a_router_without_one_binds_by_itself() -> None:
    (router,) = read_linker("routers: [{protocol: http, servers: [{}]}]", "linkerd.yml").routers
    neg = Bound(Path.read("/#/io.l5d.fs/web"), AddrNeg())
    binding = bind_in(router, NAME, DTAB, LOCAL, {neg.id: neg}, ())
    assert binding.outcome == Leaf(neg)
