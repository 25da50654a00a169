"""``GET /api/v2/…``: Zipkin's query API.

Answers hold spans as they were reported: merging them and correcting clocks is the reader's work.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from clew.span.json_v2 import encode_list, encode_traces
from clew.span.normal import InvalidSpan, normal_trace_id
from clew.trace.api.asking import Desk, NotFound, json, json_of
from clew.trace.api.cursor import write_cursor
from clew.trace.api.parameters import number, required, required_number, trace_query
from clew.trace.api.settings import ApiSettings
from clew.trace.query import InvalidQuery
from clew.trace.store import Found, SpanStore

_FEW_NAMES = 3
"""So few names are those of a new system: a browser must not keep them."""
_MOST_IDS = 1000

Clock = Callable[[], float]


def routes(store: SpanStore, settings: ApiSettings, clock: Clock = time.time) -> list[BaseRoute]:
    """The nine paths, each below both prefixes. ``clock`` answers seconds since the epoch."""
    api, desk = ZipkinApi(store, settings, clock), Desk(settings.at_once)
    questions = {
        "/v2/services": api.services,
        "/v2/spans": api.spans,
        "/v2/remoteServices": api.remote_services,
        "/v2/traces": api.traces,
        "/v2/trace/{trace_id}": api.trace,
        "/v2/traceMany": api.trace_many,
        "/v2/dependencies": api.dependencies,
        "/v2/autocompleteKeys": api.autocomplete_keys,
        "/v2/autocompleteValues": api.autocomplete_values,
    }
    return [route for path, question in questions.items() for route in desk.routes(path, question)]


class ZipkinApi:
    """One method a path, each from request to response."""

    def __init__(self, store: SpanStore, settings: ApiSettings, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._services_seen = 0

    def services(self, request: Request) -> Response:
        """Local service names."""
        names = self._store.services() if self._settings.search_enabled else []
        self._services_seen = len(names)
        return self._names(names, self._services_seen)

    def spans(self, request: Request) -> Response:
        """Span names of a service."""
        return self._names_of(request, self._store.span_names)

    def remote_services(self, request: Request) -> Response:
        """Remote service names of a service."""
        return self._names_of(request, self._store.remote_services)

    def traces(self, request: Request) -> Response:
        """Traces that meet conditions, newest first unless asked for another sort."""
        query = trace_query(
            request.query_params,
            now_ms=int(self._clock() * 1000),
            lookback_ms=self._settings.lookback_ms,
        )
        found = self._store.search(query) if self._settings.search_enabled else Found(traces=[])
        if found.last is None:
            return json(encode_traces(found.traces))
        cursor = write_cursor(query, found.last)
        next_ = request.url.include_query_params(cursor=cursor)
        return json(
            encode_traces(found.traces),
            clew_next_cursor=cursor,
            link=f'<{next_.path}?{next_.query}>; rel="next"',
        )

    def trace(self, request: Request) -> Response:
        """One trace by id."""
        trace_id = _trace_id(request.path_params["trace_id"])
        if not (spans := self._store.trace(trace_id)):
            raise NotFound(f"{trace_id} not found")
        return json(encode_list(spans))

    def trace_many(self, request: Request) -> Response:
        """Several traces by id; unknown ones are left out."""
        text = required(request.query_params, "traceIds")
        if not text:
            raise InvalidQuery("traceIds parameter is empty")
        ids: dict[str, None] = {}
        for part in text.split(",", _MOST_IDS - 1):
            trace_id = _trace_id(part)
            if trace_id in ids:
                raise InvalidQuery(f"redundant traceId: {trace_id}")
            ids[trace_id] = None
        if len(ids) == 1:
            raise InvalidQuery("Use /api/v2/trace/{traceId} endpoint to retrieve a single trace")
        return json(encode_traces(self._store.traces(list(ids))))

    def dependencies(self, request: Request) -> Response:
        """Who calls whom."""
        end_ts_ms = required_number(request.query_params, "endTs")
        lookback_ms = number(request.query_params, "lookback", self._settings.lookback_ms)
        if end_ts_ms <= 0:
            raise InvalidQuery("endTs <= 0")
        if lookback_ms <= 0:
            raise InvalidQuery("lookback <= 0")
        return json_of(self._store.dependencies(end_ts_ms, lookback_ms))

    def autocomplete_keys(self, request: Request) -> Response:
        """The tags whose values are offered."""
        return json_of(sorted(self._settings.autocomplete_keys), cache_control=self._cache_control)

    def autocomplete_values(self, request: Request) -> Response:
        """The values of such a tag."""
        if not (key := required(request.query_params, "key")):
            raise InvalidQuery("key was empty")
        values = self._store.autocomplete_values(key) if self._settings.search_enabled else []
        return self._names(values, len(values))

    def _names_of(self, request: Request, question: Callable[[str], list[str]]) -> Response:
        service = required(request.query_params, "serviceName").lower()
        names = question(service) if service and self._settings.search_enabled else []
        # of a service's names, few say nothing: what counts is how many services there are
        return self._names(names, self._services_seen)

    def _names(self, names: list[str], known: int) -> Response:
        return (
            json_of(names, cache_control=self._cache_control)
            if known > _FEW_NAMES
            else json_of(names)
        )

    @property
    def _cache_control(self) -> str:
        return f"max-age={self._settings.names_max_age}, must-revalidate"


def _trace_id(text: str) -> str:
    try:
        return normal_trace_id(text.strip())
    except InvalidSpan as error:
        raise InvalidQuery(str(error)) from error
