"""What an API server of Kubernetes does, as far as the namers rely on it.

The small server of these tests and a real one inherit the class, so that what is tested with the
one holds for the other.
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path as File
from typing import Any

import httpx
import pytest
from tests.mesh.namers.contract import ONE, TWO, addresses
from tests.mesh.namers.k8s.api_server import endpoint_slice
from tests.mesh.namers.k8s.cluster import Cluster, Object, url
from tests.mesh.namers.watching import watched

from clew.mesh.namers.k8s.access import Access
from clew.mesh.namers.k8s.api import Api
from clew.mesh.namers.k8s.lookups import ByEndpoints, Lookup
from clew.mesh.namers.k8s.namer import K8s
from clew.mesh.naming.answer import Answer, Broken
from clew.mesh.naming.path import Path

SLICES = "endpointslices"
PREFIX = Path.read("/#/io.l5d.k8s")
PORTS = {"http": 8080}
SUBSET = {"addresses": [{"ip": "10.0.0.1"}], "ports": [{"name": "http", "port": 8080}]}


class Clients(ABC):
    """A server, and those who ask it."""

    cluster: Cluster

    @abstractmethod
    def access(self, token_file: File | None = None) -> Access:
        """An administrator's, or else with the token of a file."""

    @abstractmethod
    def token(self, namespace: str, *plurals: str) -> str:
        """A new one that is good, and gives the right to list and watch these."""

    @abstractmethod
    def client(self, token: str) -> httpx.Client:
        """A client that shows this token."""

    @abstractmethod
    def forget(self) -> None:
        """From now on the server does not know what happened before."""


@contextmanager
def watching(
    client: httpx.Client, place: str, version: str, **query: str
) -> Iterator[Iterator[Object]]:
    """The events after this version."""
    query = {"watch": "true", "resourceVersion": version, **query}
    with client.stream("GET", place, params=query) as answer:
        assert answer.status_code == httpx.codes.OK
        yield (json.loads(line) for line in answer.iter_lines())


def has(expected: list[tuple[str, int]], answer: Answer) -> bool:
    return (addresses(answer) or []) == expected


def said(event: Object) -> tuple[str, str]:
    return event["type"], event["object"]["metadata"].get("name", "")


