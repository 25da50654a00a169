"""Dtabs in ConfigMaps, as they are edited: of a bad edit the last good one is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clew.mesh.binding.kept_dtabs import ConfigMapEntry
from clew.mesh.namers.k8s.lookups import Collection, Kind, View
from clew.mesh.namers.k8s.objects import ConfigMap
from clew.mesh.namers.k8s.watched import Place, Watched
from clew.mesh.namers.watch_state import Document
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import ParseError
from clew.mesh.serve.complaints import LAST_GOOD_STAYS, Complaints, Refused


class ConfigMaps:
    """What the entries hold. ``on_change`` is called when ``dtabs`` is another mapping."""

    def __init__(
        self, on_change: Callable[[], None], refused: Refused = lambda _, __: None
    ) -> None:
        self.dtabs: Mapping[ConfigMapEntry, Dtab] = {}
        """One of which nothing usable has been heard yet is not in it."""
        self._on_change = on_change
        self._complaints = Complaints(refused)
        self._entries: frozenset[ConfigMapEntry] = frozenset()
        self._watched = Watched(self._look)

    def use(self, entries: frozenset[ConfigMapEntry]) -> None:
        """These from now on."""
        self._entries = entries
        self._complaints.only(frozenset(map(str, entries)))
        self._watched.use(frozenset(map(_place, entries)))
        self.dtabs = self._read()

    def state(self, entry: ConfigMapEntry) -> Document:
        """How the watch of an entry that is used goes, for operators."""
        dtab = self.dtabs.get(entry)
        return self._watched.state(_place(entry), None if dtab is None else str(dtab))

    async def stop(self) -> None:
        """End every watch."""
        await self._watched.stop()

    def _look(self) -> None:
        dtabs = self._read()
        if dtabs != self.dtabs:
            self.dtabs = dtabs
            self._on_change()

    def _read(self) -> dict[ConfigMapEntry, Dtab]:
        dtabs = {entry: dtab for entry, dtab in self.dtabs.items() if entry in self._entries}
        for entry in sorted(self._entries, key=str):
            view = self._watched.view(_place(entry))
            if not view.synced:
                continue
            text = _text(view, entry)
            if text is None:
                dtabs[entry] = Dtab()
                then = "the dtab is empty until there is"
                self._complaints.about(str(entry), f"there is no {entry}", then)
                continue
            try:
                dtabs[entry] = Dtab.read(text)
                self._complaints.mended(str(entry))
            except ParseError as error:
                then = LAST_GOOD_STAYS if entry in dtabs else "requests wait until it is mended"
                what = f"{entry}, line {error.line + 1}: {error.in_line}"
                self._complaints.about(str(entry), what, then)
        return dtabs


def _text(view: View, entry: ConfigMapEntry) -> str | None:
    """None for an entry that is not there."""
    for each in view.objects.get(entry.name, ()):
        if isinstance(each, ConfigMap):
            return each.data.get(entry.entry)
    return None


def _place(entry: ConfigMapEntry) -> Place:
    collection = Collection(Kind.CONFIG_MAPS, entry.namespace, entry.name)
    return Place(entry.host, entry.port, collection)
