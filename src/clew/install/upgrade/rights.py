"""Rights: what the mesh reads now, beside what Linkerd read."""

from __future__ import annotations

from collections.abc import Iterator

from clew.install.upgrade.change import Change
from clew.install.upgrade.documents import Located

_RBAC = "rbac.authorization.k8s.io"
_SLICES, _INGRESSES = "discovery.k8s.io", "networking.k8s.io"


def rights(object: Located) -> Iterator[Change]:
    """Changes the object."""
    match object["kind"]:
        case "Role" | "ClusterRole":
            yield from _role(object)
        case "RoleBinding" | "ClusterRoleBinding":
            reference = object.get("roleRef")
            if isinstance(reference, Located) and not reference.get("apiGroup"):
                reference["apiGroup"] = _RBAC
                yield Change(reference.line, f"roleRef.apiGroup is {_RBAC}")


def _role(object: Located) -> Iterator[Change]:
    rules: list[Located] = object.get("rules") or []
    groups = {group for rule in rules for group in rule.get("apiGroups") or ()}
    for rule in list(rules):
        resources = rule.get("resources") or []
        if "ingresses" in resources and "extensions" in rule.get("apiGroups", ()):
            rule["apiGroups"] = [
                _INGRESSES if group == "extensions" else group for group in rule["apiGroups"]
            ]
            yield Change(rule.line, f"ingresses are in the group {_INGRESSES} now")
        if "endpoints" in resources and _SLICES not in groups:
            verbs = [verb for verb in rule.get("verbs") or () if verb in ("get", "list", "watch")]
            added = {"apiGroups": [_SLICES], "resources": ["endpointslices"], "verbs": verbs}
            rules.insert(rules.index(rule) + 1, Located(added))
            yield Change(rule.line, f"endpointslices may be read too, with {', '.join(verbs)}")
            groups.add(_SLICES)
