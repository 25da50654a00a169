"""Routers whose dtab is in a file of its own, and what they are once that file has been read."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from clew.mesh.config.interpreter import DefaultInterpreter, FsInterpreter
from clew.mesh.config.linker import Linker
from clew.mesh.config.router import AnyRouter
from clew.mesh.naming.dtab import Dtab


def dtab_files(linker: Linker) -> frozenset[str]:
    """The paths of the files, as ``linker`` has them."""
    return frozenset(
        router.interpreter.dtab_file
        for router in linker.routers
        if isinstance(router.interpreter, FsInterpreter)
    )


def with_dtab_files(linker: Linker, dtabs: Mapping[str, Dtab]) -> Linker:
    """The linker as if the dtabs of the files, by path, stood in it.

    A router whose file is not among them keeps its interpreter, and binds nothing.
    """
    if not dtab_files(linker) & dtabs.keys():
        return linker
    return replace(linker, routers=tuple(_with_dtab(router, dtabs) for router in linker.routers))


def _with_dtab(router: AnyRouter, dtabs: Mapping[str, Dtab]) -> AnyRouter:
    interpreter = router.interpreter
    if not isinstance(interpreter, FsInterpreter) or interpreter.dtab_file not in dtabs:
        return router
    return replace(
        router,
        # the router's own rules come later, and so win
        dtab=dtabs[interpreter.dtab_file] + router.dtab,
        interpreter=DefaultInterpreter(transformers=interpreter.transformers),
    )
