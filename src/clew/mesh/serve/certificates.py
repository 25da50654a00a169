"""The certificates on disk: read, checked, and read again when they are renewed."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurvePrivateKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from clew.errors import ClewError
from clew.mesh.config.tls import SYSTEM, Authorities, Certificate, KeyPair

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""Files are looked at, not watched: what a certificate's path links to may change elsewhere."""
SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
"""Where systems keep the authorities that they trust: Debian, Red Hat, Alpine and macOS."""

SHORTEST_RSA = 2048
"""Bits of a key; Envoy takes none that is shorter."""

Named = tuple[str, bytes]
"""Where a text is, for messages, and the text."""
Stamp = tuple[object, ...]
"""Differs when a file does."""


class BadCertificate(ClewError):
    """A file cannot be read, or is not what it should be."""


class Certificates:
    """What the files hold, by path; a change that makes no sense is kept back until it does."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        """``on_change`` is called when ``files`` is another mapping."""
        self.files: Mapping[str, bytes] = {}
        self._on_change = on_change
        self._wanted: Sequence[Certificate] = ()
        self._stamps: Mapping[Certificate, Stamp] = {}
        self._complaints: dict[Certificate, str] = {}

    def use(self, wanted: Sequence[Certificate]) -> None:
        """These from now on. Raises BadCertificate, and then goes on with those before."""
        stamps = {each: _stamp(each) for each in wanted}
        files: dict[str, bytes] = {}
        for each in wanted:
            files |= read(each)
        self.files, self._wanted, self._stamps, self._complaints = files, wanted, stamps, {}

    async def follow(self) -> None:
        """Take renewed files, for ever."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if self._wanted:  # else no thread need wake for it
                await self.look()

    async def look(self) -> None:
        """Take files that were renewed since."""
        wanted = self._wanted
        renewed = await asyncio.to_thread(self._renewed, wanted)
        if renewed and wanted is self._wanted:
            self.files = {**self.files, **renewed}
            self._on_change()

    def _renewed(self, wanted: Iterable[Certificate]) -> dict[str, bytes]:
        renewed: dict[str, bytes] = {}
        stamps = dict(self._stamps)
        for each in wanted:
            stamp = _stamp(each)
            if stamp == stamps.get(each):
                continue
            try:
                contents = read(each)
            except BadCertificate as error:
                self._complain(each, error)
                continue
            stamps[each] = stamp
            self._complaints.pop(each, None)
            if any(self.files.get(path) != content for path, content in contents.items()):
                renewed |= contents
                log.info("renewed: %s", ", ".join(each.files))
        self._stamps = stamps
        return renewed

    def _complain(self, certificate: Certificate, error: BadCertificate) -> None:
        if self._complaints.get(certificate) != str(error):
            self._complaints[certificate] = str(error)
            log.warning("not renewed, the last good one stays: %s", error)


def read(certificate: Certificate) -> dict[str, bytes]:
    """The contents of its files, by path. Raises BadCertificate unless they go together."""
    contents = {path: _content(path) for path in certificate.files}
    match certificate:
        case KeyPair():
            _check_files(certificate, contents)
            leaf = _certificates(certificate.cert, contents[certificate.cert])[0]
            if untimely := out_of_date(leaf, _now()):
                # it is used: the clock here may be the one that is wrong
                log.warning("the certificate %s %s", certificate.cert, untimely)
        case Authorities(files):
            for path in files:
                _certificates(path, contents[path])
        case _:
            assert_never(certificate)
    return contents


def _content(path: str) -> bytes:
    try:
        return Path(_system_bundle() if path == SYSTEM else path).read_bytes()
    except OSError as error:
        raise BadCertificate(
            f"{path} cannot be read: {error.strerror or error}",
            hint="a tls section names it: it must be there, and readable by this user",
        ) from error


def _system_bundle() -> str:
    # the first is what SSL_CERT_FILE says, if it does
    for path in (ssl.get_default_verify_paths().cafile or "", *SYSTEM_BUNDLES):
        if os.path.exists(path):
            return path
    raise BadCertificate(
        "this system has no file of trusted authorities",
        hint="install the package ca-certificates, or set trustCertsBundle",
    )


def out_of_date(certificate: x509.Certificate, now: datetime) -> str:
    """In words, what who checks it will say; empty when it is valid."""
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now >= ends:
        return f"ended on {ends:%Y-%m-%d %H:%M} UTC: who checks it refuses it, so renew it"
    if now < begins:
        return f"begins on {begins:%Y-%m-%d %H:%M} UTC: until then who checks it refuses it"
    return ""


def _now() -> datetime:
    return datetime.now(UTC)


def check_pair(cert: Named, key: Named) -> None:
    """Raises BadCertificate unless Envoy can show the certificate, which comes before others."""
    leaf = _certificates(*cert)[0]
    where, content = key
    try:
        private = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadCertificate(
            f"{where} holds no private key in PEM",
            hint="it must be PKCS#8 without a password, as from openssl pkcs8 -topk8 -nocrypt",
        ) from error
    if not _is_taken(private):
        raise BadCertificate(
            f"{where} is a key that Envoy does not take",
            hint="it must be RSA of at least 2048 bits, P-256, P-384, P-521 or Ed25519",
        )
    spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if leaf.public_key().public_bytes(*spki) != private.public_key().public_bytes(*spki):
        raise BadCertificate(
            f"the key {where} is not that of the certificate {cert[0]}",
            hint="give both files of one pair",
        )


def _check_files(pair: KeyPair, contents: Mapping[str, bytes]) -> None:
    check_pair((pair.cert, contents[pair.cert]), (pair.key, contents[pair.key]))
    if pair.intermediates is not None:
        _certificates(pair.intermediates, contents[pair.intermediates])


def _is_taken(key: object) -> bool:
    match key:
        case RSAPrivateKey(key_size=bits):
            return bits >= SHORTEST_RSA
        case EllipticCurvePrivateKey(curve=SECP256R1() | SECP384R1() | SECP521R1()):
            return True
        case Ed25519PrivateKey():
            return True
    return False


def _certificates(where: str, content: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError as error:
        raise BadCertificate(f"{where} holds no certificate in PEM") from error


def _stamp(certificate: Certificate) -> Stamp:
    """Of all its files; that of a missing one differs from that of any other."""
    return tuple(_file_stamp(path) for path in certificate.files)


def _file_stamp(path: str) -> Stamp:
    try:
        status = os.stat(path)
    except OSError:
        return ()
    return (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)
