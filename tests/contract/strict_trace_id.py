"""ITStrictTraceIdFalse: traces are found by the last 16 characters of their id."""

from __future__ import annotations

import pytest
from tests.cast import CLIENT_SPAN, by_id, changed, trace
from tests.contract.base import NewStore, accept, found

from clew.trace.store import SpanStore

LONG = CLIENT_SPAN.trace_id
SHORT = LONG[-16:]


class StrictTraceIdFalse:
    @pytest.fixture
    def lenient(self, new_store: NewStore) -> SpanStore:
        return new_store(strict_trace_id=False)

    def test_getTraces_128BitTraceId(self, lenient: SpanStore) -> None:
        accept(lenient, *trace(LONG))
        assert found(lenient, service="frontend") == [by_id(trace(LONG))]
        assert found(lenient, service="backend") == [by_id(trace(LONG))]

    def test_getTraces_128BitTraceId_mixed(self, lenient: SpanStore) -> None:
        spans = [*trace(LONG)[:2], *trace(SHORT)[2:]]
        accept(lenient, *spans)
        assert found(lenient, service="frontend") == [by_id(spans)]
        assert found(lenient, service="backend") == [by_id(spans)]

    @pytest.mark.parametrize("trace_id", [SHORT, LONG])
    def test_getTrace_retrievesBy64Or128BitTraceId(self, lenient: SpanStore, trace_id: str) -> None:
        accept(lenient, *trace(LONG))
        assert by_id(lenient.trace(trace_id)) == by_id(trace(LONG))

    @pytest.mark.parametrize("trace_id", [SHORT, LONG])
    def test_getTrace_retrievesBy64Or128BitTraceId_mixed(
        self, lenient: SpanStore, trace_id: str
    ) -> None:
        spans = [*trace(LONG)[:2], *trace(SHORT)[2:]]
        accept(lenient, *spans)
        assert by_id(lenient.trace(trace_id)) == by_id(spans)

    def test_getTraces_retrievesBy64Or128BitTraceId(self, lenient: SpanStore) -> None:
        accept(lenient, CLIENT_SPAN, changed(CLIENT_SPAN, trace_id="1".rjust(32, "2")))
        for wanted in (
            [SHORT, "1".rjust(16, "2")],
            [LONG, "1".rjust(32, "2")],
            [SHORT, "1".rjust(32, "2")],
        ):
            assert len(lenient.traces(wanted)) == 2
