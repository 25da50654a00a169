"""The demo's processes and files: what is started, with which words, and when it is ready."""

from __future__ import annotations

import asyncio
import sys
from importlib.resources import files
from pathlib import Path

import httpx

from clew.demo.processes import Child, Probe
from clew.demo.topology import App, Topology, linker_file


def write_files(directory: Path, topology: Topology) -> None:
    """``disco/`` for the namer, and a linker file for each node."""
    example = (examples() / "hello-world/linkerd.yaml").read_text()
    disco = directory / "disco"
    disco.mkdir()
    for service, lines in topology.disco().items():
        (disco / service).write_text(lines)
    for node in topology.nodes:
        path = directory / f"{node.host}.yaml"
        path.write_text(linker_file(example, topology, node))


def examples() -> Path:
    """The examples: in the wheel beside this package, in a checkout at its root."""
    packaged = Path(str(files("clew"))) / "examples"
    return packaged if packaged.is_dir() else Path(str(files("clew"))).parents[1] / "examples"


def children(
    directory: Path, topology: Topology, forward: str, store: Path, client: httpx.AsyncClient
) -> list[Child]:
    """Every process of the demo. Those that others report to come first and so stop last."""
    host, _, port = topology.traces.partition(":")
    traces = Child(
        name="traces",
        command=clew("traces", f"--host={host}", f"--port={port}", f"--store={store}"),
        ready=answers(client, f"http://{topology.traces}/health"),
    )
    meshes = [
        Child(
            name="mesh" if len(topology.nodes) == 1 else f"mesh {node.host}",
            command=clew("mesh", f"{node.host}.yaml", f"--run-dir={directory / node.host}"),
            ready=answers(client, f"http://{node.admin}/admin/ping"),
            directory=directory,
        )
        for node in topology.nodes
    ]
    apps = [app_child(app, forward) for app in topology.apps]
    return [traces, *apps, *meshes]


def app_child(app: App, forward: str) -> Child:
    """An instance of the sample app, as the post's manifest starts it."""
    words = [f"-addr={app.host}:{app.port}", f"-text={app.text}", f"-forward={forward}"]
    if app.target:
        words.append(f"-target={app.target}")
    environ = {
        "http_proxy": app.node.outgoing,
        # the post shows which pod answered; here the port tells
        "POD_IP": f"{app.host}:{app.port}",
    }
    return Child(
        name=app.name,
        command=clew("helloworld", *words),
        ready=accepts(app.host, app.port),
        environ=environ,
    )


def clew(*words: str) -> list[str]:
    """The command line of another clew command, by this interpreter."""
    return [sys.executable, "-m", "clew", *words]


def answers(client: httpx.AsyncClient, url: str) -> Probe:
    """Ready when ``url`` answers 200."""

    async def probe() -> bool:
        try:
            return (await client.get(url)).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    return probe


def accepts(host: str, port: int) -> Probe:
    """Ready when a connection is accepted; asks nothing, so that it makes no trace."""

    async def probe() -> bool:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            return False
        writer.close()
        return True

    return probe
