from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.mesh.naming.names import paths, trees

from clew.mesh.binding.document import addr_document, tree_document
from clew.mesh.namers.namerd_answer import NotUnderstood, read_addr, read_tree
from clew.mesh.naming.bound import (
    Addr,
    Address,
    Addresses,
    AddrFailed,
    AddrNeg,
    AddrPending,
    Bound,
)
from clew.mesh.naming.nametree import NameTree, map_leaves
from clew.mesh.naming.path import Path

hosts = st.one_of(st.ip_addresses().map(str), st.just("web.test"))
members = st.builds(
    Address, hosts, st.integers(0, 65535), st.sampled_from([1.0, 0.5, 3.0]), st.sampled_from("ab")
)
addrs: st.SearchStrategy[Addr] = st.one_of(
    st.just(AddrNeg()),
    st.just(AddrPending()),
    st.builds(AddrFailed, st.text(max_size=4)),
    st.frozensets(members, max_size=3).map(Addresses),
)


@given(addrs)
def test_addresses_come_back(addr: Addr) -> None:
    assert read_addr(json.dumps(addr_document(addr))) == addr


@settings(deadline=None)
@given(trees, addrs, paths)
def test_trees_come_back(tree: NameTree[Path], addr: Addr, residual: Path) -> None:
    bound = map_leaves(tree, lambda path: Bound(path, addr, residual))
    assert read_tree(json.dumps(tree_document(bound))) == bound


@pytest.mark.parametrize(
    "line",
    [
        "Unknown namer: no for path: /$/no",
        '{"type":"exception","message":"why"}',
        '{"type":"leaf","bound":{"addr":{"type":"neg"},"id":"no path"}}',
        "[" * 100_000,
        "",
    ],
)
def test_a_line_that_is_no_answer_is_told_as_it_is(line: str) -> None:
    with pytest.raises(NotUnderstood) as told:
        read_tree(line)
    assert str(told.value).startswith(line)
    with pytest.raises(NotUnderstood):
        read_addr(line)
