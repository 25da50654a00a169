"""Waiting for a server, and not waiting for what will not come by itself."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from clew.trace.store import StoreMisconfigured, StoreUnavailable, opening
from clew.trace.store.clickhouse import ClickHouseStore

STORE = cast(ClickHouseStore, object())


class Server:
    """Answers what it was given, one a try."""

    def __init__(self, *answers: StoreUnavailable | ClickHouseStore) -> None:
        self._answers = list(answers)

    def __call__(self) -> ClickHouseStore:
        answer = self._answers.pop(0)
        if isinstance(answer, StoreUnavailable):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_FIRST_PAUSE", 0.001)


def test_a_server_is_waited_for_and_it_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    away = StoreUnavailable("ClickHouse at ch:8123 cannot be reached: Connection refused")
    opened = asyncio.run(opening.opened_when_there(Server(away, away, away, STORE)))
    assert opened is STORE
    assert caplog.messages == [
        "waiting for the store: ClickHouse at ch:8123 cannot be reached: Connection refused"
    ]


def test_a_wrong_password_is_not_waited_for() -> None:
    wrong = StoreMisconfigured("ClickHouse at ch:8123 refuses user 'clew' or the password")
    with pytest.raises(StoreMisconfigured):
        asyncio.run(opening.opened_when_there(Server(wrong, STORE)))
