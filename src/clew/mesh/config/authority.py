"""``authority``: where meshes keep what they trust each other by, for ``tls: auto``."""

from __future__ import annotations

import re
from typing import Annotated

from clew.mesh.config.section import DefaultKind, KindSection, KubernetesName, Port, Rule

SECRET = "clew-authority"
"""The name of the Secret in Kubernetes."""

_TRUST_DOMAIN = re.compile(r"[a-z0-9._-]{1,200}")

TrustDomain = Annotated[
    str,
    Rule(
        lambda text: _TRUST_DOMAIN.fullmatch(text) is not None,
        "a trust domain: lower-case letters, digits, '.', '-' and '_'",
    ),
]


class DirectoryAuthority(KindSection, frozen=True, kw_only=True, tag="io.clew.fs"):
    """A directory that all meshes share. The first that starts makes it, and an authority in it."""

    dir: str | None = None
    """Only its owner may read it. None is ``$XDG_DATA_HOME/clew/authority``, or
    ``~/.local/share/clew/authority``."""
    trust_domain: TrustDomain = "clew"
    """Of the name that meshes have in their certificates, ``spiffe://<trust domain>/mesh``."""


class SecretAuthority(KindSection, frozen=True, kw_only=True, tag="io.clew.k8s"):
    """The Secret ``clew-authority``. The first mesh that starts fills it, or makes it if it may;
    the account must have the right to get, list, watch and update it."""

    host: str = "localhost"
    """A ``kubectl proxy``. Where none answers on this machine, the account of the pod is used,
    else a kubeconfig."""
    port: Port = 8001
    namespace: KubernetesName = "default"
    """Of the Secret."""
    trust_domain: TrustDomain = "clew"
    """Of the name that meshes have in their certificates, ``spiffe://<trust domain>/mesh``."""


Authority = Annotated[DirectoryAuthority | SecretAuthority, DefaultKind("io.clew.fs")]
