"""A namerd, put together: a storage, namers, the pages of its interfaces and an admin port."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, assert_never

from prometheus_client import Gauge
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from clew.mesh.binding.configured import namer_rules
from clew.mesh.config.namerd import Namerd, read_namerd
from clew.mesh.config.notes import notes
from clew.mesh.config.shown import shown
from clew.mesh.config.storage import DirectoryStorage, InMemoryStorage, KubernetesStorage
from clew.mesh.namerd.answering import Answering
from clew.mesh.namerd.directory import Directory
from clew.mesh.namerd.dtabs_api import dtab_routes
from clew.mesh.namerd.kubernetes import Kubernetes
from clew.mesh.namerd.memory import InMemory
from clew.mesh.namerd.names_api import Resolver, name_routes
from clew.mesh.namerd.storage import Storage
from clew.mesh.namers.k8s.api import Api
from clew.mesh.namers.registry import build
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import Path
from clew.mesh.serve.background import background
from clew.mesh.serve.delegator import delegation_page
from clew.mesh.serve.discovery import Discovery
from clew.mesh.serve.listener_tls import listener_tls
from clew.mesh.serve.listening import AppServer
from clew.mesh.serve.names_page import bound_names
from clew.mesh.serve.operator_app import LOGGING, document_route, operator_app, shutdown_route
from clew.mesh.serve.this_node import this_node
from clew.metrics import CONTENT_TYPE, exposition, new_registry

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where it listens, as URLs."""

    controllers: tuple[str, ...]
    """In the file's order."""
    admin: str


async def run(
    text: str,
    source: str,
    stop: asyncio.Event,
    ready: Callable[[Addresses], None] = lambda _: None,
) -> None:
    """Run the namerd of a file until ``stop``. ``source`` is the file's name in messages.

    Raises ClewError when it cannot start. ``ready`` is called when it takes requests.
    """
    namerd = read_namerd(text, source)
    for note in notes(namerd):
        log.warning("%s", note)
    storage = new_storage(namerd)
    discovery = Discovery(lambda: None)
    answering = Answering(discovery)
    resolver = Resolver(storage, discovery, namer_rules(namerd.namers, this_node()))
    namers = build(namerd)
    async with AsyncExitStack() as stack:
        discovery.use(namers)
        stack.push_async_callback(discovery.stop)
        watching = background(stack, storage.run(discovery.stir), "storage")
        pages = Starlette(
            routes=[*dtab_routes(storage, answering), *name_routes(resolver, answering)]
        )
        servers = [
            AppServer(
                each.ip,
                each.port,
                pages,
                tls=listener_tls(each.tls),
                name=each.kind,
                section="its interface",
            )
            for each in namerd.controllers
        ]
        admin = AppServer(
            namerd.admin.ip,
            namerd.admin.port,
            admin_app(namerd, storage, discovery, resolver, stop.set),
            tls=listener_tls(namerd.admin.tls),
        )
        for server in (admin, *servers):
            await server.start()
            stack.push_async_callback(server.stop)
        stack.callback(answering.close)
        ready(Addresses(tuple(server.url for server in servers), admin.url))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([watching, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if watching.done():
            watching.result()
        log.info("stopping")


def new_storage(namerd: Namerd) -> Storage:
    """The storage of the file. Raises ClewError when it cannot be used."""
    match namerd.storage:
        case InMemoryStorage(namespaces=namespaces):
            return InMemory(namespaces)
        case DirectoryStorage(directory=directory):
            return Directory(directory)
        case KubernetesStorage(host=host, port=port, namespace=namespace):
            return Kubernetes(lambda: Api.at(host, port), namespace)
    assert_never(namerd.storage)


def admin_app(
    namerd: Namerd,
    storage: Storage,
    discovery: Discovery,
    resolver: Resolver,
    shutdown: Callable[[], None],
) -> Starlette:
    """The pages for operators."""
    registry = new_registry()
    Gauge("clew_namerd_dtabs", "Namespaces that there are.", registry=registry).set_function(
        lambda: len(storage.dtabs or ())
    )

    async def ping(_: Request) -> Response:
        if storage.dtabs is None:
            raise HTTPException(503, "the storage has not been read yet")
        return PlainTextResponse("pong")

    async def prometheus(_: Request) -> Response:
        return Response(exposition(registry), media_type=CONTENT_TYPE)

    async def by_dtab(_: str | None, path: Path, dtab: Dtab) -> Mapping[str, Any]:
        return (await resolver.delegate(path, dtab)).document

    async def delegator(request: Request) -> Response:
        return await delegation_page(request, by_dtab)

    def dtabs() -> Mapping[str, str]:
        return {name: stored.dtab.exact for name, stored in sorted((storage.dtabs or {}).items())}

    both = ("GET", "POST")
    pages: Sequence[Route] = [
        Route("/admin/ping", ping),
        Route("/admin/metrics/prometheus", prometheus),
        document_route("/config.json", lambda: shown(namerd)),
        document_route("/storage.json", dtabs),
        Route("/delegator.json", delegator, methods=both),
        Route("/dtab/delegator.json", delegator, methods=both),
        document_route("/bound-names.json", lambda: bound_names(discovery.answers)),
        *(
            document_route(f"/namer_state{prefix}.json", namer.state)
            for prefix, namer in sorted(discovery.namers.items())
        ),
        LOGGING,
        shutdown_route(shutdown),
    ]
    return operator_app(pages, lambda: namerd.admin.security)
