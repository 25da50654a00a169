"""How a collection of the API is followed: list, then watch, and what to do when that fails.

A state machine without IO. :attr:`Reflector.next` says what is to be done, ``heard`` takes what
came of it. (``Reflector`` is what Kubernetes' own clients call it.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, assert_never

T = TypeVar("T")

WATCH_SECONDS = (240, 480)
"""The server is asked to end a watch after a time between these, so that not all end at once."""
RESYNC_WATCHES = 6
"""After so many watches the collection is listed again, whatever the events have said."""
FIRST_WAIT, LONGEST_WAIT = 0.1, 10.0
"""Seconds; doubled with each failure, and between half and all of it is waited."""
MAX_RETRY_AFTER = 60.0
"""Seconds that a server may ask us to wait."""

GONE = 410
_NOT_HERE = (403, 404)
"""The server does not have such objects, or does not show them to us."""
_HOPELESS = (400, 401, 403, 404)
"""Trying again helps only after someone has changed rights."""


@dataclass(frozen=True, slots=True)
class List:
    """Get a page of the collection."""

    source: int
    """Which of the sources: 0 is the best one."""
    after: str = ""
    """The ``continue`` token of the page before; empty for the first."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Get what happens after this version."""

    source: int
    version: str
    seconds: int
    """After which the server shall end it."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for a while."""

    seconds: float


Action = List | Watch | Wait


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """One object as it is now."""

    name: str
    version: str
    value: T | None
    """None when it makes no sense: what was known of it before stays."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list."""

    items: Sequence[Item[T]]
    version: str
    after: str = ""
    """The token for the next page; empty when this is the last one."""


@dataclass(frozen=True, slots=True)
class Put(Generic[T]):
    """An object is new or has changed."""

    item: Item[T]


@dataclass(frozen=True, slots=True)
class Delete:
    """An object is gone."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Nothing has happened up to this version."""

    version: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The server has ended the watch."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A request was refused, or came to nothing."""

    status: int
    """HTTP; 0 when there was no answer. Also the code of an ERROR event in a watch."""
    why: str
    retry_after: float = 0.0
    """Seconds that the server asks us to wait."""


@dataclass(frozen=True, slots=True)
class Waited:
    """The wait is over."""


Heard = Page[T] | Put[T] | Delete | Bookmark | Ended | Failure | Waited


@dataclass(frozen=True, slots=True)
class _Known(Generic[T]):
    version: str
    value: T


class Reflector(Generic[T]):
    """Follows one collection, which may be had from several sources, best first."""

    def __init__(self, sources: int, random: Callable[[], float]) -> None:
        """``random`` is uniform between 0 and 1."""
        self.next: Action = List(0)
        self.synced = False
        """Whether the collection has been read as a whole once."""
        self.trouble = ""
        """What went wrong last; empty when all is well."""
        self.hopeless = False
        """Whether the trouble will stay until somebody changes rights."""
        self._sources = sources
        self._random = random
        self._known: dict[str, _Known[T]] = {}
        self._listing: dict[str, _Known[T]] = {}
        self._version = ""
        self._failures = 0
        self._watches = 0
        self._source = 0
        self._afterwards: Action = List(0)

    @property
    def objects(self) -> Mapping[str, T]:
        """By name; what was known last while it cannot be read."""
        return {name: known.value for name, known in self._known.items()}

    def heard(self, what: Heard[T]) -> bool:
        """Go on; whether ``objects``, ``synced`` or ``hopeless`` may have changed."""
        match what:
            case Page():
                return self._page(what)
            case Put(item):
                # what has been deleted since would come back
                late = _older(item.version, self._version)
                self._well(item.version)
                return not late and self._put(item)
            case Delete(name, version):
                self._well(version)
                return self._delete(name, version)
            case Bookmark(version):
                self._well(version)
                return False
            case Ended():
                # waits, because a server may end every watch at once
                self._wait(self._watch())
                return False
            case Failure():
                return self._failed(what)
            case Waited():
                self.next = self._afterwards
                return False
        assert_never(what)

    def learn(self, change: Put[T] | Delete) -> bool:
        """What the server has said elsewhere, which the watch will say too; whether it is new."""
        match change:
            case Put(item):
                return self._put(item)
            case Delete(name, version):
                return self._delete(name, version)
        assert_never(change)

    def _page(self, page: Page[T]) -> bool:
        for item in page.items:
            value = item.value
            if value is None and (before := self._known.get(item.name)):
                value = before.value
            if value is not None:
                self._listing[item.name] = _Known(item.version, value)
        if page.after:
            self.next = List(self._source, page.after)
            return False
        self._known, self._listing = self._listing, {}
        self._version = page.version
        self._watches = 0
        self.synced = True
        self.trouble, self.hopeless = "", False
        self.next = self._watch()
        return True

    def _put(self, item: Item[T]) -> bool:
        known = self._known.get(item.name)
        if item.value is None or (known and _older(item.version, known.version)):
            return False
        self._known[item.name] = _Known(item.version, item.value)
        return known is None or known.value != item.value

    def _delete(self, name: str, version: str) -> bool:
        known = self._known.get(name)
        if known is None or _older(version, known.version):
            return False
        del self._known[name]
        return True

    def _well(self, version: str) -> None:
        """The watch works, and has come so far."""
        self._failures = 0
        self.trouble, self.hopeless = "", False
        if version and not _older(version, self._version):
            self._version = version

    def _watch(self) -> Action:
        """The next watch, or the list that is due after so many of them."""
        if self._watches >= RESYNC_WATCHES:
            return self._list()
        shortest, longest = WATCH_SECONDS
        seconds = shortest + round((longest - shortest) * self._random())
        self._watches += 1
        return Watch(self._source, self._version, seconds)

    def _list(self) -> Action:
        """From the best source, which may have come since it was tried last."""
        self._source = 0
        return List(0)

    def _failed(self, failure: Failure) -> bool:
        watching = isinstance(self.next, Watch)
        self._listing = {}
        if not watching and failure.status in _NOT_HERE and self._source + 1 < self._sources:
            self._source += 1
            self.next = List(self._source)
            return False
        self.trouble = failure.why
        was, self.hopeless = self.hopeless, failure.status in _HOPELESS
        if watching and failure.status not in (GONE, *_NOT_HERE):
            self._wait(self._watch(), failure.retry_after)
        else:
            self._wait(self._list(), failure.retry_after)
        return self.hopeless != was

    def _wait(self, afterwards: Action, at_least: float = 0.0) -> None:
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(self._failures, 20))
        self._failures += 1
        self._afterwards = afterwards
        jittered = wait * (0.5 + self._random() / 2)
        self.next = Wait(max(jittered, min(at_least, MAX_RETRY_AFTER)))


def _older(version: str, than: str) -> bool:
    """Versions of one collection are growing numbers; what is no number is never older."""
    return version.isdigit() and than.isdigit() and int(version) < int(than)
