"""The relay's socket, spoken to in raw bytes as Envoy does and as it should not."""

from __future__ import annotations

import asyncio
import socket
import stat
from pathlib import Path

import pytest

from clew.mesh.relay.receive import MAX_BODY, Receiver

POST = b"POST /api/v2/spans HTTP/1.1\r\nhost: spans\r\n"


def talk(path: Path, *pieces: bytes) -> tuple[bytes, list[bytes]]:
    """Sends the pieces one by one; returns all that came back and the bodies that were taken."""
    bodies: list[bytes] = []

    def take(body: bytes) -> int:
        bodies.append(body)
        return 400 if body == b"bad" else 202

    async def scenario() -> bytes:
        receiver = Receiver(path, take)
        await receiver.start()
        reader, writer = await asyncio.open_unix_connection(str(path))
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.005)
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        await receiver.stop()
        return answer

    return asyncio.run(scenario()), bodies


def statuses(answer: bytes) -> list[int]:
    return [int(line.split()[1]) for line in answer.splitlines() if line.startswith(b"HTTP/1.1")]


@pytest.fixture
def socket_path(tmp_path: Path) -> Path:
    return tmp_path / "spans.sock"


@pytest.mark.parametrize(
    ("pieces", "expected_statuses", "expected_bodies"),
    [
        pytest.param(
            [POST + b"transfer-encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"],
            [202],
            [b"abcde"],
            id="chunked, as Envoy sends it",
        ),
        pytest.param([POST + b"content-length: 2\r\n\r\nab"], [202], [b"ab"], id="with its length"),
        pytest.param(
            [POST + b"content-length: 1\r\n\r\na", POST + b"content-length: 1\r\n\r\nb"],
            [202, 202],
            [b"a", b"b"],
            id="two on one connection",
        ),
        pytest.param(
            [(POST + b"content-length: 1\r\n\r\na") * 2], [202, 202], [b"a", b"a"], id="pipelined"
        ),
        pytest.param(
            [b"POST /api/v2", b"/spans HTTP/1.1\r\ncontent-le", b"ngth: 2\r\n\r\na", b"b"],
            [202],
            [b"ab"],
            id="in pieces",
        ),
        pytest.param(
            [(POST + b"content-length: 3\r\n\r\nbad") * 2],
            [400, 400],
            [b"bad", b"bad"],
            id="a malformed list leaves the connection open",
        ),
        pytest.param([b"GET /api/v2/spans HTTP/1.1\r\n\r\n"], [404], [], id="another method"),
        pytest.param([b"POST / HTTP/1.1\r\n\r\n"], [404], [], id="another path"),
        pytest.param([b"\x16\x03\x01 not HTTP"], [400], [], id="garbage"),
        pytest.param(
            [POST + b"connection: close\r\ncontent-length: 1\r\n\r\na"],
            [202],
            [b"a"],
            id="closed when asked",
        ),
        pytest.param([POST + b"content-length: 9\r\n\r\nab"], [], [], id="cut off"),
        pytest.param(
            [POST + b"content-length: %d\r\n\r\n" % (MAX_BODY + 9), b"x" * (MAX_BODY + 9)],
            [413],
            [],
            id="too large",
        ),
    ],
)
def test_posts(
    socket_path: Path,
    pieces: list[bytes],
    expected_statuses: list[int],
    expected_bodies: list[bytes],
) -> None:
    answer, bodies = talk(socket_path, *pieces)
    assert statuses(answer) == expected_statuses
    assert bodies == expected_bodies


def test_the_socket_is_for_this_user_and_goes_with_the_receiver(socket_path: Path) -> None:
    def mode() -> int | None:
        return stat.S_IMODE(socket_path.stat().st_mode) if socket_path.exists() else None

    async def scenario() -> None:
        receiver = Receiver(socket_path, lambda body: 202)
        await receiver.start()
        assert mode() == 0o600
        await receiver.stop()
        assert mode() is None
        await receiver.stop()

    asyncio.run(scenario())


def test_a_socket_that_a_killed_run_left_behind_is_replaced(socket_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(socket_path))
    left.close()
    answer, bodies = talk(socket_path, POST + b"content-length: 1\r\n\r\na")
    assert (statuses(answer), bodies) == ([202], [b"a"])


def test_stop_closes_open_connections(socket_path: Path) -> None:
    async def scenario() -> bytes:
        receiver = Receiver(socket_path, lambda body: 202)
        await receiver.start()
        reader, writer = await asyncio.open_unix_connection(str(socket_path))
        writer.write(POST)
        await asyncio.sleep(0.005)
        await receiver.stop()
        rest = await reader.read()
        writer.close()
        return rest

    assert asyncio.run(scenario()) == b""
