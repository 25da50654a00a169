"""``tls`` of the ports that clew itself serves, as Envoy has it for those of the routers."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from tempfile import NamedTemporaryFile

from clew.mesh.config.tls import KeyPair, ServerTls
from clew.mesh.namers.tls_context import versions
from clew.mesh.serve.certificates import BadCertificate, Certificates

log = logging.getLogger(__name__)

_MODERN = ("TLSv1.2", "TLSv1.3")
_OPENSSL = {
    "AES_128_GCM_SHA256": "AES128-GCM-SHA256",
    "AES_256_GCM_SHA384": "AES256-GCM-SHA384",
    "CHACHA20_POLY1305_SHA256": "CHACHA20-POLY1305",
    "AES_128_CBC_SHA": "AES128-SHA",
    "AES_256_CBC_SHA": "AES256-SHA",
}
"""What OpenSSL calls a cipher, by the end of its name in the standards."""


class ListenerTls:
    """A ``tls`` section, and the newest files that make sense."""

    def __init__(self, tls: ServerTls) -> None:
        """Reads the files. Raises BadCertificate."""
        self._tls = tls
        self._certificates = Certificates(lambda: None)
        self._certificates.use(tls.certificates)
        self._files = self._certificates.files
        self._complaint = ""
        self.context = server_context(tls, self._files)
        """For the next connections."""

    async def look(self) -> bool:
        """Whether ``context`` is another one by now, because files were renewed."""
        await self._certificates.look()
        files = self._certificates.files
        if files is self._files:
            return False
        try:
            self.context = await asyncio.to_thread(server_context, self._tls, files)
        except BadCertificate as error:
            if str(error) != self._complaint:
                log.warning("not renewed, the last good one stays: %s", error)
            self._complaint = str(error)
            return False
        self._files, self._complaint = files, ""
        return True


def listener_tls(tls: ServerTls | None) -> ListenerTls | None:
    """Of a section that may be absent, which is plain HTTP. Raises BadCertificate."""
    return None if tls is None else ListenerTls(tls)


def server_context(tls: ServerTls, files: Mapping[str, bytes]) -> ssl.SSLContext:
    """What a listener shows, and whom it asks for a certificate. ``files`` are contents by path.

    Raises BadCertificate for what only OpenSSL finds wrong.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = versions(tls.protocols or _MODERN)
    context.set_alpn_protocols(["http/1.1"])
    try:
        if tls.ciphers:
            context.set_ciphers(":".join(map(_openssl_name, tls.ciphers)))
        _show(context, tls.key_pair, files)
        if tls.authorities is not None:
            context.verify_mode = (
                ssl.CERT_REQUIRED if tls.require_client_auth else ssl.CERT_OPTIONAL
            )
            for path in tls.authorities.files:
                context.load_verify_locations(cadata=files[path].decode("ascii", "replace"))
    except OSError as error:
        raise BadCertificate(f"{', '.join(files)} cannot be used for TLS: {error}") from error
    return context


def _show(context: ssl.SSLContext, pair: KeyPair, files: Mapping[str, bytes]) -> None:
    if pair.intermediates is None:
        context.load_cert_chain(pair.cert, pair.key)
        return
    # OpenSSL takes a chain from one file only; the key stays where it is
    with NamedTemporaryFile() as chain:
        chain.write(files[pair.cert].strip() + b"\n" + files[pair.intermediates])
        chain.flush()
        context.load_cert_chain(chain.name, pair.key)


def _openssl_name(cipher: str) -> str:
    exchange, _, rest = cipher.removeprefix("TLS_").partition("_WITH_")
    return _OPENSSL[rest] if exchange == "RSA" else f"{exchange.replace('_', '-')}-{_OPENSSL[rest]}"
