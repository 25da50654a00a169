from __future__ import annotations

from tests.check.spans import client, reported, server

from clew.check import sampling
from clew.span.model import Span


def found(*traces: list[Span]) -> list[tuple[str, str, str]]:
    return [(each.seen, each.advice, each.trace) for each in sampling.findings(reported(traces))]


def whole(trace: str) -> list[Span]:
    return [
        client("web", "1", trace=trace, ip="10.0.0.1"),
        server("api", "2", "1", trace=trace, ip="10.0.0.2", remote_ip="10.0.0.1"),
    ]


def test_whole_traces_say_nothing() -> None:
    assert found(whole("a" * 32), [server("web", "1")]) == []


def test_a_caller_that_sometimes_tells_samples_by_itself() -> None:
    alone = whole("b" * 32)[1:]
    ((seen, advice, trace),) = found(whole("a" * 32), whole("c" * 32), whole("d" * 32), alone)
    assert seen == "1 of 4 spans of api, called by web, have a parent that never arrived (25%)"
    assert advice.startswith("web samples by a rate of its own")
    assert trace == "b" * 32


def test_a_caller_that_never_tells_does_not_report() -> None:
    orphan = server("api", "2", "1", remote="gateway")
    ((seen, advice, _),) = found([orphan])
    assert seen == "1 of 1 spans of api, called by gateway, have a parent that never arrived (100%)"
    assert advice.startswith("gateway passes on trace headers but sends no spans")


def test_a_caller_that_nobody_knows_is_not_named() -> None:
    ((seen, advice, _),) = found([server("api", "2", "1")])
    assert seen == "1 of 1 spans of api have a parent that never arrived (100%)"
    assert advice.startswith("whoever calls it passes on")


def test_a_shared_span_without_its_client_has_lost_it() -> None:
    both = [client("web", "1"), server("api", "1", shared=True)]
    assert found(both) == []
    ((seen, _, _),) = found([server("api", "1", shared=True, remote="web")])
    assert seen.startswith("1 of 1 spans of api, called by web, have a parent")


def test_an_app_that_reports_nothing_is_named_as_the_mesh_names_it() -> None:
    into = [client("#/io.l5d.k8s/default/http/hello", "1", remote_ip="10.1.0.1")]
    out = [server("0.0.0.0/4140", "3", "2", remote_ip="10.1.0.1", trace="b" * 32)]
    ((seen, _, _),) = found(into, out)
    assert seen.startswith("1 of 1 spans of 0.0.0.0/4140, called by hello, have")
