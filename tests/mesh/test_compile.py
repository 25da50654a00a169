from __future__ import annotations

import os
from pathlib import Path as File

import pytest
from tests.mesh.golden import Case, shown

from clew.mesh.compile import Admission, Compiled, Limits, State, compile_linker
from clew.mesh.config.identifiers import IngressIdentifier
from clew.mesh.config.linker import Linker, read_linker
from clew.mesh.naming.answer import Answer, Missing, Waiting
from clew.mesh.naming.bound import Address, Addresses, Bound
from clew.mesh.naming.ingress import Match, Rule, Rules
from clew.mesh.naming.path import Path
from clew.mesh.xds.secrets import SecretContent, TlsCertificate, ValidationContext
from clew.mesh.xds.snapshot import CLUSTER, ENDPOINT, LISTENER, ROUTE, SECRET
from clew.mesh.xds.tls import OWN_AUTHORITIES, OWN_CERTIFICATE

GOLDEN = sorted((File(__file__).parent.parent / "golden" / "mesh").glob("*.yaml"))

FILE = """
namers: [{kind: io.l5d.fs, rootDir: disco}]
routers:
- protocol: http
  label: outgoing
  dtab: /svc => /#/io.l5d.fs
  servers: [{port: 4140}]
"""
HELLO = Path.read("/#/io.l5d.fs/hello")


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_golden(file: File) -> None:
    case = Case.read(file)
    compiled = case.compile()
    assert compiled.snapshot.dangling() == ()
    sections = {section: shown(compiled, section) for section in case.expected}
    if os.environ.get("CLEW_WRITE_GOLDEN"):
        case.write(sections)
    assert sections == case.expected


def linker() -> Linker:
    return read_linker(FILE, "linkerd.yaml")


def bound(path: Path, port: int = 7777) -> Bound:
    return Bound(path, Addresses(frozenset({Address("127.0.0.1", port)})))


def fs(name: str) -> Path:
    return Path.of("#", "io.l5d.fs", name)


def of(name: str) -> str:
    return f"outgoing/svc/{name}"


def states(compiled: Compiled) -> dict[str, str]:
    return {name.removeprefix("outgoing/svc/"): n.state.value for name, n in compiled.names.items()}


def test_without_names_there_are_only_listeners_and_routes() -> None:
    compiled = compile_linker(linker(), [], {})
    assert set(compiled.snapshot.by_type) == {LISTENER, ROUTE}


def test_the_same_input_has_the_same_versions() -> None:
    answers = {HELLO: bound(HELLO)}
    first = compile_linker(linker(), [of("hello")], answers)
    assert compile_linker(linker(), [of("hello")], answers).snapshot == first.snapshot


def test_from_the_last_result_comes_what_would_come_anew() -> None:
    file, names = linker(), [of("hello"), of("world"), of("nope")]
    before: dict[Path, Answer] = {HELLO: bound(HELLO), fs("nope"): Missing()}
    after = {**before, HELLO: bound(HELLO, 8888), fs("world"): bound(fs("world"))}
    previous = compile_linker(file, names, before)
    anew = compile_linker(file, names, after)
    assert compile_linker(file, names, after, previous=previous) == anew
    assert anew.snapshot != previous.snapshot


def test_a_renewed_secret_changes_no_other_resource() -> None:
    file = linker()
    first = compile_linker(file, [], {}, secrets={"ours": TlsCertificate(b"1", b"key")})
    other = compile_linker(
        file, [], {}, secrets={"ours": TlsCertificate(b"2", b"key")}, previous=first
    )
    before, after = first.snapshot.by_type, other.snapshot.by_type
    assert {kind for kind in after if before[kind] != after[kind]} == {SECRET}


