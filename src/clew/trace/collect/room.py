"""How much may be in flight: bytes read from clients and not yet in the store."""

from __future__ import annotations

import enum
import threading
from types import TracebackType

from clew.errors import ClewError


class NoRoom(ClewError):
    """Too much waits to be stored: the sender should keep its spans and try again later."""


class WhenFull(enum.Enum):
    """What becomes of a message that cannot be kept now."""

    REFUSE = "refuse"
    """Its sender is told to send it again later."""
    DROP = "drop"
    """Its sender is told that all is well, as by Zipkin, and its spans are counted as dropped."""


class Room:
    """Counts bytes in flight and refuses more than ``limit`` of them. Any thread may use it."""

    def __init__(self, limit: int, spare: Room | None = None) -> None:
        """In ``spare`` messages are read that find no room, to be counted and dropped.

        None: they are refused unread.
        """
        self.limit = limit
        self.spare = spare
        self._used = 0
        self._lock = threading.Lock()

    @property
    def used(self) -> int:
        """Bytes in flight now."""
        return self._used

    def take(self, size: int) -> None:
        """Claim ``size`` bytes, or raise NoRoom and claim none."""
        with self._lock:
            if self._used + size > self.limit:
                raise NoRoom("too many spans wait to be stored", "try again in a second")
            self._used += size

    def give_back(self, size: int) -> None:
        """Release what was taken."""
        with self._lock:
            self._used -= size

    def lease(self) -> Lease:
        """A claim for one request, released with it unless it is handed on."""
        return Lease(self)


class Lease:
    """The bytes that one request holds. Leaving the ``with`` block releases what it still holds."""

    def __init__(self, room: Room) -> None:
        self.spare = False
        """Whether the bytes are held in the spare room: the message must not be kept."""
        self._room = room
        self._size = 0

    def grow(self, size: int) -> None:
        """Hold ``size`` bytes more. Raises NoRoom."""
        try:
            self._room.take(size)
        except NoRoom:
            self._move(size)
        self._size += size

    def _move(self, size: int) -> None:
        """To the spare room, with ``size`` bytes more."""
        full, spare = self._room, self._room.spare
        if spare is None:
            raise NoRoom("too many spans wait to be stored", "try again in a second")
        spare.take(self._size + size)
        full.give_back(self._size)
        self._room, self.spare = spare, True

    def shrink(self, size: int) -> None:
        """Hold ``size`` bytes less."""
        self._room.give_back(size)
        self._size -= size

    def hand_on(self) -> int:
        """Hold nothing more: from now on the caller must give back the bytes answered."""
        size, self._size = self._size, 0
        return size

    def __enter__(self) -> Lease:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._room.give_back(self.hand_on())
