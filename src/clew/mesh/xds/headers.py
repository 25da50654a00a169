"""Envoy's header edits and conditions in one word each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from envoy.config.common.mutation_rules.v3 import mutation_rules_pb2
from envoy.config.core.v3 import base_pb2
from envoy.config.route.v3 import route_components_pb2
from envoy.extensions.filters.http.header_mutation.v3 import header_mutation_pb2
from envoy.extensions.http.early_header_mutation.header_mutation.v3 import (
    header_mutation_pb2 as early_pb2,
)
from envoy.type.matcher.v3 import regex_pb2, string_pb2

_Option = base_pb2.HeaderValueOption
_Mutation = mutation_rules_pb2.HeaderMutation


def setting(header: str, value: str) -> Any:
    """``header`` becomes ``value``, a format of Envoy's; it stays when the value is empty."""
    return _option(header, value, _Option.OVERWRITE_IF_EXISTS_OR_ADD)


def set_to(header: str, value: str) -> Any:
    """``setting`` as one step of a mutation."""
    return _Mutation(append=setting(header, value))


def set_absent(header: str, value: str) -> Any:
    """``header`` becomes ``value`` unless the request has it."""
    return _Mutation(append=_option(header, value, _Option.ADD_IF_ABSENT))


def add_line(header: str, value: str) -> Any:
    """One more line of ``header``."""
    return _Mutation(append=_option(header, value, _Option.APPEND_IF_EXISTS_OR_ADD))


def remove(header: str) -> Any:
    """Every line of ``header`` goes."""
    return _Mutation(remove=header)


def remove_all(prefix: str) -> Any:
    """Every header whose name begins like this goes."""
    step = _Mutation()
    step.remove_on_match.key_matcher.prefix = prefix
    return step


def header_is(header: str, *, exact: str | None = None, pattern: str = "") -> Any:
    """Whether a whole header is a text, or fits a pattern (RE2)."""
    value = (
        string_pb2.StringMatcher(exact=exact)
        if exact is not None
        else string_pb2.StringMatcher(safe_regex=regex_pb2.RegexMatcher(regex=pattern))
    )
    return route_components_pb2.HeaderMatcher(name=header, string_match=value)


def early(steps: Iterable[Any]) -> Any:
    """Done before anything else looks at the request."""
    return early_pb2.HeaderMutation(mutations=list(steps))


def in_filter(request: Iterable[Any] = (), response: Iterable[Any] = ()) -> Any:
    """Done where the filter stands in its chain."""
    return header_mutation_pb2.HeaderMutation(
        mutations=header_mutation_pb2.Mutations(
            request_mutations=list(request), response_mutations=list(response)
        )
    )


def _option(header: str, value: str, action: int) -> Any:
    return _Option(header=base_pb2.HeaderValue(key=header, value=value), append_action=action)
