from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from tests.mesh.naming.names import dtabs

from clew.cli.dtab import command
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import ParseError

A, B = "/$/inet/1.1.1.1/1", "/$/inet/2.2.2.2/2"
NEG = {"type": "neg"}
FAIL = {"type": "fail"}
EMPTY = {"type": "empty"}
RECURSION = "Max recursion level: 100 reached in Namer lookup"
BAH = f"/bah/humbug=>{A};/foo=>/bah | /$/fail;/foo=>/bar;/boo=>/foo"
RINET = "/ph=>/$/io.buoyant.rinet;/svc=>/ph/80;/svc=>/$/io.buoyant.porthostPfx/ph"
LINKER = """
namers:
- {{kind: io.l5d.fs, rootDir: {disco}}}
- {{kind: io.l5d.rewrite, prefix: /by-host, pattern: "/{{name}}.local", name: "/srv/{{name}}"}}
routers:
- protocol: http
  label: outgoing
  dtab: /srv => /#/io.l5d.fs; /svc => /srv
  interpreter: {{kind: default, transformers: [{{kind: io.l5d.port, port: 4141}}]}}
  servers: [{{port: 4140}}]
- protocol: http
  label: incoming
  dtab: /svc => /#/by-host
  servers: [{{port: 4141}}]
"""


