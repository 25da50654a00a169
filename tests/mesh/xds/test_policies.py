from __future__ import annotations

import json
from typing import Any

import pytest

from clew.mesh.config.linker import read_linker
from clew.mesh.config.router import Router
from clew.mesh.xds.policies import RoutePolicy, route_policies


def router(**sections: Any) -> Router:
    config = {"routers": [{"protocol": "http", "servers": [{"port": 1}], **sections}]}
    (read,) = read_linker(json.dumps(config), "linkerd.yaml").routers
    return read


def condition(matcher: Any) -> str:
    match = matcher.string_match
    return f"{matcher.name} {match.exact or '~' + match.safe_regex.regex}"


def shown(policies: tuple[RoutePolicy, ...]) -> list[tuple[str, int]]:
    return [
        (" & ".join(map(condition, policy.conditions)), policy.total_timeout_ms)
        for policy in policies
    ]


def retry_on(classifier: str) -> list[tuple[str, str]]:
    made = router(service={"responseClassifier": {"kind": f"io.l5d.http.{classifier}"}})
    return [
        (" ".join(map(condition, policy.conditions)), policy.retries.retry_on)
        for policy in route_policies(made)
    ]


REQUEUE = "connect-failure,refused-stream,reset-before-request"
HEADERS = ",retriable-headers"
FAILURES = "5xx,reset,"


def test_without_a_service_section_only_what_reached_nobody_is_tried_again() -> None:
    assert [policy.retries.retry_on for policy in route_policies(router())] == [REQUEUE + HEADERS]
    assert retry_on("nonRetryable5XX") == [("", REQUEUE + HEADERS)]


def test_methods_that_may_be_tried_again_have_a_route_of_their_own() -> None:
    assert retry_on("retryableRead5XX") == [
        (":method ~GET|HEAD|OPTIONS|TRACE", FAILURES + REQUEUE + HEADERS),
        ("", REQUEUE + HEADERS),
    ]
    assert retry_on("retryableIdempotent5XX")[0][0] == ":method ~DELETE|GET|HEAD|OPTIONS|PUT|TRACE"
    assert (
        retry_on("retryableAll5XX")[0][0] == ":method ~DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT|TRACE"
    )


def test_what_another_router_calls_safe_is_tried_again() -> None:
    (policy,) = route_policies(router())
    assert [condition(header) for header in policy.retries.retriable_headers] == [
        "clew-refusal ~503 (?:0 .*|.* true)",
        "l5d-retryable true",
    ]


def test_where_all_is_success_no_header_asks_for_another_try() -> None:
    assert retry_on("allSuccessful") == [("", REQUEUE)]


@pytest.mark.parametrize(
    ("kind", "by_status"),
    [("http.nonRetryable5XX", True), ("http.allSuccessful", False), ("h2.grpc.default", False)],
)
def test_statuses_make_failures_only_where_the_classifier_reads_them(
    kind: str, by_status: bool
) -> None:
    protocol = "h2" if kind.startswith("h2") else "http"
    made = router(protocol=protocol, service={"responseClassifier": {"kind": f"io.l5d.{kind}"}})
    assert [policy.by_status for policy in route_policies(made)] == [by_status]


ATTEMPT = "%CLUSTER_METADATA(clew:attempt_ms)%"


@pytest.mark.parametrize(
    ("client", "service", "limits"),
    [
        ({}, {}, ""),
        ({}, {"totalTimeoutMs": 1500}, f"%START_TIME(%s%3f)% 1500 {ATTEMPT}"),
        ({"requestAttemptTimeoutMs": 300}, {}, f"%START_TIME(%s%3f)% - {ATTEMPT}"),
    ],
)
def test_a_request_is_told_the_limits_that_its_deadline_follows_from(
    client: dict[str, int], service: dict[str, int], limits: str
) -> None:
    (policy,) = route_policies(router(client=client, service=service))
    assert policy.total_timeout_ms == service.get("totalTimeoutMs", 0)
    assert policy.limits == limits


def static(*configs: tuple[str, int]) -> Router:
    entries = [{"prefix": prefix, "totalTimeoutMs": ms} for prefix, ms in configs]
    return router(service={"kind": "io.l5d.static", "configs": entries})


def test_a_literal_prefix_is_a_route_for_that_name() -> None:
    made = static(("/svc", 100), ("/svc/hello", 200))
    assert shown(route_policies(made)) == [("l5d-dst-service /svc/hello", 200), ("", 100)]


