"""TLS of listeners and of connections to endpoints; the certificates themselves come by SDS."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, assert_never

from envoy.config.core.v3 import base_pb2
from envoy.extensions.transport_sockets.tls.v3 import common_pb2, tls_pb2

from clew.mesh.config.tls import (
    PROTOCOLS,
    Authorities,
    AutoClientTls,
    AutoServerTls,
    Certificate,
    ClientTls,
    IngressServerTls,
    KeyPair,
    ServerTls,
)
from clew.mesh.xds.endpoints import literal_ip
from clew.mesh.xds.secrets import file_secret_name, secret_ref, secret_source
from clew.mesh.xds.snapshot import Ref, pack

OWN_CERTIFICATE, OWN_AUTHORITIES = "mesh certificate", "mesh authorities"
"""The secrets of ``tls: auto``; the latter also says which name the other must have."""

_MODERN = ("TLSv1.2", "TLSv1.3")
_NEWEST = ("TLSv1.3",)
"""Between meshes, which all have it."""


def server_tls(tls: ServerTls | AutoServerTls, *, http2: bool) -> Any:
    """The transport socket of a listener. ``http2``: its clients may choose HTTP/2."""
    match tls:
        case ServerTls():
            context = tls_pb2.DownstreamTlsContext(
                require_client_certificate={"value": tls.require_client_auth},
                common_tls_context=tls_pb2.CommonTlsContext(
                    tls_params=_parameters(tls.protocols, tls.ciphers),
                    tls_certificate_sds_secret_configs=[_source(tls.key_pair)],
                ),
            )
            if tls.authorities is not None:
                context.common_tls_context.validation_context_sds_secret_config.CopyFrom(
                    _source(tls.authorities)
                )
        case AutoServerTls():
            context = tls_pb2.DownstreamTlsContext(
                require_client_certificate={"value": True}, common_tls_context=_between_meshes()
            )
        case _:
            assert_never(tls)
    return _downstream(context, http2)


def host_tls(tls: IngressServerTls, secret: str, *, http2: bool) -> Any:
    """The transport socket for hosts whose certificate is this secret."""
    context = tls_pb2.DownstreamTlsContext(
        common_tls_context=tls_pb2.CommonTlsContext(
            tls_params=_parameters(tls.protocols, tls.ciphers),
            tls_certificate_sds_secret_configs=[secret_source(secret)],
        )
    )
    return _downstream(context, http2)


def client_tls(tls: ClientTls | AutoClientTls) -> Any:
    """The transport socket of connections to endpoints; Envoy negotiates each pool's protocol."""
    match tls:
        case ClientTls():
            return _socket(_checked_by_name(tls))
        case AutoClientTls():
            return _socket(tls_pb2.UpstreamTlsContext(common_tls_context=_between_meshes()))
    assert_never(tls)


def refers(tls: ServerTls | AutoServerTls | ClientTls | AutoClientTls) -> tuple[Ref, ...]:
    """The secrets that the transport socket needs."""
    if isinstance(tls, AutoServerTls | AutoClientTls):
        return secret_ref(OWN_CERTIFICATE), secret_ref(OWN_AUTHORITIES)
    named: tuple[KeyPair | Authorities | None, ...] = (tls.key_pair, tls.authorities)
    return tuple(secret_ref(file_secret_name(each)) for each in named if each is not None)


def _checked_by_name(tls: ClientTls) -> Any:
    context = tls_pb2.UpstreamTlsContext(
        sni="" if tls.common_name is None or literal_ip(tls.common_name) else tls.common_name,
        common_tls_context=tls_pb2.CommonTlsContext(tls_params=_parameters(tls.protocols)),
    )
    common = context.common_tls_context
    if tls.key_pair is not None:
        common.tls_certificate_sds_secret_configs.append(_source(tls.key_pair))
    if tls.authorities is not None:
        common.combined_validation_context.CopyFrom(
            tls_pb2.CommonTlsContext.CombinedCertificateValidationContext(
                default_validation_context=common_pb2.CertificateValidationContext(
                    match_typed_subject_alt_names=[_has_name(tls.common_name or "")]
                ),
                validation_context_sds_secret_config=_source(tls.authorities),
            )
        )
    return context


def _between_meshes() -> Any:
    return tls_pb2.CommonTlsContext(
        tls_params=_parameters(_NEWEST),
        tls_certificate_sds_secret_configs=[secret_source(OWN_CERTIFICATE)],
        validation_context_sds_secret_config=secret_source(OWN_AUTHORITIES),
    )


def _downstream(context: Any, http2: bool) -> Any:
    protocols = ["h2", "http/1.1"] if http2 else ["http/1.1"]
    context.common_tls_context.alpn_protocols.extend(protocols)
    return _socket(context)


def _source(certificate: Certificate) -> Any:
    return secret_source(file_secret_name(certificate))


def _parameters(protocols: Collection[str], ciphers: Collection[str] = ()) -> Any:
    known = sorted(PROTOCOLS.index(protocol) for protocol in protocols or _MODERN)
    return common_pb2.TlsParameters(
        # Envoy numbers them from 1, in the same order
        tls_minimum_protocol_version=known[0] + 1,
        tls_maximum_protocol_version=known[-1] + 1,
        cipher_suites=ciphers,
    )


def _has_name(name: str) -> Any:
    """An exact DNS name also takes a certificate's wildcard."""
    address = literal_ip(name)
    matcher = common_pb2.SubjectAltNameMatcher
    return matcher(
        san_type=matcher.DNS if address is None else matcher.IP_ADDRESS,
        matcher={"exact": address or name},
    )


def _socket(context: Any) -> Any:
    return base_pb2.TransportSocket(name="envoy.transport_sockets.tls", typed_config=pack(context))
