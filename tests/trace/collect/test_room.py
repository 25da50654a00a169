from __future__ import annotations

import pytest

from clew.trace.collect.room import NoRoom, Room


def test_no_more_than_the_limit_is_in_flight() -> None:
    room = Room(10)
    room.take(10)
    with pytest.raises(NoRoom):
        room.take(1)
    room.give_back(3)
    room.take(3)
    assert room.used == 10


def test_a_lease_gives_back_what_it_holds_when_its_request_ends() -> None:
    room = Room(10)
    with room.lease() as lease:
        lease.grow(6)
        lease.grow(3)
        lease.shrink(2)
        assert room.used == 7
    assert room.used == 0


def test_a_lease_gives_back_when_its_request_fails() -> None:
    room = Room(10)
    with room.lease() as lease:
        lease.grow(6)
        with pytest.raises(NoRoom):
            lease.grow(6)
        assert room.used == 6
    assert room.used == 0


def test_what_was_handed_on_is_not_given_back() -> None:
    room = Room(10)
    with room.lease() as lease:
        lease.grow(6)
        assert lease.hand_on() == 6
    assert room.used == 6


def test_a_message_that_finds_no_room_is_read_in_the_spare_one() -> None:
    spare = Room(10)
    room = Room(10, spare)
    with room.lease() as first, room.lease() as second:
        first.grow(8)
        second.grow(2)
        second.grow(3)
        assert (first.spare, second.spare) == (False, True)
        assert (room.used, spare.used) == (8, 5)
        second.shrink(1)
        with pytest.raises(NoRoom):
            second.grow(7)
        assert (room.used, spare.used) == (8, 4)
    assert (room.used, spare.used) == (0, 0)