class ApiServerContract(ABC):
    last_seconds = 1
    """How long before its end a watch may say how far it is."""

    @pytest.fixture
    @abstractmethod
    def clients(self) -> Clients | Iterator[Clients]:
        """A fixture."""

    @pytest.fixture
    def namespace(self, clients: Clients, request: pytest.FixtureRequest) -> str:
        """Of this test alone."""
        name = request.node.originalname.replace("_", "-")[:60].strip("-")
        clients.cluster.put("namespaces", "", name)
        return str(name)

    @pytest.fixture
    def slices(self, namespace: str) -> str:
        """The URL of the test's slices."""
        return url(SLICES, namespace)

    def put(self, clients: Clients, namespace: str, name: str, *hosts: str, **labels: str) -> int:
        """The version."""
        fields = endpoint_slice("hello", [(host, "") for host in hosts], PORTS, **labels)
        made = clients.cluster.put(SLICES, namespace, name, **fields)
        return int(made["metadata"]["resourceVersion"])

    def page(self, clients: Clients, place: str, **query: str) -> Any:
        answer = clients.cluster.client.get(place, params=query)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def names(self, page: Any) -> list[str]:
        return [item["metadata"]["name"] for item in page["items"]]

    def test_a_list_is_of_one_namespace_and_has_a_version(
        self, clients: Clients, namespace: str, slices: str
    ) -> None:
        version = self.put(clients, namespace, "a", "10.0.0.1")
        page = self.page(clients, slices)
        assert (page["kind"], page["apiVersion"]) == ("EndpointSliceList", "discovery.k8s.io/v1")
        assert int(page["metadata"]["resourceVersion"]) >= version
        (item,) = page["items"]
        assert item["metadata"]["resourceVersion"] == str(version)
        assert item["endpoints"][0]["addresses"] == ["10.0.0.1"]
        assert self.page(clients, url(SLICES, "nowhere"))["items"] == []

    def test_pages_are_of_the_version_of_the_first(
        self, clients: Clients, namespace: str, slices: str
    ) -> None:
        for name in "abc":
            self.put(clients, namespace, name, "10.0.0.1")
        first = self.page(clients, slices, limit="2")
        assert self.names(first) == ["a", "b"]
        assert first["metadata"]["remainingItemCount"] == 1
        clients.cluster.delete(SLICES, namespace, "c")
        self.put(clients, namespace, "d", "10.0.0.1")
        after = first["metadata"]["continue"]
        last = self.page(clients, slices, limit="2", **{"continue": after})
        assert self.names(last) == ["c"]
        assert "continue" not in last["metadata"]
        assert last["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]

    def test_a_watch_tells_what_happens_after_its_version(
        self, clients: Clients, namespace: str, slices: str
    ) -> None:
        self.put(clients, namespace, "a", "10.0.0.1")
        version = self.page(clients, slices)["metadata"]["resourceVersion"]
        self.put(clients, namespace, "b", "10.0.0.2")
        with watching(clients.cluster.client, slices, version) as events:
            self.put(clients, namespace, "a", "10.0.0.3")
            clients.cluster.delete(SLICES, namespace, "b")
            seen = [next(events) for _ in range(3)]
        assert list(map(said, seen)) == [("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]
        assert [each["object"]["kind"] for each in seen] == ["EndpointSlice"] * 3
        versions = [int(each["object"]["metadata"]["resourceVersion"]) for each in seen]
        assert int(version) < versions[0] < versions[1] < versions[2]

    def test_one_object_can_be_selected(
        self, clients: Clients, namespace: str, slices: str
    ) -> None:
        self.put(clients, namespace, "a", "10.0.0.1")
        self.put(clients, namespace, "b", "10.0.0.1")
        only = {"fieldSelector": "metadata.name=b"}
        page = self.page(clients, slices, **only)
        assert self.names(page) == ["b"]
        version = page["metadata"]["resourceVersion"]
        with watching(clients.cluster.client, slices, version, **only) as events:
            self.put(clients, namespace, "a", "10.0.0.2")
            self.put(clients, namespace, "b", "10.0.0.2")
            assert said(next(events)) == ("MODIFIED", "b")

    def test_an_object_is_created_once_and_replaced_by_who_knows_its_version(
        self, clients: Clients, namespace: str
    ) -> None:
        client, place = clients.cluster.client, url("configmaps", namespace)

        def named(data: str, **metadata: str) -> Object:
            return {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "a", "namespace": namespace, **metadata},
                "data": {"x": data},
            }

        assert client.get(f"{place}/a").status_code == 404
        assert client.put(f"{place}/a", json=named("1", resourceVersion="1")).is_client_error
        made = client.post(place, json=named("1"))
        assert made.is_success
        assert client.post(place, json=named("2")).status_code == 409
        version = made.json()["metadata"]["resourceVersion"]
        replaced = client.put(f"{place}/a", json=named("2", resourceVersion=version))
        assert replaced.json()["data"] == {"x": "2"}
        again = client.put(f"{place}/a", json=named("3", resourceVersion=version))
        assert again.status_code == 409
        read = client.get(f"{place}/a").json()
        assert read["data"] == {"x": "2"}
        assert read["metadata"]["resourceVersion"] != version
        assert client.delete(f"{place}/a").is_success
        assert client.delete(f"{place}/a").status_code == 404

    def test_a_collection_can_be_of_all_namespaces(self, clients: Clients, namespace: str) -> None:
        other = f"{namespace[:50]}-other"
        clients.cluster.put("namespaces", "", other)
        self.put(clients, namespace, "all-a", "10.0.0.1")
        self.put(clients, other, "all-a", "10.0.0.1")
        page = self.page(clients, url(SLICES))
        places = [
            (each["metadata"]["namespace"], each["metadata"]["name"]) for each in page["items"]
        ]
        assert {(namespace, "all-a"), (other, "all-a")} <= set(places)
        version = page["metadata"]["resourceVersion"]
        with watching(clients.cluster.client, url(SLICES), version) as events:
            self.put(clients, other, "all-b", "10.0.0.1")
            event = next(each for each in events if said(each) == ("ADDED", "all-b"))
            assert event["object"]["metadata"]["namespace"] == other

    def test_a_write_that_changes_nothing_is_no_event(
        self, clients: Clients, namespace: str, slices: str
    ) -> None:
        version = self.put(clients, namespace, "a", "10.0.0.1")
        with watching(clients.cluster.client, slices, str(version)) as events:
            assert self.put(clients, namespace, "a", "10.0.0.1") == version
            self.put(clients, namespace, "b", "10.0.0.2")
            assert said(next(events)) == ("ADDED", "b")

    def test_a_watch_ends_after_the_time_that_was_asked_for(
        self, clients: Clients, slices: str
    ) -> None:
        version = self.page(clients, slices)["metadata"]["resourceVersion"]
        with watching(clients.cluster.client, slices, version, timeoutSeconds="1") as events:
            assert list(events) == []

    def test_a_bookmark_says_how_far_a_watch_is(
        self, clients: Clients, namespace: str, slices: str
    ) -> None:
        version = self.put(clients, namespace, "a", "10.0.0.1")
        elsewhere = clients.cluster.put("services", namespace, "s", spec={"ports": [{"port": 80}]})
        how = {"allowWatchBookmarks": "true", "timeoutSeconds": str(self.last_seconds)}
        with watching(clients.cluster.client, slices, str(version), **how) as events:
            marks = list(events)
        assert {mark["type"] for mark in marks} == {"BOOKMARK"}
        assert marks[-1]["object"]["kind"] == "EndpointSlice"
        reached = int(marks[-1]["object"]["metadata"]["resourceVersion"])
        assert reached >= int(elsewhere["metadata"]["resourceVersion"])

    def test_what_is_forgotten_is_410(self, clients: Clients, namespace: str, slices: str) -> None:
        for name in "abc":
            self.put(clients, namespace, name, "10.0.0.1")
        page = self.page(clients, slices, limit="1")
        self.put(clients, namespace, "d", "10.0.0.1")
        clients.forget()

        version = page["metadata"]["resourceVersion"]
        with watching(clients.cluster.client, slices, version) as events:
            (event,) = events
        assert event["type"] == "ERROR"
        assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")

        after = {"limit": "1", "continue": page["metadata"]["continue"]}
        answer = clients.cluster.client.get(slices, params=after)
        assert (answer.status_code, answer.json()["reason"]) == (410, "Expired")

    def test_a_token_that_is_none_is_401(self, clients: Clients, slices: str) -> None:
        with clients.client("nonsense") as client:
            answer = client.get(slices)
        assert answer.status_code == 401
        assert (answer.json()["kind"], answer.json()["message"]) == ("Status", "Unauthorized")

    @pytest.mark.parametrize("query", [{}, {"watch": "true", "resourceVersion": "1"}])
    def test_what_one_may_not_do_is_403(
        self, clients: Clients, namespace: str, slices: str, query: dict[str, str]
    ) -> None:
        with clients.client(clients.token(namespace)) as client:
            answer = client.get(slices, params=query)
        assert answer.status_code == 403
        assert answer.json()["kind"] == "Status"
        verb = "watch" if query else "list"
        assert f'cannot {verb} resource "endpointslices"' in answer.json()["message"]

    @pytest.mark.parametrize(
        "place",
        ["/apis/none.io/v1/namespaces/default/nones", "/api/v1/namespaces/default/nones"],
    )
    def test_what_there_is_not_is_404(self, clients: Clients, place: str) -> None:
        assert clients.cluster.client.get(place).status_code == 404

    def test_the_namer_follows_slices(self, clients: Clients, namespace: str) -> None:
        async def scene() -> None:
            name = f"{PREFIX}/{namespace}/http/hello"
            async with watched(namer(clients.access())) as watch:
                watch.want(name)
                for hosts, expected in (
                    (["10.0.0.1"], [ONE]),
                    (["10.0.0.2", "10.0.0.1"], [ONE, TWO]),
                    ([], []),
                    (["10.0.0.2"], [TWO]),
                ):
                    await asyncio.to_thread(self.put, clients, namespace, "hello-1", *hosts)
                    await watch.until(name, partial(has, expected))

        asyncio.run(scene())

    def test_the_namer_reads_endpoints_where_slices_are_forbidden(
        self, clients: Clients, namespace: str, tmp_path: File
    ) -> None:
        """As by the rights that Linkerd asked for."""
        clients.cluster.put("endpoints", namespace, "hello", subsets=[SUBSET])
        token = tmp_path / "token"
        token.write_text(clients.token(namespace, "endpoints"))

        async def scene() -> None:
            name = f"{PREFIX}/{namespace}/http/hello"
            async with watched(namer(clients.access(token))) as watch:
                watch.want(name)
                assert addresses(await watch.answer(name)) == [ONE]

        asyncio.run(scene())

    def test_the_namer_goes_by_a_label(self, clients: Clients, namespace: str) -> None:
        async def scene() -> None:
            name = f"{PREFIX}/{namespace}/http/hello/v2"
            async with watched(namer(clients.access(), ByEndpoints(label="version"))) as watch:
                watch.want(name)
                await asyncio.to_thread(
                    self.put, clients, namespace, "hello-1", "10.0.0.1", version="v1"
                )
                await asyncio.to_thread(
                    self.put, clients, namespace, "hello-2", "10.0.0.2", version="v2"
                )
                await watch.until(name, lambda answer: addresses(answer) == [TWO])

        asyncio.run(scene())

    def test_the_namer_goes_by_the_number_of_a_services_port(
        self, clients: Clients, namespace: str
    ) -> None:
        port = {"name": "http", "port": 80, "targetPort": 8080}
        clients.cluster.put("services", namespace, "hello", spec={"ports": [port]})
        self.put(clients, namespace, "hello-1", "10.0.0.1")

        async def scene() -> None:
            name = f"{PREFIX}/{namespace}/80/hello"
            async with watched(namer(clients.access())) as watch:
                watch.want(name)
                assert addresses(await watch.answer(name)) == [ONE]

        asyncio.run(scene())

    def test_the_namer_reads_a_token_again_that_was_refused(
        self, clients: Clients, namespace: str, tmp_path: File
    ) -> None:
        self.put(clients, namespace, "hello-1", "10.0.0.1")
        token = tmp_path / "token"
        token.write_text("expired\n")

        async def scene() -> None:
            name = f"{PREFIX}/{namespace}/http/hello"
            async with watched(namer(clients.access(token))) as watch:
                watch.want(name)
                assert isinstance(await watch.answer(name), Broken)
                token.write_text(await asyncio.to_thread(clients.token, namespace, SLICES) + "\n")
                await watch.until(name, lambda answer: addresses(answer) == [ONE])

        asyncio.run(scene())

    def test_the_namer_misses_nothing_when_the_server_forgets(
        self, clients: Clients, namespace: str
    ) -> None:
        self.put(clients, namespace, "hello-1", "10.0.0.1")

        def change() -> None:
            clients.forget()
            self.put(clients, namespace, "hello-1", "10.0.0.2")

        async def scene() -> None:
            name = f"{PREFIX}/{namespace}/http/hello"
            async with watched(namer(clients.access())) as watch:
                watch.want(name)
                await watch.until(name, lambda answer: addresses(answer) == [ONE])
                change()  # not in a thread: processes are started by the main one alone
                await watch.until(name, lambda answer: addresses(answer) == [TWO])

        asyncio.run(scene())


def namer(access: Access, lookup: Lookup | None = None) -> K8s:
    return K8s(PREFIX, lookup or ByEndpoints(), lambda: Api(lambda: access))
