from __future__ import annotations

import pytest

from clew.mesh.naming.bound import Address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("hello:80", Address("hello", 80)),
        ("10.1.2.3:80", Address("10.1.2.3", 80)),
        ("[2001:db8::1]:80", Address("2001:db8::1", 80)),
    ],
)
def test_an_address_is_read_as_it_is_written(text: str, address: Address) -> None:
    assert Address.read(text) == address
    assert str(address) == text


@pytest.mark.parametrize("text", ["", "hello", "hello:", "hello:http"])
def test_what_has_no_port_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        Address.read(text)


@pytest.mark.parametrize(
    ("listening", "reached"),
    [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("10.1.2.3:1", "10.1.2.3:1")],
)
def test_who_listens_everywhere_is_reached_on_loopback(listening: str, reached: str) -> None:
    assert str(Address.read(listening).nearby) == reached
