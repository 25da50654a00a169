from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from clew.errors import ClewError
from clew.mesh.config.admin import Security
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import Path
from clew.mesh.serve import delegator
from clew.mesh.serve.admin import Sources, admin_app
from clew.mesh.serve.impact import Change, Goal
from clew.mesh.serve.listening import AppServer, PortError
from clew.mesh.serve.metrics import Count, Metric, Scope
from clew.mesh.serve.override_page import Changed
from clew.mesh.serve.sending import NoWayIn


class Mesh:
    """What the pages show; a test sets what it needs."""

    def __init__(self) -> None:
        self.waiting: tuple[str, ...] = ()
        self.counts: list[Metric] = [
            Count(Scope((("rt", "outgoing"), ("server", "0.0.0.0/4140"))), "requests", 12),
            Count(Scope((("rt", "incoming"), ("server", "0.0.0.0/4141"))), "requests", 3),
        ]
        self.failure: ClewError | None = None
        self.hangs = False
        self.stopped = 0
        self.security: Security | None = None

    @property
    def sources(self) -> Sources:
        return Sources(
            not_live=self.not_live,
            metrics=self.metrics,
            own_metrics=lambda: b"clew_names 3\n",
            delegate=self.delegate,
            compare=self.compare,
            door=self.door,
            config=lambda: {"routers": [{"protocol": "http"}]},
            documents={"/clew/names.json": lambda: {"names": []}},
            shutdown=self.stop,
            security=lambda: self.security,
        )

    def stop(self) -> None:
        self.stopped += 1

    async def not_live(self) -> tuple[str, ...]:
        return self.waiting

    async def metrics(self) -> Sequence[Metric]:
        if self.failure is not None:
            raise self.failure
        return self.counts

    async def delegate(
        self, namespace: str | None, path: Path, dtab: Dtab
    ) -> Mapping[str, Any] | None:
        if self.hangs:
            await asyncio.Event().wait()
        if namespace not in (None, "outgoing"):
            return None
        return {"namespace": namespace, "path": str(path), "dtab": str(dtab)}

    async def compare(self, label: str, override: Dtab) -> Changed | None:
        change = Change(str(override), Goal("neg"), Goal("empty"))
        return Changed(1, (change,)) if label == "outgoing" else None

    async def door(self, label: str) -> str:
        raise NoWayIn(f"There is no router {label} in the linker file")


class Client:
    """Asks an app without a port."""

    def __init__(self, app: Starlette) -> None:
        self._transport = httpx.ASGITransport(app)

    def request(self, method: str, path: str, **sent: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self._transport, base_url="http://admin"
            ) as client:
                return await client.request(method, path, **sent)

        return asyncio.run(ask())

    def get(self, path: str, **sent: Any) -> httpx.Response:
        return self.request("GET", path, **sent)


@pytest.fixture
def mesh() -> Mesh:
    return Mesh()


@pytest.fixture
def client(mesh: Mesh) -> Client:
    return Client(admin_app(mesh.sources))


def test_ping_is_pong_once_every_port_is_live(mesh: Mesh, client: Client) -> None:
    mesh.waiting = ("outgoing 0.0.0.0:4140 is not listening yet",)
    answer = client.get("/admin/ping")
    assert (answer.status_code, answer.text) == (
        503,
        "outgoing 0.0.0.0:4140 is not listening yet\n",
    )
    mesh.waiting = ()
    answer = client.get("/admin/ping")
    assert (answer.status_code, answer.text) == (200, "pong")


def test_who_asks_whether_it_is_alive_does_not_wait_for_routers(mesh: Mesh, client: Client) -> None:
    mesh.waiting = ("outgoing 0.0.0.0:4140 is not listening yet",)
    assert client.get("/admin/ping?alive").text == "pong"


def test_prometheus_gets_linkerds_metrics_and_clews(client: Client) -> None:
    answer = client.get("/admin/metrics/prometheus")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.text == (
        'rt:server:requests{rt="outgoing", server="0.0.0.0/4140"} 12\n'
        'rt:server:requests{rt="incoming", server="0.0.0.0/4141"} 3\n'
        "clew_names 3\n"
    )


