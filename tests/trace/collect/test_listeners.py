from __future__ import annotations

import socket

import pytest

from clew.trace.collect.listeners import CannotListen, address, listening, port


def test_each_port_has_its_socket() -> None:
    with listening("127.0.0.1", 0, 0) as (first, second):
        assert port(first) != port(second)
        assert address(first) == f"http://127.0.0.1:{port(first)}"


def test_a_port_in_use_is_to_be_freed_or_another_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(CannotListen) as refused, listening("127.0.0.1", number):
            pass
    assert refused.value.message == (
        f"cannot listen on 127.0.0.1 port {number}: Address already in use"
    )
    assert refused.value.hint == "stop what listens there, or choose another port"


@pytest.mark.parametrize("host", ["192.0.2.1", "no host"])
def test_an_address_that_is_not_of_this_machine_is_to_be_replaced(host: str) -> None:
    with pytest.raises(CannotListen) as refused, listening(host, 0):
        pass
    assert refused.value.hint == "--host takes an address of this machine, or 0.0.0.0 for all"
