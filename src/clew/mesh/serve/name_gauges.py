"""Numbers about the names that Envoy asks for, so that a flood of them can be seen."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from clew.mesh.compile import Compiled, State
from clew.mesh.serve.admission import Crowd


class NameGauges:
    """Asked = known + overridden + unknown + pending, and refused beside them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._names = Gauge(
            "clew_mesh_names",
            "Names that Envoy has asked for, by what they lead to.",
            ("state",),
            registry=registry,
        )
        self._refused = Counter(
            "clew_mesh_names_refused",
            "Names that Envoy was told do not exist, because too many are asked for.",
            registry=registry,
        )
        self._gate = Gauge(
            "clew_mesh_gate_closed",
            "1 while only names that are already known are let through.",
            registry=registry,
        )
        self._epoch = Gauge(
            "clew_mesh_epoch",
            "How often the names have been forgotten to make room, plus 1.",
            registry=registry,
        )

    def show(self, compiled: Compiled, crowd: Crowd) -> None:
        """As of now."""
        for state in State:
            self._names.labels(state.value).set(compiled.count(state))
        self._refused.inc(len(compiled.refused))
        self._gate.set(crowd.admission.gated)
        self._epoch.set(crowd.admission.epoch)
