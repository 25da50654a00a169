"""Conditions in the words of Envoy's matchers, and filters that run only where one holds.

A filter that is skipped costs a tenth of one that runs a script, so what only few requests need
asks first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from envoy.config.core.v3 import extension_pb2 as core_pb2
from envoy.extensions.common.matching.v3 import extension_matcher_pb2
from envoy.extensions.filters.common.matcher.action.v3 import skip_action_pb2
from envoy.extensions.filters.http.composite.v3 import composite_pb2
from envoy.type.matcher.v3 import http_inputs_pb2
from xds.core.v3 import extension_pb2
from xds.type.matcher.v3 import matcher_pb2, regex_pb2, string_pb2

from clew.mesh.xds.snapshot import pack

_Predicate = matcher_pb2.Matcher.MatcherList.Predicate

ANYTHING = r"\C*"
"""A pattern that every header fits, whatever its bytes."""


def request_header(name: str) -> Any:
    """What a matcher looks at: a header of the request."""
    return _input(name, http_inputs_pb2.HttpRequestHeaderMatchInput(header_name=name))


def response_header(name: str) -> Any:
    """A header of the answer; matchers wait for it."""
    return _input(name, http_inputs_pb2.HttpResponseHeaderMatchInput(header_name=name))


def _input(name: str, config: Any) -> Any:
    return extension_pb2.TypedExtensionConfig(name=name, typed_config=pack(config))


def fits(looked_at: Any, pattern: str) -> Any:
    """Whether it is there and all of it fits a pattern (RE2)."""
    matcher = regex_pb2.RegexMatcher(google_re2=regex_pb2.RegexMatcher.GoogleRE2(), regex=pattern)
    return compared(looked_at, safe_regex=matcher)


def compared(looked_at: Any, **how: Any) -> Any:
    """Whether it is there and compares as ``how`` says, in the words of a StringMatcher."""
    return _Predicate(
        single_predicate=_Predicate.SinglePredicate(
            input=looked_at, value_match=string_pb2.StringMatcher(**how)
        )
    )


def all_of(predicates: Iterable[Any]) -> Any:
    first, *more = predicates
    if not more:
        return first
    return _Predicate(and_matcher=_Predicate.PredicateList(predicate=[first, *more]))


def any_of(predicates: Iterable[Any]) -> Any:
    first, *more = predicates
    if not more:
        return first
    return _Predicate(or_matcher=_Predicate.PredicateList(predicate=[first, *more]))


def negated(predicate: Any) -> Any:
    return _Predicate(not_matcher=predicate)


@dataclass(frozen=True, slots=True)
class Case:
    """A filter, and which requests are for it."""

    predicate: Any
    name: str
    filter: Any


def only_when(case: Case) -> Any:
    """The filter of a case for its requests. The predicate may wait for the answer."""
    skip = _on_match("skip", skip_action_pb2.SkipFilter())
    return _matched([_field_matcher(negated(case.predicate), skip)], case.name, case.filter)


def first_of(cases: Iterable[Case]) -> Any:
    """The filter of the first case that a request is for; a request pays for asking once."""
    matchers = [
        _field_matcher(
            case.predicate,
            _on_match(
                case.name,
                composite_pb2.ExecuteFilterAction(typed_config=_named(case.name, case.filter)),
            ),
        )
        for case in cases
    ]
    return _matched(matchers, "composite", composite_pb2.Composite())


def _matched(matchers: Iterable[Any], name: str, filter: Any) -> Any:
    return extension_matcher_pb2.ExtensionWithMatcher(
        xds_matcher=matcher_pb2.Matcher(
            matcher_list=matcher_pb2.Matcher.MatcherList(matchers=matchers)
        ),
        extension_config=_named(name, filter),
    )


def _field_matcher(predicate: Any, on_match: Any) -> Any:
    return matcher_pb2.Matcher.MatcherList.FieldMatcher(predicate=predicate, on_match=on_match)


def _on_match(name: str, action: Any) -> Any:
    return matcher_pb2.Matcher.OnMatch(
        action=extension_pb2.TypedExtensionConfig(name=name, typed_config=pack(action))
    )


def _named(name: str, filter: Any) -> Any:
    return core_pb2.TypedExtensionConfig(name=name, typed_config=pack(filter))
