"""The API server, asked for what the checks look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
import msgspec

from clew.check import rights
from clew.check.objects import ObjectList, Review, Version
from clew.errors import ClewError
from clew.mesh.namers.k8s.access import Access
from clew.mesh.namers.k8s.messages import refusal
from clew.mesh.namers.k8s.rights import Right

SECONDS = 5.0
"""For one answer."""

_OTHER_AUTHORITY = (
    "it is another server than the credentials are for, or certificate-authority of the kubeconfig "
    "is not of this one"
)
_NOT_KNOWN = "the token or certificate has expired, or is for another cluster: log in again"

T = TypeVar("T")


class ClusterAway(ClewError):
    """Nobody answers."""

    exit_code = 1


class NoApiServer(ClewError):
    """Somebody answers, who is no API server."""

    exit_code = 1


class NotAllowed(ClewError):
    """The API server answers, but not with what it was asked for."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Greeting:
    """The first answer."""

    version: str
    date: str
    """The Date header; empty for none."""
    before: datetime
    after: datetime
    """When it was asked, and when it had answered, by this machine's clock."""


class Cluster:
    """Every method raises ClusterAway, NoApiServer or NotAllowed."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def greet(self) -> Greeting:
        """Ask for its version, which everybody may know."""
        before = datetime.now(UTC)
        answer = self._ask("GET", "/version")
        after = datetime.now(UTC)
        version = _read(answer, Version).git_version
        return Greeting(version, answer.headers.get("date", ""), before, after)

    def list(self, path: str, of: type[T], labels: str = "") -> Sequence[T]:
        """The objects of a collection, perhaps those with these labels."""
        query = {"labelSelector": labels} if labels else {}
        answer = self._ask("GET", path, params=query)
        return _read(answer, ObjectList[of]).items or ()  # type: ignore[valid-type]  # msgspec reads it

    def lacking(self, right: Right, user: str = "") -> Sequence[str]:
        """The verbs of it that ``user``, or else we, have no right to."""
        return [verb for verb in right.verbs if not self._may(right, verb, user)]

    def _may(self, right: Right, verb: str, user: str) -> bool:
        path, body = rights.review(right, verb, user)
        return _read(self._ask("POST", path, json=body), Review).status.allowed

    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **request)
        except (httpx.HTTPError, OSError) as error:
            why = str(error) or type(error).__name__
            at = str(self._client.base_url).rstrip("/")
            hint = _OTHER_AUTHORITY if "CERTIFICATE_VERIFY_FAILED" in why else ""
            raise ClusterAway(f"the API server at {at} does not answer: {why}", hint) from error
        if not answer.is_success:
            said = refusal(answer.content)
            hint = _NOT_KNOWN if answer.status_code == httpx.codes.UNAUTHORIZED else ""
            raise NotAllowed(f"the API server answers {answer.status_code} to {path}: {said}", hint)
        return answer


@contextmanager
def connected(access: Access) -> Iterator[Cluster]:
    """The cluster that this is the way to. Raises OSError for a token that cannot be read."""
    with httpx.Client(
        base_url=access.url,
        verify=access.tls or False,
        headers=access.headers(),
        trust_env=False,
        timeout=SECONDS,
    ) as client:
        yield Cluster(client)


def _read(answer: httpx.Response, type: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.content, type=type)
    except msgspec.MsgspecError as error:
        raise NoApiServer(f"{answer.url} is not what an API server answers: {error}") from error
