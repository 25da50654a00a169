from __future__ import annotations

import pytest

from clew.mesh.config.linker import read_linker
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import ParseError, Path
from clew.mesh.xds.names import Asked, name_prefix, read_asked

LINKER = read_linker(
    """
routers:
- {protocol: http, label: out, servers: [{port: 1}]}
- {protocol: http, label: out/svc, servers: [{port: 2}]}
- {protocol: http, label: root, dstPrefix: /, servers: [{port: 3}]}
- {protocol: http, label: deep, dstPrefix: /a/b, servers: [{port: 4}]}
- {protocol: h2, label: path, identifier: {kind: io.l5d.header.path}, servers: [{port: 5}]}
""",
    "linkerd.yaml",
)

NAMES = [
    ("out/svc/hello", Asked("out", Path.read("/svc/hello"), True)),
    ("out/svc/Web:80", Asked("out", Path.read("/svc/Web:80"), True)),
    ("out/svc/a b/c", Asked("out", Path.of("svc", "a b/c"), True)),
    ("out/svc/", Asked("out", Path.read("/svc"), False)),
    ("out/svc/svc/x", Asked("out/svc", Path.read("/svc/x"), True)),
    ("root/hello", Asked("root", Path.read("/hello"), True)),
    ("deep/a/b/hello", Asked("deep", Path.read("/a/b/hello"), True)),
    ("out/svc/hello;dtab=/a=>/b", Asked("out", Path.read("/svc/hello"), True, "/a=>/b")),
    ("out/svc/;dtab=/a=>/b", Asked("out", Path.read("/svc"), False, "/a=>/b")),
    ("path/svc/pkg.Svc/Say", Asked("path", Path.read("/svc/pkg.Svc/Say"), True)),
    ("path/svc/a b", Asked("path", Path.read("/svc"), False)),
    ("path/svc/", Asked("path", Path.read("/svc"), False)),
    ("gone/svc/hello", None),
    ("out/host/hello", None),
    ("", None),
]


@pytest.mark.parametrize(("cluster", "asked"), NAMES)
def test_what_a_cluster_name_asks_for(cluster: str, asked: Asked | None) -> None:
    assert read_asked(cluster, LINKER) == asked


def test_a_name_begins_with_label_and_prefix() -> None:
    assert [name_prefix(r) for r in LINKER.routers] == [
        "out/svc/",
        "out/svc/svc/",
        "root/",
        "deep/a/b/",
        "path/svc/",
    ]


OVERRIDES = [
    pytest.param("/a=>/b", "/a=>/b", id="one line"),
    pytest.param("/a => /b,/c => /d", "/a=>/b;/c=>/d", id="two lines, in their order"),
    pytest.param("/a=>/b;,/c=>/d;", "/a=>/b;/c=>/d", id="semicolons at the ends of lines"),
    pytest.param(",/c=>/d", "/c=>/d", id="an empty line"),
]


@pytest.mark.parametrize(("text", "dtab"), OVERRIDES)
def test_an_override_is_read_line_by_line(text: str, dtab: str) -> None:
    assert Asked("out", Path(), True, text).read_override() == Dtab.read(dtab)


def test_one_bad_line_spoils_the_override() -> None:
    with pytest.raises(ParseError):
        Asked("out", Path(), True, "/a=>/b,/c").read_override()
