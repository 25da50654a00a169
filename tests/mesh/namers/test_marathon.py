from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path as File
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.mesh.namers.contract import ONE, TWO, NamerContract, addresses
from tests.mesh.namers.watching import eventually, watched

from clew.mesh.config.linker import read_linker
from clew.mesh.namers import Namer
from clew.mesh.namers.marathon import Marathon, Server
from clew.mesh.namers.marathon_answer import read_apps
from clew.mesh.namers.marathon_auth import CredentialError, find_auth
from clew.mesh.namers.registry import build
from clew.mesh.namers.tls_context import TlsError
from clew.mesh.naming.answer import Broken, Missing
from clew.mesh.naming.bound import Address, Bound
from clew.mesh.naming.path import Path

PREFIX = Path.read("/#/io.l5d.marathon")
HELLO = "/#/io.l5d.marathon/hello"
ROUTERS = "\nrouters: [{protocol: http, servers: [{port: 1}]}]"


class FakeMarathon:
    """Answers for an httpx client; logs in who has the right token."""

    def __init__(self) -> None:
        self.apps: dict[str, list[dict[str, Any]]] = {}
        self.status = 200
        self.requests: list[httpx.Request] = []
        self.tokens: list[str] = []
        """Given to those who log in, one each; the last one is good. None asks for none."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.method == "POST":
            self.tokens.append(f"t{len(self.tokens)}")
            return httpx.Response(self.status, json={"token": self.tokens[-1]})
        token = request.headers.get("authorization")
        if self.tokens and token != f"token={self.tokens[-1]}":
            return httpx.Response(401)
        apps = [{"id": name, "tasks": tasks} for name, tasks in self.apps.items()]
        return httpx.Response(self.status, json={"apps": apps})


@contextmanager
def answering(monkeypatch: pytest.MonkeyPatch, server: Callable[..., Any]) -> Iterator[None]:
    """Every client of httpx talks to this."""
    transport = httpx.MockTransport(server)
    real = httpx.AsyncClient

    def client(**options: Any) -> httpx.AsyncClient:
        return real(**options | {"transport": transport, "verify": True})

    with monkeypatch.context() as patch:
        patch.setattr(httpx, "AsyncClient", client)
        yield


def task(host: str, port: int, *alive: bool) -> dict[str, Any]:
    results = {"healthCheckResults": [{"alive": each} for each in alive]} if alive else {}
    return {"id": "x", "host": host, "ports": [port, 99], **results}


def new_namer(**options: Any) -> Marathon:
    return Marathon(PREFIX, Server("http://marathon:8080/pre", 0.01, **options))


class TestMarathon(NamerContract):
    empty_has_a_name = False

    @pytest.fixture(autouse=True)
    def _server(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        self.server = FakeMarathon()
        with answering(monkeypatch, self.server):
            yield

    def new_namer(self) -> Namer:
        return new_namer()

    def put(self, name: str, endpoints: Sequence[tuple[str, int]]) -> None:
        self.server.apps[f"/{name}"] = [task(*endpoint) for endpoint in endpoints]

    def remove(self, name: str) -> None:
        del self.server.apps[f"/{name}"]


@pytest.mark.parametrize(
    ("path", "id", "residual"),
    [
        ("/hello/x", "/hello", "/x"),
        ("/Shop/Web/Cart", "/shop/web", "/Cart"),
        ("/shop", None, None),
        ("/", None, None),
        ("/none", None, None),
    ],
)
def test_the_first_application_on_the_path_is_meant(
    path: str, id: str | None, residual: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = FakeMarathon()
    server.apps = {"/hello": [task(*ONE)], "/shop/web": [task(*TWO)]}

    async def scene() -> None:
        async with watched(new_namer()) as watch:
            asked = str(PREFIX + Path.read(path))
            watch.want(asked)
            answer = await watch.answer(asked)
            if id is None:
                assert answer == Missing()
            else:
                assert isinstance(answer, Bound)
                assert (str(answer.id), str(answer.residual)) == (f"{PREFIX}{id}", residual)

    with answering(monkeypatch, server):
        asyncio.run(scene())
    assert str(server.requests[0].url) == "http://marathon:8080/pre/v2/apps?embed=apps.tasks"


def test_what_is_known_stays_while_marathon_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeMarathon()
    server.status = 503

    async def scene() -> None:
        namer = new_namer()
        async with watched(namer) as watch:
            watch.want(HELLO)
            assert isinstance(await watch.answer(HELLO), Broken)
            server.apps, server.status = {"/hello": [task(*ONE)]}, 200
            await watch.until(HELLO, lambda answer: addresses(answer) == [ONE])
            server.apps, server.status = {}, 500
            await eventually(lambda: "500" in str(namer.state()[HELLO]["watch"]["error"]))
            assert addresses(watch.published[-1][Path.read(HELLO)]) == [ONE]
            server.status = 200
            await watch.until(HELLO, lambda answer: answer == Missing())

    with answering(monkeypatch, server):
        asyncio.run(scene())


def test_nothing_is_asked_while_nothing_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeMarathon()

    async def scene() -> None:
        async with watched(new_namer()) as watch:
            await watch.first()
            await asyncio.sleep(0)

    with answering(monkeypatch, server):
        asyncio.run(scene())
    assert server.requests == []


OWN_ADDRESS = {"ipAddresses": [{"ipAddress": "10.1.0.1"}]}


@pytest.mark.parametrize(
    ("app", "found"),
    [
        pytest.param({"tasks": [task("h", 1, True, False)]}, {("h", 1)}, id="not well"),
        pytest.param(
            {"tasks": [OWN_ADDRESS], "ipAddress": {"discovery": {"ports": [{"number": 80}]}}},
            {("10.1.0.1", 80)},
            id="an address of its own",
        ),
        pytest.param(
            {"tasks": [OWN_ADDRESS], "container": {"portMappings": [{"containerPort": 81}]}},
            {("10.1.0.1", 81)},
            id="an address of its own, since 1.5",
        ),
        pytest.param({"tasks": [OWN_ADDRESS]}, set(), id="no port"),
        pytest.param({}, set(), id="no instances"),
    ],
)
def test_instances(app: dict[str, Any], found: set[tuple[str, int]]) -> None:
    read = read_apps(json.dumps({"apps": [{"id": "/a/b", **app}]}).encode(), healthy_only=False)
    assert read == {Path.of("a", "b"): {Address(*each) for each in found}}


def test_only_instances_that_are_known_to_be_well() -> None:
    tasks = [task("h", 1), task("h", 2, True), task("h", 3, True, False)]
    apps = {"apps": [{"id": "/a", "tasks": tasks}]}
    read = read_apps(json.dumps(apps).encode(), healthy_only=True)
    assert read == {Path.of("a"): {Address("h", 2)}}


KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
ACCOUNT = {
    "login_endpoint": "https://leader.mesos/login",
    "private_key": PEM,
    "scheme": "RS256",
    "uid": "clew",
}


def test_an_account_logs_in_and_again_when_its_token_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = FakeMarathon()
    server.apps = {"/hello": [task(*ONE)]}
    environment = {
        "DCOS_SERVICE_ACCOUNT_CREDENTIAL": json.dumps(ACCOUNT),
        "MARATHON_HTTP_AUTH_CREDENTIAL": "not used",
    }

    async def scene() -> None:
        async with watched(new_namer(auth=find_auth(environment))) as watch:
            watch.want(HELLO)
            await watch.until(HELLO, lambda answer: addresses(answer) == [ONE])
            server.tokens.append("another")
            server.apps = {"/hello": [task(*TWO)]}
            await watch.until(HELLO, lambda answer: addresses(answer) == [TWO])

    with answering(monkeypatch, server):
        asyncio.run(scene())
    login = server.requests[0]
    assert str(login.url) == "https://leader.mesos/login"
    said = json.loads(login.content)
    assert said["uid"] == "clew"
    *signed, signature = said["token"].split(".")
    assert [json.loads(decoded(part)) for part in signed] == [
        {"alg": "RS256", "typ": "JWT"},
        {"uid": "clew"},
    ]
    message = ".".join(signed).encode()
    KEY.public_key().verify(decoded(signature), message, padding.PKCS1v15(), hashes.SHA256())


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_a_user_is_sent_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeMarathon()

    async def scene() -> None:
        auth = find_auth({"MARATHON_HTTP_AUTH_CREDENTIAL": "dTpw"})
        async with watched(new_namer(auth=auth)) as watch:
            watch.want(HELLO)
            await watch.answer(HELLO)

    with answering(monkeypatch, server):
        asyncio.run(scene())
    assert server.requests[0].headers["authorization"] == "Basic dTpw"
    assert find_auth({}) is None


@pytest.mark.parametrize(
    "account",
    [
        pytest.param("{", id="no JSON"),
        pytest.param(json.dumps(ACCOUNT | {"private_key": "x"}), id="no key"),
        pytest.param(json.dumps(ACCOUNT | {"scheme": "HS256"}), id="another scheme"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused(account: str) -> None:
    with pytest.raises(CredentialError, match="login_endpoint, private_key, scheme RS256 and uid"):
        find_auth({"DCOS_SERVICE_ACCOUNT_CREDENTIAL": account})


def test_the_namer_of_a_file() -> None:
    (namer,) = build(read_linker(f"namers: [{{kind: io.l5d.marathon}}]{ROUTERS}", "linkerd.yaml"))
    assert namer.prefix == PREFIX


def test_authorities_that_cannot_be_read_are_told_with_their_place(tmp_path: File) -> None:
    for file in ("none.pem", "empty.pem"):
        (tmp_path / "empty.pem").write_text("")
        tls = f"{{commonName: a, trustCertsBundle: {tmp_path}/{file}}}"
        text = f"namers: [{{kind: io.l5d.marathon, tls: {tls}}}]{ROUTERS}"
        with pytest.raises(TlsError, match=r"namers\[0\].tls: '.*' cannot be used: "):
            build(read_linker(text, "linkerd.yaml"))
