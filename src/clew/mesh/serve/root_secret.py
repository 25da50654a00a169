"""io.clew.k8s: the roots of the authority in a Secret of Kubernetes."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from clew.mesh.config.authority import SECRET
from clew.mesh.namers.k8s.api import Api, ApiError
from clew.mesh.namers.k8s.lookups import Collection, Kind
from clew.mesh.namers.k8s.mirror import Mirror
from clew.mesh.namers.k8s.objects import read_secret
from clew.mesh.serve.root_store import StoreAway, Stored

ENTRY = "authority.pem"
LONGEST_SECONDS = 60.0
"""Without a word from the watch, the Secret is looked at this often."""
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT = 401, 403, 404, 409


class RootSecret:
    """An entry of the Secret; what else is in it stays."""

    def __init__(self, new_api: Callable[[], Api], namespace: str) -> None:
        self._collection = Collection(Kind.SECRETS, namespace, SECRET)
        self._api = new_api()
        self._news = asyncio.Event()
        mirror = Mirror(self._collection, new_api(), self._news.set)
        self._watching = asyncio.create_task(mirror.run(), name=f"watch {self._collection}")

    @property
    def place(self) -> str:
        return f"the Secret {SECRET} in {self._collection.where}"

    async def read(self) -> Stored | None:
        text = await self._get()
        if text is None:
            return None
        secret = read_secret(text)
        return Stored(secret.data.get(ENTRY, b""), secret.version)

    async def write(self, text: bytes, before: Stored | None) -> None:
        entry = {ENTRY: base64.b64encode(text).decode()}
        if before is None:
            await self._create(entry)
            return
        there = await self._get()
        if there is None or read_secret(there).version != before.version:
            return
        document: dict[str, Any] = msgspec.json.decode(there)
        document["data"] = {**(document.get("data") or {}), **entry}
        try:
            await self._api.replace(self._collection, SECRET, document)
        except ApiError as error:
            if error.failure.status not in (_NOT_FOUND, _CONFLICT):
                raise self._refused("written", error, self._rights) from error

    async def changed(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_SECONDS):
                await self._news.wait()
        self._news.clear()

    async def stop(self) -> None:
        self._watching.cancel()
        with suppress(asyncio.CancelledError):
            await self._watching
        await self._api.close()

    async def _get(self) -> bytes | None:
        try:
            return await self._api.get(self._collection, SECRET)
        except ApiError as error:
            if error.failure.status == _NOT_FOUND:
                return None
            raise self._refused("read", error, self._rights) from error

    async def _create(self, data: Mapping[str, str]) -> None:
        namespace = self._collection.namespace
        document = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": SECRET, "namespace": namespace},
            "data": data,
        }
        try:
            await self._api.create(self._collection, document)
        except ApiError as error:
            if error.failure.status != _CONFLICT:
                by_hand = f"kubectl -n {namespace} create secret generic {SECRET}"
                hint = f"make an empty one, which the mesh fills: {by_hand}"
                raise self._refused("created", error, hint) from error

    @property
    def _rights(self) -> str:
        return (
            f"give the mesh's account the right to get, list, watch and update {self.place}, "
            "as clew install mesh --tls auto does"
        )

    def _refused(self, done: str, error: ApiError, hint: str) -> StoreAway:
        refused = error.failure.status in (_UNAUTHORIZED, _FORBIDDEN)
        return StoreAway(f"{self.place} cannot be {done}: {error}", hint if refused else "")
