"""What the storage io.l5d.k8s does, against any API server that knows what a DTab is."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

import pytest
from tests.mesh.namers.k8s.cluster import Cluster
from tests.mesh.namers.watching import eventually

from clew.mesh.namerd.kubernetes import Kubernetes
from clew.mesh.namerd.storage import NamespaceExists, NoSuchNamespace, Outdated, StorageRefused
from clew.mesh.namers.k8s.access import Access
from clew.mesh.namers.k8s.api import Api
from clew.mesh.naming.dtab import Dtab

A, B = Dtab.read("/svc => /a"), Dtab.read("/svc => 0.001 * /a & 0.999 * /b ; /x/* => !")
DENTRIES = [{"prefix": "/svc", "dst": "/a"}]


def shown(storage: Kubernetes) -> dict[str, str]:
    return {name: stored.dtab.exact for name, stored in (storage.dtabs or {}).items()}


@asynccontextmanager
async def running(storage: Kubernetes) -> AsyncIterator[None]:
    """Once it has been read."""
    task = asyncio.create_task(storage.run(lambda: None))
    await eventually(lambda: storage.dtabs is not None)
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


class KubernetesContract(ABC):
    cluster: Cluster
    access: Access

    @pytest.fixture
    @abstractmethod
    def namespace(self) -> str:
        """A fixture: one of Kubernetes, for this test alone."""

    def storage(self, namespace: str) -> Kubernetes:
        return Kubernetes(lambda: Api(lambda: self.access), namespace)

    def play(self, namespace: str, scene: Callable[[Kubernetes], Awaitable[None]]) -> None:
        """With a namespace ``default`` of dtabs in it."""
        self.cluster.put("dtabs", namespace, "default", dentries=DENTRIES)

        async def played() -> None:
            storage = self.storage(namespace)
            async with running(storage):
                await scene(storage)

        asyncio.run(played())

    def test_namespaces_come_change_and_go(self, namespace: str) -> None:
        async def scene(storage: Kubernetes) -> None:
            assert shown(storage) == {"default": "/svc=>/a"}
            await storage.create("other", B)
            assert shown(storage)["other"] == B.exact
            await storage.update("other", A, None)
            await storage.update("new", A, None)
            await storage.delete("default")
            assert shown(storage) == {"other": A.exact, "new": A.exact}

        self.play(namespace, scene)

    def test_who_knows_an_old_version_may_not_write(self, namespace: str) -> None:
        async def scene(storage: Kubernetes) -> None:
            assert storage.dtabs is not None
            before = storage.dtabs["default"].version
            await storage.update("default", B, before)
            assert storage.dtabs["default"].version != before
            with pytest.raises(Outdated):
                await storage.update("default", A, before)
            assert shown(storage)["default"] == B.exact

        self.play(namespace, scene)

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            (lambda storage: storage.create("default", B), NamespaceExists),
            (lambda storage: storage.update("none", B, "1"), NoSuchNamespace),
            (lambda storage: storage.delete("none"), NoSuchNamespace),
            (lambda storage: storage.create("../a", B), StorageRefused),
            (lambda storage: storage.update("A", B, None), StorageRefused),
        ],
    )
    def test_what_is_refused_changes_nothing(
        self,
        namespace: str,
        change: Callable[[Kubernetes], Awaitable[None]],
        error: type[Exception],
    ) -> None:
        async def scene(storage: Kubernetes) -> None:
            with pytest.raises(error):
                await change(storage)
            assert shown(storage) == {"default": "/svc=>/a"}

        self.play(namespace, scene)

    def test_an_edit_by_kubectl_shows_and_a_bad_one_leaves_what_was_there(
        self, namespace: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def scene(storage: Kubernetes) -> None:
            async def put(name: str, prefix: str, dst: str) -> None:
                dentries = [{"prefix": prefix, "dst": dst}]
                change = partial(self.cluster.put, "dtabs", namespace, name, dentries=dentries)
                await asyncio.to_thread(change)

            await put("default", "/svc", "/b | /c")
            await eventually(lambda: shown(storage) == {"default": "/svc=>/b | /c"})
            await put("default", "svc", "/d")
            await put("bad", "/svc", "/d,")
            await put("good", "/svc", "/d")
            await eventually(lambda: "good" in shown(storage))
            assert shown(storage) == {"default": "/svc=>/b | /c", "good": "/svc=>/d"}

        self.play(namespace, scene)
        told = sorted(m for m in caplog.messages if m.startswith("DTab "))
        assert [each.rpartition("; ")[2] for each in told] == [
            "there is no such dtab until then",
            "the last good dtab stays",
        ]
        assert told[0].startswith(f"DTab {namespace}/bad: ")
