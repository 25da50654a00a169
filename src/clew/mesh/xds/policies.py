"""The router's service policies as routes: which requests each is for, and what it may cost.

A policy belongs to a logical name, and a logical name is the router's prefix and one segment, so
the prefixes of a static section come down to conditions on that segment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from envoy.config.route.v3 import route_components_pb2
from envoy.extensions.retry.host.previous_hosts.v3 import previous_hosts_pb2
from envoy.type.matcher.v3 import regex_pb2, string_pb2

from clew.mesh.config.classifier import (
    AllSuccessful,
    GrpcClassifier,
    NonRetryable5XX,
    ResponseClassifier,
)
from clew.mesh.config.overlay import overlay
from clew.mesh.config.retries import ConstantBackoff, JitteredBackoff, Retries
from clew.mesh.config.router import Router
from clew.mesh.config.service import (
    GlobalService,
    PrefixedServicePolicy,
    ServicePolicy,
)
from clew.mesh.naming.matcher import PathMatcher
from clew.mesh.naming.path import Path
from clew.mesh.xds.durations import millis, words
from clew.mesh.xds.errors import ATTEMPT_TIMEOUT, TOTAL_TIMEOUT
from clew.mesh.xds.identifiers import consumes
from clew.mesh.xds.snapshot import pack

MAX_RETRIES = 3
"""Linkerd's 25 would let two routers in a row try 625 times; the budget bounds the rest."""

_REQUEUE = "connect-failure,refused-stream,reset-before-request"
_CAPTURE = re.compile(r"\{[A-Za-z0-9:_]+\}")


@dataclass(frozen=True, slots=True)
class RoutePolicy:
    """A route without its sampling."""

    conditions: tuple[Any, ...]
    """Header matchers that must all hold."""
    total_timeout_ms: int
    """0 is no limit."""
    retries: Any
    notes: Mapping[str, str]
    """For error texts."""
    success_class: str
    """A format of Envoy's; empty where an answer's beginning does not tell."""
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
    # an attempt belongs to a client id, which a route does not know: what holds for all ids counts
    attempt = router.client.at(Path()).request_attempt_timeout_ms
    notes = {}
    if total:
        notes[TOTAL_TIMEOUT] = words(total)
    if attempt:
        notes[ATTEMPT_TIMEOUT] = words(attempt)
    if retryable:
        conditions = (*conditions, _method_is(classifier.retryable_methods))
    return RoutePolicy(
        conditions=tuple(conditions),
        total_timeout_ms=total,
        retries=_retry_policy(policy.retries or Retries(), classifier, retryable, attempt),
        notes=notes,
        success_class=_success_class(classifier),
        consume=consumes(router.identifier),
    )


def _classifier(policy: ServicePolicy) -> ResponseClassifier:
    return policy.response_classifier or NonRetryable5XX()


def _success_class(classifier: ResponseClassifier) -> str:
    if isinstance(classifier, AllSuccessful):
        return "1.0"
    if isinstance(classifier, GrpcClassifier):
        return ""
    return "%CEL(response.code >= 500 ? '0.0' : '1.0')%"


def _retry_policy(
    retries: Retries, classifier: ResponseClassifier, retryable: bool, attempt_ms: int | None
) -> Any:
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
    if attempt_ms:
        policy.per_try_timeout.CopyFrom(millis(attempt_ms))
    if not isinstance(classifier, AllSuccessful):
        # another router knows that its endpoint never saw the request, or refused it unseen
        policy.retry_on += ",retriable-headers"
        policy.retriable_headers.append(_header("l5d-retryable", exact="true"))
        policy.retriable_headers.append(_header("finagle-http-nack", exact="true"))
    if isinstance(classifier, GrpcClassifier):
        _retry_grpc(policy, classifier)
    return policy


def _retry_grpc(policy: Any, classifier: GrpcClassifier) -> None:
    """By what a call that fails before its first message has among its headers."""
    if statuses := classifier.retryable_grpc_statuses:
        pattern = "|".join(map(str, sorted(statuses)))
        policy.retriable_headers.append(_header("grpc-status", pattern=pattern))
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
    return _header(":method", pattern="|".join(sorted(methods)))


def _header(name: str, *, exact: str | None = None, pattern: str = "") -> Any:
    value = (
        string_pb2.StringMatcher(exact=exact)
        if exact is not None
        else string_pb2.StringMatcher(safe_regex=regex_pb2.RegexMatcher(regex=pattern))
    )
    return route_components_pb2.HeaderMatcher(name=name, string_match=value)


def _by_name(router: Router) -> Iterator[tuple[tuple[Any, ...], ServicePolicy]]:
    """Each policy that a name can have, the most special first, the one for all names last."""
    service = router.service
    if isinstance(service, GlobalService):
        yield (), service
        return
    conditions = [(_segment_of(c, router), c) for c in service.configs]
    literal = {t for t, _ in conditions if t and t != "*" and not _is_pattern(t)}
    for text in sorted(literal):
        name = router.dst_prefix + Path.of(text)
        yield (_header("l5d-dst-service", exact=f"{_prefix(router)}{text}"),), service.at(name)
    patterns = sorted({text for text, _ in conditions if text and _is_pattern(text)})
    for size in range(len(patterns), -1, -1):
        for chosen in combinations(patterns, size):
            holds = tuple(
                _header("l5d-dst-service", pattern=_regex(router, text)) for text in chosen
            )
            yield holds, overlay(ServicePolicy(), _layers(conditions, {"*", *chosen}))


def _layers(
    conditions: Sequence[tuple[str | None, PrefixedServicePolicy]], texts: set[str]
) -> Iterator[PrefixedServicePolicy]:
    return (config for text, config in conditions if text in texts)


def _segment_of(config: PrefixedServicePolicy, router: Router) -> str | None:
    """What the prefix wants of the segment after the router's prefix.

    ``*`` for anything, None when no name of this router can match.
    """
    parts = [part for part in config.prefix.text.split("/") if part]
    above = router.dst_prefix.segments
    for part, label in zip(parts, above, strict=False):
        if PathMatcher.read(f"/{part}").match(Path((label,))) is None:
            return None
    rest = parts[len(above) :]
    match rest:
        case []:
            return "*"
        case [text]:
            return text
    return None


def _is_pattern(text: str) -> bool:
    return text != "*" and _CAPTURE.search(text) is not None


def _regex(router: Router, text: str) -> str:
    inner = _CAPTURE.sub("(.+)", text.replace(".", r"\."))
    return f"{re.escape(_prefix(router))}.*{inner}.*"


def _prefix(router: Router) -> str:
    return f"{router.dst_prefix}/" if router.dst_prefix else "/"
