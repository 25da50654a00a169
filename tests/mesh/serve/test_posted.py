from __future__ import annotations

import asyncio
import json

import msgspec
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from clew.mesh.serve.posted import LONGEST_BODY, read_posted


class Asked(msgspec.Struct):
    name: str


def read(body: bytes, media_type: str = "application/json; charset=utf-8") -> Asked:
    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    headers = [(b"content-type", media_type.encode())]
    return asyncio.run(read_posted(Request({"type": "http", "headers": headers}, receive), Asked))


def test_json_of_the_right_shape_is_read() -> None:
    assert read(b'{"name": "a"}') == Asked("a")


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b'{"name": "a"}', "text/plain", 415),
        (b'{"name": "a"}', "", 415),
        (b'{"name": 1}', "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (json.dumps({"name": "a" * LONGEST_BODY}).encode(), "application/json", 413),
    ],
)
def test_anything_else_is_refused(body: bytes, media_type: str, status: int) -> None:
    with pytest.raises(HTTPException) as refused:
        read(body, media_type)
    assert refused.value.status_code == status
