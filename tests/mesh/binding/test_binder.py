from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.mesh.naming.names import dtabs, paths, trees

from clew.mesh.binding.binder import MAX_LOOKUPS, Binding, NamerRule, bind
from clew.mesh.binding.outcome import Failed, Outcome, Pending
from clew.mesh.binding.rules import Rewrite
from clew.mesh.binding.transformers import Port
from clew.mesh.naming.answer import Answer, BoundTree, Broken, Missing, Waiting
from clew.mesh.naming.bound import Address, Addresses, AddrNeg, Bound
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.matcher import PathMatcher
from clew.mesh.naming.nametree import Alt, Empty, Fail, Leaf, Neg, Union, map_leaves
from clew.mesh.naming.path import ParseError, Path

A, B = "/$/inet/1.1.1.1/1", "/$/inet/2.2.2.2/2"
SEED = "/srv=>/#/io.l5d.k8s/default/http;/host=>/srv;/svc=>/host;/host/world=>/srv/world-v1"
INGRESS = (
    "/srv=>/#/io.l5d.k8s/default/http;/domain/world/hello/www=>/srv/hello;"
    "/host=>/$/io.buoyant.http.domainToPathPfx/domain;/host=>/srv;/svc=>/host"
)
RINET = "/ph=>/$/io.buoyant.rinet;/svc=>/ph/80;/svc=>/$/io.buoyant.porthostPfx/ph"
BAH = "/bah/humbug=>A;/foo=>/bah | /$/fail;/foo=>/bar;/boo=>/foo"
CONSUL = "/c=>/#/consul/.local;/svc=>/$/io.buoyant.http.subdomainOfPfx/service.consul/c"
RECURSION = "Max recursion level: 100 reached in Namer lookup"
UNKNOWN = "Unknown namer: nosuch for path: /$/nosuch/a"


class World(dict[Path, Answer]):
    """Namers that know some names, and know that there are no others."""

    def __init__(self, *names: str) -> None:
        known = (Path.read(name) for name in names)
        super().__init__({path: Bound(path, Addresses(frozenset())) for path in known})

    def get(self, path: Path, default: object = None) -> Answer:
        return super().get(path, Missing())


def show(outcome: Outcome) -> str:
    """``id (residual)``, as the table below writes outcomes."""
    match outcome:
        case Neg():
            return "neg"
        case Fail():
            return "fail"
        case Empty():
            return "empty"
        case Leaf(bound):
            return f"{bound.id} ({bound.residual})"
        case Union(branches):
            return " & ".join(f"{b.weight:g}*{show(b.tree)}" for b in branches)
        case Failed(why):
            return f"error: {why}"
        case Pending(why):
            return f"pending: {why}"
        case Alt():
            raise AssertionError("a bound tree has no alternatives")


def bound(name: str, dtab: str, *known: str) -> Binding:
    rules = [NamerRule(Path.of("#", kind)) for kind in ("io.l5d.k8s", "k", "consul")]
    return bind(Path.read(name), Dtab.read(dtab), rules, World(*known))


K8S = "/#/io.l5d.k8s/default/http"


