from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from envoy.config.route.v3.route_components_pb2 import RouteList
from envoy.config.route.v3.route_pb2 import RouteConfiguration

from clew.mesh.config.linker import read_linker
from clew.mesh.config.router import Router
from clew.mesh.xds.routes import OnDemand, route_config


def router() -> Router:
    (made,) = read_linker(
        "routers: [{protocol: http, servers: [{port: 1}]}]", "linkerd.yaml"
    ).routers
    return made


def virtual_host(rate: float = 0.001, on_demand: OnDemand = OnDemand()) -> Any:  # noqa: B008
    (host,) = RouteConfiguration.FromString(
        route_config(router(), rate, on_demand).body
    ).virtual_hosts
    return host


def by_sample(rate: float = 0.001) -> Any:
    """How requests but for ``TRACE`` find their routes."""
    return virtual_host(rate).matcher.on_no_match.matcher


def routes(action: Any) -> Sequence[Any]:
    listed = RouteList()
    action.action.typed_config.Unpack(listed)
    return list(listed.routes)


def sampled(action: Any) -> float:
    (rate,) = {route.tracing.random_sampling.numerator for route in routes(action)}
    return float(rate) / 10_000


def test_without_l5d_sample_the_files_rate_holds() -> None:
    assert sampled(by_sample(0.001).on_no_match) == 0.001


@pytest.mark.parametrize(
    "text", ["0", "0.0", "0.00", "0.01", "0.1", "0.10", "0.25", "0.5", "0.57", "1", "1.0", "1.00"]
)
def test_l5d_sample_is_understood_as_it_may_be_written(text: str) -> None:
    table = by_sample().matcher_tree.exact_match_map.map
    assert sampled(table[text]) == pytest.approx(float(text))


def test_every_rate_in_the_table_is_the_one_that_it_is_found_by() -> None:
    table = by_sample().matcher_tree.exact_match_map.map
    assert {text: sampled(action) for text, action in table.items()} == {
        text: pytest.approx(float(text)) for text in table
    }


def test_only_the_routes_of_trace_have_the_filter_that_diagnoses() -> None:
    trace = virtual_host().matcher.matcher_tree
    assert trace.input.name == ":method"
    (method,) = trace.exact_match_map.map
    actions = [trace.exact_match_map.map[method], by_sample().on_no_match]
    actions += by_sample().matcher_tree.exact_match_map.map.values()
    with_it = [bool(route.typed_per_filter_config) for each in actions for route in routes(each)]
    assert method == "TRACE"
    assert with_it == [True, *[False] * (len(with_it) - 1)]


def test_an_open_gate_is_no_gate() -> None:
    gate = "envoy.filters.http.rbac"
    assert gate not in virtual_host().typed_per_filter_config
    closed = virtual_host(on_demand=OnDemand(gate=frozenset()))
    assert gate in closed.typed_per_filter_config
