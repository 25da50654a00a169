"""A real Envoy on a private run directory, with one listener that needs no control plane."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clew.mesh.envoy.binary import find_envoy
from clew.mesh.envoy.bootstrap import bootstrap
from clew.mesh.envoy.process import EnvoyProcess
from clew.mesh.envoy.sockets import Sockets, claim_run_dir

HCM = (
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3"
    ".HttpConnectionManager"
)
ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"


def standalone(sockets: Sockets, upstream: Path | None = None) -> dict[str, Any]:
    """The bootstrap with its dynamic half replaced by one static listener on a free port.

    It forwards to the unix socket ``upstream``, or answers 200 itself.
    """
    config = bootstrap("test", sockets)
    del config["dynamic_resources"]
    route: dict[str, Any] = {"match": {"prefix": "/"}, "direct_response": {"status": 200}}
    if upstream is not None:
        route = {"match": {"prefix": "/"}, "route": {"cluster": "svc", "timeout": "0s"}}
        endpoint = {"endpoint": {"address": {"pipe": {"path": str(upstream)}}}}
        config["static_resources"]["clusters"].append(
            {
                "name": "svc",
                "type": "STATIC",
                "load_assignment": {
                    "cluster_name": "svc",
                    "endpoints": [{"lb_endpoints": [endpoint]}],
                },
            }
        )
    manager = {
        "@type": HCM,
        "stat_prefix": "outgoing/0",
        "http_filters": [{"name": "router", "typed_config": {"@type": ROUTER}}],
        "route_config": {
            "name": "all",
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}],
        },
    }
    config["static_resources"]["listeners"] = [
        {
            "name": "outgoing/0",
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": free_port()}},
            "filter_chains": [{"filters": [{"name": "hcm", "typed_config": manager}]}],
            "enable_reuse_port": False,
        }
    ]
    return config


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listener_port(config: dict[str, Any]) -> int:
    address = config["static_resources"]["listeners"][0]["address"]
    port: int = address["socket_address"]["port_value"]
    return port


@pytest.fixture
def sockets(tmp_path: Path) -> Iterator[Sockets]:
    with claim_run_dir(tmp_path / "run") as claimed:
        yield claimed


@pytest.fixture
def new_envoy(sockets: Sockets) -> Callable[..., EnvoyProcess]:
    def new(config: dict[str, Any], *, grace: float = 10.0, **options: Any) -> EnvoyProcess:
        return EnvoyProcess(find_envoy(), config, sockets, concurrency=1, grace=grace, **options)

    return new
