from __future__ import annotations

import pytest
from tests.mesh.authority.worlds import root

from clew.mesh.authority.root import AuthorityError, read_roots, write_roots

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