def test_the_telemeters_path_and_prefix_are_served(mesh: Mesh) -> None:
    client = Client(admin_app(mesh.sources, prometheus_paths=["/m"], prefix="l5d_"))
    assert client.get("/m").text.startswith("l5d_rt:server:requests{")
    assert client.get("/admin/metrics/prometheus").text == client.get("/m").text


@pytest.mark.parametrize(
    ("query", "status", "body"),
    [
        pytest.param(
            "",
            200,
            {
                "rt/outgoing/server/0.0.0.0/4140/requests": 12,
                "rt/incoming/server/0.0.0.0/4141/requests": 3,
            },
            id="all",
        ),
        pytest.param(
            "?q=rt/outgoing", 200, {"rt/outgoing/server/0.0.0.0/4140/requests": 12}, id="a subtree"
        ),
        pytest.param(
            "?q=rt/out", 404, {"error": "No such subtree: rt/out"}, id="a part of a name is none"
        ),
    ],
)
def test_metrics_json(client: Client, query: str, status: int, body: dict[str, Any]) -> None:
    answer = client.get(f"/admin/metrics.json{query}")
    assert (answer.status_code, answer.json()) == (status, body)


def test_metrics_in_influxdbs_format_say_which_host_was_asked(mesh: Mesh, client: Client) -> None:
    assert client.get("/admin/metrics/influxdb").status_code == 404
    client = Client(admin_app(mesh.sources, influx=True))
    assert client.get("/admin/metrics/influxdb").text == (
        "rt:server,host=admin,rt=outgoing,server=0.0.0.0/4140 requests=12\n"
        "rt:server,host=admin,rt=incoming,server=0.0.0.0/4141 requests=3\n"
    )


def test_the_last_requests_are_a_page_where_they_are_remembered(mesh: Mesh, client: Client) -> None:
    assert client.get("/requests").status_code == 404
    sources = replace(mesh.sources, requests=lambda: "<table></table>")
    answer = Client(admin_app(sources)).get("/requests")
    assert answer.text == "<table></table>"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("accept", "security", "shown"),
    [
        pytest.param("*/*", None, "<table></table>", id="a table for curl"),
        pytest.param("application/json", None, '["seen"]', id="JSON for who asks for it"),
        pytest.param("text/html,*/*;q=0.8", None, "<!doctype html>", id="the page for a browser"),
        pytest.param(
            "text/html", Security(ui_enabled=False), "<table></table>", id="unless there are none"
        ),
    ],
)
def test_the_last_requests_are_shown_as_the_client_can_use_them(
    mesh: Mesh, accept: str, security: Security | None, shown: str
) -> None:
    mesh.security = security
    documents = {"/requests.json": lambda: ["seen"]}
    sources = replace(mesh.sources, requests=lambda: "<table></table>", documents=documents)
    answer = Client(admin_app(sources)).get("/requests", headers={"accept": accept})
    assert answer.text.startswith(shown)


