"""One delta stream as a state machine: what Envoy says in, what to answer out. No IO.

Of each type a stream remembers which names Envoy subscribed to and which version of each it has,
so that only what differs is sent. (Envoy: xDS protocol, "Incremental xDS")
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from clew.mesh.xds.snapshot import (
    CLUSTER,
    LISTENER,
    Change,
    Resource,
    Snapshot,
    TypeUrl,
    diff,
    newer,
)

WILDCARD = "*"
_WITH_WILDCARD = frozenset({LISTENER})
"""Types of which Envoy wants all there are; by name it asks for the others."""


@dataclass(frozen=True, slots=True)
class Request:
    """A DeltaDiscoveryRequest."""

    type_url: TypeUrl
    subscribe: tuple[str, ...] = ()
    unsubscribe: tuple[str, ...] = ()
    initial_versions: Mapping[str, str] = field(default_factory=dict)
    """What Envoy still has from an earlier stream; only in the first request of a type."""
    nonce: str = ""
    """Of the response that this one answers; empty when it answers none."""
    error: str = ""
    """Why Envoy refused that response; empty when it took it."""


@dataclass(frozen=True, slots=True)
class Send:
    """A DeltaDiscoveryResponse."""

    type_url: TypeUrl
    nonce: str
    resources: tuple[Resource, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """Envoy refused what it was sent and goes on with what it had."""

    type_url: TypeUrl
    names: tuple[str, ...]
    error: str


@dataclass(frozen=True, slots=True)
class Updated:
    """Envoy has taken new versions of clusters it had: it now waits for their endpoints again."""

    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedMore:
    """Clusters were asked for that the snapshot does not have."""


Effect = Send | Rejected | Updated | AskedMore


@dataclass(slots=True)
class _Flight:
    """A response that Envoy has not answered yet."""

    names: tuple[str, ...]
    updated: tuple[str, ...]
    """Those of which Envoy had another version."""


@dataclass(slots=True)
class _Type:
    """What a stream knows of one type."""

    wildcard: bool
    names: dict[str, None] = field(default_factory=dict)
    """Subscribed by name, in the order of asking."""
    versions: dict[str, str] = field(default_factory=dict)
    """What Envoy has, by name, once it takes what was sent."""
    flights: dict[str, _Flight] = field(default_factory=dict)
    """By nonce."""


class Subscription:
    """One stream. Call ``on_request`` and ``on_snapshot``, and do the effects in their order."""

    def __init__(self, snapshot: Snapshot, *, stale: bool = False) -> None:
        """``stale``: the stream is of an epoch that has ended. Names that Envoy repeats on it
        without having them were taken away; answering would bring them back.
        """
        self._snapshot = snapshot
        self._stale = stale
        self._types: dict[TypeUrl, _Type] = {}
        self._sent = 0

    @property
    def asked(self) -> Collection[str]:
        """Clusters that Envoy wants, the longest asked first."""
        state = self._types.get(CLUSTER)
        return state.names.keys() if state else ()

    def on_request(self, request: Request) -> list[Effect]:
        """Envoy subscribes, unsubscribes, takes or refuses."""
        first = request.type_url not in self._types
        state = self._types.setdefault(
            request.type_url, _Type(wildcard=request.type_url in _WITH_WILDCARD)
        )
        effects: list[Effect] = []
        if request.nonce:
            effects += _answered(request, state)
        for name in request.unsubscribe:
            state.names.pop(name, None)
            state.versions.pop(name, None)
        fresh = tuple(name for name in request.subscribe if name != WILDCARD)
        if first:
            state.versions.update(request.initial_versions)
            if self._stale:
                fresh = tuple(name for name in fresh if name in request.initial_versions)
        state.names.update(dict.fromkeys(fresh))
        if not first:
            # who subscribes again wants an answer, also to what it has
            for name in fresh:
                state.versions.pop(name, None)
        # all others were sent with the snapshot; with thousands of names each comparison counts
        effects += self._send(request.type_url, state, only=None if first else fresh)
        if request.type_url == CLUSTER and any(
            name not in self._snapshot.of_type(CLUSTER) for name in fresh
        ):
            effects.append(AskedMore())
        return effects

    def on_snapshot(self, snapshot: Snapshot, gone: Collection[str] = ()) -> list[Effect]:
        """There is something new. ``gone`` are clusters that Envoy shall not have or wait for."""
        self._snapshot = snapshot
        effects: list[Effect] = []
        for type_url, state in self._types.items():
            effects += self._send(type_url, state, gone=gone if type_url == CLUSTER else ())
        return effects

    def resend(self, type_url: TypeUrl, names: Collection[str]) -> list[Effect]:
        """These once more though Envoy was sent them, because it does not ask again."""
        state = self._types.get(type_url)
        if state is None:
            return []
        for name in names:
            state.versions.pop(name, None)
        return list(self._send(type_url, state, only=names))

    def _send(
        self,
        type_url: TypeUrl,
        state: _Type,
        *,
        only: Collection[str] | None = None,
        gone: Collection[str] = (),
    ) -> Iterator[Effect]:
        """Of the names ``only``, or of all, what Envoy does not have as it is in the snapshot."""
        there = self._snapshot.of_type(type_url)
        if state.wildcard:
            change = diff(state.versions, there)
        else:
            asked = state.names if only is None else [n for n in only if n in state.names]
            # what was asked for and is not there is not compiled yet: Envoy keeps what it has
            removed = tuple(name for name in state.names if name in gone) if gone else ()
            change = Change(newer(state.versions, there, asked), removed)
        if change == Change():
            return
        updated = tuple(r.name for r in change.changed if r.name in state.versions)
        for name in change.removed:
            state.versions.pop(name, None)
            state.names.pop(name, None)
        state.versions.update({r.name: r.version for r in change.changed})
        self._sent += 1
        nonce = str(self._sent)
        state.flights[nonce] = _Flight(tuple(r.name for r in change.changed), updated)
        yield Send(type_url, nonce, change.changed, change.removed)


def _answered(request: Request, state: _Type) -> Iterator[Effect]:
    flight = state.flights.pop(request.nonce, None)
    if flight is None:
        return
    if request.error:
        yield Rejected(request.type_url, flight.names, request.error)
    elif request.type_url == CLUSTER and flight.updated:
        yield Updated(flight.updated)
