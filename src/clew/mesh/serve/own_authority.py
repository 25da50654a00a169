"""The authority that the linker file names, while some ``tls`` of it is ``auto``."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, assert_never

from prometheus_client import CollectorRegistry, Gauge

from clew.mesh.authority.lives import Lives
from clew.mesh.config.authority import Authority, DirectoryAuthority, SecretAuthority
from clew.mesh.config.certificates import used_authority
from clew.mesh.config.linker import Linker
from clew.mesh.namers.k8s.api import Api
from clew.mesh.serve.identity import Identity
from clew.mesh.serve.root_directory import RootDirectory, authority_directory
from clew.mesh.serve.root_secret import RootSecret
from clew.mesh.serve.root_store import RootStore, StoreAway
from clew.mesh.xds.secrets import SecretContent


@dataclass(frozen=True, slots=True)
class Opened:
    """An authority whose store has been asked once."""

    config: Authority
    identity: Identity


class OwnAuthority:
    """``on_change`` is called when ``secrets`` are others."""

    def __init__(
        self,
        on_change: Callable[[], None],
        registry: CollectorRegistry,
        lives: Lives = Lives(),  # noqa: B008 (frozen)
    ) -> None:
        self._on_change = on_change
        self._lives = lives
        self._opened: Opened | None = None
        self._following: asyncio.Task[None] | None = None
        self._ends = Gauge(
            "clew_mesh_certificate_seconds",
            "Seconds to the end of the mesh's own certificate, and of the last root it trusts.",
            ("of",),
            registry=registry,
        )

    @property
    def secrets(self) -> Mapping[str, SecretContent]:
        """For Envoy, by name."""
        return MappingProxyType({}) if self._opened is None else self._opened.identity.secrets

    async def start(self, linker: Linker) -> None:
        """With what ``linker`` needs; a store that is away may come later. Raises AuthorityError
        for one that is there and cannot be used."""
        await self.use(await self._open(linker, patient=True))

    @asynccontextmanager
    async def opening(self, linker: Linker) -> AsyncIterator[Opened | None]:
        """What ``linker`` needs, for ``use`` after the block. Raises AuthorityError."""
        opened = await self._open(linker, patient=False)
        try:
            yield opened
        except BaseException:
            if opened is not None and opened is not self._opened:
                await opened.identity.stop()
            raise

    async def use(self, opened: Opened | None) -> None:
        """This from now on; ``secrets`` are its before anything else can run."""
        if opened is self._opened:
            return
        before, self._opened = self._opened, opened
        following, self._following = self._following, None
        self._ends.clear()
        if opened is not None:
            self._show(opened.identity)
            follow = opened.identity.follow(self._on_change)
            self._following = asyncio.create_task(follow, name="authority")
        if following is not None:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
        if before is not None:
            await before.identity.stop()

    async def stop(self) -> None:
        """No authority is used any more."""
        await self.use(None)

    def pages(self) -> dict[str, Callable[[], Mapping[str, Any]]]:
        """By path, for operators."""
        if self._opened is None:
            return {}
        return {"/clew/authority.json": self._opened.identity.document}

    async def _open(self, linker: Linker, *, patient: bool) -> Opened | None:
        """None when it needs nothing."""
        authority = used_authority(linker)
        if authority is None:
            return None
        if self._opened is not None and self._opened.config == authority:
            return self._opened
        identity = Identity(_store(authority), authority.trust_domain, self._lives)
        try:
            await identity.advance()
        except BaseException as error:
            if not (patient and isinstance(error, StoreAway)):
                await identity.stop()
                raise
            identity.tell(str(error))
        return Opened(authority, identity)

    def _show(self, identity: Identity) -> None:
        self._ends.labels("leaf").set_function(lambda: _left(identity.leaf_ends))
        self._ends.labels("root").set_function(lambda: _left(identity.root_ends))


def _left(ends: float | None) -> float:
    return 0.0 if ends is None else ends - time.time()


def _store(config: Authority) -> RootStore:
    """Raises AuthorityError."""
    match config:
        case DirectoryAuthority(dir=given):
            return RootDirectory(authority_directory(given, os.environ))
        case SecretAuthority(host=host, port=port, namespace=namespace):
            return RootSecret(lambda: Api.at(host, port), namespace)
    assert_never(config)
