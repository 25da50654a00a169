"""Certificates, from keys and times."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from clew.mesh.authority.certified import Certified
from clew.mesh.authority.lives import Lives
from clew.mesh.authority.root import Root


@dataclass(frozen=True, slots=True)
class Leaf(Certified):
    """What one mesh shows to others."""

    issuer: Root
    signed: float
    """When; seconds since the epoch."""


def identity(trust_domain: str) -> str:
    """The name that every mesh has, and looks for in the other's certificate."""
    return f"spiffe://{trust_domain}/mesh"


def new_root(key: ec.EllipticCurvePrivateKey, now: float, lives: Lives, trust_domain: str) -> Root:
    """``now`` is seconds since the epoch."""
    begins = now - lives.skew
    # each has a name of its own, so that nobody takes one for another
    name = _name(f"clew authority {_serial(key.public_key(), begins):x}")
    builder = (
        _builder(key.public_key(), begins, now + lives.root)
        .subject_name(name)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(_uri(f"spiffe://{trust_domain}"), critical=False)
    )
    return Root(builder.sign(key, hashes.SHA256()), key)


def new_leaf(root: Root, key: ec.EllipticCurvePrivateKey, now: float, lives: Lives) -> Leaf:
    """For a mesh, to be both server and client. It does not outlive the root."""
    begins = max(now - lives.skew, root.begins)
    builder = (
        _builder(key.public_key(), begins, min(now + lives.leaf, root.ends))
        .subject_name(_name("clew mesh"))
        .issuer_name(root.certificate.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage(
                [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            ),
            critical=False,
        )
        .add_extension(_uri(identity(root.trust_domain)), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()),
            critical=False,
        )
    )
    return Leaf(builder.sign(root.key, hashes.SHA256()), key, root, now)


def _builder(key: ec.EllipticCurvePublicKey, begins: float, ends: float) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .public_key(key)
        .serial_number(_serial(key, begins))
        .not_valid_before(_time(begins))
        .not_valid_after(_time(ends))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _serial(key: ec.EllipticCurvePublicKey, begins: float) -> int:
    """Another for each certificate, because each has a key of its own."""
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    # of the at most 20 bytes that it may have, and positive
    return int.from_bytes(hashlib.blake2b(spki, digest_size=15).digest()) + int(begins)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _uri(uri: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
