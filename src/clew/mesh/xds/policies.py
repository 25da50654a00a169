"""The router's service policies as routes: which requests each is for, and what it may cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from envoy.config.route.v3 import route_components_pb2
from envoy.extensions.retry.host.previous_hosts.v3 import previous_hosts_pb2

from clew.mesh.config.classifier import (
    AllSuccessful,
    GrpcClassifier,
    NonRetryable5XX,
    ResponseClassifier,
)
from clew.mesh.config.overlay import overlay
from clew.mesh.config.retries import ConstantBackoff, JitteredBackoff, Retries
from clew.mesh.config.router import Router
from clew.mesh.config.service import GlobalService, ServicePolicy
from clew.mesh.xds.deadlines import limits, limits_time
from clew.mesh.xds.durations import millis
from clew.mesh.xds.headers import header_is
from clew.mesh.xds.identifiers import consumes
from clew.mesh.xds.prefixes import name_cases
from clew.mesh.xds.snapshot import pack

MAX_RETRIES = 3
"""Linkerd's 25 would let two routers in a row try 625 times; the budget bounds the rest."""

REFUSAL = "clew-refusal"
REFUSAL_FORMAT = "%RESP(:status)% %RESP(retry-after)% %RESP(finagle-http-nack)%"
"""A header that each answer gets for the retry policy, since a condition sees one header only."""
_NOTHING_DONE = "503 (?:0 .*|.* true)"
_REQUEUE = "connect-failure,refused-stream,reset-before-request"


@dataclass(frozen=True, slots=True)
class RoutePolicy:
    """A route without its sampling."""

    conditions: tuple[Any, ...]
    """Header matchers that must all hold."""
    total_timeout_ms: int
    """0 is no limit."""
    limits: str
    """What :mod:`clew.mesh.xds.deadlines` needs to know, as a format; empty without limits."""
    retries: Any
    success_class: str
    """A format of Envoy's; empty where an answer's beginning does not tell."""
    by_status: bool
    """Whether an answer with a status of 500 or more is a failure all the same."""
    consume: bool
    """Whether the URI is passed on without the name that it had."""


def route_policies(router: Router) -> tuple[RoutePolicy, ...]:
    """In the order in which Envoy should try them."""
    return tuple(
        _route_policy(router, policy, methods, conditions)
        for conditions, policy in _by_name(router)
        for methods in (True, False)
        if methods is False or _classifier(policy).retryable_methods
    )


def _route_policy(
    router: Router, policy: ServicePolicy, retryable: bool, conditions: Sequence[Any]
) -> RoutePolicy:
    classifier = _classifier(policy)
    total = policy.total_timeout_ms or 0
    if retryable:
        conditions = (*conditions, _method_is(classifier.retryable_methods))
    return RoutePolicy(
        conditions=tuple(conditions),
        total_timeout_ms=total,
        limits=limits(total) if limits_time(router) else "",
        retries=_retry_policy(policy.retries or Retries(), classifier, retryable),
        success_class=_success_class(classifier),
        by_status=not isinstance(classifier, AllSuccessful | GrpcClassifier),
        consume=consumes(router.identifier),
    )


def _classifier(policy: ServicePolicy) -> ResponseClassifier:
    return policy.response_classifier or NonRetryable5XX()


def _success_class(classifier: ResponseClassifier) -> str:
    return _grpc_success_class(classifier) if isinstance(classifier, GrpcClassifier) else "1.0"


def _grpc_success_class(classifier: GrpcClassifier) -> str:
    """Empty for a call that has not ended with the headers of its answer."""
    status = "response.headers['grpc-status']"
    good = "|".join(map(str, sorted(classifier.success_status_codes)))
    by_status = f"{status}.matches(r'^({good})$') ? '1.0' : '0.0'"
    no_grpc = "response.code == 200 ? '' : '0.0'"
    return f"%CEL('grpc-status' in response.headers ? ({by_status}) : ({no_grpc}))%"


def _retry_policy(retries: Retries, classifier: ResponseClassifier, retryable: bool) -> Any:
    reasons = f"5xx,reset,{_REQUEUE}" if retryable else _REQUEUE
    policy = route_components_pb2.RetryPolicy(
        retry_on=reasons,
        num_retries={"value": MAX_RETRIES},
        retry_host_predicate=[
            route_components_pb2.RetryPolicy.RetryHostPredicate(
                name="envoy.retry_host_predicates.previous_hosts",
                typed_config=pack(previous_hosts_pb2.PreviousHostsPredicate()),
            )
        ],
        host_selection_retry_max_attempts=MAX_RETRIES,
        retry_back_off=_backoff(retries),
    )
    if not isinstance(classifier, AllSuccessful):
        # another router knows that its endpoint never saw the request, or refused it unseen
        policy.retry_on += ",retriable-headers"
        policy.retriable_headers.append(header_is(REFUSAL, pattern=_NOTHING_DONE))
        policy.retriable_headers.append(header_is("l5d-retryable", exact="true"))
    if isinstance(classifier, GrpcClassifier):
        _retry_grpc(policy, classifier)
    return policy


def _retry_grpc(policy: Any, classifier: GrpcClassifier) -> None:
    """By what a call that fails before its first message has among its headers."""
    if statuses := classifier.retryable_grpc_statuses:
        pattern = "|".join(map(str, sorted(statuses)))
        policy.retriable_headers.append(header_is("grpc-status", pattern=pattern))
    if classifier.retryable_http_statuses:
        policy.retry_on += ",retriable-status-codes"
        policy.retriable_status_codes.extend(classifier.retryable_http_statuses)


def _backoff(retries: Retries) -> Any:
    match retries.backoff:
        case ConstantBackoff(ms=pause):
            least = most = pause
        case JitteredBackoff(min_ms=least, max_ms=most):
            pass
    # Envoy wants at least a millisecond
    return route_components_pb2.RetryPolicy.RetryBackOff(
        base_interval=millis(max(1, least)), max_interval=millis(max(1, most))
    )


def _method_is(methods: frozenset[str]) -> Any:
    return header_is(":method", pattern="|".join(sorted(methods)))


def _by_name(router: Router) -> Iterator[tuple[tuple[Any, ...], ServicePolicy]]:
    """Each policy that a name can have, the most special first, the one for all names last."""
    service = router.service
    if isinstance(service, GlobalService):
        yield (), service
        return
    for case in name_cases(router, service.configs):
        yield case.conditions, overlay(ServicePolicy(), case.policies)