# The worked examples of Linkerd's delegation, with A and B for two addresses
@pytest.mark.parametrize(
    ("dtab", "name", "known", "outcome"),
    [
        (SEED, "/svc/hello", [f"{K8S}/hello"], f"{K8S}/hello (/)"),
        (SEED, "/svc/world", [f"{K8S}/world-v1"], f"{K8S}/world-v1 (/)"),
        (SEED, "/svc/world", [f"{K8S}/world"], f"{K8S}/world (/)"),
        (SEED, "/svc/nope", [], "neg"),
        ("", "/svc/a", [], "neg"),
        ("/svc=>A", "/svc/a/b", [], "A (/a/b)"),
        ("/svc/*=>A", "/svc/a/b", [], "A (/b)"),
        ("/svc/*=>A", "/svc", [], "neg"),
        ("/Svc=>A", "/svc/a", [], "neg"),
        ("/a/*/c=>/d;/d=>A", "/a/b/c/e", [], "A (/e)"),
        ("/svc=>A;/svc/a=>!", "/svc/a", [], "fail"),
        ("/svc/a=>!;/svc=>A", "/svc/a", [], "A (/a)"),
        ("/svc/a=>A;/svc=>~", "/svc/a", [], "A (/)"),
        ("/svc=>A;/svc/a=>$", "/svc/a", [], "empty"),
        ("/svc=>/x | A", "/svc/a", [], "A (/a)"),
        ("/svc=>! | A", "/svc/a", [], "fail"),
        ("/svc=>~ | /$/fail | A", "/svc/a", [], "fail"),
        ("/svc=>/$/nil | /$/fail | A", "/svc/a", [], "empty"),
        ("/svc=>! & A", "/svc/a", [], "A (/a)"),
        ("/svc=>A;/svc=>! & !", "/svc/a", [], "A (/a)"),
        ("/svc=>0.9*A & 0.1*B", "/svc/a", [], "0.9*A (/a) & 0.1*B (/a)"),
        ("/svc=>0*A & B", "/svc/a", [], "0*A (/a) & 1*B (/a)"),
        ("/svc=>/X & /Y | A", "/svc/a", [], "A (/a)"),
        ("/s=>/s/srv", "/s/foo", [], f"error: {RECURSION}"),
        ("/=>/x", "/anything", [], f"error: {RECURSION}"),
        ("/a=>/b;/b=>/a", "/a", [], f"error: {RECURSION}"),
        ("/#/k/a=>A;/svc=>/#/k", "/svc/a", ["/#/k/a"], "A (/)"),
        ("/#/k=>~;/svc=>/#/k", "/svc/a", ["/#/k/a"], "/#/k/a (/)"),
        ("/#/k=>!;/svc=>/#/k", "/svc/a", ["/#/k/a"], "fail"),
        ("/svc=>/#/none | A", "/svc/a", [], "A (/a)"),
        ("/svc=>/$/nosuch | A", "/svc/a", [], f"error: {UNKNOWN}"),
        ("/svc=>A | /$/nosuch", "/svc/a", [], "A (/a)"),
        ("/svc=>/$/nosuch & A", "/svc/a", [], "A (/a)"),
        ("/svc=>/$/inet", "/svc/h/80/x", [], "/$/inet/h/80 (/x)"),
        ("/svc=>/$/inet", "/svc/h", [], "error: Unknown namer: inet for path: /$/inet/h"),
        ("/svc=>/$/io.buoyant.rinet/80", "/svc/g.co", [], "/$/io.buoyant.rinet/80/g.co (/)"),
        (RINET, "/svc/g.co:443", [], "/$/io.buoyant.rinet/443/g.co (/)"),
        (RINET, "/svc/g.co", [], "/$/io.buoyant.rinet/80/g.co (/)"),
        ("/svc=>/", "/svc/$/inet/1.2.3.4/5", [], "/$/inet/1.2.3.4/5 (/)"),
        ("/svc=>/#/k;/svc/b=>/svc/a", "/svc/b", ["/#/k/a"], "/#/k/a (/)"),
        (BAH, "/boo/humbug/ya", [], "A (/ya)"),
        (BAH, "/boo/lol", [], "fail"),
        (INGRESS, "/svc/www.hello.world", [f"{K8S}/hello"], f"{K8S}/hello (/)"),
        (CONSUL, "/svc/web.service.consul:80", ["/#/consul/.local/web"], None),
        ("/x => /y # why\n;# all comment\n", "/x", [], "neg"),
    ],
)
def test_worked_examples(dtab: str, name: str, known: list[str], outcome: str | None) -> None:
    written = dtab.replace("A", A).replace("B", B)
    if outcome is None:
        outcome = f"{known[0]} (/)"
    expected = outcome.replace("A (", f"{A} (").replace("B (", f"{B} (")
    assert show(bound(name, written, *known).outcome) == expected


