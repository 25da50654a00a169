from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.mesh.authority.worlds import root

from clew.mesh.authority.root import AuthorityError, Root, read_roots, write_roots

PLACE = "authority.pem"


def test_roots_read_back_as_written_with_the_keys_that_sign_for_them() -> None:
    roots = (root(), root())
    read = read_roots(write_roots(roots), PLACE)
    assert read == roots
    for before, after in zip(roots, read, strict=True):
        assert after.key.private_numbers() == before.key.private_numbers()


def test_a_key_is_never_shown() -> None:
    assert "key" not in repr(root())


def test_text_around_the_blocks_and_keys_as_openssl_writes_them_are_taken() -> None:
    text = write_roots([root()])
    around = b"# of the mesh\r\n" + text.replace(b"\n-----END CERT", b"\r\n-----END CERT")
    assert len(read_roots(around, PLACE)) == 1


A, B = root(), root()
MIXED = A.pem + write_roots([B]).removeprefix(B.pem)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "holds 0 certificates and 0 keys"),
        (A.pem, "holds 1 certificates and 0 keys"),
        (write_roots([A])[:-30], "holds 1 certificates and 0 keys"),
        (
            A.pem + write_roots([B])[len(B.pem) :],
            "a key and the certificate before it do not match",
        ),
        (write_roots([A]).replace(b"MII", b"AAA", 1), "that cannot be read"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_place(text: bytes, what: str) -> None:
    with pytest.raises(AuthorityError) as told:
        read_roots(text, PLACE)
    assert str(told.value).startswith(PLACE)
    assert what in str(told.value)


def der(root: Root) -> bytes:
    return root.certificate.public_bytes(Encoding.DER)


def pem(certificate: bytes) -> bytes:
    lines = base64.encodebytes(certificate)
    return b"-----BEGIN CERTIFICATE-----\n" + lines + b"-----END CERTIFICATE-----\n"


KEY_OF_A = write_roots([A]).removeprefix(A.pem)


@given(at=st.integers(0, len(der(A)) - 1), byte=st.integers(0, 255))
def test_a_damaged_certificate_is_refused(at: int, byte: int) -> None:
    damaged = bytearray(der(A))
    assume(damaged[at] != byte)
    damaged[at] = byte
    with pytest.raises(AuthorityError, match=PLACE):
        read_roots(pem(bytes(damaged)) + KEY_OF_A, PLACE)


@given(st.binary() | st.lists(st.sampled_from([A.pem, KEY_OF_A, B.pem, b"x"])).map(b"".join))
def test_any_text_is_read_or_refused(text: bytes) -> None:
    with suppress(AuthorityError):
        assert set(read_roots(text, PLACE)) <= {A, B}