@pytest.mark.parametrize("path", ["/", "/delegator", "/names"])
def test_a_mesh_has_pages(mesh: Mesh, client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    mesh.security = Security(ui_enabled=False)
    assert client.get(path).status_code == 404


def test_metrics_as_a_tree(client: Client) -> None:
    requests = {"requests": {"counter": 12}}
    assert client.get("/admin/metrics.json?tree=1&q=rt/outgoing").json() == {
        "rt": {"outgoing": {"server": {"0.0.0.0": {"4140": requests}}}}
    }


def test_pretty_metrics_are_sorted(client: Client) -> None:
    lines = client.get("/admin/metrics.json?pretty=true").text.splitlines()
    assert lines[1] == '  "rt/incoming/server/0.0.0.0/4141/requests": 3,'


def test_a_source_that_fails_is_a_503_with_its_message(mesh: Mesh, client: Client) -> None:
    mesh.failure = ClewError("Envoy does not answer", hint="it starts again")
    answer = client.get("/admin/metrics/prometheus")
    assert (answer.status_code, answer.text) == (503, "Envoy does not answer (it starts again)\n")


def test_the_config_is_the_one_in_use(client: Client) -> None:
    assert client.get("/config.json").json() == {"routers": [{"protocol": "http"}]}


ASKED = {"path": "/svc/hello", "dtab": "/svc=>/srv;/srv=>/#/io.l5d.fs", "namespace": "outgoing"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_delegator_hands_on_the_path_the_whole_dtab_and_the_router(
    client: Client, method: str
) -> None:
    sent: dict[str, Any] = {"params": ASKED} if method == "GET" else {"json": ASKED}
    assert client.request(method, "/delegator.json", **sent).json() == ASKED


def test_delegator_without_dtab_is_the_empty_one_and_without_namespace_no_router(
    client: Client,
) -> None:
    answer = client.get("/delegator.json", params={"path": "/svc/hello"}).json()
    assert answer == {"namespace": None, "path": "/svc/hello", "dtab": ""}


@pytest.mark.parametrize(
    ("sent", "status", "text"),
    [
        pytest.param(
            {"params": {"path": "invalid"}},
            400,
            "Invalid path: '/' expected but 'i' found at '[i]nvalid'",
            id="path",
        ),
        pytest.param({}, 400, "Invalid path: '/' expected but end of input found", id="no path"),
        pytest.param(
            {"params": {"path": "/svc", "dtab": "/a=>b"}}, 400, "Invalid dtab: ", id="dtab"
        ),
        pytest.param(
            {"params": {"path": "/svc", "namespace": "other"}},
            501,
            "Name Interpreter for other cannot show delegations",
            id="router",
        ),
        pytest.param(
            {"method": "POST", "data": {"path": "/svc"}},
            415,
            "Unsupported media type: send application/json",
            id="a form",
        ),
        pytest.param(
            {"method": "POST", "content": "{", "headers": {"content-type": "application/json"}},
            400,
            "Invalid JSON: ",
            id="cut JSON",
        ),
        pytest.param({"method": "POST", "json": [1]}, 400, "Invalid JSON: an object", id="a list"),
        pytest.param(
            {"method": "POST", "json": {"path": "/svc"}},
            400,
            "Invalid JSON: 'dtab' must be a string",
            id="POST needs a dtab",
        ),
        pytest.param({"method": "PUT"}, 405, "Method Not Allowed", id="PUT"),
    ],
)
def test_delegator_refuses_in_linkerds_words(
    client: Client, sent: dict[str, Any], status: int, text: str
) -> None:
    sent = dict(sent)
    answer = client.request(sent.pop("method", "GET"), "/delegator.json", **sent)
    assert answer.status_code == status
    assert answer.text.startswith(text)


def test_a_delegation_that_waits_too_long_times_out(
    mesh: Mesh, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delegator, "DELEGATE_SECONDS", 0.01)
    mesh.hangs = True
    answer = client.get("/delegator.json", params={"path": "/svc/hello"})
    assert (answer.status_code, answer.text) == (503, "Request timed out.")


def test_an_unknown_path_gets_the_list_of_all(client: Client) -> None:
    answer = client.get("/admin/threads")
    assert answer.status_code == 404
    assert answer.text == (
        "There is no /admin/threads here. There is:\n"
        "  /admin\n"
        "  /admin/index.txt\n"
        "  /\n"
        "  /delegator\n"
        "  /names\n"
        "  /requests\n"
        "  /admin/ping\n"
        "  /admin/metrics.json\n"
        "  /admin/metrics/prometheus\n"
        "  /config.json\n"
        "  /delegator.json\n"
        "  /clew/override.json\n"
        "  /clew/send\n"
        "  /logging.json\n"
        "  /admin/shutdown\n"
        "  /clew/names.json\n"
    )


def test_the_index_lists_every_page(client: Client) -> None:
    lines = client.get("/admin").text.splitlines()
    assert client.get("/admin/index.txt").text.splitlines() == lines
    assert "/clew/names.json" in lines


def test_documents_are_json(client: Client) -> None:
    assert client.get("/clew/names.json").json() == {"names": []}


def test_only_a_post_stops_the_mesh(mesh: Mesh, client: Client) -> None:
    assert client.get("/admin/shutdown").status_code == 405
    assert mesh.stopped == 0
    assert client.request("POST", "/admin/shutdown").status_code == 200
    assert mesh.stopped == 1


def test_levels_are_shown_and_set(client: Client) -> None:
    logging.getLogger("clew.test_admin").setLevel("INFO")
    set_level = {"logger": "clew.test_admin", "level": "DEBUG"}
    assert client.request("POST", "/logging.json", params=set_level).status_code == 200
    assert set_level in client.get("/logging.json").json()


@pytest.mark.parametrize("query", [{}, {"logger": "root"}, {"logger": "root", "level": "LOUD"}])
def test_a_level_without_a_name_is_a_400(client: Client, query: dict[str, str]) -> None:
    answer = client.request("POST", "/logging.json", params=query)
    assert answer.status_code == 400
    assert answer.text.startswith("it needs ?logger=NAME&level=LEVEL, one of OFF, FATAL")


def test_what_security_forbids_is_an_empty_404(mesh: Mesh, client: Client) -> None:
    mesh.security = Security(control_enabled=False)
    answer = client.request("POST", "/admin/shutdown")
    assert (answer.status_code, answer.text, mesh.stopped) == (404, "", 0)
    assert client.get("/config.json").status_code == 200


def test_a_wrong_method_is_a_405_that_names_the_right_one(client: Client) -> None:
    answer = client.request("POST", "/admin/ping")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize(("ip", "url"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
def test_it_serves_on_the_address_it_is_given(mesh: Mesh, ip: str, url: str) -> None:
    async def run() -> None:
        server = AppServer(ip, 0, admin_app(mesh.sources))
        await server.start()
        assert server.url.startswith(f"http://{url}:")
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{server.url}/admin/ping")).text == "pong"
            await server.stop()
            with pytest.raises(httpx.ConnectError):
                await client.get(f"{server.url}/admin/ping")

    asyncio.run(run())


def test_a_port_in_use_is_one_sentence(mesh: Mesh) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        server = AppServer("127.0.0.1", port, admin_app(mesh.sources))
        with pytest.raises(PortError) as refused:
            asyncio.run(server.start())
    assert str(refused.value) == (
        f"admin port 127.0.0.1:{port} is already in use by another program "
        "(stop it, or set admin.port to another one)"
    )


def test_an_address_that_is_not_ours_is_told(mesh: Mesh) -> None:
    server = AppServer("192.0.2.1", 0, admin_app(mesh.sources))
    with pytest.raises(PortError, match=r"192\.0\.2\.1:0 cannot be listened on: "):
        asyncio.run(server.start())
    asyncio.run(server.stop())


def test_what_an_override_changes_is_told_by_router(client: Client) -> None:
    def ask(router: str, dtab: str) -> httpx.Response:
        return client.request("POST", "/clew/override.json", json={"router": router, "dtab": dtab})

    assert ask("outgoing", "/a=>/b").json() == {
        "names": 1,
        "changes": [{"name": "/a=>/b", "before": {"kind": "neg"}, "after": {"kind": "empty"}}],
    }
    assert (ask("nobody", "").status_code, ask("nobody", "").text) == (
        400,
        "There is no router nobody in the linker file",
    )
    assert ask("outgoing", "/a").text.startswith("Invalid dtab: ")


def test_a_request_is_sent_only_where_control_is_served(mesh: Mesh, client: Client) -> None:
    request = {"router": "nobody", "host": "hello"}
    local = {"host": "localhost"}
    assert client.request("POST", "/clew/send", json=request, headers=local).status_code == 400
    mesh.security = Security(control_enabled=False)
    assert client.request("POST", "/clew/send", json=request, headers=local).status_code == 404
