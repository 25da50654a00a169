"""The demo from the first process to the last: start, ask once, tell, keep running, stop."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec

from clew.demo.parts import children, write_files
from clew.demo.processes import Processes, check_ports
from clew.demo.story import is_the_story
from clew.demo.tell import say, say_of, tell_story, tell_urls
from clew.demo.topology import Node, Topology, lay_out
from clew.errors import ClewError
from clew.scratch import scratch
from clew.span.model import Span

REQUEST_SECONDS = 15.0
TRACE_SECONDS = 15.0
"""How long the spans of the first request may be on their way; they need about a second."""
POLL_SECONDS = 0.05


class NoStory(ClewError):
    """Everything ran, and the request was not the trace that it should be."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    nodes: int = 1
    port_offset: int = 0
    forward: str = "l5d"
    """The trace headers that the apps forward, as ``clew helloworld -forward`` takes it."""
    store: Path | None = None
    """Where the traces are kept; None for a directory that goes with the demo."""
    once: bool = False
    as_json: bool = False
    verbose: bool = False
    """Whether what the parts log is shown."""


async def run(options: Options) -> None:
    """The whole demo; returns when it is over (``--once``, or the task was cancelled).

    Raises NoStory when the first request is not one trace of 8 alternating spans, and what
    :mod:`clew.demo.processes` raises when a part does not start or dies.
    """
    topology = lay_out(options.nodes, options.port_offset)
    check_ports(topology.listening())
    with scratch("demo") as directory:
        write_files(directory, topology)
        store = (options.store or directory / "traces").absolute()
        async with (
            httpx.AsyncClient(timeout=2.0, trust_env=False) as client,
            Processes(say_of if options.verbose else None) as all_,
        ):
            parts = children(directory, topology, options.forward, store, client)
            say(f"Starting {len(parts)} processes …")
            await all_.start(*parts)
            tell_urls(topology)
            reply, spans = await first_request(topology, client)
            tell_story(topology, reply, spans, as_json=options.as_json)
            if not is_the_story(spans):
                raise NoStory(f"the request became {len(spans)} spans, not the 8 of the post")
            if not options.once:
                say("Running until Ctrl-C.")
                await all_.watch()


async def first_request(topology: Topology, client: httpx.AsyncClient) -> tuple[str, list[Span]]:
    """``http_proxy=… curl http://hello``, and its trace, found by the router's name."""
    entry = topology.nodes[0]
    began = time.time()
    async with httpx.AsyncClient(
        proxy=f"http://{entry.outgoing}", timeout=REQUEST_SECONDS, trust_env=False
    ) as curl:
        answer = await curl.get("http://hello/")
    reply = answer.text.strip()
    if answer.status_code != httpx.codes.OK:
        raise NoStory(f"http://hello answered {answer.status_code}: {reply}")
    return reply, await trace_since(began, entry, topology.traces, client)


async def trace_since(
    began: float, entry: Node, traces: str, client: httpx.AsyncClient
) -> list[Span]:
    """The spans of the newest trace through ``entry``, once they are the story or time is up."""
    spans: list[Span] = []
    deadline = began + TRACE_SECONDS
    while time.time() < deadline:
        query = {
            "serviceName": entry.server_span,
            "lookback": str(int((time.time() - began) * 1000) + 1000),
            "limit": "1",
        }
        found = await client.get(f"http://{traces}/api/v2/traces", params=query)
        found.raise_for_status()
        spans = next(iter(msgspec.json.decode(found.content, type=list[list[Span]])), [])
        if is_the_story(spans):
            break
        await asyncio.sleep(POLL_SECONDS)
    return spans
