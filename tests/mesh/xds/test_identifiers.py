from __future__ import annotations

import pytest

from clew.mesh.config.identifiers import AnyIdentifier
from clew.mesh.config.linker import read_linker
from clew.mesh.naming.path import ParseError, Path
from clew.mesh.xds.identifiers import consumes, read_identified, rest_of_path, way, why_not
from clew.mesh.xds.names import Asked, logical_part, read_asked


def identifiers(*written: str, protocol: str = "http") -> tuple[AnyIdentifier, ...]:
    items = ", ".join(f"{{{each}}}" for each in written)
    router = f"{{protocol: {protocol}, identifier: [{items}], servers: [{{port: 1}}]}}"
    return read_linker(f"routers: [{router}]", "linkerd.yaml").routers[0].identifier


TOKEN = "kind: io.l5d.header.token"
HEADER = "kind: io.l5d.header"
PATH = "kind: io.l5d.path, segments: 2"
HOST = "kind: io.l5d.methodAndHost, httpUriInDst: true"
INGRESS = "kind: io.l5d.ingress"
STATIC = "kind: io.l5d.static, path: /a/b"


@pytest.mark.parametrize(
    ("written", "text", "path"),
    [
        pytest.param(TOKEN, "a/b", Path.of("a/b"), id="a token is one segment"),
        pytest.param(HEADER, "a/b", Path.of("a", "b"), id="a header is a path"),
        pytest.param(HEADER, r"\x2f", Path.of("/"), id="with Finagle's escapes"),
        pytest.param(HEADER, "//", Path(), id="be it the empty one"),
        pytest.param(PATH, "a/%2f", Path.of("a", "%2f"), id="segments of a URI stay as they came"),
        pytest.param(PATH, r"a/\x41", Path.of("a", r"\x41"), id="even escapes of Finagle's"),
        pytest.param(
            HOST, "1.1/GET/Web:80/X//y/", Path.of("1.1", "GET", "web:80", "X", "y"), id="1.1"
        ),
        pytest.param(HOST, "1.0/GET/X", Path.of("1.0", "GET", "X"), id="1.0 has no host"),
        pytest.param(STATIC, "a/b", Path.of("a", "b"), id="static"),
        pytest.param("kind: io.l5d.static, path: /", "/", Path(), id="static and empty"),
        pytest.param(INGRESS, "prod/80/web", Path.of("prod", "80", "web"), id="an ingress"),
        pytest.param(INGRESS, "", None, id="no rule of an ingress"),
        pytest.param(TOKEN, "", None, id="no token"),
        pytest.param(PATH, "", None, id="too few segments"),
    ],
)
def test_what_a_text_stands_for(written: str, text: str, path: Path | None) -> None:
    assert read_identified(identifiers(written), text) == path


@pytest.mark.parametrize(
    ("text", "header"),
    [
        pytest.param("/invalid", "invalid", id="no slash in front"),
        pytest.param("///a", "//a", id="two slashes in front"),
        pytest.param("a/", "/a/", id="a slash at the end"),
    ],
)
def test_a_header_that_is_no_path_says_why(text: str, header: str) -> None:
    with pytest.raises(ParseError) as expected:
        Path.read(header)
    with pytest.raises(ParseError) as error:
        read_identified(identifiers(HEADER), text)
    assert error.value.message == expected.value.message


def test_in_a_list_of_several_kinds_a_name_says_which_made_it() -> None:
    several = identifiers(HEADER, PATH, TOKEN)
    assert read_identified(several, "a/b;by=0") == Path.of("a", "b")
    assert read_identified(several, "a/b;by=1") == Path.of("a", "b")
    assert read_identified(several, "a/b;by=2") == Path.of("a/b")
    assert read_identified(several, "x;by=0;by=2") == Path.of("x;by=0")
    for nothing in ("", "a", "a;by=3", "a;by=x", "a;by=\N{SUPERSCRIPT TWO}"):
        assert read_identified(several, nothing) is None
    assert way(several).startswith("%CEL(")
    assert way(identifiers(TOKEN, f"{TOKEN}, header: x-name")) == ""


def test_the_logical_name_stands_before_all_marks() -> None:
    assert logical_part("out/svc/a;by=1;dtab=/a=>/b") == "out/svc/a"
    assert logical_part("out/svc/a") == "out/svc/a"


def test_only_an_identifier_that_consumes_takes_from_the_uri() -> None:
    assert not consumes(identifiers(PATH, TOKEN))
    taking = identifiers(TOKEN, f"{PATH}, consume: true")
    assert consumes(taking)
    assert rest_of_path(taking).endswith(
        r" ? re.extract(request.url_path, "
        r"r'^(?:/[!-.0-~]+){2}/?(.*)$', r'/\1') : request.url_path)%"
    )


def test_the_last_of_the_identifiers_says_why() -> None:
    assert [why_not(identifiers(TOKEN, last)) for last in (HEADER, PATH, HOST, TOKEN)] == [
        "l5d-name header is absent",
        "not enough segments in path",
        "HTTP/1.1 request missing hostname",
        "Host header is absent",
    ]


def test_a_name_that_cannot_be_read_is_not_identified() -> None:
    file = "routers: [{protocol: http, identifier: {kind: io.l5d.header}, servers: [{port: 1}]}]"
    asked = read_asked("http/svc//x", read_linker(file, "linkerd.yaml"))
    assert asked is not None
    assert (asked.identified, asked.name) == (False, Path.of("svc"))
    assert asked.unreadable == "'/' expected but 'x' found at '[x]'"
    assert read_asked("http/svc/a/b;dtab=/x=>/y", read_linker(file, "linkerd.yaml")) == Asked(
        "http", Path.of("svc", "a", "b"), True, "/x=>/y"
    )
