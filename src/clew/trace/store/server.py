"""A ClickHouse server over HTTP, or those of a cluster of which any will do.

Statements, schema and errors are those of the embedded engine. Definitions reach all of a cluster
by its Keeper, or where it has none by each of the hosts in turn.
"""

from __future__ import annotations

import contextlib
import functools
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from clew.trace.dsn import Server
from clew.trace.store import StoreMisconfigured, StoreUnavailable, rows, sql
from clew.trace.store.engine import NO_PARAMETERS, Session, literal, problem
from clew.trace.store.layout import Layout

if TYPE_CHECKING:
    from clickhouse_connect.driver.httpclient import HttpClient

OLDEST = (25, 8)
"""The first version with all that our SQL asks for."""

_TOKENS = 10_000
"""Of an insert into tables that many servers insert into."""
_CONNECT_SECONDS = 5
_SILENT_SECONDS = 60
"""Without any sign of life; a server that is at work gives signs."""
_ACCESS = {192, 193, 194, 516}
_RIGHTS = 497
_GATEWAY = re.compile(r"HTTP status 5\d\d")
"""What a proxy says while the server behind it is away."""
_VERSION = re.compile(r" \(version [^)]*(?:\([^)]*\))?\)")
_COMPRESSION = "lz4"


class ServerEngine:
    """A server, from the first answer to :meth:`close`."""

    def __init__(self, server: Server) -> None:
        """Raises StoreUnavailable; StoreMisconfigured when it is useless to try again."""
        from clickhouse_connect.driver.httputil import get_pool_manager

        if server.ca and not Path(server.ca).is_file():
            raise StoreMisconfigured(f"--store: there is no file {server.ca}", "see its ca")
        self._server = server
        self._pool = get_pool_manager(ca_cert=server.ca or None)
        self._clients: dict[int, HttpClient] = {}
        self._now = 0
        self.layout = Layout(tokens=_TOKENS)
        try:
            session = self._anywhere({}, "")
            check_version(session.version, str(server))
            if server.cluster:
                self.layout = cluster_layout(session, server)
        except BaseException:
            self.close()
            raise
        self.name = f"ClickHouse {session.version} at {server}"

    def session(self, settings: Mapping[str, str | int], database: str) -> Session:
        """See :class:`~clew.trace.store.engine.Engine`."""
        return self._anywhere({**self.layout.settings, **settings}, database)

    def define(self, *statements: str, database: str = "") -> None:
        """See :class:`~clew.trace.store.engine.Engine`."""
        settings = dict(self.layout.settings)
        if self.layout.on_cluster:
            # a server that is away does it when it is back
            settings["distributed_ddl_output_mode"] = "null_status_on_timeout"
            settings["distributed_ddl_task_timeout"] = 30
        for session in self._definers(settings, database):
            for statement in statements:
                session.run(statement)

    def close(self) -> None:
        """Close every connection."""
        self._pool.clear()

    def _definers(self, settings: Mapping[str, str | int], database: str) -> Iterator[_Session]:
        """A session at each host that must be told itself what is made or dropped."""
        if self._server.cluster and not self.layout.on_cluster:
            for host in range(len(self._server.hosts)):
                yield self._at(host, settings, database)
        else:
            yield self._anywhere(settings, database)

    def _anywhere(self, settings: Mapping[str, str | int], database: str) -> _Session:
        """A session at the host that answered last, or the next that answers."""
        hosts = len(self._server.hosts)
        for tried in range(hosts):
            try:
                return self._at((self._now + tried) % hosts, settings, database)
            except StoreMisconfigured:
                raise
            except StoreUnavailable as error:
                unavailable = error
        raise unavailable

    def _at(self, host: int, settings: Mapping[str, str | int], database: str) -> _Session:
        client = self._clients.get(host)
        if client is None:
            client = self._clients[host] = self._connect(host)
            self._now = host

        def lost() -> None:
            self._clients.pop(host, None)

        place = _place(self._server, host)
        within = {**settings, **({"database": database} if database else {})}
        return _Session(client, within, functools.partial(_translated, place, self._server, lost))

    def _connect(self, host: int) -> HttpClient:
        """A client for sessions of any thread. Asks the server what it is."""
        from clickhouse_connect.driver.httpclient import HttpClient

        server = self._server
        name, port = server.hosts[host]
        with _translated(_place(server, host), server, lambda: None):
            client = HttpClient(
                "https" if server.secure else "http",
                name,
                port,
                server.user,
                server.password,
                database=None,
                pool_mgr=self._pool,
                # Arrow is compressed already, in both directions
                compress=False,
                query_retries=0,
                connect_timeout=_CONNECT_SECONDS,
                send_receive_timeout=_SILENT_SECONDS,
                # else the threads would have to take turns
                autogenerate_session_id=False,
                form_encode_query_params=True,
            )
        client.http_retries = 0
        return client


