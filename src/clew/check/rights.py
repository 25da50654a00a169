"""What the mesh must be allowed to read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clew.check.finding import Finding, ok, problem

GROUP = "/apis/authorization.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class Right:
    """One verb on one kind of object."""

    group: str
    """Empty for the core group."""
    resource: str
    verb: str

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}"


NEEDED: Sequence[Right] = [
    Right(group, resource, verb)
    for group, resource in (("discovery.k8s.io", "endpointslices"), ("", "services"))
    for verb in ("list", "watch")
]
"""As ``clew install mesh`` grants them."""


def review(right: Right, namespace: str, user: str = "") -> tuple[str, Mapping[str, Any]]:
    """Path and body of the question whether ``user``, or else whoever asks, has this right."""
    kind = "SubjectAccessReview" if user else "SelfSubjectAccessReview"
    attributes = {
        "namespace": namespace,
        "group": right.group,
        "resource": right.resource,
        "verb": right.verb,
    }
    spec: dict[str, Any] = {"resourceAttributes": attributes}
    if user:
        account = user.rpartition(":")[0].replace("serviceaccount", "serviceaccounts")
        spec |= {"user": user, "groups": ["system:serviceaccounts", account]}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
    return f"{GROUP}/{kind.lower()}s", body


def account(namespace: str, name: str) -> str:
    """The user that a ServiceAccount is."""
    return f"system:serviceaccount:{namespace}:{name}"


def finding(answers: Mapping[Right, bool], namespace: str, who: str) -> Finding:
    """``who``: of whom it was asked, in words."""
    missing = [str(right) for right, allowed in answers.items() if not allowed]
    if missing:
        return problem(
            "rights",
            f"{who} may not {', '.join(missing)} in namespace {namespace}",
            f"clew install mesh --namespace {namespace} prints the Role and RoleBinding",
        )
    return ok("rights", f"{who} may list and watch endpointslices and services in {namespace}")
