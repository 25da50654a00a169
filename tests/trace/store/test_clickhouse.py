"""The ClickHouse store, on the embedded engine."""

from __future__ import annotations

from tests.contract.base import store
from tests.contract.store import StoreContract

__all__ = ["store"]


class TestClickHouse(StoreContract):
    pass
