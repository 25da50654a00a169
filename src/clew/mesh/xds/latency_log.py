"""One line for each attempt: which endpoint, and how long until it answered. Envoy writes them, and
:mod:`clew.mesh.serve.latency_pipe` reads them, for ``loadBalancer: {kind: ewma}``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from envoy.config.accesslog.v3 import accesslog_pb2
from envoy.config.core.v3 import substitution_format_string_pb2
from envoy.extensions.access_loggers.file.v3 import file_pb2

from clew.mesh.config.client import GlobalClient
from clew.mesh.config.load_balancer import Ewma
from clew.mesh.config.router import Router
from clew.mesh.xds.snapshot import pack

# a cluster's name may hold blanks, so it is the last
_LINE = (
    "%UPSTREAM_HOST% %COMMON_DURATION(US_TX_BEG:US_RX_BEG:us)% %DURATION% %UPSTREAM_CLUSTER_RAW%\n"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One attempt."""

    cluster: str
    endpoint: str
    """``127.0.0.1:4141``, ``[::1]:4141``."""
    seconds: float
    """From the sent request to the answer's first byte, or to its end when none came."""


def needs_latencies(router: Router) -> bool:
    """Whether any of its clients is balanced by latency."""
    client = router.client
    policies = (client,) if isinstance(client, GlobalClient) else client.configs
    return any(isinstance(policy.load_balancer, Ewma) for policy in policies)


def latency_log(file: str) -> Any:
    """Belongs where each attempt is seen, in the router filter."""
    return accesslog_pb2.AccessLog(
        name="envoy.access_loggers.file",
        typed_config=pack(
            file_pb2.FileAccessLog(
                path=file,
                log_format=substitution_format_string_pb2.SubstitutionFormatString(
                    text_format_source={"inline_string": _LINE}
                ),
            )
        ),
    )


def read_line(line: str) -> Seen | None:
    """None for an attempt that tells nothing: it reached no endpoint, or the line is none."""
    endpoint, _, rest = line.partition(" ")
    answered, _, rest = rest.partition(" ")
    lasted, _, cluster = rest.partition(" ")
    if answered.isdecimal():
        return Seen(cluster, endpoint, int(answered) / 1e6)
    if lasted.isdecimal() and int(lasted):
        return Seen(cluster, endpoint, int(lasted) / 1e3)
    return None
