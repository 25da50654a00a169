"""A ClickHouse server over HTTP, or those of a cluster of which any will do.

Statements, schema and errors are those of the embedded engine. Definitions reach all of a cluster
by its Keeper, or where it has none by each of the hosts in turn.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

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
_ANSWER_SECONDS = 300
"""Without any sign of life; one who is at work gives signs."""
_MARGIN_SECONDS = 10
"""How much later than the server we end a question that has a limit."""
_MEMORY = "max_memory_usage"
_TIME = "max_execution_time"
_ACCESS = {192, 193, 194, 516}
_RIGHTS = 497
_VERSION = re.compile(r" \(version [^)]*(?:\([^)]*\))?\)")
_COMPRESSION = "lz4"


class ServerEngine:
    """A server, from the first answer to :meth:`close`."""

    def __init__(self, server: Server) -> None:
        """Raises StoreUnavailable; StoreMisconfigured when it is useless to try again."""
        from clickhouse_connect.driver.httputil import get_pool_manager

        self._server = server
        self._pool = get_pool_manager(ca_cert=server.ca or None)
        self._now = 0
        self._moving = threading.Lock()
        self.layout = Layout(tokens=_TOKENS)
        try:
            with contextlib.closing(self._anywhere({}, "")) as session:
                version = session.version
                check_version(version, str(server))
                if server.cluster:
                    self.layout = cluster_layout(session, server)
        except BaseException:
            self.close()
            raise
        self.name = f"ClickHouse {version} at {server}"

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
        everywhere = self._server.cluster and not self.layout.on_cluster
        for host in range(len(self._server.hosts)) if everywhere else (None,):
            with contextlib.closing(
                self._anywhere(settings, database)
                if host is None
                else self._at(host, settings, database)
            ) as session:
                for statement in statements:
                    session.run(statement)

    def close(self) -> None:
        """Close every connection."""
        self._pool.clear()

    def _anywhere(self, settings: Mapping[str, str | int], database: str) -> _Session:
        """A session at the host that answered last, or the next that answers."""
        hosts = len(self._server.hosts)
        first = self._now
        for host in (number % hosts for number in range(first, first + hosts)):
            try:
                session = self._at(host, settings, database)
            except StoreMisconfigured:
                raise
            except StoreUnavailable as error:
                unavailable = error
            else:
                with self._moving:
                    self._now = host
                return session
        raise unavailable

    def _at(self, host: int, settings: Mapping[str, str | int], database: str) -> _Session:
        from clickhouse_connect.driver.httpclient import HttpClient

        server = self._server
        name, port = server.hosts[host]
        limit = int(settings.get("max_execution_time", 0))
        with _translated(f"{name}:{port}", server):
            client = HttpClient(
                "https" if server.secure else "http",
                name,
                port,
                server.user,
                server.password,
                database or None,
                settings=dict(settings),
                pool_mgr=self._pool,
                # Arrow is compressed already, in both directions
                compress=False,
                query_retries=0,
                connect_timeout=_CONNECT_SECONDS,
                send_receive_timeout=limit + _MARGIN_SECONDS if limit else _ANSWER_SECONDS,
                autogenerate_session_id=False,
                form_encode_query_params=True,
            )
        client.http_retries = 0
        return _Session(client, f"{name}:{port}", server)


class _Session:
    """See :class:`~clew.trace.store.engine.Session`."""

    def __init__(self, client: HttpClient, place: str, server: Server) -> None:
        self._client, self._place, self._server = client, place, server

    @property
    def version(self) -> str:
        """Of the server."""
        return str(self._client.server_version)

    def run(self, sql: str) -> None:
        """See :class:`~clew.trace.store.engine.Session`."""
        with self._translated():
            self._client.command(sql)

    def read(self, sql: str, parameters: Mapping[str, str | int] = NO_PARAMETERS) -> pa.Table:
        """See :class:`~clew.trace.store.engine.Session`."""
        with self._translated():
            answer = self._client.raw_query(sql, dict(parameters), fmt="ArrowStream")
            return pa.ipc.open_stream(answer).read_all()

    def insert(self, statement: str, table: pa.Table) -> None:
        """See :class:`~clew.trace.store.engine.Session`."""
        sink = pa.BufferOutputStream()
        options = pa.ipc.IpcWriteOptions(compression=_COMPRESSION)
        with pa.ipc.new_stream(sink, table.schema, options=options) as stream:
            stream.write_table(table)
        with self._translated():
            body = sink.getvalue().to_pybytes()
            self._client.command(f"{statement} FORMAT ArrowStream", data=body)

    def close(self) -> None:
        """See :class:`~clew.trace.store.engine.Session`."""
        self._client.close()

    def _translated(self) -> contextlib.AbstractContextManager[None]:
        return _translated(self._place, self._server)


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
def _translated(place: str, server: Server) -> Iterator[None]:
    """The driver's errors as ours."""
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
        if type(error) is DatabaseError:
            raise StoreMisconfigured(
                f"{place} does not answer as ClickHouse does over HTTP: {text}",
                "name its HTTP port, which is 8123 by custom, or 8443 with TLS (secure=true)",
            ) from error
        raise StoreUnavailable(f"ClickHouse at {place} cannot be reached: {_why(error)}") from error
    except pa.ArrowInvalid as error:
        raise StoreUnavailable(f"ClickHouse at {place} broke off its answer: {error}") from error


def _told(text: str) -> str:
    """What the server said, without what the driver says about it."""
    _, _, said = text.rpartition("DB::Exception: ")
    return _VERSION.sub("", said.partition(" (for url")[0]).strip()


def _why(error: BaseException) -> str:
    """The first cause of an error that is one of the system's, in its words."""
    cause: Any = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        error, cause = cause, cause.__cause__ or cause.__context__
    return str(error)