class _Session:
    """See :class:`~clew.trace.store.engine.Session`."""

    def __init__(
        self,
        client: HttpClient,
        settings: Mapping[str, str | int],
        translated: Callable[[], contextlib.AbstractContextManager[None]],
    ) -> None:
        self._client, self._settings, self._translated = client, dict(settings), translated

    @property
    def version(self) -> str:
        """Of the server."""
        return str(self._client.server_version)

    def run(self, sql: str) -> None:
        """See :class:`~clew.trace.store.engine.Session`."""
        with self._translated():
            self._client.command(sql, settings=self._settings)

    def read(self, sql: str, parameters: Mapping[str, str | int] = NO_PARAMETERS) -> pa.Table:
        """See :class:`~clew.trace.store.engine.Session`."""
        with self._translated():
            answer = self._client.raw_query(
                sql, dict(parameters), settings=self._settings, fmt="ArrowStream"
            )
            return pa.ipc.open_stream(answer).read_all()

    def insert(self, statement: str, table: pa.Table) -> None:
        """See :class:`~clew.trace.store.engine.Session`."""
        sink = pa.BufferOutputStream()
        options = pa.ipc.IpcWriteOptions(compression=_COMPRESSION)
        with pa.ipc.new_stream(sink, table.schema, options=options) as stream:
            stream.write_table(table)
        body = sink.getvalue().to_pybytes()
        with self._translated():
            self._client.command(
                f"{statement} FORMAT ArrowStream", data=body, settings=self._settings
            )

    def close(self) -> None:
        """Nothing: connections are the engine's."""


def check_version(version: str, place: str) -> None:
    """Raises StoreMisconfigured for a server that is too old."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if numbers < OLDEST:
        raise StoreMisconfigured(
            f"{place}: ClickHouse {version} is too old",
            f"clew needs {'.'.join(map(str, OLDEST))} or later",
        )


def cluster_layout(session: Session, server: Server) -> Layout:
    """The layout of the tables on a cluster, by what a server of it says of it."""
    name = literal(server.cluster)
    read = session.read(sql.query("cluster", cluster=name))
    replicas = rows.numbers(read, "replicas")
    [keepers] = rows.numbers(session.read(sql.query("keeper")), "keepers")
    if not replicas:
        known = rows.texts(session.read(sql.query("clusters")), "cluster")
        raise StoreMisconfigured(
            f"{server}: the server knows no cluster '{server.cluster}'",
            f"it knows {', '.join(known)}" if known else "define it in its remote_servers",
        )
    replicated = max(replicas) > 1
    if not keepers and (replicated or sum(replicas) > len(server.hosts)):
        raise StoreMisconfigured(
            f"{server}: cluster '{server.cluster}' has no Keeper that hands definitions on",
            "replicas need one" if replicated else "name every server of it in --store",
        )
    if replicated and not min(rows.numbers(read, "internal")):
        raise StoreMisconfigured(
            f"{server}: cluster '{server.cluster}' would write every span to every replica twice",
            "set internal_replication to true in its remote_servers",
        )
    return Layout(
        cluster=server.cluster, replicated=replicated, on_cluster=keepers > 0, tokens=_TOKENS
    )


@contextlib.contextmanager
def _translated(place: str, server: Server, lost: Callable[[], None]) -> Iterator[None]:
    """The driver's errors as ours; ``lost`` is called when the server does not answer."""
    from clickhouse_connect.driver.exceptions import DatabaseError, Error

    try:
        yield
    except Error as error:
        code, text = error.code or 0, _told(str(error))
        if code in _ACCESS:
            raise StoreMisconfigured(
                f"ClickHouse at {place} refuses user '{server.user}' or the password",
                "set CLICKHOUSE_PASSWORD, and the user in --store or CLICKHOUSE_USER",
            ) from error
        if code == _RIGHTS:
            raise StoreMisconfigured(
                f"ClickHouse at {place}: {text}", f"grant it to '{server.user}'"
            ) from error
        if code:
            raise problem(code, text) from error
        if type(error) is DatabaseError and not _GATEWAY.search(str(error)):
            raise StoreMisconfigured(
                f"{place} does not answer as ClickHouse does over HTTP",
                "name its HTTP port, which is 8123 by custom, or 8443 with TLS (secure=true)",
            ) from error
        lost()
        cause = _cause(error)
        if isinstance(cause, ssl.SSLError):
            raise StoreMisconfigured(
                f"ClickHouse at {place} has no TLS that is trusted: {_words(cause)}",
                "name the file of its authority in --store (?ca=FILE), and its port for TLS",
            ) from error
        raise StoreUnavailable(
            f"ClickHouse at {place} cannot be reached: {_words(cause or error)}"
        ) from error
    except (pa.ArrowInvalid, OSError) as error:
        lost()
        raise StoreUnavailable(f"ClickHouse at {place} broke off its answer: {error}") from error


def _place(server: Server, host: int) -> str:
    name, port = server.hosts[host]
    return f"{name}:{port}"


def _told(text: str) -> str:
    """What the server said, without what the driver says about it."""
    _, _, said = text.rpartition("DB::Exception: ")
    return _VERSION.sub("", said.partition(" (for url")[0]).strip()


def _cause(error: BaseException) -> OSError | None:
    """The first cause of an error that is the system's."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause
        cause = cause.__cause__ or cause.__context__
    return None


def _words(error: BaseException) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