def test_a_router_with_certificates_of_the_authority_listens_once_they_are_there() -> None:
    file = read_linker(FILE.replace("port: 4140", "port: 4140, tls: auto"), "linkerd.yaml")
    before = compile_linker(file, [], {})
    assert before.snapshot.of_type(LISTENER) == {}
    own: dict[str, SecretContent] = {
        OWN_CERTIFICATE: TlsCertificate(b"chain", b"key"),
        OWN_AUTHORITIES: ValidationContext(b"ca", "spiffe://clew/mesh"),
    }
    after = compile_linker(file, [], {}, secrets=own, previous=before)
    assert list(after.snapshot.of_type(LISTENER)) == ["outgoing/0"]
    assert after.snapshot.dangling() == ()


def test_a_client_shows_the_certificate_of_the_authority_where_it_is_to() -> None:
    clients = (
        "  client: {kind: io.l5d.static, configs: [{prefix: /#/io.l5d.fs/hello, tls: auto}]}\n"
    )
    compiled = compile_linker(
        read_linker(FILE + clients, "linkerd.yaml"),
        [of("hello"), of("other")],
        {each: bound(each) for each in (HELLO, fs("other"))},
        secrets={OWN_CERTIFICATE: TlsCertificate(b"chain", b"key")},
    )
    secured = {
        name: [ref for _, ref in cluster.refers if ref in (OWN_CERTIFICATE, OWN_AUTHORITIES)]
        for name, cluster in compiled.snapshot.of_type(CLUSTER).items()
    }
    assert secured == {of("hello"): [OWN_CERTIFICATE, OWN_AUTHORITIES], of("other"): []}


def test_an_edited_file_compiles_every_name_anew() -> None:
    answers = {HELLO: bound(HELLO)}
    previous = compile_linker(linker(), [of("hello")], answers)
    edited = read_linker(FILE.replace("/svc =>", "/other =>"), "linkerd.yaml")
    compiled = compile_linker(edited, [of("hello")], answers, previous=previous)
    assert states(compiled) == {"hello": "unknown"}


def test_endpoints_that_change_leave_the_cluster_alone() -> None:
    first = compile_linker(linker(), [of("hello")], {HELLO: bound(HELLO)}).snapshot
    other = compile_linker(linker(), [of("hello")], {HELLO: bound(HELLO, 8888)}).snapshot
    assert first.of_type(CLUSTER) == other.of_type(CLUSTER)
    assert first.of_type(ENDPOINT) != other.of_type(ENDPOINT)


@pytest.mark.parametrize("answers", [{}, {HELLO: Waiting()}], ids=["never asked", "waiting"])
def test_a_name_that_a_namer_has_not_said_is_left_out_and_wanted(
    answers: dict[Path, Answer],
) -> None:
    compiled = compile_linker(linker(), [of("hello")], answers)
    assert compiled.wanted == {HELLO}
    assert compiled.snapshot.of_type(CLUSTER) == {}
    assert states(compiled) == {"hello": "pending"}


def test_unknown_names_over_the_limit_are_refused_and_the_first_keep_their_place() -> None:
    names = [of(f"no{i}") for i in range(4)]
    answers: dict[Path, Answer] = {fs(f"no{i}"): Missing() for i in range(4)}
    answers[HELLO] = bound(HELLO)
    compiled = compile_linker(linker(), [*names, of("hello")], answers, limits=Limits(unknown=2))
    assert compiled.refused == {of("no2"), of("no3")}
    assert states(compiled) == {"no0": "unknown", "no1": "unknown", "hello": "known"}
    assert not compiled.wanted & {fs("no2"), fs("no3")}


def test_overridden_names_over_the_limit_are_refused() -> None:
    names = [f"{of('hello')};dtab=/x{i}=>/y" for i in range(3)]
    compiled = compile_linker(linker(), names, {HELLO: bound(HELLO)}, limits=Limits(overridden=2))
    assert compiled.refused == {names[2]}
    assert compiled.count(State.OVERRIDDEN) == 2


def test_pending_names_over_the_limit_are_refused_and_not_looked_up() -> None:
    compiled = compile_linker(linker(), [of("a"), of("b")], {}, limits=Limits(pending=1))
    assert compiled.wanted == {fs("a")}
    assert compiled.refused == {of("b")}


