from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.mesh.namers.address_file import MAX_BYTES, read_addresses
from clew.mesh.naming.bound import Address, Addresses, AddrFailed

HOW = "(it should be: host port, or: host port * weight)"


@pytest.mark.parametrize(
    ("content", "members"),
    [
        pytest.param("", [], id="an empty file is a set without members"),
        pytest.param("# nothing yet\n\n  \n", [], id="comments and blank lines"),
        pytest.param(
            "10.0.0.5 8080\n10.0.0.6 8080",
            [("10.0.0.5", 8080, 1.0), ("10.0.0.6", 8080, 1.0)],
            id="two",
        ),
        pytest.param("10.0.0.6 8080 * 2.0", [("10.0.0.6", 8080, 2.0)], id="a weight"),
        pytest.param("10.0.0.6\t8080*.5 # half", [("10.0.0.6", 8080, 0.5)], id="any white space"),
        pytest.param("a 1\r\nb 2\r\n", [("a", 1, 1.0), ("b", 2, 1.0)], id="lines of Windows"),
        pytest.param("::1 80\n127.1 80", [("::1", 80, 1.0), ("127.1", 80, 1.0)], id="hosts"),
        pytest.param("a 1\na 1", [("a", 1, 1.0)], id="the same twice is once"),
        pytest.param("a 65535 * 0", [("a", 65535, 0.0)], id="bounds"),
    ],
)
def test_reads(content: str, members: list[tuple[str, int, float]]) -> None:
    expected = Addresses(frozenset(Address(*member) for member in members))
    assert read_addresses(content.encode(), "disco/web") == expected


@pytest.mark.parametrize(
    ("content", "line", "shown"),
    [
        ("a 1\nb", 2, "b"),
        ("a http", 1, "a http"),
        ("a 0", 1, "a 0"),
        ("a 65536", 1, "a 65536"),
        ("a 1 2", 1, "a 1 2"),
        ("a 1 *", 1, "a 1 *"),
        ("a 1 * x", 1, "a 1 * x"),
        ("a 1 * -1", 1, "a 1 * -1"),
        ("# one\n\na:1", 3, "a:1"),
    ],
)
def test_one_wrong_line_is_named_and_fails_all(content: str, line: int, shown: str) -> None:
    assert read_addresses(content.encode(), "disco/web") == AddrFailed(
        f"disco/web:{line}: malformed address: {shown} {HOW}"
    )


def test_a_file_too_large_is_not_read() -> None:
    assert read_addresses(b"#" * (MAX_BYTES + 1), "disco/web") == AddrFailed(
        "disco/web: is larger than 500000 bytes"
    )


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_addresses_or_a_failure(content: bytes) -> None:
    assert isinstance(read_addresses(content, "f"), Addresses | AddrFailed)
