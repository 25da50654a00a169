"""Routes of a router: what may change while requests run, because an RDS change drains nothing.

Timeouts, retries, sampling, where unknown clusters are asked for, and which ones may be asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from envoy.config.rbac.v3 import rbac_pb2 as rbac_config_pb2
from envoy.config.route.v3 import route_components_pb2, route_pb2
from envoy.extensions.filters.http.on_demand.v3 import on_demand_pb2
from envoy.extensions.filters.http.rbac.v3 import rbac_pb2
from envoy.type.v3 import percent_pb2
from google.protobuf.any_pb2 import Any as PackedAny
from xds.core.v3 import extension_pb2
from xds.type.matcher.v3 import matcher_pb2

from clew.mesh.config.router import Router
from clew.mesh.xds import router_context
from clew.mesh.xds.answers import BY_STATUS, SUCCESS_CLASS
from clew.mesh.xds.deadlines import LIMITS
from clew.mesh.xds.durations import millis, words
from clew.mesh.xds.errors import TOTAL_TIMEOUT, virtual_host_note
from clew.mesh.xds.headers import setting
from clew.mesh.xds.ingress import RulesBy, settings
from clew.mesh.xds.matching import request_header
from clew.mesh.xds.metadata import LUA, metadata
from clew.mesh.xds.policies import REFUSAL, RoutePolicy, route_policies
from clew.mesh.xds.snapshot import Resource, pack
from clew.mesh.xds.sources import on_demand_source

ON_DEMAND_FILTER = "envoy.filters.http.on_demand"
GATE_FILTER = "envoy.filters.http.rbac"
CLUSTER_HEADER, REQUEST_ID, SCHEME = "clew-cluster", "clew-request-id", "clew-scheme"
"""Set early: the cluster to use, and what the client sent of two headers that Envoy rewrites."""
REST = "clew-rest"
"""Set early when the name is taken out of the URI: what is left of that."""

CROWDED_TIMEOUT_MS = 1000
"""The longest wait for a name while some names are refused, which Envoy would wait for in vain."""

# RFC 9110 section 7.6.1; not te, which gRPC needs
_HOP_REQUEST = ("trailer", "proxy-authenticate", "proxy-authorization")
_HOP_RESPONSE = ("te", "trailer", "proxy-authenticate", "proxy-authorization")


@dataclass(frozen=True, slots=True)
class OnDemand:
    """How clusters that Envoy does not know are asked for."""

    epoch: int = 1
    """A new one lets Envoy ask again for what was taken away or refused."""
    crowded: bool = False
    """Names are being refused, so the wait for others is cut short."""
    gate: frozenset[str] | None = None
    """Only these clusters may be used, no other is asked for; None lets all through."""


def route_config(
    router: Router,
    sample_rate: float,
    on_demand: OnDemand,
    rules: RulesBy = MappingProxyType({}),
) -> Resource:
    """The routes of one router. ``sample_rate`` is the share of requests traced, 0 to 1.

    ``rules`` has those of the router's ``io.l5d.ingress`` identifiers.
    """
    filters = {ON_DEMAND_FILTER: _source(router, on_demand), **settings(router, rules)}
    if on_demand.gate is not None:
        filters[GATE_FILTER] = _gate(on_demand.gate)
    policies = route_policies(router)
    host = route_components_pb2.VirtualHost(
        name=router.label,
        domains=["*"],
        metadata=metadata(
            **virtual_host_note(router.dtab, router.binding_timeout_ms, crowded=on_demand.crowded)
        ),
        matcher=_by_method(policies, sample_rate),
        typed_per_filter_config=filters,
        request_headers_to_remove=[
            CLUSTER_HEADER,
            *_HOP_REQUEST,
            "l5d-sample",
            "x-request-id",
            "x-forwarded-proto",
        ],
        request_headers_to_add=[
            setting("x-request-id", f"%REQ({REQUEST_ID})%"),
            setting("x-forwarded-proto", f"%REQ({SCHEME})%"),
            setting("l5d-reqid", "%TRACE_ID%"),
        ],
        response_headers_to_remove=[*_HOP_RESPONSE, REFUSAL],
    )
    return Resource.of(
        router.label, route_pb2.RouteConfiguration(name=router.label, virtual_hosts=[host])
    )


def _source(router: Router, on_demand: OnDemand) -> PackedAny:
    wait = router.binding_timeout_ms
    return pack(
        on_demand_pb2.PerRouteConfig(
            odcds=on_demand_pb2.OnDemandCds(
                source=on_demand_source(on_demand.epoch),
                timeout=millis(min(wait, CROWDED_TIMEOUT_MS) if on_demand.crowded else wait),
            )
        )
    )


def _gate(clusters: Iterable[str]) -> PackedAny:
    allow = _action(
        "allow", rbac_config_pb2.Action(name="known", action=rbac_config_pb2.RBAC.ALLOW)
    )
    known = dict.fromkeys(sorted(clusters), allow)
    # the matcher refuses an empty table; no request has an empty cluster name
    matcher = _by_header(CLUSTER_HEADER, known or {"-": allow})
    return pack(rbac_pb2.RBACPerRoute(rbac=rbac_pb2.RBAC(matcher=matcher)))


def _by_method(policies: Iterable[RoutePolicy], sample_rate: float) -> Any:
    """``TRACE`` has routes of its own, which are sampled as those without ``l5d-sample``."""
    policies = tuple(policies)
    diagnosed = _routes(policies, sample_rate)
    for route in diagnosed.routes:
        route.response_headers_to_add.extend(router_context.facts())
        for name, config in router_context.switched_on().items():
            route.typed_per_filter_config[name].CopyFrom(config)
    matcher = _by_header(":method", {"TRACE": _action("routes", diagnosed)})
    matcher.on_no_match.matcher.CopyFrom(_by_sample_header(policies, sample_rate))
    return matcher


def _by_sample_header(policies: Sequence[RoutePolicy], sample_rate: float) -> Any:
    """A table, because Envoy cannot compute a rate: every hundredth, as it may be written."""
    matcher = _by_header(
        "l5d-sample",
        {
            text: _action("routes", _routes(policies, hundredth / 100))
            for hundredth in range(101)
            for text in _spellings(hundredth)
        },
    )
    matcher.on_no_match.CopyFrom(_action("routes", _routes(policies, sample_rate)))
    return matcher


def _spellings(hundredth: int) -> Iterator[str]:
    rate = hundredth / 100
    yield from {f"{rate:.2f}", f"{rate:g}", *([f"{rate:.1f}"] if hundredth % 10 == 0 else [])}


def _by_header(header: str, actions: Mapping[str, Any]) -> Any:
    return matcher_pb2.Matcher(
        matcher_tree=matcher_pb2.Matcher.MatcherTree(
            input=request_header(header),
            exact_match_map=matcher_pb2.Matcher.MatcherTree.MatchMap(map=actions),
        )
    )


def _action(name: str, message: Any) -> Any:
    return matcher_pb2.Matcher.OnMatch(
        action=extension_pb2.TypedExtensionConfig(name=name, typed_config=pack(message))
    )


def _routes(policies: Iterable[RoutePolicy], rate: float) -> Any:
    return route_components_pb2.RouteList(routes=[_route(policy, rate) for policy in policies])


def _route(policy: RoutePolicy, rate: float) -> Any:
    percent = percent_pb2.FractionalPercent
    total = policy.total_timeout_ms
    notes = metadata(rate=f"{rate:g}", **({TOTAL_TIMEOUT: words(total)} if total else {}))
    if policy.by_status:
        notes.filter_metadata[LUA][BY_STATUS] = True
    return route_components_pb2.Route(
        match=route_components_pb2.RouteMatch(prefix="/", headers=list(policy.conditions)),
        metadata=notes,
        route=route_components_pb2.RouteAction(
            cluster_header=CLUSTER_HEADER,
            path_rewrite=f"%REQ({REST})%" if policy.consume else "",
            timeout=millis(total),
            retry_policy=policy.retries,
        ),
        tracing=route_components_pb2.Tracing(
            client_sampling=percent(numerator=0),
            overall_sampling=percent(numerator=100),
            random_sampling=percent(
                numerator=round(rate * 10_000), denominator=percent.TEN_THOUSAND
            ),
        ),
        request_headers_to_add=[setting(LIMITS, policy.limits)] if policy.limits else [],
        response_headers_to_add=[setting(SUCCESS_CLASS, policy.success_class)]
        if policy.success_class
        else [],
    )