@pytest.mark.parametrize("dtab", ["/foo=>/bar/", "/f*=>/x", "/foo=>/b*", "a=>/b", "/a=>/b;;"])
def test_worked_examples_that_are_no_dtabs(dtab: str) -> None:
    with pytest.raises(ParseError):
        Dtab.read(dtab)


@pytest.mark.parametrize(
    ("dtab", "outcome"),
    [
        pytest.param("/svc=>/$/nosuch & !", "fail", id="one branch is left, and it is that"),
        pytest.param("/svc=>/$/nosuch & ! & !", "neg", id="two are left, and both are nothing"),
        pytest.param("/svc=>! & !", "neg", id="nothing but Fail is Neg"),
        pytest.param("/svc=>/$/nosuch & /$/nosuch", f"error: {UNKNOWN}", id="all have failed"),
        pytest.param("/svc=>A & ~", "A (/a)", id="an only child loses its weight"),
        pytest.param("/svc=>A & $", "1*A (/a) & 1*empty", id="Empty keeps its share"),
        pytest.param("/svc=>/#/slow & A", "A (/a)", id="a branch that waits is left out"),
        pytest.param(
            "/svc=>/#/slow & /#/slow", "pending: waiting for /#/slow/a", id="all of them wait"
        ),
        pytest.param(
            "/svc=>/#/slow & /$/nosuch", f"error: {UNKNOWN}", id="failed counts before waiting"
        ),
        pytest.param("/svc=>/#/slow | A", "pending: waiting for /#/slow/a", id="| waits"),
        pytest.param("/svc=>/#/broken | A", "error: disco: no such directory", id="| fails"),
        pytest.param("/svc=>(A & B) & B", "1*1*A (/a) & 1*B (/a) & 1*B (/a)", id="nested"),
    ],
)
def test_what_a_union_and_a_fallback_make_of_their_parts(dtab: str, outcome: str) -> None:
    rules = [NamerRule(Path.of("#", "slow")), NamerRule(Path.of("#", "broken"))]
    answers: dict[Path, Answer] = {
        Path.read("/#/slow/a"): Waiting(),
        Path.read("/#/broken/a"): Broken("disco: no such directory"),
    }
    written = Dtab.read(dtab.replace("A", A).replace("B", B))
    found = show(bind(Path.read("/svc/a"), written, rules, answers).outcome)
    assert found.replace(A, "A").replace(B, "B") == outcome


@pytest.mark.parametrize("hiding", ["/#/k=>~ | ~", "/#/k=>~;/#/k=>~", "/#/k=>! & !"])
def test_only_a_tilde_alone_leaves_a_name_to_its_namer(hiding: str) -> None:
    assert show(bound("/svc/a", f"{hiding};/svc=>/#/k", "/#/k/a").outcome) == "neg"


def test_wanted_are_the_paths_that_were_looked_at() -> None:
    binding = bound("/svc/world", SEED, f"{K8S}/world")
    assert binding.wanted == {Path.read(f"{K8S}/world-v1"), Path.read(f"{K8S}/world")}
    first_wins = bound("/svc/world", SEED, f"{K8S}/world-v1", f"{K8S}/world")
    assert first_wins.wanted == {Path.read(f"{K8S}/world-v1")}


def test_a_path_that_was_never_answered_is_wanted_and_waits() -> None:
    rules = [NamerRule(Path.of("#", "fs"))]
    binding = bind(Path.read("/svc/a"), Dtab.read("/svc=>/#/fs | !"), rules, {})
    assert binding == Binding(Pending("waiting for /#/fs/a"), frozenset([Path.read("/#/fs/a")]))


def test_a_bound_name_without_addresses_stops_fallback() -> None:
    assert show(bound("/svc/a", f"/svc=>/#/k | {A}", "/#/k/a").outcome) == "/#/k/a (/)"


