"""Certificates as SDS secrets: Envoy takes a renewed one for its next connections, and nothing
else changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from envoy.extensions.transport_sockets.tls.v3 import common_pb2, secret_pb2

from clew.mesh.config.tls import Authorities, Certificate, KeyPair
from clew.mesh.xds.snapshot import SECRET, Ref, Resource
from clew.mesh.xds.sources import ads_source


@dataclass(frozen=True, slots=True)
class TlsCertificate:
    """What one side shows."""

    chain: bytes
    """PEM, the certificate itself first."""
    key: bytes = field(repr=False)
    """PEM."""


@dataclass(frozen=True, slots=True)
class ValidationContext:
    """What one side wants to see of the other."""

    trusted_ca: bytes
    """PEM of the authorities."""
    uri: str = ""
    """A name (URI SAN) that the certificate must hold; empty for any."""


SecretContent = TlsCertificate | ValidationContext


def secret(name: str, content: SecretContent) -> Resource:
    """The resource ``name``."""
    message = secret_pb2.Secret(name=name)
    match content:
        case TlsCertificate(chain, key):
            message.tls_certificate.certificate_chain.inline_bytes = chain
            message.tls_certificate.private_key.inline_bytes = key
        case ValidationContext(trusted_ca, uri):
            message.validation_context.trusted_ca.inline_bytes = trusted_ca
            if uri:
                message.validation_context.match_typed_subject_alt_names.append(_has_uri(uri))
        case _:
            assert_never(content)
    return Resource.of(name, message)


def secret_source(name: str) -> Any:
    """Where Envoy gets it."""
    return secret_pb2.SdsSecretConfig(name=name, sds_config=ads_source())


def secret_ref(name: str) -> Ref:
    """For what uses the secret."""
    return SECRET, name


def file_secret(certificate: Certificate, files: Mapping[str, bytes]) -> Resource:
    """``files`` are contents by path; those of the certificate must be among them."""
    contents = [files[path].strip() + b"\n" for path in certificate.files]
    content: SecretContent
    match certificate:
        case KeyPair():
            *chain, key = contents
            content = TlsCertificate(b"".join(chain), key)
        case Authorities():
            content = ValidationContext(b"".join(contents))
        case _:
            assert_never(certificate)
    return secret(file_secret_name(certificate), content)


def file_secret_name(certificate: Certificate) -> str:
    """The same for the same files, whatever is in them."""
    kind = "certificate" if isinstance(certificate, KeyPair) else "authorities"
    return f"{kind} {' '.join(certificate.files)}"


def _has_uri(uri: str) -> Any:
    matcher = common_pb2.SubjectAltNameMatcher
    return matcher(san_type=matcher.URI, matcher={"exact": uri})
