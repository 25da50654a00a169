"""The store on a real ClickHouse server: all that it promises, and what is different there."""

from __future__ import annotations

import asyncio
import functools
import os
import signal
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from tests.cast import DAY, NOON, TODAY, by_id, changed, trace
from tests.contract.base import NewStore, store
from tests.contract.engine import EngineContract, pooled
from tests.contract.store import StoreContract
from tests.mesh.serve.authority import Authority
from tests.trace.collect.standins import eventually
from tests.trace.conftest import stores
from tests.trace.test_app import SPANS_EACH, message, traces

from clew.errors import ClewError
from clew.span.model import Micros
from clew.trace.app import Settings, serve
from clew.trace.collect import columns
from clew.trace.dsn import parse
from clew.trace.store import StoreMisconfigured, StoreUnavailable
from clew.trace.store.clickhouse import ClickHouseStore
from clew.trace.store.engine import Pool
from clew.trace.store.lock import StoreLocked, hold
from clew.trace.store.opening import open_server, opened_when_there
from clew.trace.store.retention import Retention
from clew.trace.store.server import ServerEngine
from e2e.clickhouse_server import PASSWORD, USER, ClickHouse, in_tls, servers

__all__ = ["store"]

HOUR = 3_600_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouse]:
    with servers(tmp_path_factory.mktemp("clickhouse"), 1) as [server]:
        yield server


@pytest.fixture(scope="module")
def engine(server: ClickHouse) -> Iterator[ServerEngine]:
    engine = ServerEngine(parse(f"clickhouse://{server.place}", {}))
    yield engine
    engine.close()


@pytest.fixture
def new_store(engine: ServerEngine) -> Iterator[NewStore]:
    with stores(engine) as new:
        yield new


@pytest.fixture
def pool(engine: ServerEngine) -> Iterator[Pool]:
    with pooled(engine) as pool:
        yield pool


class TestServer(StoreContract, EngineContract):
    pass


@pytest.fixture
def database(server: ClickHouse) -> Iterator[str]:
    name = f"of_{uuid.uuid4().hex}"
    yield name
    server.ask(f"DROP DATABASE IF EXISTS {name}")


@pytest.fixture
def both(server: ClickHouse, database: str) -> Iterator[list[ClickHouseStore]]:
    """Two servers' stores on one database, made at the same time."""
    engines = [ServerEngine(parse(f"clickhouse://{server.place}", {})) for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(lambda each: ClickHouseStore(each, database=database), engines))
    yield both
    for each in both:
        each.close()


def test_a_user_with_a_password_of_signs_and_no_more_rights_than_it_takes(
    server: ClickHouse,
) -> None:
    dsn = f"clickhouse://{USER}:{quote(PASSWORD, safe='')}@{server.place}/granted"
    environment = {"CLICKHOUSE_USER": USER, "CLICKHOUSE_PASSWORD": PASSWORD}
    for address in parse(dsn, {}), parse(f"clickhouse://{server.place}/granted", environment):
        opened = open_server(address)
        opened.insert(columns.table(trace(), NOON), "token")
        assert opened.services() == ["backend", "frontend"]
        [day] = opened.sizes()
        assert opened.retain(Retention(), day + timedelta(days=9)) == [day]
        assert PASSWORD not in opened.health().name
        opened.close()
    server.ask("DROP DATABASE granted")


def test_tls(server: ClickHouse, database: str, tmp_path: Path) -> None:
    authority = Authority.new("authority")
    authority.write(tmp_path / "ca.pem")
    authority.sign(tmp_path, "server", "localhost")
    with in_tls(server, tmp_path / "server.pem", tmp_path / "server.key") as port:
        address = f"clickhouses://localhost:{port}/{database}"
        with pytest.raises(StoreMisconfigured, match="has no TLS that is trusted"):
            open_server(parse(address, {}))
        opened = open_server(parse(f"{address}?ca={tmp_path}/ca.pem", {}))
        opened.insert(columns.table(trace(), NOON), "token")
        assert len(opened.trace(trace()[0].trace_id)) == len(trace())
        opened.close()
    with pytest.raises(StoreMisconfigured, match="there is no file"):
        open_server(parse(f"{address}?ca={tmp_path}/none.pem", {}))
    with pytest.raises(StoreMisconfigured, match="has no TLS that is trusted"):
        open_server(parse(f"clickhouse://{server.place}?secure=true", {}))


@pytest.mark.parametrize(
    ("dsn", "said"),
    [
        pytest.param(
            f"clickhouse://{USER}:wrong@{{http}}",
            f"ClickHouse at {{http}} refuses user '{USER}' or the password (set"
            " CLICKHOUSE_PASSWORD, and the user in --store or CLICKHOUSE_USER)",
            id="wrong password",
        ),
        pytest.param(
            "clickhouse://nobody@{http}",
            "ClickHouse at {http} refuses user 'nobody' or the password (set"
            " CLICKHOUSE_PASSWORD, and the user in --store or CLICKHOUSE_USER)",
            id="unknown user",
        ),
        pytest.param(
            "clickhouse://guest@{http}/wanted",
            "ClickHouse at {http}: guest: Not enough privileges. To execute this query, it's"
            " necessary to have the grant CREATE DATABASE ON wanted.*. (ACCESS_DENIED) (grant it to"
            " 'guest')",
            id="no right to make the database",
        ),
        pytest.param(
            "clickhouse://{http}?cluster=three",
            "clickhouse://default@{http}/clew?cluster=three: the server knows no cluster 'three'"
            " (it knows two)",
            id="unknown cluster",
        ),
        pytest.param(
            "clickhouse://{tcp}",
            "{tcp} does not answer as ClickHouse does over HTTP (name its HTTP port, which is 8123"
            " by custom, or 8443 with TLS (secure=true))",
            id="the port of the other protocol",
        ),
    ],
)
def test_what_keeps_a_server_from_being_the_store_is_one_sentence(
    server: ClickHouse, dsn: str, said: str
) -> None:
    places = {"http": server.place, "tcp": f"127.0.0.1:{server.tcp}"}
    with pytest.raises(StoreMisconfigured) as refused:
        open_server(parse(dsn.format(**places), {}))
    assert str(refused.value) == said.format(**places)


