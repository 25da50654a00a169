from __future__ import annotations

import asyncio
import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.mesh.serve.authority import Authority

from clew.mesh.config.tls import SYSTEM, Authorities, KeyPair
from clew.mesh.serve import certificates
from clew.mesh.serve.certificates import BadCertificate, Certificates, read

OURS = Authority.new("ours")


@pytest.fixture
def pair(tmp_path: Path) -> KeyPair:
    OURS.sign(tmp_path, "a", "a.test")
    return KeyPair(str(tmp_path / "a.pem"), str(tmp_path / "a.key"))


@pytest.fixture
def trusted(tmp_path: Path) -> Authorities:
    OURS.write(tmp_path / "ca.pem")
    return Authorities((str(tmp_path / "ca.pem"),))


def test_the_contents_are_by_path(pair: KeyPair, trusted: Authorities) -> None:
    files = read(pair) | read(trusted)
    assert files == {path: Path(path).read_bytes() for path in (*pair.files, *trusted.files)}


@pytest.mark.parametrize(
    ("broken", "content", "why"),
    [
        ("a.pem", None, "a.pem cannot be read: No such file or directory"),
        ("a.pem", b"no", "a.pem holds no certificate in PEM"),
        ("a.pem", b"", "a.pem holds no certificate in PEM"),
        ("a.key", b"no", "a.key holds no private key in PEM (it must be PKCS#8 "),
        ("b.pem", b"no", "b.pem holds no certificate in PEM"),
    ],
)
def test_files_that_are_none(
    tmp_path: Path, pair: KeyPair, broken: str, content: bytes | None, why: str
) -> None:
    OURS.write(tmp_path / "b.pem")
    chained = KeyPair(pair.cert, pair.key, str(tmp_path / "b.pem"))
    file = tmp_path / broken
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(BadCertificate) as error:
        read(chained)
    assert why in str(error.value)


def test_a_key_of_another_certificate(tmp_path: Path, pair: KeyPair) -> None:
    OURS.sign(tmp_path, "b", "b.test")
    with pytest.raises(BadCertificate, match=r"b\.key is not that of the certificate .*a\.pem"):
        read(KeyPair(pair.cert, str(tmp_path / "b.key")))


def test_the_authorities_of_the_system(
    tmp_path: Path, trusted: Authorities, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", trusted.files[0])
    assert read(Authorities()) == {SYSTEM: Path(trusted.files[0]).read_bytes()}
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    monkeypatch.setattr(certificates, "SYSTEM_BUNDLES", ())
    with pytest.raises(BadCertificate, match="install the package ca-certificates"):
        read(Authorities())


class Watched:
    """Certificates, and how often they changed."""

    def __init__(self, *wanted: KeyPair | Authorities) -> None:
        self.changes = 0
        self.certificates = Certificates(self._changed)
        self.certificates.use(wanted)

    def _changed(self) -> None:
        self.changes += 1

    def look(self) -> dict[str, bytes]:
        asyncio.run(self.certificates.look())
        return dict(self.certificates.files)


def test_a_renewed_pair_is_taken_once(tmp_path: Path, pair: KeyPair, trusted: Authorities) -> None:
    watched = Watched(pair, trusted)
    before = watched.look()
    assert watched.changes == 0
    OURS.sign(tmp_path, "a", "a.test")
    after = watched.look()
    watched.look()
    assert watched.changes == 1
    assert {path for path in after if after[path] != before[path]} == {pair.cert, pair.key}


def test_half_a_renewal_is_kept_back_and_told_once(
    tmp_path: Path, pair: KeyPair, caplog: pytest.LogCaptureFixture
) -> None:
    watched = Watched(pair)
    before = watched.look()
    old_key = Path(pair.key).read_bytes()
    OURS.sign(tmp_path, "a", "a.test")
    new_key = Path(pair.key).read_bytes()
    Path(pair.key).write_bytes(old_key)
    with caplog.at_level(logging.WARNING):
        assert watched.look() == before
        assert watched.look() == before
    (line,) = caplog.messages
    assert "the last good one stays" in line
    assert watched.changes == 0
    Path(pair.key).write_bytes(new_key)
    assert watched.look()[pair.key] == new_key
    assert watched.changes == 1


def test_a_file_written_again_with_the_same_content_is_no_change(pair: KeyPair) -> None:
    watched = Watched(pair)
    content = Path(pair.cert).read_bytes()
    Path(pair.cert).unlink()
    watched.look()
    Path(pair.cert).write_bytes(content)
    watched.look()
    assert watched.changes == 0


def test_what_cannot_be_used_leaves_those_before(tmp_path: Path, pair: KeyPair) -> None:
    watched = Watched(pair)
    before = watched.look()
    with pytest.raises(BadCertificate):
        watched.certificates.use([KeyPair(str(tmp_path / "none"), pair.key)])
    OURS.sign(tmp_path, "a", "a.test")
    assert watched.look() != before


@pytest.mark.parametrize(
    ("key", "taken"),
    [
        (rsa.generate_private_key(public_exponent=65537, key_size=1024), False),
        (rsa.generate_private_key(public_exponent=65537, key_size=2048), True),
        (ec.generate_private_key(ec.SECP224R1()), False),
        (ec.generate_private_key(ec.SECP384R1()), True),
        (ed25519.Ed25519PrivateKey.generate(), True),
    ],
    ids=["RSA of 1024 bits", "RSA of 2048 bits", "P-224", "P-384", "Ed25519"],
)
def test_keys_that_envoy_would_refuse(tmp_path: Path, pair: KeyPair, key: Any, taken: bool) -> None:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    Path(pair.key).write_bytes(pem)
    why = "is not that of the certificate" if taken else "is a key that Envoy does not take"
    with pytest.raises(BadCertificate, match=why):
        read(pair)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (-1, "begins on .* UTC: until then who checks it refuses it"),
        (0, ""),
        (2, "ended on .* UTC: who checks it refuses it, so renew it"),
    ],
)
def test_a_certificate_out_of_its_time_is_used_and_told(
    pair: KeyPair,
    days: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    then = datetime.now(UTC) + timedelta(days=days)
    monkeypatch.setattr(certificates, "_now", lambda: then)
    assert set(certificates.read(pair)) == {pair.cert, pair.key}
    told = "\n".join(caplog.messages)
    assert re.fullmatch(f"the certificate {pair.cert} {said}" if said else "", told)
