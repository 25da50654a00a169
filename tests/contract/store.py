"""What every span store must do: Zipkin's storage tests, by their names, and a few of ours."""

from __future__ import annotations

from tests.contract.autocomplete import AutocompleteTags
from tests.contract.base import store
from tests.contract.dependencies import Dependencies
from tests.contract.names import ServiceAndSpanNames
from tests.contract.span_store import Searching
from tests.contract.strict_trace_id import StrictTraceIdFalse
from tests.contract.traces import Traces

__all__ = ["StoreContract", "store"]


class StoreContract(
    Traces, Searching, ServiceAndSpanNames, Dependencies, AutocompleteTags, StrictTraceIdFalse
):
    """Inherit it and give a fixture ``new_store``, a :class:`tests.contract.base.NewStore`."""