def test_the_later_namer_is_asked_first() -> None:
    rules = [
        NamerRule(Path.of("#", "k"), Rewrite(PathMatcher.read("/{x}"), "/first/{x}")),
        NamerRule(Path.of("#", "k"), Rewrite(PathMatcher.read("/b/{x}"), "/second/{x}")),
    ]
    dtab = Dtab.read(f"/svc=>/#/k;/first=>{A};/second=>{B}")
    outcomes = [show(bind(Path.read(p), dtab, rules, {}).outcome) for p in ("/svc/b/c", "/svc/c")]
    assert outcomes == [f"{B} (/c)", f"{A} (/c)"]


def test_a_rewritten_name_goes_through_the_dtab_again_without_its_residual() -> None:
    rewrite = Rewrite(PathMatcher.read("/{port}/{ns}/{svc}"), "/k8s/{ns}/{port}/{svc}")
    rules = [NamerRule(Path.read("/#/pns"), rewrite)]
    dtab = Dtab.read(f"/k8s/prod/http/web=>{A}")
    assert show(bind(Path.read("/#/pns/http/prod/web/x"), dtab, rules, {}).outcome) == f"{A} (/)"
    assert show(bind(Path.read("/#/pns/http"), dtab, rules, {}).outcome) == "neg"


def test_a_rewrite_to_what_is_no_path_fails() -> None:
    rules = [NamerRule(Path.read("/#/r"), Rewrite(PathMatcher.read("/{x}"), "no/{x}"))]
    assert show(bind(Path.read("/#/r/a"), Dtab(), rules, {}).outcome).startswith("error: '/' exp")


def test_namer_transformers_come_before_the_interpreters() -> None:
    path = Path.read("/#/fs/a")
    members = Addresses(frozenset([Address("10.0.0.1", 80)]))
    rules = [NamerRule(Path.of("#", "fs"), None, (Port(1),))]
    outcome = bind(path, Dtab(), rules, {path: Bound(path, members)}, [Port(2), Port(3)]).outcome
    assert outcome == Leaf(
        Bound(
            Path.read("/%/io.l5d.port/3/%/io.l5d.port/2/%/io.l5d.port/1/#/fs/a"),
            Addresses(frozenset([Address("10.0.0.1", 3)])),
        )
    )


def test_a_dtab_cannot_ask_for_more_steps_than_there_are() -> None:
    outcome = bound("/a", "/a=>/a/x & /a/y").outcome
    assert outcome == Failed(f"More than {MAX_LOOKUPS} Namer lookups")


@pytest.mark.parametrize(("rewritten", "allowed"), [(99, True), (100, False)])
def test_a_hundred_steps_are_allowed(rewritten: int, allowed: bool) -> None:
    steps = [f"/{n}=>/{n + 1}" for n in range(1, rewritten)]
    dtab = ";".join([*steps, f"/{rewritten}=>{A}"])
    assert show(bound("/1", dtab).outcome) == (f"{A} (/)" if allowed else f"error: {RECURSION}")


def test_unions_within_unions_do_not_overflow_any_stack() -> None:
    deep = "(" * 40 + "/a" + f" & {A})" * 40
    assert isinstance(bound("/a", f"/a=>{deep}").outcome, Union | Leaf)


answers = st.one_of(
    st.just(Missing()),
    st.just(Waiting()),
    st.builds(Broken, st.text(max_size=3)),
    trees.map(lambda tree: BoundTree(map_leaves(tree, lambda p: Bound(p, AddrNeg())))),
    paths.map(lambda path: Bound(path, Addresses(frozenset()))),
)


@settings(max_examples=200, deadline=None)
@given(paths, dtabs, st.dictionaries(paths, answers, max_size=4))
def test_binding_has_an_outcome_for_whatever_is_asked(
    name: Path, dtab: Dtab, known: dict[Path, Answer]
) -> None:
    rules = [NamerRule(path.take(1)) for path in known]
    show(bind(name, dtab, rules, known).outcome)
