from __future__ import annotations

import ipaddress
import socket

from clew.mesh.namers.interfaces import local_ips


def test_every_address_is_one_that_this_machine_can_bind() -> None:
    found = local_ips()
    assert {"127.0.0.1", "::1"} <= found
    for address in map(ipaddress.ip_address, found):
        if address.version == 4:
            with socket.socket(socket.AF_INET) as listener:
                listener.bind((str(address), 0))
