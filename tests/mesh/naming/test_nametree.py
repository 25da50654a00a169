from __future__ import annotations

import pytest
from hypothesis import given, settings
from tests.mesh.naming.names import trees

from clew.mesh.naming.nametree import (
    MAX_GROUPS,
    Alt,
    Empty,
    Fail,
    Leaf,
    NameTree,
    Neg,
    Union,
    Weighted,
    map_leaves,
    read_tree,
    show_tree,
    size,
)
from clew.mesh.naming.path import ParseError, Path
from clew.mesh.naming.scanner import Scanner

A, B, C = (Leaf(Path.of(name)) for name in "abc")


def read(text: str) -> NameTree[Path]:
    scanner = Scanner(text)
    tree = read_tree(scanner)
    scanner.expect_end()
    return tree


@settings(deadline=None)
@given(trees)
def test_a_tree_reads_back_as_it_was_written(tree: NameTree[Path]) -> None:
    assert read(show_tree(tree)) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("!", Fail()),
        ("~", Neg()),
        ("$", Empty()),
        ("/a", A),
        ("/a | /b|/c", Alt((A, B, C))),
        ("/a & /b", Union((Weighted(1.0, A), Weighted(1.0, B)))),
        ("/a & /b | /c", Alt((Union((Weighted(1.0, A), Weighted(1.0, B))), C))),
        ("0.9 * /a & .1*/b", Union((Weighted(0.9, A), Weighted(0.1, B)))),
        ("2. * /a & 0*/b", Union((Weighted(2.0, A), Weighted(0.0, B)))),
        ("0.9 * /a", A),
        ("(/a)", A),
        ("/a | (/b | /c)", Alt((A, Alt((B, C))))),
        ("/a & (~ | /b)", Union((Weighted(1.0, A), Weighted(1.0, Alt((Neg(), B)))))),
    ],
)
def test_reads(text: str, tree: NameTree[Path]) -> None:
    assert read(text) == tree


@pytest.mark.parametrize(
    ("weight", "shown"),
    [
        (0.9, "0.90*/a"),
        (0.125, "0.13*/a"),
        (1.0, "/a"),
        (0.0, "0.00*/a"),
        (1e21, "1000000000000000000000.00*/a"),
    ],
)
def test_weights_show_two_decimals_rounded_half_up(weight: float, shown: str) -> None:
    assert show_tree(Union((Weighted(weight, A), Weighted(1.0, B)))) == f"{shown} & /b"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", "simple expected but 'a' found at '[a]'"),
        ("", "simple expected but end of input found at '[]'"),
        ("/a |", "simple expected but end of input found at '/a |[]'"),
        ("(/a", "')' expected but end of input found at '(/a[]'"),
        ("1.2.3 * /a", "number char expected but '.' found at '1.2[.]3 * /a'"),
        (". * /a", "weight expected but '.' found at '[.] * /a'"),
        ("0.5 /a", "'*' expected but '/' found at '0.5 [/]a'"),
        ("-1 * /a", "simple expected but '-' found at '[-]1 * /a'"),
        ("1e3 * /a", "'*' expected but 'e' found at '1[e]3 * /a'"),
    ],
)
def test_says_what_was_expected_and_where(text: str, message: str) -> None:
    with pytest.raises(ParseError) as error:
        read(text)
    assert str(error.value) == message


def test_a_weight_that_no_float_holds_is_refused() -> None:
    with pytest.raises(ParseError, match="weight expected"):
        read("9" * 400 + " * /a & /b")


def test_the_depth_of_groups_is_bounded() -> None:
    read("(" * MAX_GROUPS + "/a" + ")" * MAX_GROUPS)
    with pytest.raises(ParseError, match=f"at most {MAX_GROUPS} groups"):
        read("(" * 100_000)


@pytest.mark.parametrize(
    ("text", "leaves"), [("/a", 1), ("~ | ! | $", 3), ("/a & (/b | /c) | ~", 4)]
)
def test_the_size_is_the_number_of_leaves(text: str, leaves: int) -> None:
    assert size(read(text)) == leaves


def test_maps_leaves_and_nothing_else() -> None:
    tree = read("/a & 2*(! | /b) | $ | ~")
    assert show_tree(map_leaves(tree, lambda p: p + Path.of("x"))) == (
        "/a/x & 2.00*(! | /b/x) | $ | ~"
    )
