from __future__ import annotations

import pytest
from hypothesis import given, settings
from tests.mesh.naming.names import paths

from clew.mesh.naming.answer import Broken
from clew.mesh.naming.bound import Address, Addresses, Bound
from clew.mesh.naming.nametree import Empty, Fail, Leaf, Neg
from clew.mesh.naming.path import Path
from clew.mesh.naming.rewriters import lookup_system


@pytest.mark.parametrize(
    ("path", "rewritten"),
    [
        ("/$/io.buoyant.http.anyMethod/GET/a/b", "/a/b"),
        ("/$/io.buoyant.http.anyMethod/Get/a", None),
        ("/$/io.buoyant.http.anyMethod", None),
        ("/$/io.buoyant.http.anyMethodPfx/p/GET/a", "/p/a"),
        ("/$/io.buoyant.http.anyMethodPfx/p", None),
        ("/$/io.buoyant.http.anyMethodPfx", None),
        ("/$/io.buoyant.http.anyHost/x.io/a", "/a"),
        (r"/$/io.buoyant.http.anyHost/\x61\x20/a", None),
        ("/$/io.buoyant.http.anyHostPfx/p/x.io/a", "/p/a"),
        ("/$/io.buoyant.http.subdomainOf/x.io/foo.x.io/a", "/foo/a"),
        ("/$/io.buoyant.http.subdomainOf/x.io/a.b.x.io", "/a.b"),
        ("/$/io.buoyant.http.subdomainOf/x.io/foo.y.io", None),
        ("/$/io.buoyant.http.subdomainOf/x.io/foox.io", None),
        ("/$/io.buoyant.http.subdomainOfPfx/x.io/p/foo.x.io:90/a", "/p/foo/a"),
        ("/$/io.buoyant.http.subdomainOfPfx/x.io/p/x.io", None),
        ("/$/io.buoyant.http.subdomainOfPfx/x.io/p/.x.io", None),
        ("/$/io.buoyant.http.domainToPath/foo.x.io/a", "/io/x/foo/a"),
        ("/$/io.buoyant.http.domainToPathPfx/p/foo.x.io/a", "/p/io/x/foo/a"),
        ("/$/io.buoyant.http.domainToPathPfx/p/foo:80", "/p/foo:80"),
        ("/$/io.buoyant.http.domainToPathPfx/p/foo.io.", "/p/io/foo"),
        ("/$/io.buoyant.http.domainToPathPfx/p/a..b", None),
        ("/$/io.buoyant.http.domainToPathPfx/p/.", None),
        ("/$/io.buoyant.hostportPfx/p/h:80/a", "/p/h/80/a"),
        ("/$/io.buoyant.hostportPfx/p/h:80:", "/p/h/80"),
        ("/$/io.buoyant.hostportPfx/p/h", None),
        ("/$/io.buoyant.hostportPfx/p/h:80:90", None),
        ("/$/io.buoyant.hostportPfx/p/h:HTTP", None),
        ("/$/io.buoyant.hostportPfx/p/h:-a", None),
        ("/$/io.buoyant.hostportPfx/p/:80", None),
        ("/$/io.buoyant.hostportPfx/p/h:" + "a" * 63, "/p/h/" + "a" * 63),
        ("/$/io.buoyant.hostportPfx/p/h:" + "a" * 64, None),
        ("/$/io.buoyant.porthostPfx/p/h:http/a", "/p/http/h/a"),
        ("/$/io.buoyant.porthostPfx/p", None),
    ],
)
def test_rewrites_or_is_neg_when_the_shape_does_not_fit(path: str, rewritten: str | None) -> None:
    expected = Neg() if rewritten is None else Leaf(Path.read(rewritten))
    assert lookup_system(Path.read(path)) == expected


@pytest.mark.parametrize(
    ("path", "id", "residual", "host", "port"),
    [
        ("/$/inet/h.io/80/x", "/$/inet/h.io/80", "/x", "h.io", 80),
        ("/$/inet/127.1/80", "/$/inet/127.1/80", "/", "127.1", 80),
        ("/$/inet/80", "/$/inet/80", "/", "127.0.0.1", 80),
        ("/$/inet/80/x", "/$/inet/80", "/x", "127.0.0.1", 80),
        ("/$/inet/80/90", "/$/inet/80/90", "/", "80", 90),
        ("/$/fixedinet/h/80", "/$/fixedinet/h/80", "/", "h", 80),
        ("/$/io.buoyant.rinet/80/h/x", "/$/io.buoyant.rinet/80/h", "/x", "h", 80),
    ],
)
def test_addresses(path: str, id: str, residual: str, host: str, port: int) -> None:
    assert lookup_system(Path.read(path)) == Leaf(
        Bound(Path.read(id), Addresses(frozenset([Address(host, port)])), Path.read(residual))
    )


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/$/nosuch/a", "Unknown namer: nosuch for path: /$/nosuch/a"),
        ("/$/inet/h", "Unknown namer: inet for path: /$/inet/h"),
        ("/$/inet/h/70000", "port out of range: 70000 in path: /$/inet/h/70000"),
        (
            "/$/io.buoyant.rinet/http/h",
            "'http' is not a port number in path: /$/io.buoyant.rinet/http/h",
        ),
    ],
)
def test_what_cannot_be_looked_up_says_why(path: str, why: str) -> None:
    assert lookup_system(Path.read(path)) == Broken(why)


@pytest.mark.parametrize(
    ("path", "tree"),
    [
        ("/$/nil", Empty()),
        ("/$/nil/a/b", Empty()),
        ("/$/fail/a", Fail()),
        ("/$/io.buoyant.rinet/80", Neg()),
        ("/$", Neg()),
        ("/", Neg()),
        ("/svc/a", Neg()),
        ("/#/io.l5d.fs/a", Neg()),
        ("/%/io.l5d.port/4141/a", Neg()),
    ],
)
def test_fixed_answers(path: str, tree: object) -> None:
    assert lookup_system(Path.read(path)) == tree


@settings(deadline=None)
@given(paths)
def test_every_path_has_an_answer(path: Path) -> None:
    assert lookup_system(Path.of("$") + path) is not None
