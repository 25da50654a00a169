"""Expressions of Envoy's CEL about a request's headers. It has no functions that make text but
``re.extract`` and ``re.capture``, and cannot join two texts."""

from __future__ import annotations


def value(header: str) -> str:
    """All lines of a header joined by commas; an error when there is none."""
    return f"request.headers['{header}']"


def present(header: str) -> str:
    """Whether the request has the header."""
    return f"'{header}' in request.headers"


def readable(header: str) -> str:
    """Whether it is printable ASCII: protobuf takes no other bytes for text."""
    return f"{value(header)}.matches(r'^[\\t -~]*$')"
