"""Roots and leaves at the times of a test."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec

from clew.mesh.authority.issue import new_root
from clew.mesh.authority.lives import Lives
from clew.mesh.authority.root import Root

NOW = 1_800_000_000.0
DOMAIN = "clew"
LIVES = Lives()
SHORT = Lives(root=3000, leaf=100, settle=100, skew=5)


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def root(created: float = NOW, lives: Lives = LIVES, domain: str = DOMAIN) -> Root:
    return new_root(key(), created, lives, domain)
