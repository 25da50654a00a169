"""How names are bound, by the interpreters and namers of the linker file in use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from clew.mesh.binding.configured import namer_rules, transformers_of
from clew.mesh.binding.explain import delegate
from clew.mesh.binding.nodes import Node
from clew.mesh.config.interpreter import DefaultInterpreter, NamerdInterpreter
from clew.mesh.config.linker import Linker
from clew.mesh.namers.registry import namerd_http
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import Path
from clew.mesh.serve.discovery import Discovery
from clew.mesh.serve.impact import asked_names, impact
from clew.mesh.serve.override_page import Changed, compared


class Explaining:
    """For operators; what a router binds for requests is :mod:`clew.mesh.compile`'s."""

    def __init__(
        self,
        linker: Callable[[], Linker],
        node: Callable[[], Node],
        discovery: Discovery,
        clusters: Callable[[], Collection[str]],
    ) -> None:
        """``linker`` has the dtabs kept elsewhere in it; ``clusters`` are those Envoy asked for."""
        self._linker = linker
        self._node = node
        self._discovery = discovery
        self._clusters = clusters

    async def delegate(self, label: str | None, path: Path, dtab: Dtab) -> Mapping[str, Any] | None:
        """See :class:`~clew.mesh.serve.admin.Sources`."""
        linker = self._linker()
        routers = [router for router in linker.routers if router.label == label]
        if label is not None and not routers:
            return None
        rules = namer_rules(linker.namers if routers else (), self._node())
        interpreter = routers[0].interpreter if routers else DefaultInterpreter()
        if isinstance(interpreter, NamerdInterpreter):
            place = f"the interpreter of {label}"
            return await namerd_http(interpreter, place).delegate(path, dtab)
        transformers = transformers_of(interpreter.transformers, self._node())
        tree = await self._discovery.explain(
            lambda answers: delegate(path, dtab, rules, answers, transformers)
        )
        return tree.document

    async def compare(self, label: str, override: Dtab) -> Changed | None:
        """See :data:`~clew.mesh.serve.override_page.Comparison`."""
        linker = self._linker()
        routers = [router for router in linker.routers if router.label == label]
        if not routers:
            return None
        router = routers[0]
        rules = namer_rules(linker.namers, self._node())
        transformers = transformers_of(router.interpreter.transformers, self._node())
        return await compared(
            asked_names(self._clusters(), label, linker),
            self._discovery,
            lambda names, answers: impact(names, router, override, rules, answers, transformers),
        )
