"""Whether the mesh is allowed to read what it needs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clew.check.finding import Finding, ok, problem
from clew.mesh.namers.k8s.rights import Right

GROUP = "/apis/authorization.k8s.io/v1"


def review(right: Right, verb: str, user: str = "") -> tuple[str, Mapping[str, Any]]:
    """Path and body of the question whether ``user``, or else whoever asks, may do that."""
    kind = "SubjectAccessReview" if user else "SelfSubjectAccessReview"
    attributes = {
        "group": right.group,
        "resource": right.resource,
        "verb": verb,
        # left out they stand for all
        **({"namespace": right.namespace} if right.namespace else {}),
        **({"name": right.name} if right.name else {}),
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


def findings(
    missing: Mapping[Right, Sequence[str]], who: str, printed_by: str
) -> Iterator[Finding]:
    """``missing``: the verbs of each right that are not granted. ``who``: of whom, in words.

    ``printed_by`` is the command that prints them; empty for none.
    """
    for right, verbs in missing.items():
        if verbs:
            yield problem(
                "rights", f"{who} may not {_deed(right, verbs)}", _advice(right, printed_by)
            )
    granted = [right for right, verbs in missing.items() if not verbs]
    by_deed: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for right in granted:
        by_deed.setdefault((right.verbs, right.where), []).append(_named(right))
    for (verbs, where), things in by_deed.items():
        yield ok("rights", f"{who} may {_and(verbs)} {_and(things)} in {where}")


def _deed(right: Right, verbs: Sequence[str]) -> str:
    return f"{_and(verbs)} {_named(right)} in {right.where}"


def _named(right: Right) -> str:
    return f"{right.resource} named {right.name}" if right.name else right.resource


def _advice(right: Right, printed_by: str) -> str:
    """The rule that is missing, as it stands in a manifest."""
    names = f"resourceNames: [{right.name}], " if right.name else ""
    role = f"a Role in {right.where}" if right.namespace else "a ClusterRole"
    return (
        f'{role} needs the rule {{apiGroups: ["{right.group}"], resources: [{right.resource}], '
        f"{names}verbs: [{', '.join(right.verbs)}]}}"
    ) + (f": {printed_by} prints it" if printed_by else "")


def _and(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
