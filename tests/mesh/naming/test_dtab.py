from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.mesh.naming.names import dentries, dtabs, paths, prefixes

from clew.mesh.naming.dtab import Dentry, Dtab, Prefix
from clew.mesh.naming.nametree import Alt, Leaf, Neg, Union, Weighted, show_tree
from clew.mesh.naming.path import ParseError, Path

SEED = """
  /srv        => /#/io.l5d.k8s/default/http;
  /host       => /srv;
  /svc        => /host;
  /host/world => /srv/world-v1;
"""


@settings(deadline=None)
@given(dtabs)
def test_a_dtab_reads_back_as_it_was_written(dtab: Dtab) -> None:
    assert Dtab.read(str(dtab)) == dtab


@settings(deadline=None)
@given(prefixes)
def test_a_prefix_reads_back_as_it_was_written(prefix: Prefix) -> None:
    assert Prefix.read(str(prefix)) == prefix


@settings(deadline=None)
@given(dtabs, dtabs)
def test_the_sum_of_two_tables_is_the_two_written_one_after_the_other(a: Dtab, b: Dtab) -> None:
    assert a + b == Dtab.read(f"{a};{b}" if a else str(b))


@settings(deadline=None)
@given(dtabs, paths)
def test_the_last_matching_rule_is_looked_at_first(dtab: Dtab, path: Path) -> None:
    found = dtab.lookup(path)
    match dtab.matching(path):
        case ():
            assert found == Neg()
        case (only,):
            assert found == only.rewrite(path)
        case many:
            assert found == Alt(tuple(d.rewrite(path) for d in many))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        (" # nothing\n", ""),
        (
            SEED,
            "/srv=>/#/io.l5d.k8s/default/http;/host=>/srv;/svc=>/host;/host/world=>/srv/world-v1",
        ),
        ("/a=>/b;", "/a=>/b"),
        ("/a=>0.9*/d & 0.1 * /e;/c=>/d|!", "/a=>0.90*/d & 0.10*/e;/c=>/d | !"),
        ("/x => /y # why\n;# all comment\n", "/x=>/y"),
        ("/ => /", "/=>/"),
        ("/a/*/c => /*", None),
        ("/a/* => /b", "/a/*=>/b"),
    ],
)
def test_reads_and_shows_in_one_line(text: str, shown: str | None) -> None:
    if shown is None:
        with pytest.raises(ParseError):
            Dtab.read(text)
    else:
        assert str(Dtab.read(text)) == shown


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/foo=>/bar/", "label char expected but end of input found at '/foo=>/bar/[]'"),
        ("/f*=>/x", "'=' expected but '*' found at '/f[*]=>/x'"),
        ("/*x=>/x", "'=' expected but 'x' found at '/*[x]=>/x'"),
        ("/foo=>/b*", "end of input expected but '*' found at '/foo=>/b[*]'"),
        ("a=>/b", "'/' expected but 'a' found at '[a]=>/b'"),
        ("/a=>/b;;", "'/' expected but ';' found at '/a=>/b;[;]'"),
        (";", "'/' expected but ';' found at '[;]'"),
        ("/a>/b", "'=' expected but '>' found at '/a[>]/b'"),
        ("/a= >/b", "'>' expected but ' ' found at '/a=[ ]>/b'"),
        ("/a=>/b /c=>/d", "end of input expected but '/' found at '/a=>/b [/]c=>/d'"),
        ("/a=>", "simple expected but end of input found at '/a=>[]'"),
    ],
)
def test_says_what_was_expected_and_where(text: str, message: str) -> None:
    with pytest.raises(ParseError) as error:
        Dtab.read(text)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("dtab", "path", "tree"),
    [
        pytest.param("/svc=>/a", "/svc/x", "/a/x", id="the rest is appended"),
        pytest.param("/svc=>/a | /b & !", "/svc/x", "/a/x | /b/x & !", id="to every leaf"),
        pytest.param("/svc=>/a; /svc=>/b", "/svc/x", "/b/x | /a/x", id="the later dentry first"),
        pytest.param("/svc/*=>/a", "/svc/x/y", "/a/y", id="a star is one segment"),
        pytest.param("/svc/*=>/a", "/svc", "~", id="and not none"),
        pytest.param("/Svc=>/a", "/svc", "~", id="case matters"),
        pytest.param("/=>/a", "/svc", "/a/svc", id="the empty prefix matches all"),
        pytest.param("/svc=>~", "/svc", "~", id="a lone tilde is no answer"),
    ],
)
def test_looks_up_one_step(dtab: str, path: str, tree: str) -> None:
    assert show_tree(Dtab.read(dtab).lookup(Path.read(path))) == tree


def test_leaves_of_a_lookup_are_paths() -> None:
    assert Dtab.read("/a=>/b").lookup(Path.of("a", "c d")) == Leaf(Path.of("b", "c d"))


def test_an_error_in_a_block_is_told_by_its_own_line() -> None:
    with pytest.raises(ParseError) as error:
        Dtab.read("/a => /b;\n/c > /d;\n/e => /f;\n")
    assert (error.value.line, error.value.in_line) == (
        1,
        "'=' expected but '>' found at '/c [>] /d;'",
    )


any_weights = st.floats(0, allow_infinity=False, allow_nan=False)
splits = st.builds(
    lambda prefix, shares: Dentry(
        prefix, Union(tuple(Weighted(share, Leaf(Path.of("b"))) for share in shares))
    ),
    prefixes,
    st.lists(any_weights, min_size=2, max_size=3),
)


@given(st.lists(st.one_of(dentries, splits), max_size=4))
def test_the_exact_form_loses_no_weight(rules: list[Dentry]) -> None:
    dtab = Dtab(tuple(rules))
    assert Dtab.read(dtab.exact) == dtab


def test_the_exact_form_beside_the_short_one() -> None:
    dtab = Dtab.read("/a => 0.0015 * /b & 0.9985 * /c")
    assert (dtab.exact, str(dtab)) == ("/a=>0.0015*/b & 0.9985*/c", "/a=>0.00*/b & 1.00*/c")
