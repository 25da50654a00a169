"""A small DNS server: SRV records over UDP, with the addresses of their targets beside them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.message
import dns.rcode
import dns.rrset


@dataclass
class DnsServer:
    """Records may be changed while it runs."""

    services: dict[str, Sequence[str]] = field(default_factory=dict)
    """By absolute name the records, as zone files have them: ``0 0 8080 host.test.``"""
    hosts: dict[str, str] = field(default_factory=dict)
    """Addresses of targets that go along."""
    failure: dns.rcode.Rcode | None = None
    """Instead of any answer."""
    questions: list[str] = field(default_factory=list)
    port: int = 0
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def asked(self, more: int) -> None:
        """Return when there were so many more questions."""
        count = len(self.questions) + more
        while len(self.questions) < count:
            self._heard.clear()
            await self._heard.wait()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """The port is known at once."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
            listener.bind(("127.0.0.1", 0))
            listener.setblocking(False)
            self.port = listener.getsockname()[1]
            loop = asyncio.get_running_loop()
            loop.add_reader(listener, self._serve, listener)
            try:
                yield
            finally:
                loop.remove_reader(listener)

    def _serve(self, listener: socket.socket) -> None:
        wire, client = listener.recvfrom(4096)
        listener.sendto(self._answer(dns.message.from_wire(wire)).to_wire(), client)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        name = query.question[0].name
        self.questions.append(str(name))
        self._heard.set()
        answer = dns.message.make_response(query, recursion_available=True)
        records = self.services.get(str(name))
        if self.failure is not None:
            answer.set_rcode(self.failure)
        elif records is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif records:
            answer.answer.append(dns.rrset.from_text_list(name, 5, "IN", "SRV", records))
            for host, ip in self.hosts.items():
                kind = "AAAA" if ":" in ip else "A"
                answer.additional.append(dns.rrset.from_text(host, 5, "IN", kind, ip))
        return answer