def run(*words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(command, words, input=stdin)


def answer(*words: str) -> Any:
    """The one JSON document; the exit code is 1 for errors, else 0."""
    done = run(*words, "--json")
    document = json.loads(done.stdout)
    failed = isinstance(document, dict) and document.get("type") == "error"
    assert done.exit_code == (1 if failed else 0)
    return document


def leaf(id: str, residual: str = "/") -> dict[str, str]:
    return {"type": "leaf", "id": id, "residual": residual}


def error(message: str) -> dict[str, str]:
    return {"type": "error", "message": message}


@pytest.fixture
def linker(tmp_path: Path) -> str:
    (tmp_path / "disco").mkdir()
    (tmp_path / "disco" / "hello").write_text("10.0.0.1 7777\n10.0.0.2 7777\n")
    file = tmp_path / "linkerd.yaml"
    file.write_text(LINKER.format(disco=tmp_path / "disco"))
    return str(file)


def test_parse_gives_the_rules() -> None:
    text = "/a/* => /b|/c ; # why\n/d => 0.9*/e & 0.125*/f;"
    assert answer("parse", text) == [
        {"prefix": "/a/*", "dst": "/b | /c"},
        {"prefix": "/d", "dst": "0.90*/e & 0.13*/f"},
    ]
    assert answer("parse", "") == []
    assert run("parse", text).stdout == "/a/* => /b | /c ;\n/d   => 0.90*/e & 0.13*/f ;\n"


@given(dtabs)
def test_what_parse_prints_is_the_dtab_again(dtab: Dtab) -> None:
    printed = run("parse", str(dtab)).stdout
    assert str(Dtab.read(printed.strip())) == str(dtab)


def test_show_gives_the_one_line_form() -> None:
    assert run("show", "/a => /b ; /c => .9*/d & 0.1*/e").stdout == "/a=>/b;/c=>0.90*/d & 0.10*/e\n"
    assert run("show", "-", stdin="/x => /y # why\n;# all comment\n").stdout == "/x=>/y\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["parse", "/foo=>/bar/"], "label char expected but end of input found at '/foo=>/bar/[]'"),
        (["show", "/f*=>/x"], "'=' expected but '*' found at '/f[*]=>/x'"),
        (["parse", "a=>/b", "--json"], "'/' expected but 'a' found at '[a]=>/b'"),
        (["bind", "invalid", "--dtab", ""], "'/' expected but 'i' found at '[i]nvalid'"),
        (["delegate", "/a", "--dtab", "/a=>/b;;"], "'/' expected but ';' found at '/a=>/b;[;]'"),
        (["match", "/a", "b"], "'/' expected but 'b' found at '[b]'"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_place(words: list[str], message: str) -> None:
    raised = run(*words).exception
    assert isinstance(raised, ParseError)  # which the command line prints on stderr
    assert (str(raised), raised.exit_code) == (message, 2)


# Linkerd's worked examples, as far as they need no namers
@pytest.mark.parametrize(
    ("dtab", "name", "outcome"),
    [
        ("", "/svc/a", NEG),
        (f"/svc=>{A}", "/svc/a/b", leaf(A, "/a/b")),
        (f"/svc/*=>{A}", "/svc/a/b", leaf(A, "/b")),
        (f"/svc/*=>{A}", "/svc", NEG),
        (f"/Svc=>{A}", "/svc/a", NEG),
        (f"/a/*/c=>/d;/d=>{A}", "/a/b/c/e", leaf(A, "/e")),
        (f"/svc=>{A};/svc/a=>!", "/svc/a", FAIL),
        (f"/svc/a=>!;/svc=>{A}", "/svc/a", leaf(A, "/a")),
        (f"/svc/a=>{A};/svc=>~", "/svc/a", leaf(A)),
        (f"/svc=>{A};/svc/a=>$", "/svc/a", EMPTY),
        (f"/svc=>/x | {A}", "/svc/a", leaf(A, "/a")),
        (f"/svc=>! | {A}", "/svc/a", FAIL),
        (f"/svc=>~ | /$/fail | {A}", "/svc/a", FAIL),
        (f"/svc=>/$/nil | /$/fail | {A}", "/svc/a", EMPTY),
        (f"/svc=>! & {A}", "/svc/a", leaf(A, "/a")),
        (f"/svc=>{A};/svc=>! & !", "/svc/a", leaf(A, "/a")),
        (f"/svc=>/X & /Y | {A}", "/svc/a", leaf(A, "/a")),
        ("/s=>/s/srv", "/s/foo", error(RECURSION)),
        ("/=>/x", "/a", error(RECURSION)),
        ("/a=>/b;/b=>/a", "/a", error(RECURSION)),
        (f"/#/k/a=>{A};/svc=>/#/k", "/svc/a", leaf(A)),
        (f"/svc=>/#/none | {A}", "/svc/a", leaf(A, "/a")),
        (f"/svc=>/$/nosuch | {A}", "/svc/a", error("Unknown namer: nosuch for path: /$/nosuch/a")),
        (f"/svc=>{A} | /$/nosuch", "/svc/a", leaf(A, "/a")),
        (f"/svc=>/$/nosuch & {A}", "/svc/a", leaf(A, "/a")),
        ("/svc=>/$/inet", "/svc/h/80/x", leaf("/$/inet/h/80", "/x")),
        (
            "/svc=>/$/io.buoyant.rinet/80",
            "/svc/g.co",
            leaf("/$/io.buoyant.rinet/80/g.co"),
        ),
        (RINET, "/svc/g.co:443", leaf("/$/io.buoyant.rinet/443/g.co")),
        (RINET, "/svc/g.co", leaf("/$/io.buoyant.rinet/80/g.co")),
        ("/svc=>/", "/svc/$/inet/1.2.3.4/5", leaf("/$/inet/1.2.3.4/5")),
        (BAH, "/boo/humbug/ya", leaf(A, "/ya")),
        (BAH, "/boo/lol", FAIL),
    ],
)
def test_bind_gives_the_outcome(dtab: str, name: str, outcome: dict[str, str]) -> None:
    assert answer("bind", name, "--dtab", dtab) == outcome


def test_a_split_keeps_its_weights() -> None:
    assert answer("bind", "/svc/a", "--dtab", f"/svc=>0.9*{A} & 0.1*{B}") == {
        "type": "union",
        "trees": [
            {"weight": 0.9, "tree": leaf(A, "/a")},
            {"weight": 0.1, "tree": leaf(B, "/a")},
        ],
    }
    assert run("bind", "/svc", "--dtab", f"/svc=>0.9*{A} & 0.1*{B}").stdout.splitlines() == [
        "split",
        "  0.9 of",
        f"    {A}",
        "      1.1.1.1:1",
        "  0.1 of",
        f"    {B}",
        "      2.2.2.2:2",
    ]


def test_the_namers_of_a_file_answer(linker: str) -> None:
    fs = ["--config", linker, "--dtab", "/svc => /#/io.l5d.fs"]
    assert answer("bind", "/svc/hello", *fs) == leaf("/#/io.l5d.fs/hello")
    assert answer("bind", "/svc/nope", *fs) == NEG
    assert run("bind", "/svc/hello/a", *fs).stdout.splitlines() == [
        "/#/io.l5d.fs/hello  residual /a",
        "  10.0.0.1:7777",
        "  10.0.0.2:7777",
    ]


def test_a_router_lends_its_dtab_and_transformers(linker: str) -> None:
    outgoing = ["--config", linker, "--router", "outgoing"]
    transformed = leaf("/%/io.l5d.port/4141/#/io.l5d.fs/hello")
    assert answer("bind", "/svc/hello", *outgoing) == transformed
    assert answer("bind", "/x/hello", *outgoing, "--dtab", "/x=>/#/io.l5d.fs") == transformed
    assert answer("bind", "/svc/hello", *outgoing, "--dtab", "") == NEG
    # what the other rewriter makes of the name leads nowhere without the rules of this router
    assert answer("bind", "/svc/hello.local", "--config", linker, "--router", "incoming") == NEG


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "give --dtab TEXT"),
        (["--router", "outgoing", "--dtab", ""], "--config FILE with --router LABEL"),
        (["--config", "FILE"], "--dtab TEXT or --router LABEL"),
        (["--config", "FILE", "--router", "nope"], "it has: outgoing, incoming"),
    ],
)
def test_wrong_usage_says_what_to_give(linker: str, words: list[str], told: str) -> None:
    done = run("bind", "/svc/a", *(linker if word == "FILE" else word for word in words))
    assert done.exit_code == 2
    assert told in done.stderr


