from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.mesh.naming.names import paths

from clew.mesh.naming.matcher import PathMatcher
from clew.mesh.naming.path import ParseError, Path


@pytest.mark.parametrize(
    ("pattern", "path", "captures", "residual"),
    [
        pytest.param("/", "/svc/a", {}, "/svc/a", id="nothing matches everything"),
        pytest.param("/svc", "/svc/a", {}, "/a", id="a prefix"),
        pytest.param("svc", "/svc/a", {}, "/a", id="without the first slash"),
        pytest.param("/svc/", "/svc/a", {}, "/a", id="with a slash behind"),
        pytest.param("/*/a", "/svc/a/b", {}, "/b", id="a star"),
        pytest.param("/svc/{name}", "/svc/a/b", {"name": "a"}, "/b", id="a capture"),
        pytest.param("/{a}-{b}", "/x-y-z", {"a": "x-y", "b": "z"}, "/", id="greedy parts"),
        pytest.param("/{host}:{port}", "/g.co:443", {"host": "g.co", "port": "443"}, "/", id="two"),
        pytest.param("/{a}.com", "/x.com:80", {"a": "x"}, "/", id="anywhere in the segment"),
        pytest.param("/{a:b_1}", "/x", {"a:b_1": "x"}, "/", id="letters of a name"),
        pytest.param(
            "/$/io.buoyant.rinet/443/{host}",
            "/$/io.buoyant.rinet/443/g.co",
            {"host": "g.co"},
            "/",
            id="an id",
        ),
        pytest.param(r"/{a}", r"/\x61\x20", {"a": r"\x61\x20"}, "/", id="escapes are kept"),
    ],
)
def test_matches(pattern: str, path: str, captures: dict[str, str], residual: str) -> None:
    match = PathMatcher.read(pattern).match(Path.read(path))
    assert match is not None
    assert (dict(match.captures), str(match.residual)) == (captures, residual)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        pytest.param("/svc/a", "/svc", id="the path is shorter"),
        pytest.param("/svc/*", "/svc", id="and a star stands for something"),
        pytest.param("/svc", "/SVC", id="case"),
        pytest.param("/svc//a", "/svc/a", id="an empty segment is none"),
        pytest.param("/{a}.com", "/xcom", id="a dot is a dot"),
        pytest.param("/{na-me}", "/x", id="no letter of a name: the braces are braces"),
        pytest.param("/${a}", "/$x", id="a dollar beside a capture, as in Linkerd"),
    ],
)
def test_does_not_match(pattern: str, path: str) -> None:
    assert PathMatcher.read(pattern).match(Path.read(path)) is None


def test_fills_what_was_captured_into_a_template() -> None:
    match = PathMatcher.read("/{port}/{svc}").match(Path.read("/http/web"))
    assert match is not None
    assert match.fill("/k8s/{svc}/{port}/{other}") == "/k8s/web/http/{other}"


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(ParseError, match="a pattern"):
        PathMatcher.read("/{a}(")


@settings(deadline=None)
@given(st.text("abc*/._-:$", max_size=12))
def test_prints_what_was_read(text: str) -> None:
    assert str(PathMatcher.read(text)) == text


@settings(deadline=None)
@given(paths, paths)
def test_a_path_matches_as_a_pattern_what_begins_like_it(head: Path, rest: Path) -> None:
    match = PathMatcher.read(str(head)).match(head + rest)
    assert match is not None
    assert match.residual == rest
