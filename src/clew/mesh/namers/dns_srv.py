"""io.l5d.dnssrv: names of SRV records, each asked for again and again."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence
from dataclasses import dataclass

import dns.asyncresolver
import dns.exception
import dns.message
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
import dns.rrset

from clew.mesh.namers.following import Found, Watch
from clew.mesh.naming.bound import Address, Addresses
from clew.mesh.naming.path import Path

log = logging.getLogger(__name__)

PAYLOAD_BYTES = 2048
"""Of an answer over UDP; one that is larger is asked for again over TCP."""
LIFETIME_SECONDS = 5.0
"""For all servers together to answer."""


@dataclass(frozen=True, slots=True)
class DnsSrv:
    """``/<name of the records>``; every one of them counts the same."""

    interval: float
    """Seconds between two questions for the same name."""
    servers: tuple[tuple[str, int], ...] = ()
    """Hosts and ports; none are the system's."""
    domain: str = "."
    """Completes names that do not end with a dot."""

    def service(self, path: Path) -> Path | None:
        service = path.take(1)
        return service if service and self._name(service) else None

    async def follow(self, service: Path, watch: Watch) -> None:
        name = self._name(service)
        assert name is not None, "service() has said so"
        well = True
        while True:
            watch.state.asked(f"SRV {name}")
            try:
                members = await self._ask(name)
            except (dns.exception.DNSException, OSError) as error:
                if well:
                    log.warning("DNS does not tell of %s: %s", name, error)
                well = False
                watch.fail(str(error) or type(error).__name__)
            else:
                well = True
                watch.tell(Found(service, Addresses(members)) if members else None)
            await asyncio.sleep(self.interval)

    def _name(self, service: Path) -> dns.name.Name | None:
        try:
            text = service.segments[0].decode()
            return dns.name.from_text(text, dns.name.from_text(self.domain))
        except (UnicodeError, dns.exception.DNSException):
            return None

    async def _ask(self, name: dns.name.Name) -> frozenset[Address]:
        """Empty when there are no such records. Raises DNSException or OSError."""
        resolver = dns.asyncresolver.Resolver(configure=not self.servers)
        resolver.use_edns(payload=PAYLOAD_BYTES)
        resolver.lifetime = LIFETIME_SECONDS
        if self.servers:
            resolver.nameservers = await _nameservers(self.servers)
        try:
            answer = await resolver.resolve(name, "SRV", raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return frozenset()
        return _addresses(answer.rrset, answer.response)


def _addresses(
    records: dns.rrset.RRset | None, response: dns.message.Message
) -> frozenset[Address]:
    """The IP address of a target where the answer has one, else its name."""
    known = {
        each.name: str(each[0])
        for kind in (dns.rdatatype.AAAA, dns.rdatatype.A)
        for each in response.additional
        if each.rdtype == kind
    }
    return frozenset(
        Address(known.get(each.target) or each.target.to_text(omit_final_dot=True), each.port)
        for each in records or ()
        # a target that is only a dot says that there is no such service (RFC 2782)
        if each.target != dns.name.root
    )


async def _nameservers(servers: Sequence[tuple[str, int]]) -> list[dns.nameserver.Nameserver]:
    """Raises OSError when none of them has an address."""
    found: list[dns.nameserver.Nameserver] = []
    failure: OSError | None = None
    for host, port in servers:
        try:
            places = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_DGRAM
            )
        except OSError as error:
            failure = error
            continue
        found += [dns.nameserver.Do53Nameserver(str(place[4][0]), port) for place in places]
    if failure is not None and not found:
        raise failure
    return found