def test_known_names_have_the_limit_of_their_router() -> None:
    answers = {fs("a"): bound(fs("a")), fs("b"): bound(fs("b"))}
    file = read_linker(f"{FILE}  bindingCache: {{paths: 1}}\n", "linkerd.yaml")
    compiled = compile_linker(file, [of("a"), of("b")], answers)
    assert compiled.refused == {of("b")}


def test_a_new_epoch_changes_the_routes_and_nothing_else() -> None:
    answers = {HELLO: bound(HELLO)}
    first = compile_linker(linker(), [of("hello")], answers).snapshot
    other = compile_linker(linker(), [of("hello")], answers, admission=Admission(epoch=2)).snapshot
    assert first.of_type(ROUTE) != other.of_type(ROUTE)
    for kind in (LISTENER, CLUSTER, ENDPOINT):
        assert first.of_type(kind) == other.of_type(kind)


EWMA = f"{FILE}  client: {{loadBalancer: {{kind: ewma, decayTimeMs: 5000}}}}\n"


def test_speeds_change_the_endpoints_of_names_that_latency_balances_and_nothing_else() -> None:
    pair = Addresses(frozenset({Address("127.0.0.1", 1), Address("127.0.0.1", 2)}))
    answers = {HELLO: Bound(HELLO, pair)}
    slow = {of("hello"): {"127.0.0.1:2": 0.5}}
    for text, differ, decays in ((EWMA, True, {of("hello"): 5.0}), (FILE, False, {})):
        file = read_linker(text, "linkerd.yaml")
        before = compile_linker(file, [of("hello")], answers)
        after = compile_linker(file, [of("hello")], answers, speeds=slow, previous=before)
        anew = compile_linker(file, [of("hello")], answers, speeds=slow)
        assert after.decays == decays
        assert after == anew
        assert (after.snapshot != before.snapshot) is differ
        changed = [k for k, v in before.snapshot.by_type.items() if v != after.snapshot.of_type(k)]
        assert changed == ([ENDPOINT] if differ else [])


def test_attempts_are_logged_only_where_latency_balances() -> None:
    def listeners(text: str) -> bytes:
        compiled = compile_linker(read_linker(text, "linkerd.yaml"), [], {}, latency_log="/pipe")
        return b"".join(each.body for each in compiled.snapshot.of_type(LISTENER).values())

    assert b"/pipe" in listeners(EWMA)
    assert b"/pipe" not in listeners(FILE)


def test_a_router_listens_once_the_rules_of_its_ingresses_are_known() -> None:
    edge = "label: edge, identifier: {kind: io.l5d.ingress}, servers: [{port: 4142}]"
    linker = read_linker(f"{FILE}- {{protocol: http, {edge}}}", "linkerd.yaml")
    identifier = IngressIdentifier()
    web = Rule("", Match.PREFIX, "/", Path.of("prod", "80", "web"))

    def shown(compiled: Compiled) -> set[str]:
        types = compiled.snapshot.of_type(ROUTE), compiled.snapshot.of_type(LISTENER)
        return {name for resources in types for name in resources}

    unread = compile_linker(linker, [], {})
    assert shown(unread) == {"outgoing", "outgoing/0"}
    rules = {identifier: Rules()}
    empty = compile_linker(linker, [], {}, ingress_rules=rules, previous=unread)
    assert shown(empty) == {"outgoing", "outgoing/0", "edge", "edge/0"}
    rules = {identifier: Rules((web,))}
    newest = compile_linker(linker, [], {}, ingress_rules=rules, previous=empty)
    changed = {
        name
        for type_url in (ROUTE, LISTENER)
        for name, resource in newest.snapshot.of_type(type_url).items()
        if empty.snapshot.of_type(type_url)[name] != resource
    }
    assert changed == {"edge"}
