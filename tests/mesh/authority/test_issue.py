from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from tests.mesh.authority.worlds import DOMAIN, LIVES, NOW, key, root

from clew.mesh.authority.issue import Leaf, identity, new_leaf
from clew.mesh.authority.lives import DAY
from clew.mesh.authority.root import Root


def verified(leaf: Leaf, issuer: Root, at: float = NOW) -> list[str]:
    """The names in the leaf, if a third party accepts it."""
    policy = PolicyBuilder().store(Store([issuer.certificate]))
    verifier = policy.time(datetime.fromtimestamp(at, UTC)).build_client_verifier()
    subjects = verifier.verify(leaf.certificate, []).subjects
    return [each.value for each in subjects or [] if isinstance(each.value, str)]


def test_a_leaf_is_accepted_by_its_name_and_under_its_own_root_only() -> None:
    ours, theirs = root(), root()
    leaf = new_leaf(ours, key(), NOW, LIVES)
    assert verified(leaf, ours) == [identity(DOMAIN)] == ["spiffe://clew/mesh"]
    with pytest.raises(VerificationError):
        verified(leaf, theirs)


def test_a_leaf_lives_a_day_and_is_good_on_a_node_whose_clock_is_behind() -> None:
    ours = root(NOW - DAY)
    leaf = new_leaf(ours, key(), NOW, LIVES)
    assert (NOW - leaf.begins, leaf.ends - NOW) == (LIVES.skew, DAY)
    verified(leaf, ours, at=NOW - LIVES.skew)
    with pytest.raises(VerificationError):
        verified(leaf, ours, at=NOW + DAY + 1)


def test_a_leaf_is_within_the_life_of_its_root() -> None:
    ours = root()
    last = new_leaf(ours, key(), ours.ends - 10, LIVES)
    assert last.ends == ours.ends
    assert new_leaf(ours, key(), NOW, LIVES).begins == ours.begins


def test_a_leaf_signs_for_nobody() -> None:
    ours = root()
    leaf = new_leaf(ours, key(), NOW, LIVES)
    below = new_leaf(Root(leaf.certificate, leaf.key), key(), NOW, LIVES)
    policy = PolicyBuilder().store(Store([ours.certificate]))
    verifier = policy.time(datetime.fromtimestamp(NOW, UTC)).build_client_verifier()
    with pytest.raises(VerificationError):
        verifier.verify(below.certificate, [leaf.certificate])


def test_roots_are_told_apart_by_their_names() -> None:
    one, other = root().certificate, root().certificate
    assert one.subject == one.issuer != other.subject
    assert one.serial_number != other.serial_number
    usage = one.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_cert_sign
