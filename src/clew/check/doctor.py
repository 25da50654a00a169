"""Everything that can be looked at from here: this machine, a linker file, a cluster, traces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from clew.check import linker_file, platform, ports, run
from clew.check.finding import Finding, warning
from clew.check.linker_file import Files
from clew.check.run import Here
from clew.demo.topology import lay_out
from clew.install import mesh
from clew.mesh.config.linker import Linker
from clew.mesh.namers.k8s.rights import rights
from clew.mesh.naming.bound import Address


def examine(here: Here, files: Files | None = None) -> Iterator[Finding]:
    """The findings, as they are made. Without a file the ports are those of the demo."""
    if here.in_pod:
        # it has a network of its own, and too little memory for the engine
        yield platform.envoy()
    else:
        yield from platform.findings()
    if files is None:
        if not here.in_pod:
            yield from _demo_ports()
        yield from run.cluster(here)
    else:
        yield from _files(here, files)
    yield from run.traces_of(here)


def _files(here: Here, files: Files) -> Iterator[Finding]:
    right, found = linker_file.read(files)
    yield from found
    for file in right:
        if not here.in_pod:
            yield from linker_file.of_machine(file)
        yield from linker_file.of_surroundings(file, here.environment)
    asking = [file for file in right if linker_file.asks_kubernetes(file)]
    if asking:
        needed = dict.fromkeys(each for file in asking for each in rights(file, here.namespace))
        app = mesh.NAME if isinstance(asking[0], Linker) else "namerd"
        yield from run.cluster(replace(here, needed=tuple(needed), app=app))


def _demo_ports() -> Iterator[Finding]:
    """They may be forwarded to a cluster instead, so that is no problem yet."""
    topology = lay_out(1, 0)
    (node,) = topology.nodes
    routers = [("outgoing", node.outgoing), ("incoming", node.incoming), ("admin", node.admin)]
    of_mesh = [(f"mesh, {name}", Address.read(place)) for name, place in routers]
    traces = [("traces", Address.read(topology.traces))]
    for program in (
        ports.Program("the mesh", of_mesh, f"http://{node.admin}/admin/ping"),
        ports.Program("the trace server", traces, f"http://{topology.traces}/health"),
    ):
        yield from ports.findings(program, warning)
