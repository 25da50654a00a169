from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable

from clew.mesh.envoy.binary import find_envoy
from clew.mesh.envoy.bootstrap import bootstrap
from clew.mesh.envoy.process import EnvoyProcess
from clew.mesh.envoy.sockets import Sockets

from .conftest import standalone


def test_the_real_envoy_accepts_it_without_a_warning(sockets: Sockets) -> None:
    file = sockets.run_dir / "envoy.json"
    file.write_text(json.dumps(bootstrap("n1", sockets)), encoding="utf-8")
    command = [str(find_envoy()), "--mode", "validate", "--log-level", "warning"]
    done = subprocess.run(
        [*command, "--disable-hot-restart", "--config-path", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_listens_on_tcp(sockets: Sockets) -> None:
    assert "socket_address" not in json.dumps(bootstrap("n1", sockets))


def test_the_admin_socket_is_for_its_owner_alone(
    sockets: Sockets, new_envoy: Callable[..., EnvoyProcess]
) -> None:
    async def run() -> None:
        envoy = new_envoy(standalone(sockets))
        await envoy.start()
        mode = sockets.admin.stat().st_mode & 0o777
        await envoy.stop()
        assert mode == 0o600

    asyncio.run(run())


def test_a_pattern_for_a_deep_via_header_fits(
    sockets: Sockets, new_envoy: Callable[..., EnvoyProcess]
) -> None:
    config = standalone(sockets)
    chain = config["static_resources"]["listeners"][0]["filter_chains"][0]
    routes = chain["filters"][0]["typed_config"]["route_config"]["virtual_hosts"][0]["routes"]
    via = {"name": "via", "string_match": {"safe_regex": {"regex": "(?:[^,]*,){1000}.*"}}}
    routes[0]["match"]["headers"] = [via]

    async def run() -> None:
        envoy = new_envoy(config)
        await envoy.start()
        await envoy.stop()

    asyncio.run(run())
