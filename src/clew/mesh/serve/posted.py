"""JSON that a page was sent."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

LONGEST_BODY = 256 * 1024
"""Bytes."""

Posted = TypeVar("Posted", bound=msgspec.Struct)


async def json_body(request: Request) -> bytes:
    """Other media types are refused: a page of another site may send those without asking."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "Unsupported media type: send application/json")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise HTTPException(413, f"The body is longer than {LONGEST_BODY} bytes")
    return bytes(body)


async def read_posted(request: Request, type: type[Posted]) -> Posted:
    """What is not of this shape is a 400 that says where."""
    try:
        return msgspec.json.decode(await json_body(request), type=type)
    except msgspec.DecodeError as error:
        raise HTTPException(400, f"Invalid JSON: {error}") from error
