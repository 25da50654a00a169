"""``tls`` of what the namers themselves ask."""

from __future__ import annotations

import ssl
from collections.abc import Iterable

from clew.errors import ClewError
from clew.mesh.config.tls import PROTOCOLS, SYSTEM, ClientTls


class TlsError(ClewError):
    """A certificate or key that cannot be used."""


def client_context(tls: ClientTls, place: str) -> ssl.SSLContext:
    """Whom to trust, and what to show. ``place`` names the section in messages.

    The files are read now. Raises TlsError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if tls.authorities is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif tls.authorities.files == (SYSTEM,):
        context.load_default_certs()
    else:
        for file in tls.authorities.files:
            try:
                context.load_verify_locations(file)
            except OSError as error:
                raise _unusable(place, file, error, "certificates") from error
    if tls.key_pair is not None:
        cert, key = tls.key_pair.cert, tls.key_pair.key
        if tls.key_pair.intermediates is not None:
            raise TlsError(
                f"{place}.clientAuth: intermediateCertsPath is not available here",
                "append those certificates to the file of certPath",
            )
        try:
            context.load_cert_chain(cert, key)
        except OSError as error:
            raise _unusable(place, f"{cert}' and '{key}", error, "a certificate and its key") from (
                error
            )
    if tls.protocols:
        context.minimum_version, context.maximum_version = versions(tls.protocols)
    return context


def versions(protocols: Iterable[str]) -> tuple[ssl.TLSVersion, ssl.TLSVersion]:
    """The oldest and the newest of them."""
    known = sorted(protocols, key=PROTOCOLS.index)
    oldest, newest = (ssl.TLSVersion[name.replace(".", "_")] for name in (known[0], known[-1]))
    return oldest, newest


def _unusable(place: str, files: str, error: OSError, what: str) -> TlsError:
    why = error.strerror or error
    return TlsError(f"{place}: '{files}' cannot be used: {why}", f"it should be {what} in PEM")
