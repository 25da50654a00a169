from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.trace.collect import body
from clew.trace.collect.body import (
    DECOMPRESSED_LIMIT,
    WIRE_LIMIT,
    BodyTooLarge,
    BrokenGzip,
    drain,
    gunzip,
    read_body,
)
from clew.trace.collect.room import NoRoom, Room


async def chunks(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def opened(compressed: bytes) -> bytes:
    with Room(1 << 40).lease() as lease:
        lease.grow(len(compressed))
        return gunzip(compressed, lease)


def test_a_body_is_held_while_it_is_read() -> None:
    room = Room(10)
    with room.lease() as lease:
        assert asyncio.run(read_body(chunks(b"abc", b"", b"de"), lease)) == b"abcde"
        assert room.used == 5


def test_a_body_that_finds_no_room_is_not_read_on() -> None:
    with Room(4).lease() as lease, pytest.raises(NoRoom):
        asyncio.run(read_body(chunks(b"abc", b"de"), lease))


def test_a_body_over_the_wire_limit_is_refused() -> None:
    piece = bytes(WIRE_LIMIT // 2)
    with Room(1 << 40).lease() as lease:
        assert len(asyncio.run(read_body(chunks(piece, piece), lease))) == WIRE_LIMIT
    with Room(1 << 40).lease() as lease, pytest.raises(BodyTooLarge):
        asyncio.run(read_body(chunks(piece, piece, b"x"), lease))


def test_draining_ends_with_the_body_or_when_it_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "_DRAINED", 5)

    async def what_is_left(*pieces: bytes) -> list[bytes]:
        rest = chunks(*pieces)
        await drain(rest)
        return [piece async for piece in rest]

    assert asyncio.run(what_is_left(b"abc", b"de", b"f", b"g")) == [b"g"]
    assert asyncio.run(what_is_left(b"abc")) == []


@given(st.lists(st.binary(max_size=100), min_size=1).filter(any))
def test_every_gzip_member_is_read(members: list[bytes]) -> None:
    assert opened(b"".join(gzip.compress(member) for member in members)) == b"".join(members)


def test_a_large_body_is_read_in_pieces_that_add_up() -> None:
    text = b"".join(b"%d," % n for n in range(700_000))
    assert opened(gzip.compress(text)) == text
    assert opened(gzip.compress(bytes(3 << 20))) == bytes(3 << 20)


def test_the_decompressed_body_is_held_instead_of_the_compressed() -> None:
    room = Room(1000)
    with room.lease() as lease:
        compressed = gzip.compress(b"x" * 500)
        lease.grow(len(compressed))
        gunzip(compressed, lease)
        assert room.used == 500


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(b"[]", id="not gzip"),
        pytest.param(gzip.compress(b""), id="empty"),
        pytest.param(gzip.compress(b"[1, 2, 3]")[:-9], id="cut off"),
        pytest.param(gzip.compress(b"[1, 2, 3]")[:4], id="cut off in the header"),
        pytest.param(gzip.compress(b"[1, 2, 3]")[:-5] + b"\0\0\0\0\0", id="wrong checksum"),
        pytest.param(b"\x1f\x8b" + b"\xff" * 50, id="garbage after the magic"),
        pytest.param(zlib.compress(b"[1]"), id="deflate"),
    ],
)
def test_broken_gzip_is_refused_in_zipkins_words(broken: bytes) -> None:
    with pytest.raises(BrokenGzip, match=r"^Cannot gunzip spans$"):
        opened(broken)


def test_what_opens_to_more_than_the_limit_is_refused_early() -> None:
    room = Room(1 << 40)
    bomb = gzip.compress(bytes(DECOMPRESSED_LIMIT + 1), 9)
    many = bomb * 20
    with room.lease() as lease, pytest.raises(BodyTooLarge):
        gunzip(many, lease)
    assert room.used == 0


def test_what_opens_to_more_than_there_is_room_for_is_refused() -> None:
    with Room(1 << 20).lease() as lease, pytest.raises(NoRoom):
        gunzip(gzip.compress(bytes(2 << 20)), lease)
