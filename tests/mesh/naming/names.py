"""Arbitrary names, for the property tests of every part that takes names."""

from __future__ import annotations

from hypothesis import strategies as st

from clew.mesh.naming.dtab import Dentry, Dtab, Prefix
from clew.mesh.naming.nametree import Alt, Empty, Fail, Leaf, NameTree, Neg, Union, Weighted
from clew.mesh.naming.path import Path

segments = st.one_of(
    st.text("abz/#$%:.-_ 09", min_size=1, max_size=6).map(str.encode),
    st.binary(min_size=1, max_size=4),
)
paths = st.lists(segments, max_size=4).map(lambda s: Path(tuple(s)))
prefixes = st.lists(st.none() | segments, max_size=4).map(lambda e: Prefix(tuple(e)))
weights = st.integers(0, 400).map(lambda hundredths: hundredths / 100)


def _inner(trees: st.SearchStrategy[NameTree[Path]]) -> st.SearchStrategy[NameTree[Path]]:
    branches = st.builds(Weighted, weights, trees)
    return st.one_of(
        st.lists(trees, min_size=2, max_size=3).map(lambda t: Alt(tuple(t))),
        st.lists(branches, min_size=2, max_size=3).map(lambda b: Union(tuple(b))),
    )


def trees_of(leaves: st.SearchStrategy[Path]) -> st.SearchStrategy[NameTree[Path]]:
    return st.recursive(
        st.one_of(st.just(Neg()), st.just(Fail()), st.just(Empty()), leaves.map(Leaf)),
        _inner,
        max_leaves=8,
    )


trees = trees_of(paths)
dentries = st.builds(Dentry, prefixes, trees)
dtabs = st.lists(dentries, max_size=4).map(lambda d: Dtab(tuple(d)))