def test_a_later_prefix_wins_also_when_it_says_less() -> None:
    made = static(("/svc/hello", 200), ("/svc/*", 100))
    assert shown(route_policies(made)) == [("l5d-dst-service /svc/hello", 100), ("", 100)]


def test_prefixes_that_no_name_of_the_router_has_make_no_route() -> None:
    made = static(("/other/hello", 200), ("/svc/hello/deep", 300))
    assert shown(route_policies(made)) == [("", 0)]


def deep(*configs: tuple[str, int]) -> list[tuple[str, int]]:
    entries = [{"prefix": prefix, "totalTimeoutMs": ms} for prefix, ms in configs]
    static = {"kind": "io.l5d.static", "configs": entries}
    made = router(service=static, identifier={"kind": "io.l5d.path", "segments": 2})
    return [
        (text.removeprefix("l5d-dst-service ~"), ms) for text, ms in shown(route_policies(made))
    ]


TAIL = "(?:/.*)?"


def test_prefixes_of_several_segments_hold_for_all_names_below() -> None:
    assert deep(("/svc/a", 100), ("/svc/a/b", 200), ("/svc/c/d", 300)) == [
        (f"/svc/a/b{TAIL}", 200),
        (f"/svc/a{TAIL}", 100),
        (f"/svc/c/d{TAIL}", 300),
        ("", 0),
    ]


def test_stars_and_patterns_count_segment_by_segment() -> None:
    assert deep(("/svc/*/b", 100), ("/svc/a", 200), ("/svc/{x}-1/c", 300)) == [
        (f"/svc/[^/]+/b{TAIL} & l5d-dst-service ~/svc/a{TAIL}", 200),
        (f"/svc/[^/]+/b{TAIL}", 100),
        (f"/svc/a{TAIL}", 200),
        (rf"/svc/[^/]*[^/]+-1[^/]*/c{TAIL}", 300),
        ("", 0),
    ]


def test_patterns_that_may_match_together_have_a_route_for_each_combination() -> None:
    made = static(("/svc/{a}-web", 100), ("/svc/api-{b}", 200))
    web = "l5d-dst-service ~/svc/[^/]*[^/]+-web[^/]*"
    api = "l5d-dst-service ~/svc/[^/]*api-[^/]+[^/]*"
    assert shown(route_policies(made)) == [
        (f"{api} & {web}", 200),
        (api, 200),
        (web, 100),
        ("", 0),
    ]


def grpc(kind: str, **keys: Any) -> RoutePolicy:
    classifier = {"kind": f"io.l5d.h2.grpc.{kind}", **keys}
    text = {
        "protocol": "h2",
        "servers": [{"port": 1}],
        "service": {"responseClassifier": classifier},
    }
    (read,) = read_linker(json.dumps({"routers": [text]}), "linkerd.yaml").routers
    (policy,) = route_policies(read)
    return policy


@pytest.mark.parametrize(
    ("policy", "statuses"),
    [
        (grpc("default"), "14"),
        (grpc("default", successStatusCodes=[0, 14]), None),
        (grpc("compliant"), "14"),
        (grpc("neverRetryable"), None),
        (grpc("alwaysRetryable"), "|".join(map(str, range(1, 17)))),
        (grpc("alwaysRetryable", successStatusCodes=[*range(16)]), "16"),
        (grpc("retryableStatusCodes", retryableStatusCodes=[8, 1]), "1|8"),
    ],
)
def test_a_grpc_call_is_tried_again_by_its_status(
    policy: RoutePolicy, statuses: str | None
) -> None:
    patterns = [
        header.string_match.safe_regex.regex
        for header in policy.retries.retriable_headers
        if header.name == "grpc-status"
    ]
    assert patterns == ([] if statuses is None else [statuses])


SUCCESS = (
    "%CEL('grpc-status' in response.headers ? "
    "(response.headers['grpc-status'].matches(r'^(0|5)$') ? '1.0' : '0.0') : "
    "(response.code == 200 ? '' : '0.0'))%"
)


def test_a_grpc_call_is_a_success_by_its_status() -> None:
    assert grpc("default", successStatusCodes=[5, 0]).success_class == SUCCESS


def test_a_compliant_grpc_client_also_tries_again_by_http_statuses() -> None:
    assert list(grpc("compliant").retries.retriable_status_codes) == [429, 502, 503, 504]
    assert "retriable-status-codes" in grpc("compliant").retries.retry_on
    assert "retriable-status-codes" not in grpc("default").retries.retry_on
