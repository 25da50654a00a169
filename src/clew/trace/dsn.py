"""``clickhouse://…``: where a ClickHouse server is, and as whom to speak to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from clew.errors import ClewError

SCHEMES = ("clickhouse", "clickhouses")
"""What the address of a server begins with."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

_PORT, _SECURE_PORT = 8123, 8443
_DATABASE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CLUSTER = re.compile(r"[A-Za-z0-9_.{}-]+")
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_EXAMPLE = "such as clickhouse://user@host:8123/clew"


class BadDsn(ClewError):
    """A text that says of no server where it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A ClickHouse server, or some of those of a cluster."""

    hosts: tuple[tuple[str, int], ...]
    """Host and port of HTTP; those behind the first are used when it does not answer."""
    user: str = "default"
    password: str = field(default="", repr=False)
    database: str = "clew"
    """Made if it is not there."""
    secure: bool = False
    """Whether HTTP is within TLS."""
    ca: str = ""
    """A file with the authorities to trust; empty: those that everyone trusts."""
    cluster: str = ""
    """The cluster on which tables are made, by the server's name for it; empty: on the server."""

    def __str__(self) -> str:
        """For people: without the password."""
        scheme = "clickhouses" if self.secure else "clickhouse"
        places = ",".join(f"{host}:{port}" for host, port in self.hosts)
        cluster = f"?cluster={self.cluster}" if self.cluster else ""
        return f"{scheme}://{self.user}@{places}/{self.database}{cluster}"


def is_dsn(text: str) -> bool:
    """Whether ``text`` is meant for a server, if of a wrong kind: anything else is a directory."""
    return _SCHEME.match(text) is not None


def parse(text: str, environment: Mapping[str, str]) -> Server:
    """The server that ``text`` names. Raises BadDsn.

    ``environment`` has the user and the password that the text leaves out, by the names that
    ClickHouse's own client reads.
    """
    url = _split(text)
    options = dict(parse_qsl(url.query, keep_blank_values=True))
    if unknown := sorted(options.keys() - {"secure", "cluster", "ca"}):
        raise BadDsn(f"--store: '{unknown[0]}' is no option", "there are secure, ca and cluster")
    secure = url.scheme == "clickhouses" or _flag(options.get("secure", "false"))
    who, _, places = url.netloc.rpartition("@")
    user, _, password = who.partition(":")
    server = Server(
        hosts=tuple(_host(place, secure) for place in places.split(",")),
        user=unquote(user) or environment.get("CLICKHOUSE_USER", "") or "default",
        password=unquote(password) or environment.get("CLICKHOUSE_PASSWORD", ""),
        database=url.path.strip("/") or "clew",
        secure=secure,
        ca=options.get("ca", ""),
        cluster=options.get("cluster", ""),
    )
    if not _DATABASE.fullmatch(server.database):
        raise BadDsn(
            f"--store: '{server.database}' is no name of a database",
            "use letters, digits and underscores",
        )
    if server.cluster and not _CLUSTER.fullmatch(server.cluster):
        raise BadDsn(f"--store: '{server.cluster}' is no name of a cluster", "see system.clusters")
    if server.ca and not secure:
        raise BadDsn("--store: ca is for TLS", "say clickhouses:// or secure=true")
    if len(server.hosts) > 1 and not server.cluster:
        raise BadDsn(
            "--store: several hosts are for a cluster, in which each has all spans",
            "add ?cluster=NAME, or name one host",
        )
    return server


def _split(text: str) -> SplitResult:
    try:
        url = urlsplit(text)
    except ValueError as error:
        raise BadDsn(f"--store is no address of a server: {error}", _EXAMPLE) from error
    if url.scheme not in SCHEMES:
        raise BadDsn(f"--store: '{url.scheme}' is no kind of store", _EXAMPLE)
    if url.fragment:
        raise BadDsn("--store: '#' has no meaning here", "in a password write %23 for it")
    return url


def _host(text: str, secure: bool) -> tuple[str, int]:
    found = _HOST.fullmatch(text)
    port = int(found["port"]) if found and found["port"] else _SECURE_PORT if secure else _PORT
    if not found or not 0 < port < 65_536:
        raise BadDsn(f"--store: '{text}' is no host and port", _EXAMPLE)
    return found["host"].strip("[]"), port


def _flag(text: str) -> bool:
    try:
        return _FLAGS[text]
    except KeyError:
        raise BadDsn(f"--store: secure is '{text}'", "use true or false") from None
