"""The crowd at the door, as transcripts over time."""

from __future__ import annotations

from clew.mesh.compile import Admission
from clew.mesh.serve.admission import Crowd

NAMES = [f"name{i}" for i in range(10)]


def crowd() -> Crowd:
    """The gate closes at about four names; the first pause is 60 seconds."""
    return Crowd(first_pause=60, gate_bytes=1000)


def test_at_first_all_are_let_in_and_nothing_ends() -> None:
    door = crowd()
    assert door.admission == Admission(epoch=1, crowded=False, gated=False)
    assert door.until is None
    assert not door.next_epoch(now=1e9)


def test_to_refuse_nobody_changes_nothing() -> None:
    door = crowd()
    door.refuse([], now=5)
    assert door.until is None


def test_a_refused_name_makes_it_crowded_and_the_epoch_end() -> None:
    door = crowd()
    door.refuse(NAMES[:1], now=5)
    assert door.admission == Admission(epoch=1, crowded=True, gated=False)
    assert door.until == 65


def test_more_refused_names_close_the_gate_and_do_not_move_the_end() -> None:
    door = crowd()
    door.refuse(NAMES[:1], now=5)
    door.refuse(NAMES, now=30)
    assert door.admission == Admission(epoch=1, crowded=True, gated=True)
    assert door.until == 65


def test_long_names_close_the_gate_sooner() -> None:
    door = crowd()
    door.refuse(["x" * 1000], now=5)
    assert door.admission.gated


def test_the_next_epoch_begins_open_and_not_before_its_time() -> None:
    door = crowd()
    door.refuse(NAMES, now=5)
    assert not door.next_epoch(now=64)
    assert door.next_epoch(now=65)
    assert door.admission == Admission(epoch=2, crowded=False, gated=False)
    assert not door.next_epoch(now=66)


def pause_after(door: Crowd, now: float) -> float:
    door.refuse(NAMES, now=now)
    assert door.until is not None
    return door.until - now


def test_pauses_double_while_it_goes_on_up_to_an_hour() -> None:
    door, now, pauses = crowd(), 0.0, []
    for _ in range(8):
        pauses.append(pause_after(door, now))
        now += pauses[-1]
        assert door.next_epoch(now)
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_after_a_quiet_time_the_pause_is_short_again() -> None:
    door = crowd()
    assert pause_after(door, 0) == 60
    assert door.next_epoch(60)
    assert pause_after(door, 60 + 121) == 60


def test_an_epoch_may_begin_for_names_that_only_rest_but_not_while_others_are_refused() -> None:
    door = crowd()
    assert door.renew(now=5)
    assert door.admission == Admission(epoch=2)
    door.refuse(NAMES, now=500)
    assert not door.renew(now=500)
    assert door.admission.epoch == 2


def test_the_times_between_epochs_for_resting_names_double_too() -> None:
    door = crowd()
    begun = [now for now in range(0, 20_000, 10) if door.renew(now)]
    assert begun == [0, 60, 180, 420, 900, 1860, 3780, 7380, 10_980, 14_580, 18_180]
    assert door.renew(now=30_000)
    assert door.renew(now=30_060)
    # and do not lengthen the pause of a crowd
    assert pause_after(door, 30_060) == 60
