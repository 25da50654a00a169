from __future__ import annotations

import pytest

from clew.mesh.naming.ingress import Match, Rule, Rules
from clew.mesh.naming.path import Path

NAME = Path.of("prod", "80", "web")


def rule(written: str) -> Rule:
    """``host kind path``, where ``-`` is nothing."""
    host, kind, path = (part.replace("-", "") for part in written.split())
    return Rule(host, Match(kind), path, NAME)


def written(rule: Rule) -> str:
    return f"{rule.host or '-'} {rule.match.value} {rule.path or '-'}"


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(["a.com exact /", "*.a.com exact /", "- exact /"], id="by host"),
        pytest.param(
            ["a.com prefix /", "*.b.a.com prefix /x", "*.a.com prefix /x/y", "- exact /x/y/z"],
            id="by host, whatever the paths are",
        ),
        pytest.param(
            ["- prefix /a/bc", "- pattern /a/.", "- prefix /a", "- prefix /"], id="by path"
        ),
        pytest.param(["- exact /a", "- prefix /a/"], id="exact before a prefix of the same length"),
        pytest.param(["- prefix /", "- pattern -"], id="in the order given where both fit all"),
        pytest.param(["- pattern -", "- prefix /"], id="or in this one"),
        pytest.param(["b.com exact /", "a.com exact /"], id="hosts in the order given"),
    ],
)
def test_the_most_special_comes_first(order: list[str]) -> None:
    rules = list(map(rule, order))
    assert list(map(written, Rules.of(rules).rules)) == order


def test_the_order_given_counts_only_among_equals() -> None:
    given = ["- prefix /", "*.a.com prefix /", "a.com prefix /", "a.com exact /b", "b.com exact /b"]
    assert list(map(written, Rules.of(map(rule, given)).rules)) == [
        "a.com exact /b",
        "b.com exact /b",
        "a.com prefix /",
        "*.a.com prefix /",
        "- prefix /",
    ]


@pytest.mark.parametrize(
    ("written", "fitting", "other"),
    [
        ("a.com exact /b", ["a.com /b"], ["a.com /b/", "a.com /b/c", "b.com /b"]),
        ("- exact /b", ["a.com /b", "b.com /b"], ["a.com /"]),
        ("- prefix /b", ["a.com /b", "a.com /b/", "a.com /b/c"], ["a.com /bc", "a.com /"]),
        ("- prefix /b/", ["a.com /b", "a.com /b/c"], ["a.com /bc"]),
        ("- prefix /", ["a.com /", "a.com /b"], []),
        ("- prefix -", ["a.com /b"], []),
        (r"- pattern /v\d+", ["a.com /v10"], ["a.com /v", "a.com /v1/x"]),
        ("- pattern -", ["a.com /b"], []),
        ("*.a.com prefix /", ["b.a.com /"], ["a.com /", "c.b.a.com /", ".a.com /"]),
    ],
)
def test_what_requests_a_rule_is_for(written: str, fitting: list[str], other: list[str]) -> None:
    rules = Rules((rule(written),))

    def named(request: str) -> Path | None:
        host, _, path = request.partition(" ")
        return rules.name(host, path)

    assert [named(request) for request in fitting] == [NAME] * len(fitting)
    assert [named(request) for request in other] == [None] * len(other)
