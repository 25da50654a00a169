"""The context of a ``tls`` section, and what its files are by now."""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path

import pytest
from tests.mesh.serve.authority import Authority

from clew.mesh.config.tls import ServerTls
from clew.mesh.serve.certificates import BadCertificate
from clew.mesh.serve.listener_tls import ListenerTls

OURS = Authority.new("ours")


def section(directory: Path, **options: object) -> ServerTls:
    OURS.sign(directory, "a", "a.test")
    pair = {"cert_path": str(directory / "a.pem"), "key_path": str(directory / "a.key")}
    return ServerTls(**{**pair, **options})  # type: ignore[arg-type]  # as the keys need


def meeting(server: ssl.SSLContext, client: ssl.SSLContext) -> ssl.SSLObject:
    """The client's side after a handshake that needs no network. Raises SSLError."""
    wires = ssl.MemoryBIO(), ssl.MemoryBIO()
    asks = client.wrap_bio(wires[0], wires[1], server_hostname="a.test")
    answers = server.wrap_bio(wires[1], wires[0], server_side=True)
    for _ in range(4):
        for side in (asks, answers):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    asks_said = asks.version()
    assert asks_said is not None
    return asks


def trusting(directory: Path) -> ssl.SSLContext:
    OURS.write(directory / "ca.pem")
    return ssl.create_default_context(cafile=str(directory / "ca.pem"))


def test_a_client_that_trusts_the_authority_is_met(tmp_path: Path) -> None:
    context = ListenerTls(section(tmp_path)).context
    assert meeting(context, trusting(tmp_path)).version() == "TLSv1.3"


@pytest.mark.parametrize(
    ("named", "chosen"),
    [
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"),
        ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"),
    ],
)
def test_ciphers_and_protocols_are_those_of_the_section(
    tmp_path: Path, named: str, chosen: str
) -> None:
    tls = section(tmp_path, ciphers=(named,), protocols=("TLSv1.2",))
    client = trusting(tmp_path)
    client.set_ciphers("DEFAULT")
    met = meeting(ListenerTls(tls).context, client)
    assert met.version() == "TLSv1.2"
    cipher = met.cipher()
    assert cipher is not None
    assert cipher[0] == chosen


def test_a_cipher_without_an_exchange_of_its_own() -> None:
    """Such a one needs an RSA key, so only its name is held."""
    from clew.mesh.serve.listener_tls import _openssl_name

    assert _openssl_name("TLS_RSA_WITH_AES_128_CBC_SHA") == "AES128-SHA"


def test_a_certificate_is_asked_for_as_the_section_says(tmp_path: Path) -> None:
    OURS.write(tmp_path / "ca.pem")
    trusted = {"ca_cert_path": str(tmp_path / "ca.pem")}
    modes = {
        required: ListenerTls(
            section(tmp_path, **trusted, require_client_auth=required)
        ).context.verify_mode
        for required in (False, True)
    }
    assert modes == {False: ssl.CERT_OPTIONAL, True: ssl.CERT_REQUIRED}
    assert ListenerTls(section(tmp_path)).context.verify_mode == ssl.CERT_NONE


def test_what_leads_to_the_authority_is_shown_too(tmp_path: Path) -> None:
    middle = OURS.below("middle")
    middle.write(tmp_path / "middle.pem")
    tls = section(tmp_path, intermediate_certs_path=str(tmp_path / "middle.pem"))
    middle.sign(tmp_path, "a", "a.test")
    assert meeting(ListenerTls(tls).context, trusting(tmp_path)).version() == "TLSv1.3"


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [("a.pem", None, "No such file"), ("a.key", "no", r"a\.key holds no private key in PEM")],
)
def test_files_that_cannot_be_used_are_named(
    tmp_path: Path, file: str, content: str | None, why: str
) -> None:
    tls = section(tmp_path)
    (tmp_path / file).unlink() if content is None else (tmp_path / file).write_text(content)
    with pytest.raises(BadCertificate, match=why):
        ListenerTls(tls)


def test_renewed_files_are_another_context_and_broken_ones_are_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tls = ListenerTls(section(tmp_path))
    first = tls.context

    async def look() -> bool:
        return await tls.look()

    assert not asyncio.run(look())
    (tmp_path / "a.pem").write_text("no")
    with caplog.at_level(logging.WARNING):
        assert not asyncio.run(look())
        assert not asyncio.run(look())
    assert tls.context is first
    (warning,) = caplog.messages
    assert warning.startswith("not renewed, the last good one stays: ")
    OURS.sign(tmp_path, "a", "a.test")
    assert asyncio.run(look())
    assert tls.context is not first