@pytest.mark.parametrize(
    ("user", "refused"),
    [
        pytest.param("nobody", StoreMisconfigured, id="a wrong password is not waited out"),
        pytest.param("default", StoreLocked, id="two in one spool"),
    ],
)
def test_what_ends_a_start(
    server: ClickHouse, tmp_path: Path, user: str, refused: type[ClewError]
) -> None:
    (tmp_path / "held").mkdir()
    held = hold(tmp_path / "held")
    directory = tmp_path / ("held" if refused is StoreLocked else "free")
    address = parse(f"clickhouse://{user}@{server.place}", {})
    with pytest.raises(refused):
        asyncio.run(serve(Settings(port=0, directory=directory, server=address), print))
    os.close(held)


def test_one_that_starts_before_its_server_waits_for_it(
    server: ClickHouse, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    address = parse(f"clickhouse://{server.place}/{database}", {})

    async def start() -> ClickHouseStore:
        opening = asyncio.create_task(opened_when_there(functools.partial(open_server, address)))
        await asyncio.to_thread(eventually, lambda: "waiting for the store: " in caplog.text)
        await asyncio.to_thread(server.start)
        return await opening

    server.kill()
    opened = asyncio.run(start())
    assert opened.health().up
    opened.close()


def test_what_comes_while_the_server_is_lost_is_stored_when_it_is_back(
    server: ClickHouse, database: str, tmp_path: Path
) -> None:
    with traces(f"clickhouse://{server.place}/{database}", "--spool", str(tmp_path)) as running:
        assert running.post(message(1)).status_code == 202
        eventually(lambda: running.counts()["stored"] == SPANS_EACH)

        server.kill()
        assert running.post(message(2)).status_code == 202
        eventually(lambda: httpx.get(f"{running.url}/health").status_code == 503)
        assert httpx.get(f"{running.url}/api/v2/traces").status_code == 503
        assert running.counts()["waiting"] == SPANS_EACH
        server.start()

        eventually(lambda: running.counts()["stored"] == 2 * SPANS_EACH)
        eventually(lambda: httpx.get(f"{running.url}/health").status_code == 200)
        for number in (1, 2):
            trace = httpx.get(f"{running.url}/api/v2/trace/{number:016x}")
            assert len(trace.json()) == SPANS_EACH
        assert server.ask(f"SELECT count() FROM {database}.spans") == str(2 * SPANS_EACH)
        assert running.stop(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        pytest.param(502, StoreUnavailable, id="a proxy whose server is away"),
        pytest.param(404, StoreMisconfigured, id="a server of something else"),
    ],
)
def test_who_answers_in_place_of_the_server(status: int, raised: type[ClewError]) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_error(status)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as other, ThreadPoolExecutor(1) as thread:
        thread.submit(other.serve_forever)
        try:
            with pytest.raises(raised) as refused:
                open_server(parse(f"clickhouse://127.0.0.1:{other.server_port}", {}))
        finally:
            other.shutdown()
    assert type(refused.value) is raised


def test_two_make_one_database_and_see_what_the_other_stores(
    both: list[ClickHouseStore],
) -> None:
    one, other = both
    one.insert(columns.table(trace("a"), NOON), "a token")
    other.insert(columns.table(trace("b"), NOON), "another")
    other.insert(columns.table(trace("a"), NOON), "a token")
    for each in both:
        assert [
            by_id(spans) for spans in each.traces(["a".rjust(16, "0"), "b".rjust(16, "0")])
        ] == [
            by_id(trace("a")),
            by_id(trace("b")),
        ]


def test_two_give_services_the_same_slots(both: list[ClickHouseStore]) -> None:
    services = [f"service-{number}" for number in range(20)]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda each: [each.service_slots([s]) for s in services], both))
    one, other = (each.service_slots(["new", *services]) for each in both)
    assert one == other
    assert sorted(its.slot for its in one) == list(range(21))


def test_two_drop_the_same_days(both: list[ClickHouseStore]) -> None:
    one, other = both
    for ago in range(4):
        arrival = Micros(NOON - ago * DAY * 1000)
        spans = [changed(s, timestamp=arrival) for s in trace(f"{ago + 1}")]
        one.insert(columns.table(spans, arrival), str(ago))
    today = max(one.sizes())
    two_days = Retention(max_age=timedelta(days=1))
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda each: each.retain(two_days, today), both))
    assert list(other.sizes()) == [today - timedelta(days=1), today]


def test_two_settle_an_hour_into_what_one_would_link(both: list[ClickHouseStore]) -> None:
    both[0].insert(columns.table(trace(), NOON), "token")
    expected = both[0].dependencies(TODAY + DAY, DAY)
    assert expected
    with ThreadPoolExecutor(2) as threads:
        settled = list(
            threads.map(lambda each: each.links.settle(NOON + 3 * HOUR, lambda: False), both)
        )
    assert sum(settled) >= 1
    assert both[0].links.settle(NOON + 3 * HOUR, lambda: False) == 0
    assert both[1].dependencies(TODAY + DAY, DAY) == expected
