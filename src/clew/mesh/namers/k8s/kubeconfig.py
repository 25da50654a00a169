"""The file by which ``kubectl`` finds a cluster."""

from __future__ import annotations

import base64
import os
import ssl
import tempfile
from pathlib import Path
from typing import Any

import yaml

from clew.errors import ClewError

_Section = dict[str, Any]


class KubeconfigError(ClewError):
    """A kubeconfig that cannot be used."""


def read_kubeconfig(file: Path) -> tuple[str, ssl.SSLContext | None, Path | None, str]:
    """URL, TLS, token file and token of the current context. Raises KubeconfigError, OSError."""
    try:
        config = yaml.safe_load(file.read_text()) or {}
        if not config.get("current-context"):
            raise _unusable(file, "no context is chosen", "choose one: kubectl config use-context")
        context = _named(config, "contexts", config["current-context"])["context"]
        cluster = _named(config, "clusters", context["cluster"])["cluster"]
        user = _named(config, "users", context["user"])["user"] or {}
        url = str(cluster["server"]).rstrip("/")
        tls = _tls(file.parent, cluster, user) if url.startswith("https:") else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise _unusable(file, f"line {mark.line + 1 if mark else 1}: {error.problem}") from error
    except KeyError as error:
        raise _unusable(file, f"{error} is missing") from error
    except (yaml.YAMLError, ValueError) as error:
        raise _unusable(file, str(error)) from error
    except (AttributeError, TypeError) as error:
        raise _unusable(file, "its parts are not those of one") from error
    if "exec" in user or "auth-provider" in user:
        raise KubeconfigError(
            f"{file}: the user gets its credentials from a program, which clew does not start",
            "run: kubectl proxy --port=8001",
        )
    token_file = user.get("tokenFile")
    return url, tls, file.parent / token_file if token_file else None, str(user.get("token", ""))


def _unusable(
    file: Path, why: str, hint: str = "kubectl config view shows what kubectl makes of it"
) -> KubeconfigError:
    return KubeconfigError(f"{file} is no usable kubeconfig: {why}", hint)


def _named(config: _Section, section: str, name: str) -> _Section:
    """Raises ValueError where there is none."""
    for each in config.get(section) or ():
        if each["name"] == name:
            found: _Section = each
            return found
    raise ValueError(f"{section} has none named '{name}'")


def _tls(directory: Path, cluster: _Section, user: _Section) -> ssl.SSLContext:
    authority = _content(directory, cluster, "certificate-authority")
    tls = ssl.create_default_context(cadata=authority.decode() if authority else None)
    if cluster.get("insecure-skip-tls-verify"):
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    certificate = _content(directory, user, "client-certificate")
    key = _content(directory, user, "client-key")
    if certificate and key:
        # OpenSSL reads client certificates from files only
        descriptor, name = tempfile.mkstemp(prefix="clew-client-")
        try:
            with os.fdopen(descriptor, "wb") as both:
                both.write(certificate + b"\n" + key)
            tls.load_cert_chain(name)
        finally:
            os.unlink(name)
    return tls


def _content(directory: Path, section: _Section, key: str) -> bytes:
    """What stands in the file, or in the base64 of ``<key>-data``; empty for neither."""
    if data := section.get(f"{key}-data"):
        return base64.b64decode("".join(str(data).split()), validate=True)
    if name := section.get(key):
        return (directory / str(name)).read_bytes()
    return b""
