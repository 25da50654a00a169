"""Whether the things that a linker file needs are there."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import assert_never

import dns.exception
import dns.message
import dns.query
import httpx

from clew.check import network
from clew.check.cluster import connected
from clew.check.finding import Finding, ok, problem, warning
from clew.check.needs import (
    Directory,
    DnsServer,
    File,
    Kubernetes,
    Need,
    Page,
    Server,
    Thing,
    Variable,
)
from clew.errors import ClewError
from clew.mesh.namers.k8s.access import ACCOUNT, find_access
from clew.mesh.naming.bound import Address

SECONDS = 5.0
"""For one answer."""


class Missing(Exception):
    """What is wrong, and what to do about it."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice


def finding(need: Need, environment: Mapping[str, str], account: Path = ACCOUNT) -> Finding:
    """By looking at it."""
    try:
        seen = _seen(need.thing, environment, account)
    except Missing as missing:
        made = problem if need.vital else warning
        return made("needs", f"{need.who}: {missing.what}, so {need.without}", missing.advice)
    return ok("needs", f"{need.who}: {seen}")


def _seen(thing: Thing, environment: Mapping[str, str], account: Path) -> str:
    """What is there. Raises Missing."""
    match thing:
        case Directory(path):
            return _directory(path)
        case File(path):
            return _file(path)
        case Variable():
            return _variable(thing, environment)
        case Kubernetes(host, port):
            return _kubernetes(host, port, environment, account)
        case Page():
            return _page(thing)
        case Server(places):
            return _server(places)
        case DnsServer(place):
            return _dns_server(place)
        case _:
            assert_never(thing)


def _directory(path: str) -> str:
    try:
        count = len(os.listdir(path))
    except OSError as error:
        raise _unreadable(path, error) from error
    return f"{path} has {count} entries"


def _file(path: str) -> str:
    try:
        with open(path, "rb"):
            return f"{path} can be read"
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: OSError) -> Missing:
    advice = f"relative paths are looked for from where the mesh starts, here {os.getcwd()}"
    return Missing(f"{path} cannot be read: {error.strerror}", advice)


def _variable(thing: Variable, environment: Mapping[str, str]) -> str:
    for name in thing.names:
        if environment.get(name):
            return f"{name} is {environment[name]}"
    names = " nor ".join(thing.names)
    raise Missing(
        f"{names} is not set" if len(thing.names) == 1 else f"neither {names} is set",
        f"in a pod: env, valueFrom, fieldRef, fieldPath: {thing.field}",
    )


def _kubernetes(host: str, port: int, environment: Mapping[str, str], account: Path) -> str:
    try:
        access = find_access(host, port, environment, account)
        with connected(access) as cluster:
            return f"Kubernetes {cluster.greet().version} answers at {access.url}"
    except ClewError as error:
        advice = error.hint or "see whether this answers: kubectl version"
        raise Missing(error.message, advice) from error
    except OSError as error:
        raise Missing(
            f"the token cannot be read: {error}", "look at the mounted account"
        ) from error


def _page(page: Page) -> str:
    try:
        answer = httpx.get(page.url, headers=dict(page.headers), timeout=SECONDS, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why = str(error) or type(error).__name__
        raise Missing(
            f"{page.url} does not answer: {why}", "start it, or correct host and port"
        ) from error
    if not answer.is_success:
        said = f"{page.url} answers {answer.status_code}"
        raise Missing(said, "see whether it is the right server, and what it allows")
    return f"{page.url} answers"


def _server(places: tuple[Address, ...]) -> str:
    answering = [str(each) for each in places if network.answers(each.host, each.port)]
    if not answering:
        tried = ", ".join(map(str, places))
        raise Missing(f"nothing answers at {tried}", "start it, or correct host and port")
    return f"{', '.join(answering)} accepts connections"


def _dns_server(place: Address) -> str:
    question = dns.message.make_query(".", "NS")
    try:
        ip = str(socket.getaddrinfo(place.host, place.port, type=socket.SOCK_DGRAM)[0][4][0])
        dns.query.udp(question, ip, SECONDS, place.port)
    except (dns.exception.DNSException, OSError, ValueError) as error:
        why = str(error) or type(error).__name__
        raise Missing(
            f"the DNS server {place} does not answer: {why}", "correct dnsHosts"
        ) from error
    return f"the DNS server {place} answers"
