"""The way to the API server: a proxy, the account of this pod, or a kubeconfig."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from clew.errors import ClewError
from clew.mesh.namers.k8s.kubeconfig import read_kubeconfig

log = logging.getLogger(__name__)

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where Kubernetes puts a pod's credentials; it renews the token in place."""
PROBE_SECONDS = 1.0
"""What answers on this machine does so sooner."""

_HERE = ("localhost", "127.0.0.1", "::1")


class AccessError(ClewError):
    """No way to the API server."""


@dataclass(frozen=True, slots=True)
class Access:
    """A way to the API server."""

    url: str
    """Without a path."""
    tls: ssl.SSLContext | None = None
    """None for plain HTTP."""
    token_file: Path | None = None
    """Read again for every request, because tokens are renewed in place."""
    token: str = ""
    """Instead of a file; empty for none."""

    def headers(self) -> dict[str, str]:
        """Raises OSError when the token's file cannot be read."""
        token = self.token_file.read_text().strip() if self.token_file else self.token
        return {"authorization": f"Bearer {token}"} if token else {}


def find_access(
    host: str, port: int, environment: Mapping[str, str], account: Path = ACCOUNT
) -> Access:
    """The proxy that a linker file names, or what is there in its place where that is gone.

    Blocks for up to a second. Raises AccessError for credentials that make no sense.
    """
    proxy = Access(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    if host not in _HERE or _answers(host, port):
        return proxy
    try:
        if "KUBERNETES_SERVICE_HOST" in environment and (account / "token").is_file():
            _tell_once(f"nothing answers at {host}:{port}; the account of this pod is used")
            return _in_cluster(environment, account)
        file = _kubeconfig(environment)
        if file is not None:
            _tell_once(f"nothing answers at {host}:{port}; {file} is used")
            url, tls, token_file, token = read_kubeconfig(file)
            return Access(url, tls, token_file, token)
    except OSError as error:
        raise AccessError(
            f"credentials for Kubernetes cannot be read: {error}",
            "look at the mounted service account, or at KUBECONFIG",
        ) from error
    return proxy


@cache
def _tell_once(what: str) -> None:
    """A way is looked for by every watch, and again whenever the server does not answer."""
    log.info(what)


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), PROBE_SECONDS).close()
    except OSError:
        return False
    return True


def _in_cluster(environment: Mapping[str, str], account: Path) -> Access:
    host = environment["KUBERNETES_SERVICE_HOST"]
    port = environment.get("KUBERNETES_SERVICE_PORT", "443")
    return Access(
        f"https://{f'[{host}]' if ':' in host else host}:{port}",
        ssl.create_default_context(cafile=str(account / "ca.crt")),
        account / "token",
    )


def _kubeconfig(environment: Mapping[str, str]) -> Path | None:
    if named := environment.get("KUBECONFIG"):
        # of several files the first that exists; they are not merged
        candidates = [Path(each) for each in named.split(":") if each]
    else:
        candidates = [Path(environment.get("HOME", "/nonexistent"), ".kube", "config")]
    return next((file for file in candidates if file.is_file()), None)