def test_delegate_gives_every_alternative(linker: str) -> None:
    dtab = f"/svc => /#/io.l5d.fs | {A}"
    document = answer("delegate", "/svc/hello", "--config", linker, "--dtab", dtab)
    assert (document["type"], document["path"]) == ("alt", "/svc/hello")
    first, second = document["alt"]
    assert first["bound"]["id"] == "/#/io.l5d.fs/hello"
    assert [each["ip"] for each in first["bound"]["addr"]["addrs"]] == ["10.0.0.1", "10.0.0.2"]
    assert second["bound"] == {
        "addr": {"type": "bound", "addrs": [{"ip": "1.1.1.1", "port": 1, "meta": {}}], "meta": {}},
        "id": A,
        "path": "/hello",
    }


def test_people_see_delegation_as_a_tree(linker: str) -> None:
    outgoing = ["--config", linker, "--router", "outgoing"]
    shown = run("delegate", "/svc/hello", *outgoing).stdout
    assert shown.splitlines() == [
        "/svc/hello",
        "  /srv/hello  (/svc => /srv)",
        "    /#/io.l5d.fs/hello  by PortTransformer",
        "      /%/io.l5d.port/4141/#/io.l5d.fs/hello  (/srv => /#/io.l5d.fs)",
        "        = /%/io.l5d.port/4141/#/io.l5d.fs/hello  10.0.0.1:4141, 10.0.0.2:4141",
    ]
    shown = run("delegate", "/s/x", "--dtab", f"/s=>0.5*/$/nosuch & {A} & (! | ~ | $)").stdout
    rule = f"(/s => 0.50*/$/nosuch & {A} & (! | ~ | $))"
    assert shown.splitlines() == [
        "/s/x  split",
        "  0.5 of",
        f"    /$/nosuch/x  error: Unknown namer: nosuch for path: /$/nosuch/x  {rule}",
        "  1 of",
        f"    {A}/x  {rule}",
        f"      = {A}  residual /x  1.1.1.1:1",
        "  1 of",
        f"    /s/x  first of  {rule}",
        f"      !  fail  {rule}",
        f"      ~  neg  {rule}",
        f"      /s/x  empty  {rule}",
    ]


@pytest.mark.parametrize(
    ("pattern", "path", "captures", "residual"),
    [
        ("/#/*/{ns}/{svc}", "/#/k8s/prod/hello/rest", {"ns": "prod", "svc": "hello"}, "/rest"),
        ("/{host}.local", "/a.local", {"host": "a"}, "/"),
        ("/", "/a", {}, "/a"),
    ],
)
def test_a_pattern_matches(
    pattern: str, path: str, captures: dict[str, str], residual: str
) -> None:
    expected = {"matches": True, "vars": captures, "residual": residual}
    assert answer("match", pattern, path) == expected
    assert run("match", pattern, path).stdout.splitlines() == [
        "matches",
        *(f"  {name} = {value}" for name, value in captures.items()),
        f"  residual {residual}",
    ]


def test_a_pattern_that_does_not_match_is_exit_code_1() -> None:
    done = run("match", "/a/{b}", "/a", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout) == {"matches": False, "vars": {}, "residual": None}
    assert run("match", "/a", "/b").stdout == "does not match\n"


def test_the_dtab_file_of_a_router_is_read(linker: str, tmp_path: Path) -> None:
    (tmp_path / "own.dtab").write_text(f"/svc => {B}; /svc/a => {A}")
    file = Path(linker)
    interpreter = f"{{kind: io.l5d.fs, dtabFile: {tmp_path / 'own.dtab'}}}"
    file.write_text(f"{file.read_text()}  interpreter: {interpreter}\n")
    incoming = ["--config", linker, "--router", "incoming"]
    assert answer("bind", "/svc/a", *incoming) == leaf(A)
    (tmp_path / "own.dtab").write_text("/svc => /a;\nsvc => /b")
    raised = run("bind", "/svc/a", *incoming).exception
    assert str(raised) == f"{tmp_path / 'own.dtab'}:2: '/' expected but 's' found at '[s]vc => /b'"
    (tmp_path / "own.dtab").unlink()
    raised = run("bind", "/svc/a", *incoming).exception
    assert str(raised) == f"{tmp_path / 'own.dtab'} cannot be read: No such file or directory"
    assert answer("bind", "/svc/a", *incoming, "--dtab", "") == NEG
