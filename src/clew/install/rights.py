"""Roles for the rights that a mesh needs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from clew.install.objects import Object, new
from clew.install.options import Options
from clew.mesh.namers.k8s.rights import Right

_GROUP = "rbac.authorization.k8s.io"


def roles(name: str, options: Options, rights: Sequence[Right]) -> list[Object]:
    """For the ServiceAccount ``name``: a Role and its binding in each namespace, and a ClusterRole
    for what concerns all of them."""
    namespaces = dict.fromkeys(right.namespace for right in rights)
    return [
        each
        for namespace in namespaces
        for each in _role(
            name, options, [right for right in rights if right.namespace == namespace]
        )
    ]


def _role(name: str, options: Options, rights: Sequence[Right]) -> list[Object]:
    there = rights[0].namespace
    # another installation in this cluster has a name of its own
    full = name if there == options.namespace else f"{name}-{options.namespace}"
    scope = "" if there else "Cluster"
    place = dataclasses.replace(options, namespace=there)
    objects = [
        new(f"{_GROUP}/v1", f"{scope}Role", full, place, rules=list(map(_rule, rights))),
        new(
            f"{_GROUP}/v1",
            f"{scope}RoleBinding",
            full,
            place,
            roleRef={"apiGroup": _GROUP, "kind": f"{scope}Role", "name": full},
            subjects=[{"kind": "ServiceAccount", "name": name, "namespace": options.namespace}],
        ),
    ]
    if not there:
        for each in objects:
            del each["metadata"]["namespace"]
    return objects


def _rule(right: Right) -> Object:
    named: Object = {"resourceNames": [right.name]} if right.name else {}
    return {
        "apiGroups": [right.group],
        "resources": [right.resource],
        **named,
        "verbs": list(right.verbs),
    }
