"""Certificates as SDS secrets: Envoy takes a renewed one for its next connections, and nothing
else changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from envoy.extensions.transport_sockets.tls.v3 import secret_pb2

from clew.mesh.config.tls import Authorities, Certificate, KeyPair
from clew.mesh.xds.snapshot import Resource
from clew.mesh.xds.sources import ads_source


def secret(certificate: Certificate, files: Mapping[str, bytes]) -> Resource:
    """``files`` are contents by path; those of the certificate must be among them."""
    contents = [files[path].strip() + b"\n" for path in certificate.files]
    message = secret_pb2.Secret(name=secret_name(certificate))
    match certificate:
        case KeyPair():
            *chain, key = contents
            message.tls_certificate.certificate_chain.inline_bytes = b"".join(chain)
            message.tls_certificate.private_key.inline_bytes = key
        case Authorities():
            message.validation_context.trusted_ca.inline_bytes = b"".join(contents)
        case _:
            assert_never(certificate)
    return Resource.of(message.name, message)


def secret_name(certificate: Certificate) -> str:
    """The same for the same files, whatever is in them."""
    kind = "certificate" if isinstance(certificate, KeyPair) else "authorities"
    return f"{kind} {' '.join(certificate.files)}"


def secret_source(certificate: Certificate) -> Any:
    """Where Envoy gets it."""
    return secret_pb2.SdsSecretConfig(name=secret_name(certificate), sds_config=ads_source())
