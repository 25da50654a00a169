from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from cryptography import x509
from tests.mesh.authority.worlds import DOMAIN, LIVES, NOW, root
from tests.mesh.namers.watching import eventually

from clew.mesh.authority.lives import DAY, Lives
from clew.mesh.authority.root import AuthorityError, write_roots
from clew.mesh.serve.identity import Identity
from clew.mesh.serve.root_store import Stored
from clew.mesh.xds.secrets import TlsCertificate, ValidationContext
from clew.mesh.xds.tls import OWN_AUTHORITIES, OWN_CERTIFICATE


@dataclass
class Kept:
    """A store in memory, for all meshes of a test."""

    text: bytes | None = None
    version: int = 0
    broken: str = ""
    """Why it cannot be read."""
    locked: str = ""
    """Why it cannot be written."""
    faster: bytes | None = None
    """What another mesh writes between our reading and writing."""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    place: str = "memory"

    def put(self, text: bytes | None) -> None:
        self.text, self.version = text, self.version + 1
        self.news.set()

    async def read(self) -> Stored | None:
        if self.broken:
            raise AuthorityError(self.broken)
        return None if self.text is None else Stored(self.text, str(self.version))

    async def write(self, text: bytes, before: Stored | None) -> None:
        if self.locked:
            raise AuthorityError(self.locked)
        if self.faster is not None:
            self.put(self.faster)
            self.faster = None
        if await self.read() == before:
            self.put(text)

    async def changed(self) -> None:
        await self.news.wait()
        self.news.clear()

    async def stop(self) -> None:
        pass


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


def mesh(kept: Kept, clock: Clock, lives: Lives = LIVES) -> Identity:
    return Identity(kept, DOMAIN, lives, clock)


def leaf(identity: Identity) -> x509.Certificate:
    content = identity.secrets[OWN_CERTIFICATE]
    assert isinstance(content, TlsCertificate)
    return x509.load_pem_x509_certificate(content.chain)


def trusted(identity: Identity) -> list[x509.Certificate]:
    content = identity.secrets[OWN_AUTHORITIES]
    assert isinstance(content, ValidationContext)
    assert content.uri == "spiffe://clew/mesh"
    return x509.load_pem_x509_certificates(content.trusted_ca)


def accepts(one: Identity, other: Identity) -> bool:
    issuer = leaf(other).issuer
    return issuer in [each.subject for each in trusted(one)]


def test_the_first_mesh_makes_an_authority_and_the_next_uses_it() -> None:
    kept, clock = Kept(), Clock()
    one, other = mesh(kept, clock), mesh(kept, clock)
    assert one.secrets == {}

    async def scene() -> None:
        await one.advance()
        await other.advance()

    asyncio.run(scene())
    assert kept.version == 1
    assert trusted(one) == trusted(other)
    assert accepts(one, other)
    assert accepts(other, one)
    assert leaf(one) != leaf(other)


def test_who_is_second_takes_what_the_first_wrote() -> None:
    ours = root()
    kept = Kept(faster=write_roots([ours]))
    late = mesh(kept, Clock())
    asyncio.run(late.advance())
    assert trusted(late) == [ours.certificate]
    assert leaf(late).issuer == ours.certificate.subject


def test_a_leaf_stays_until_half_of_its_life_and_then_another_comes() -> None:
    kept, clock = Kept(), Clock()
    identity = mesh(kept, clock)

    async def scene() -> None:
        await identity.advance()
        first = leaf(identity)
        clock.now += DAY / 2 - 1
        await identity.advance()
        assert leaf(identity) == first
        clock.now += 1
        await identity.advance()
        assert leaf(identity) != first
        assert identity.leaf_ends == clock.now + DAY

    asyncio.run(scene())
    assert kept.version == 1


def test_a_store_that_is_broken_leaves_what_was_known_in_use() -> None:
    kept, clock = Kept(), Clock()
    identity = mesh(kept, clock)

    async def scene() -> None:
        await identity.advance()
        before = identity.secrets
        for broken in (b"nonsense", write_roots([root()])[:-40]):
            kept.put(broken)
            with pytest.raises(AuthorityError, match="memory holds"):
                await identity.advance()
            assert identity.secrets == before

    asyncio.run(scene())


def test_while_the_store_is_away_the_leaf_is_renewed_all_the_same() -> None:
    kept, clock = Kept(), Clock()
    identity = mesh(kept, clock)

    async def scene() -> None:
        await identity.advance()
        first, roots = leaf(identity), trusted(identity)
        kept.broken = "it is away"
        clock.now += DAY / 2
        with pytest.raises(AuthorityError, match="it is away"):
            await identity.advance()
        assert leaf(identity) != first
        assert trusted(identity) == roots

    asyncio.run(scene())


