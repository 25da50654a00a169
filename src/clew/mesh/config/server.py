"""``servers[]``: where a router listens."""

from __future__ import annotations

from typing import ClassVar

from clew.mesh.config.forwarded import AddForwardedHeader
from clew.mesh.config.section import Count, Ip, Port, Positive, Section, Share
from clew.mesh.config.sockets import Session, SocketOptions, StreamWindow
from clew.mesh.config.tls import AnyServerTls


class Server(Section, frozen=True, kw_only=True):
    """One listening port of an http router."""

    no_effect: ClassVar = {
        "label": "metrics name a server by its address",
        "announce": "clew announces nothing",
        "socket_options": "Envoy's own socket settings are used",
    }

    port: Port = 4140
    """0 lets the system choose."""
    ip: Ip = "127.0.0.1"
    label: str | None = None
    """None is the router's label."""
    tls: AnyServerTls | None = None
    max_concurrent_requests: Count | None = None
    """More than these at a time get a 503; None is no limit."""
    announce: tuple[str, ...] = ()
    timeout_ms: Count | None = None
    """Milliseconds for a whole request; None is no limit."""
    server_session: Session = Session()
    clear_context: bool = False
    """Whether the server forgets what clients say about the mesh: every ``l5d-*`` header."""
    socket_options: SocketOptions | None = None
    add_forwarded_header: AddForwardedHeader | None = None
    """None adds no ``Forwarded`` header."""
    timestamp_header: str | None = None
    """A header that gets the time of arrival in epoch milliseconds; None adds none."""
    max_call_depth: Count = 1000
    """Requests that came through more proxies get a 400; more than 1000 are not counted."""

    @property
    def service_name(self) -> str:
        """The name of the server in spans, ``0.0.0.0/4140``."""
        return f"{self.ip}/{self.port}"


class H2Server(Server, frozen=True, kw_only=True):
    """One listening port of an h2 router. It takes HTTP/2 without an upgrade, and HTTP/1."""

    no_effect: ClassVar = {
        **Server.no_effect,
        "window_update_ratio": "Envoy decides when to let more bytes come",
        "max_frame_bytes": "Envoy takes frames of up to 16 KiB",
    }

    port: Port = 4142
    """0 lets the system choose."""
    max_call_depth: Count = 10
    window_update_ratio: Share = 0.99
    header_table_bytes: Count | None = None
    """Of the table for compressed headers; None is 4096."""
    initial_stream_window_bytes: StreamWindow = 65_536
    """What a client may send on a stream before it hears back."""
    max_concurrent_streams_per_connection: Positive = 1000
    max_frame_bytes: Positive = 16_384
    max_header_list_bytes: Positive | None = None
    """None is 12 KiB."""
