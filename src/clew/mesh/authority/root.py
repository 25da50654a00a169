"""Roots, and the text in which they are kept: each certificate with its key behind it, PEM."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
)

from clew.errors import ClewError
from clew.mesh.authority.certified import Certified

_BLOCK = re.compile(
    rb"-----BEGIN ((?:EC )?PRIVATE KEY|CERTIFICATE)-----.*?-----END \1-----\n?", re.DOTALL
)

_UNREADABLE = (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion)
"""What reading a damaged one may raise."""


class AuthorityError(ClewError):
    """The authority cannot be used as it is."""


class Root(Certified):
    """A certificate that all meshes trust, and the key that signs for it."""

    __slots__ = ()

    @property
    def trust_domain(self) -> str:
        """Empty when it says none."""
        try:
            names = self.certificate.extensions.get_extension_for_class(
                x509.SubjectAlternativeName
            ).value.get_values_for_type(x509.UniformResourceIdentifier)
        except x509.ExtensionNotFound:
            return ""
        return names[0].removeprefix("spiffe://") if names else ""


def write_roots(roots: Sequence[Root]) -> bytes:
    """What ``read_roots`` reads."""
    return b"".join(root.pem + root.key_pem for root in roots)


def read_roots(text: bytes, place: str) -> tuple[Root, ...]:
    """``place`` is where they are kept, for messages. Raises AuthorityError."""
    blocks = [(match[1], match[0]) for match in _BLOCK.finditer(text)]
    certificates = [block for kind, block in blocks if kind == b"CERTIFICATE"]
    keys = [block for kind, block in blocks if kind != b"CERTIFICATE"]
    if not certificates or len(certificates) != len(keys):
        raise AuthorityError(
            f"{place} holds {len(certificates)} certificates and {len(keys)} keys in PEM",
            "it must be what a mesh has written, a key behind each certificate; without it the "
            "next mesh that starts makes a new authority",
        )
    return tuple(
        _root(certificate, key, place) for certificate, key in zip(certificates, keys, strict=True)
    )


def _root(certificate: bytes, key: bytes, place: str) -> Root:
    try:
        read = x509.load_pem_x509_certificate(certificate)
        secret = load_pem_private_key(key, password=None)
        match = secret.public_key() == read.public_key()
        # it is signed by itself: what this accepts is as it was written
        read.verify_directly_issued_by(read)
    except _UNREADABLE as error:
        why = str(error) or "its signature is wrong"
        raise AuthorityError(
            f"{place} holds a certificate or a key that cannot be read: {why}",
            "put back what a mesh has written",
        ) from error
    if not match or not isinstance(secret, ec.EllipticCurvePrivateKey):
        raise AuthorityError(
            f"{place}: a key and the certificate before it do not match",
            "put back what a mesh has written; two files must not be mixed",
        )
    return Root(read, secret)
