"""Certificates made for a test."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass
class Authority:
    """Signs certificates."""

    name: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @staticmethod
    def new(name: str) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        unsigned = _builder(name, name, key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        return Authority(name, key, unsigned.sign(key, hashes.SHA256()))

    def below(self, name: str) -> Authority:
        """One whom this one vouches for."""
        key = ec.generate_private_key(ec.SECP256R1())
        unsigned = _builder(name, self.name, key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        return Authority(name, key, unsigned.sign(self.key, hashes.SHA256()))

    def write(self, file: Path) -> None:
        file.write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def sign(self, directory: Path, file: str, *names: str) -> int:
        """Writes ``file.pem`` and ``file.key``; returns the serial number."""
        key = ec.generate_private_key(ec.SECP256R1())
        signed = (
            _builder(names[0], self.name, key)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
            )
            .sign(self.key, hashes.SHA256())
        )
        pkcs8 = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (directory / f"{file}.key").write_bytes(pkcs8)
        (directory / f"{file}.pem").write_bytes(signed.public_bytes(Encoding.PEM))
        return signed.serial_number


def _builder(name: str, issuer: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
    )
