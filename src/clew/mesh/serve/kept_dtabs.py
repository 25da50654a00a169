"""Dtabs that are kept elsewhere than in the linker file: in files of their own, in ConfigMaps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from clew.mesh.binding.kept_dtabs import ConfigMapEntry, DtabPlace, config_map_entry
from clew.mesh.config.interpreter import ConfigMapInterpreter
from clew.mesh.config.linker import Linker
from clew.mesh.namers.watch_state import Document
from clew.mesh.naming.dtab import Dtab
from clew.mesh.serve.complaints import Refused
from clew.mesh.serve.config_maps import ConfigMaps
from clew.mesh.serve.dtab_files import DtabFiles


class KeptDtabs:
    """What the places hold. ``on_change`` is called when ``dtabs`` is another mapping."""

    def __init__(self, on_change: Callable[[], None], refused: Refused) -> None:
        """``refused`` may be called from another thread."""
        self._files = DtabFiles(on_change, refused)
        self._config_maps = ConfigMaps(on_change, refused)

    @property
    def dtabs(self) -> Mapping[DtabPlace, Dtab]:
        """By place; one that has never been read is not in it."""
        return dict([*self._files.dtabs.items(), *self._config_maps.dtabs.items()])

    def use(self, places: frozenset[DtabPlace]) -> None:
        """These from now on. Files are read at once."""
        entries = frozenset(place for place in places if isinstance(place, ConfigMapEntry))
        self._files.use(frozenset(place for place in places if isinstance(place, str)))
        self._config_maps.use(entries)

    def pages(self, linker: Linker) -> dict[str, Callable[[], Document]]:
        """By path: how the watches of the linker's routers go, for operators."""
        return {
            f"/{router.label}/interpreter_state/io.l5d.k8s.configmap.json": partial(
                self._config_maps.state, config_map_entry(router.interpreter)
            )
            for router in linker.routers
            if isinstance(router.interpreter, ConfigMapInterpreter)
        }

    async def follow(self) -> None:
        """Take edited files, for ever. ConfigMaps are followed from ``use`` on."""
        await self._files.follow()

    async def stop(self) -> None:
        """End every watch."""
        await self._config_maps.stop()
