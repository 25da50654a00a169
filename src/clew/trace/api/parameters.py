"""Query parameters, and Zipkin's words for those that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from clew.span.model import Micros
from clew.trace.api.cursor import Cursor, read_cursor
from clew.trace.query import InvalidQuery, Sort, TraceQuery, read_annotation_query
from clew.trace.search_language.parser import parse

_NUMBER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_BITS = {"Long": 63, "Integer": 31}

Parameters = Mapping[str, str]


def required(parameters: Parameters, name: str) -> str:
    """The value of a parameter that must be there, possibly empty."""
    if name not in parameters:
        raise InvalidQuery(f"Mandatory parameter/header is missing: {name}")
    return parameters[name]


def number(parameters: Parameters, name: str, default: int, type_: str = "Long") -> int:
    """A parameter as a number of Java's ``type_``."""
    return default if name not in parameters else _read(parameters[name], type_)


def required_number(parameters: Parameters, name: str) -> int:
    """A number that must be there."""
    return _read(required(parameters, name), "Long")


def trace_query(parameters: Parameters, *, now_ms: int, lookback_ms: int) -> TraceQuery:
    """The parameters of ``/api/v2/traces``, all of them optional.

    A cursor goes on with the window and the sort of the answer that it came with.
    """
    span_name = parameters.get("spanName", "").lower()
    begun = _begun(parameters)
    return TraceQuery(
        service=parameters.get("serviceName", "").lower() or None,
        remote_service=parameters.get("remoteServiceName", "").lower() or None,
        span_name=None if span_name in ("", "all") else span_name,
        terms=read_annotation_query(parameters.get("annotationQuery")),
        expression=parse(text) if (text := parameters.get("q", "")).strip() else None,
        min_duration=_micros(parameters, "minDuration"),
        max_duration=_micros(parameters, "maxDuration"),
        end_ts_ms=begun.end_ts_ms if begun else number(parameters, "endTs", now_ms),
        lookback_ms=begun.lookback_ms if begun else number(parameters, "lookback", lookback_ms),
        limit=number(parameters, "limit", 10, "Integer"),
        sort=begun.sort if begun else _sort(parameters) or Sort.NEWEST,
        after=begun.place if begun else None,
    )


def _begun(parameters: Parameters) -> Cursor | None:
    if not (text := parameters.get("cursor")):
        return None
    cursor = read_cursor(text)
    if _sort(parameters) not in (None, cursor.sort):
        raise InvalidQuery(
            f"cursor: it goes on with sort={cursor.sort.value}", "ask for the other sort without it"
        )
    return cursor


def _sort(parameters: Parameters) -> Sort | None:
    if not (text := parameters.get("sort")):
        return None
    try:
        return Sort(text)
    except ValueError as error:
        known = ", ".join(sort.value for sort in Sort)
        raise InvalidQuery(f"sort: {text!r} is none of {known}") from error


def _micros(parameters: Parameters, name: str) -> Micros | None:
    return Micros(_read(parameters[name], "Long")) if name in parameters else None


def _read(text: str, type_: str) -> int:
    if not _NUMBER.fullmatch(text) or not -(2 ** _BITS[type_]) <= int(text) < 2 ** _BITS[type_]:
        raise InvalidQuery(f"Can't convert '{text}' to type '{type_}'.")
    return int(text)
