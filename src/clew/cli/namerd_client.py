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


class BadFiles(ClewError):
    """The files of authorities, of a certificate or of its key cannot be used."""


class Refused(ClewError):
    """namerd answers that it will not."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Versioned:
    """What a namespace holds."""

    dtab: Dtab
    version: str


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """How an https URL is asked."""

    ca: str | None = None
    """The authorities to trust; None is the system's."""
    cert: str | None = None
    """The certificate to show, and perhaps its key; None shows none."""
    key: str | None = None
    """Its key; None when that is in the same file."""

    def context(self) -> ssl.SSLContext:
        """Raises BadFiles."""
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.cert is not None:
                context.load_cert_chain(self.cert, self.key)
        except OSError as error:
            named = ", ".join(filter(None, (self.ca, self.cert, self.key)))
            why = error.strerror or error
            raise BadFiles(f"{named}: cannot be used for https: {why}", "they are PEM") from error
        return context


class NamerdClient:
    """Every method raises NamerdAway or Refused."""

    def __init__(self, base_url: str, files: TlsFiles) -> None:
        """``files`` are for an https URL. Raises BadFiles."""
        self._base = f"{base_url.rstrip('/')}/api/1/dtabs"
        self._verify = files.context() if base_url.startswith("https:") else False

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
