from __future__ import annotations

import re

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from clew.mesh.config.identifiers import PathIdentifier
from clew.mesh.config.router import HttpRouter
from clew.mesh.config.server import Server
from clew.mesh.config.service import PrefixedServicePolicy
from clew.mesh.naming.matcher import PathMatcher
from clew.mesh.naming.path import Path
from clew.mesh.xds.prefixes import name_cases

ROUTER = HttpRouter(servers=(Server(),))
BY_PATH = msgspec.structs.replace(ROUTER, identifier=(PathIdentifier(segments=3),))


def policies(*prefixes: str) -> list[PrefixedServicePolicy]:
    return [PrefixedServicePolicy(prefix=PathMatcher.read(prefix)) for prefix in prefixes]


def matching(router: HttpRouter, prefixes: list[str], name: Path) -> list[str]:
    """By the first of the cases whose conditions hold, as Envoy does it."""
    for case in name_cases(router, policies(*prefixes)):
        matches = [condition.string_match for condition in case.conditions]
        if all(
            str(name) == match.exact or re.fullmatch(match.safe_regex.regex or "(?!)", str(name))
            for match in matches
        ):
            return [policy.prefix.text for policy in case.policies]
    raise AssertionError("the last case holds for every name")


SEGMENT = st.sampled_from(["a", "b", "a-b", "a.b", "axb"])
PATTERN = st.sampled_from(["*", "{x}", "a-{x}", "{x}.b", "{x}b"]) | SEGMENT
PREFIX = st.builds(
    lambda top, parts: "/".join(["", top, *parts]),
    st.sampled_from(["svc", "svc", "svc", "*", "other"]),
    st.lists(PATTERN, max_size=3),
)
PREFIXES = st.lists(PREFIX | st.just("/"), max_size=5)


@given(PREFIXES, st.lists(SEGMENT, min_size=1, max_size=4))
def test_a_name_has_the_policies_of_all_prefixes_that_it_begins_with(
    prefixes: list[str], segments: list[str]
) -> None:
    name = Path.of("svc", *segments)
    assert matching(BY_PATH, prefixes, name) == [
        prefix for prefix in prefixes if PathMatcher.read(prefix).match(name) is not None
    ]


@given(PREFIXES, SEGMENT)
def test_a_name_of_one_segment_has_them_too(prefixes: list[str], segment: str) -> None:
    name = Path.of("svc", segment)
    assert matching(ROUTER, prefixes, name) == [
        prefix for prefix in prefixes if PathMatcher.read(prefix).match(name) is not None
    ]


def test_a_name_that_only_looks_alike_is_another() -> None:
    assert matching(BY_PATH, ["/svc/a"], Path.of("svc", "ab")) == []
    assert matching(BY_PATH, ["/svc/a.b"], Path.of("svc", "axb")) == []


def test_many_names_make_no_more_cases_than_there_are_names() -> None:
    names = [f"/svc/host-{n}" for n in range(50)]
    assert len(list(name_cases(ROUTER, policies(*names)))) == 51
    below = [f"/svc/{'/'.join('abcdefgh'[:n])}" for n in range(1, 9)]
    assert len(list(name_cases(BY_PATH, policies(*below)))) == 9
