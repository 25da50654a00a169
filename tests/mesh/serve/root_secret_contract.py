"""What the store io.clew.k8s does, against any API server."""

from __future__ import annotations

import asyncio
import base64
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from functools import partial

import httpx
import pytest
from tests.mesh.namers.k8s.cluster import Cluster, url

from clew.mesh.config.authority import SECRET
from clew.mesh.serve.root_secret import ENTRY, RootSecret

Scene = Callable[[RootSecret, RootSecret], Awaitable[None]]


class RootSecretContract(ABC):
    cluster: Cluster

    @pytest.fixture
    @abstractmethod
    def namespace(self) -> str:
        """A fixture: one of Kubernetes, for this test alone."""

    @abstractmethod
    def store(self, namespace: str) -> RootSecret:
        """As a mesh opens it."""

    def play(self, namespace: str, scene: Scene) -> None:
        """With the stores of two meshes."""

        async def played() -> None:
            one, other = self.store(namespace), self.store(namespace)
            try:
                await scene(one, other)
            finally:
                await one.stop()
                await other.stop()

        asyncio.run(played())

    def kept(self, namespace: str) -> dict[str, bytes]:
        answer = self.cluster.client.get(url("secrets", namespace, SECRET))
        assert answer.status_code == httpx.codes.OK, answer.text
        data: dict[str, str] = answer.json().get("data") or {}
        return {entry: base64.b64decode(text) for entry, text in data.items()}

    def test_the_first_makes_it_and_the_second_finds_it(self, namespace: str) -> None:
        async def scene(one: RootSecret, other: RootSecret) -> None:
            assert await one.read() is None
            await one.write(b"roots", None)
            await other.write(b"late", None)
            stored = await other.read()
            assert stored is not None
            assert stored.text == b"roots"
            assert stored == await one.read()

        self.play(namespace, scene)

    def test_an_empty_one_is_filled_and_what_else_is_in_it_stays(self, namespace: str) -> None:
        note = base64.b64encode(b"mine").decode()
        metadata = {"labels": {"app": "l5d"}}
        self.cluster.put("secrets", namespace, SECRET, data={"note": note}, metadata=metadata)

        async def scene(one: RootSecret, other: RootSecret) -> None:
            empty = await one.read()
            assert empty is not None
            assert empty.text == b""
            await one.write(b"roots", empty)
            await other.write(b"late", empty)

        self.play(namespace, scene)
        assert self.kept(namespace) == {"note": b"mine", ENTRY: b"roots"}
        secret = self.cluster.client.get(url("secrets", namespace, SECRET)).json()
        assert secret["metadata"]["labels"] == {"app": "l5d"}

    def test_who_knows_an_old_version_changes_nothing(self, namespace: str) -> None:
        async def scene(one: RootSecret, other: RootSecret) -> None:
            await one.write(b"first", None)
            first = await other.read()
            await one.write(b"second", first)
            await other.write(b"late", first)

        self.play(namespace, scene)
        assert self.kept(namespace) == {ENTRY: b"second"}

    def test_a_change_wakes_who_waits_for_it(self, namespace: str) -> None:
        async def scene(one: RootSecret, other: RootSecret) -> None:
            await one.write(b"first", None)
            before = await other.read()
            waiting = asyncio.create_task(self._until_other(other, before))
            await one.write(b"second", before)
            assert await waiting == b"second"
            await asyncio.to_thread(partial(self.cluster.delete, "secrets", namespace, SECRET))
            assert await other.read() is None

        self.play(namespace, scene)

    async def _until_other(self, store: RootSecret, before: object) -> bytes | None:
        while True:
            await store.changed()
            if (now := await store.read()) != before:
                return None if now is None else now.text
