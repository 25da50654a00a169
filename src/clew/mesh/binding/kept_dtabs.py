"""Routers whose dtab is kept elsewhere, and what they are once it has been read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from msgspec.structs import replace

from clew.mesh.config.interpreter import (
    ConfigMapInterpreter,
    DefaultInterpreter,
    FsInterpreter,
    KeptDtab,
)
from clew.mesh.config.linker import Linker
from clew.mesh.config.router import AnyRouter
from clew.mesh.naming.dtab import Dtab


@dataclass(frozen=True, slots=True)
class ConfigMapEntry:
    """An entry of a ConfigMap."""

    host: str
    port: int
    """Of the API server, or of a proxy that may stand for it."""
    namespace: str
    name: str
    entry: str

    def __str__(self) -> str:
        return f"{self.entry} in ConfigMap {self.namespace}/{self.name}"


DtabPlace = str | ConfigMapEntry
"""The path of a file, or an entry of a ConfigMap."""


def place_of(interpreter: KeptDtab) -> DtabPlace:
    """Where it has its dtab."""
    match interpreter:
        case FsInterpreter(dtab_file=path):
            return path
        case ConfigMapInterpreter():
            return config_map_entry(interpreter)
    assert_never(interpreter)


def config_map_entry(interpreter: ConfigMapInterpreter) -> ConfigMapEntry:
    """Where it has its dtab."""
    return ConfigMapEntry(
        interpreter.host,
        interpreter.port,
        interpreter.namespace,
        interpreter.name,
        interpreter.filename,
    )


def dtab_places(linker: Linker) -> frozenset[DtabPlace]:
    """Where dtabs are kept, as ``linker`` has it."""
    interpreters = (router.interpreter for router in linker.routers)
    return frozenset(place_of(each) for each in interpreters if isinstance(each, KeptDtab))


def with_dtabs(linker: Linker, dtabs: Mapping[DtabPlace, Dtab]) -> Linker:
    """The linker as if these dtabs stood in it.

    A router whose dtab is not among them keeps its interpreter, and binds nothing.
    """
    if not dtab_places(linker) & dtabs.keys():
        return linker
    return replace(linker, routers=tuple(_with_dtab(router, dtabs) for router in linker.routers))


def _with_dtab(router: AnyRouter, dtabs: Mapping[DtabPlace, Dtab]) -> AnyRouter:
    interpreter = router.interpreter
    if not isinstance(interpreter, KeptDtab):
        return router
    dtab = dtabs.get(place_of(interpreter))
    if dtab is None:
        return router
    return replace(
        router,
        # the router's own rules come later, and so win
        dtab=dtab + router.dtab,
        interpreter=DefaultInterpreter(transformers=interpreter.transformers),
    )
