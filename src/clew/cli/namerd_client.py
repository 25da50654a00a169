"""A namerd's dtabs, asked and changed over HTTP."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx

from clew.errors import ClewError

if TYPE_CHECKING:
    from clew.mesh.naming.dtab import Dtab

SECONDS = 10.0
"""For one answer."""


class NamerdAway(ClewError):
    """Nobody answers at the base URL, or somebody else does."""


class NotTrusted(ClewError):
    """The file of authorities cannot be used."""


class Refused(ClewError):
    """namerd answers that it will not."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Versioned:
    """What a namespace holds."""

    dtab: Dtab
    version: str


class NamerdClient:
    """Every method raises NamerdAway or Refused."""

    def __init__(self, base_url: str, ca: str | None = None) -> None:
        """``ca`` is a file with the authorities to trust for https; None trusts the system's.

        Raises NotTrusted.
        """
        self._base = f"{base_url.rstrip('/')}/api/1/dtabs"
        try:
            secure = base_url.startswith("https:")
            self._verify = ssl.create_default_context(cafile=ca) if secure else False
        except OSError as error:
            raise NotTrusted(f"{ca}: no certificates in PEM: {error.strerror or error}") from error

    def list(self) -> list[str]:
        """The namespaces."""
        names = json.loads(self._ask("GET", self._base).text)
        return [str(name) for name in names]

    def get(self, namespace: str) -> Versioned:
        """One that is there."""
        from clew.mesh.naming.dtab import Dtab

        answer = self._ask("GET", self._url(namespace), {"accept": "application/dtab"})
        return Versioned(Dtab.read(answer.text.rstrip("\n")), answer.headers.get("etag", ""))

    def create(self, namespace: str, dtab: Dtab) -> None:
        """One that is not there."""
        self._send("POST", namespace, dtab, None)

    def put(self, namespace: str, dtab: Dtab, version: str | None) -> None:
        """One that has this version; with None whatever is there, also nothing."""
        self._send("PUT", namespace, dtab, version)

    def delete(self, namespace: str) -> None:
        """One that is there."""
        self._ask("DELETE", self._url(namespace))

    def _send(self, method: str, namespace: str, dtab: Dtab, version: str | None) -> None:
        headers = {"content-type": "application/dtab"}
        if version is not None:
            headers["if-match"] = version
        self._ask(method, self._url(namespace), headers, dtab.exact)

    def _url(self, namespace: str) -> str:
        return f"{self._base}/{quote(namespace, safe='')}"

    def _ask(
        self, method: str, url: str, headers: dict[str, str] | None = None, body: str | None = None
    ) -> httpx.Response:
        try:
            # a proxy of the environment is, in a mesh, the mesh
            answer = httpx.request(
                method,
                url,
                headers=headers,
                content=body,
                timeout=SECONDS,
                trust_env=False,
                verify=self._verify,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NamerdAway(
                f"{url}: {str(error) or type(error).__name__}",
                "is namerd there, and trusted? --base-url or NAMERCTL_BASE_URL says where it is, "
                "--ca who has signed its certificate",
            ) from error
        if answer.is_success:
            return answer
        why = answer.text.strip() or answer.reason_phrase
        if answer.is_client_error:
            raise Refused(f"{url}: {answer.status_code}: {why}")
        raise NamerdAway(f"{url}: {answer.status_code}: {why}", "see the log of namerd")
