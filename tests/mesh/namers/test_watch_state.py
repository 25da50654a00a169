from __future__ import annotations

from clew.mesh.namers.watch_state import WatchState


def test_a_watch_is_shown_in_linkerds_words() -> None:
    seconds = iter(range(1_600_000_000, 1_600_000_100))
    state = WatchState(lambda: next(seconds))
    assert state.state(None) == {
        "running": True,
        "lastStartedAt": "2020-09-13 12:26:40 +0000",
        "lastStoppedAt": None,
        "lastUpdatedAt": None,
        "value": None,
    }
    state.asked("GET /")
    state.failed("no")
    assert state.watch() == {
        "request": "GET /",
        "lastRequestAt": "2020-09-13 12:26:41 +0000",
        "lastResponseAt": "2020-09-13 12:26:42 +0000",
        "error": "no",
    }
    state.heard()
    state.updated()
    assert state.watch()["error"] is None
    assert state.state([])["lastUpdatedAt"] == "2020-09-13 12:26:44 +0000"
