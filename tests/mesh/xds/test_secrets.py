from __future__ import annotations

from typing import Any

from envoy.extensions.transport_sockets.tls.v3 import secret_pb2

from clew.mesh.xds.secrets import TlsCertificate, ValidationContext, secret
from clew.mesh.xds.snapshot import SECRET


def read(body: bytes) -> Any:
    return secret_pb2.Secret.FromString(body)


def test_a_certificate_comes_with_its_key_and_shows_it_to_envoy_alone() -> None:
    content = TlsCertificate(b"chain", b"the key")
    made = secret("mine", content)
    assert (made.type_url, made.name) == (SECRET, "mine")
    assert read(made.body).tls_certificate.private_key.inline_bytes == b"the key"
    assert "the key" not in repr(content)


def test_a_name_is_checked_only_where_one_is_wanted() -> None:
    def names(uri: str) -> list[str]:
        context = read(secret("theirs", ValidationContext(b"ca", uri)).body).validation_context
        assert context.trusted_ca.inline_bytes == b"ca"
        return [each.matcher.exact for each in context.match_typed_subject_alt_names]

    assert names("") == []
    assert names("spiffe://clew/mesh") == ["spiffe://clew/mesh"]


def test_a_renewed_one_has_another_version_and_the_same_name() -> None:
    one, other = (secret("mine", ValidationContext(ca)) for ca in (b"1", b"2"))
    assert one.name == other.name
    assert one.version != other.version