def test_when_no_next_root_can_be_written_the_old_one_goes_on_until_it_ends() -> None:
    old = root()
    kept, clock = Kept(write_roots([old]), locked="no right"), Clock(old.ends - 2 * DAY)
    identity = mesh(kept, clock)

    async def scene() -> None:
        with pytest.raises(AuthorityError, match="no right"):
            await identity.advance()
        assert leaf(identity).issuer == old.certificate.subject
        clock.now = old.ends
        with pytest.raises(AuthorityError, match="no right"):
            await identity.advance()

    asyncio.run(scene())


def test_after_a_year_without_any_mesh_there_is_a_new_root_and_the_log_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    old = root()
    identity = mesh(Kept(write_roots([old])), Clock(old.ends + DAY))
    asyncio.run(identity.advance())
    assert leaf(identity).issuer != old.certificate.subject
    assert "every root in memory has ended" in caplog.text


def test_a_clock_before_the_authority_begins_is_told() -> None:
    identity = mesh(Kept(write_roots([root()])), Clock(NOW - DAY))
    with pytest.raises(AuthorityError, match=r"the clock of this node .* \(set the clock"):
        asyncio.run(identity.advance())


def test_a_deleted_authority_that_cannot_be_made_again_stays_in_use() -> None:
    kept, clock = Kept(), Clock()
    identity = mesh(kept, clock)

    async def scene() -> None:
        await identity.advance()
        before, trusted_before = identity.secrets, trusted(identity)
        kept.put(b"")
        kept.locked = "no right"
        for _ in range(2):
            with pytest.raises(AuthorityError, match="no right"):
                await identity.advance()
            assert identity.secrets == before
        kept.locked = ""
        await identity.advance()
        assert trusted(identity) != trusted_before

    asyncio.run(scene())


def test_a_deleted_authority_is_followed_by_a_new_one_at_once() -> None:
    kept, clock = Kept(), Clock()
    one, other = mesh(kept, clock), mesh(kept, clock)

    async def scene() -> None:
        await one.advance()
        await other.advance()
        before = leaf(one)
        kept.put(None)
        await one.advance()
        await other.advance()
        assert leaf(one).issuer != before.issuer
        assert accepts(one, other)

    asyncio.run(scene())


def test_what_happens_to_the_store_comes_through_while_it_is_followed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kept, clock = Kept(), Clock()
    identity = mesh(kept, clock)
    changes: list[int] = []

    async def scene() -> None:
        await identity.advance()
        task = asyncio.create_task(identity.follow(lambda: changes.append(1)))
        kept.broken = "it is away"
        kept.news.set()
        await eventually(lambda: identity.document()["trouble"] == "it is away")
        kept.broken = ""
        kept.put(write_roots([root()]))
        await eventually(lambda: identity.document()["trouble"] == "")
        task.cancel()

    asyncio.run(scene())
    assert changes == [1]
    assert "it is away; what was known of the authority stays in use" in caplog.text


def test_a_fault_of_our_own_does_not_end_the_renewal(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("clew.mesh.serve.identity.RETRY_SECONDS", 0.01)
    kept, clock = Kept(), Clock()
    identity = mesh(kept, clock)

    async def scene() -> None:
        await identity.advance()
        first = leaf(identity)
        read = kept.read
        monkeypatch.setattr(kept, "read", lambda: 1 / 0)
        task = asyncio.create_task(identity.follow(lambda: None))
        kept.news.set()
        await eventually(lambda: "fault" in identity.document()["trouble"])
        monkeypatch.setattr(kept, "read", read)
        clock.now += DAY / 2
        await eventually(lambda: leaf(identity) != first)
        await eventually(lambda: identity.document()["trouble"] == "")
        task.cancel()

    asyncio.run(scene())
    assert "ZeroDivisionError" in caplog.text


def test_operators_are_told_all_but_the_keys() -> None:
    kept, clock = Kept(), Clock()
    identity = mesh(kept, clock)
    assert identity.document()["leaf"] is None
    asyncio.run(identity.advance())
    document = identity.document()
    (shown,) = document["roots"]
    assert document["trust_domain"] == DOMAIN
    assert (shown["trusted"], shown["signs"]) == (True, True)
    assert shown["ends"] == round((NOW + LIVES.root) * 1000)
    assert document["leaf"]["issuer"] == shown["serial"]
    assert document["leaf"]["renewal"] == round((NOW + DAY / 2) * 1000)
    assert "KEY" not in str(document)
