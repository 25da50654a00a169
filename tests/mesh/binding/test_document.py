from __future__ import annotations

from typing import Any

import pytest

from clew.mesh.binding.document import addr_document, tree_document
from clew.mesh.naming.bound import (
    Addr,
    Address,
    Addresses,
    AddrFailed,
    AddrNeg,
    AddrPending,
    Bound,
)
from clew.mesh.naming.nametree import Alt, Empty, Fail, Leaf, NameTree, Neg, Union, Weighted
from clew.mesh.naming.path import Path

WEB = Bound(Path.of("#", "fs", "web"), AddrNeg(), Path.of("rest"))
LEAF = {
    "type": "leaf",
    "bound": {"addr": {"type": "neg"}, "id": "/#/fs/web", "path": "/rest"},
}


@pytest.mark.parametrize(
    ("tree", "document"),
    [
        (Neg(), {"type": "neg"}),
        (Fail(), {"type": "fail"}),
        (Empty(), {"type": "empty"}),
        (Leaf(WEB), LEAF),
        (Alt((Leaf(WEB), Neg())), {"type": "alt", "alt": [LEAF, {"type": "neg"}]}),
        (
            Union((Weighted(0.9, Leaf(WEB)), Weighted(0.1, Fail()))),
            {
                "type": "union",
                "union": [{"weight": 0.9, "tree": LEAF}, {"weight": 0.1, "tree": {"type": "fail"}}],
            },
        ),
    ],
)
def test_trees(tree: NameTree[Bound], document: dict[str, Any]) -> None:
    assert tree_document(tree) == document


@pytest.mark.parametrize(
    ("addr", "document"),
    [
        (AddrNeg(), {"type": "neg"}),
        (AddrPending(), {"type": "pending"}),
        (AddrFailed("why"), {"type": "failed", "cause": "why"}),
        (
            Addresses(frozenset({Address("10.0.0.1", 80, 2.0, "node-1")})),
            {
                "type": "bound",
                "addrs": [
                    {
                        "ip": "10.0.0.1",
                        "port": 80,
                        "meta": {"endpoint_addr_weight": 2.0, "nodeName": "node-1"},
                    }
                ],
                "meta": {},
            },
        ),
    ],
)
def test_replica_sets(addr: Addr, document: dict[str, Any]) -> None:
    assert addr_document(addr) == document
