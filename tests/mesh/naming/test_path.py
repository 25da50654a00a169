from __future__ import annotations

import pytest
from hypothesis import given, settings
from tests.mesh.naming.names import paths

from clew.mesh.naming.path import ParseError, Path


@settings(deadline=None)
@given(paths)
def test_a_path_reads_back_as_it_was_written(path: Path) -> None:
    assert Path.read(str(path)) == path


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        pytest.param("/", [], id="a slash alone is the empty path"),
        pytest.param("/a", [b"a"], id="one segment"),
        pytest.param("  /a/b\n", [b"a", b"b"], id="white space around"),
        pytest.param("/x # why", [b"x"], id="a comment after white space"),
        pytest.param("# why\n/x", [b"x"], id="a comment before"),
        pytest.param("/x#note", [b"x#note"], id="a hash inside a label is a character"),
        pytest.param("/#/io.l5d.fs/$/%:_-", [b"#", b"io.l5d.fs", b"$", b"%:_-"], id="safe set"),
        pytest.param(r"/a\x20\x2Fb", [b"a /b"], id="escaped bytes in either case"),
        pytest.param("/\u2003", [], id="an em space is white space"),
    ],
)
def test_reads(text: str, segments: list[bytes]) -> None:
    assert Path.read(text) == Path(tuple(segments))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (Path(), "/"),
        (Path.of("svc", "Web:80"), "/svc/Web:80"),
        (Path.of("svc", "a b"), r"/svc/\x61\x20\x62"),
        (Path((b"\xff",)), r"/\xff"),
        (Path.of("a/b"), r"/\x61\x2f\x62"),
    ],
)
def test_one_unsafe_byte_escapes_the_whole_segment(path: Path, text: str) -> None:
    assert str(path) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("invalid", "'/' expected but 'i' found at '[i]nvalid'"),
        ("", "'/' expected but end of input found at '[]'"),
        ("/a/", "label char expected but end of input found at '/a/[]'"),
        ("/a//b", "label char expected but '/' found at '/a/[/]b'"),
        ("/a b", "end of input expected but 'b' found at '/a [b]'"),
        ("/a*", "end of input expected but '*' found at '/a[*]'"),
        (r"/\y20", r"'x' expected but 'y' found at '/\[y]20'"),
        (r"/\x2g", r"hex char expected but 'g' found at '/\x2[g]'"),
        ("/a\u00a0", "end of input expected but '\u00a0' found at '/a[\u00a0]'"),
        ("/\u00e4", "end of input expected but '\u00e4' found at '/[\u00e4]'"),
    ],
)
def test_says_what_was_expected_and_where(text: str, message: str) -> None:
    with pytest.raises(ParseError) as error:
        Path.read(text)
    assert str(error.value) == message


def test_heads_and_tails() -> None:
    path = Path.read("/a/b/c")
    assert path.startswith(Path.read("/a/b"))
    assert not path.startswith(Path.read("/a/b/c/d"))
    assert path.take(1) + path.drop(1) == path
    assert len(path) == 3
    assert not Path()


def test_an_error_in_many_lines_is_told_by_its_line() -> None:
    with pytest.raises(ParseError) as error:
        Path.read("# one\n/two three\n# four")
    assert (error.value.line, error.value.in_line) == (
        1,
        "end of input expected but 't' found at '/two [t]hree'",
    )


def test_a_text_that_ends_too_early_is_wrong_on_its_last_written_line() -> None:
    with pytest.raises(ParseError) as error:
        Path.read("# one\n/two/\n\n")
    assert (error.value.line, error.value.in_line) == (
        1,
        "label char expected but end of line found at '/two/[]'",
    )
