"""The certificate of this mesh and whom it trusts, kept renewed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from clew.mesh.authority.issue import Leaf, identity, new_leaf, new_root
from clew.mesh.authority.lives import Lives
from clew.mesh.authority.plan import (
    check,
    leaf_is_due,
    next_step,
    renewal,
    root_is_due,
    signer,
    trusted,
    with_root,
)
from clew.mesh.authority.root import AuthorityError, Root, read_roots, write_roots
from clew.mesh.serve.root_store import RootStore, Stored
from clew.mesh.xds.secrets import SecretContent, TlsCertificate, ValidationContext
from clew.mesh.xds.tls import OWN_AUTHORITIES, OWN_CERTIFICATE

log = logging.getLogger(__name__)

RETRY_SECONDS = 2.0
"""After which a store that failed is asked again."""
SHORTEST_SECONDS, LONGEST_SECONDS = 0.1, 60.0
"""Between two looks at the clock, which may be set, or have stood still with the machine."""

Clock = Callable[[], float]
"""Seconds since the epoch."""


class Identity:
    """Of one authority."""

    def __init__(
        self,
        store: RootStore,
        trust_domain: str,
        lives: Lives = Lives(),  # noqa: B008 (frozen)
        clock: Clock = time.time,
    ) -> None:
        self._store = store
        self._trust_domain = trust_domain
        self._lives = lives
        self._clock = clock
        self._stored: Stored | None = None
        self._roots: tuple[Root, ...] = ()
        self._leaf: Leaf | None = None
        self._trouble = ""

    @property
    def secrets(self) -> Mapping[str, SecretContent]:
        """For Envoy, by name; none before there is a certificate."""
        if self._leaf is None:
            return {}
        # Envoy takes no empty list; who has ended is refused all the same
        roots = trusted(self._roots, self._clock()) or self._roots
        return {
            OWN_CERTIFICATE: TlsCertificate(self._leaf.pem, self._leaf.key_pem),
            OWN_AUTHORITIES: ValidationContext(
                b"".join(root.pem for root in roots), identity(self._trust_domain)
            ),
        }

    @property
    def leaf_ends(self) -> float | None:
        """Seconds since the epoch; None before there is a certificate."""
        return None if self._leaf is None else self._leaf.ends

    @property
    def root_ends(self) -> float | None:
        """That of the last root that is trusted; None before one is known."""
        return max((root.ends for root in self._roots), default=None)

    async def advance(self) -> None:
        """Do what is due, as far as it can be done. Raises AuthorityError for what cannot; what
        there was before stays in use."""
        now = self._clock()
        trouble: AuthorityError | None = None
        try:
            await self._look(now)
        except AuthorityError as error:
            trouble = error
        issuer = signer(self._roots, now, self._lives)
        if issuer is None:
            raise trouble or AuthorityError(
                f"{self._store.place} holds no root that is valid now", "delete it for a new one"
            )
        if leaf_is_due(self._leaf, self._roots, now):
            key = await asyncio.to_thread(_new_key)
            self._leaf = new_leaf(issuer, key, now, self._lives)
        if trouble is not None:
            raise trouble

    async def follow(self, on_change: Callable[[], None]) -> None:
        """Do what is due whenever it is, for ever. Begins with a pause."""
        shown = self.secrets
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._store.changed()
            try:
                await self.advance()
                self.tell("")
            except AuthorityError as error:
                self.tell(str(error))
            except Exception:
                # a fault of ours must not end the renewal
                log.exception("the authority could not be looked after, and is tried again")
                self._trouble = "a fault of clew's own, which the log tells"
            if (now := self.secrets) != shown:
                shown = now
                on_change()

    def tell(self, trouble: str) -> None:
        """What is wrong, or the empty text. In the log, once."""
        if trouble and trouble != self._trouble:
            then = (
                "until then no server or client with tls: auto works"
                if self._leaf is None
                else "what was known of the authority stays in use"
            )
            log.error("%s; %s", trouble, then)
        elif self._trouble and not trouble:
            log.info("the authority in %s can be used again", self._store.place)
        self._trouble = trouble

    async def stop(self) -> None:
        """It is not used any more."""
        await self._store.stop()

    def document(self) -> Mapping[str, Any]:
        """For operators; the values are explained in docs/tls.md. Never a key."""
        now = self._clock()
        signs = signer(self._roots, now, self._lives)
        return {
            "trust_domain": self._trust_domain,
            "identity": identity(self._trust_domain),
            "place": self._store.place,
            "roots": [
                {
                    "serial": f"{root.certificate.serial_number:x}",
                    "begins": _millis(root.begins),
                    "ends": _millis(root.ends),
                    "trusted": now < root.ends,
                    "signs": root == signs,
                }
                for root in self._roots
            ],
            "leaf": None
            if self._leaf is None
            else {
                "serial": f"{self._leaf.certificate.serial_number:x}",
                "issuer": f"{self._leaf.issuer.certificate.serial_number:x}",
                "ends": _millis(self._leaf.ends),
                "renewal": _millis(renewal(self._leaf)),
            },
            "trouble": self._trouble,
        }

    async def _look(self, now: float) -> None:
        """Take the roots as they are kept by now, with another one when that is due."""
        kept = await self._read(now)
        if not root_is_due(kept, now):
            self._roots = kept
            return
        # with none kept those that were known stay, until there is another
        self._roots = kept or self._roots
        if kept and not trusted(kept, now):
            log.warning("every root in %s has ended, so there is a new one", self._store.place)
        key = await asyncio.to_thread(_new_key)
        root = new_root(key, now, self._lives, self._trust_domain)
        await self._store.write(write_roots(with_root(kept, root, now)), self._stored)
        # what another mesh has written, if it was faster
        self._roots = await self._read(now) or self._roots

    async def _read(self, now: float) -> tuple[Root, ...]:
        stored = await self._store.read()
        kept = () if stored is None else self._kept(stored)
        check(kept, now, self._trust_domain, self._store.place)
        self._stored = stored
        return kept

    def _kept(self, stored: Stored) -> tuple[Root, ...]:
        if not stored.text:
            return ()
        if stored == self._stored:
            return self._roots
        return read_roots(stored.text, self._store.place)

    def _pause(self) -> float:
        if self._leaf is None or self._trouble:
            return RETRY_SECONDS
        now = self._clock()
        pause = next_step(self._leaf, self._roots, now) - now
        return max(SHORTEST_SECONDS, min(LONGEST_SECONDS, pause))


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _millis(seconds: float) -> int:
    return round(seconds * 1000)
