from __future__ import annotations

from clew.check.rights import findings
from clew.mesh.namers.k8s.rights import Right

INGRESSES = Right("networking.k8s.io", "ingresses", "")
DTABS = Right("", "configmaps", "own", "dtabs")


def test_the_rule_that_is_missing_is_said_as_a_manifest_has_it() -> None:
    ingresses, dtabs = findings({INGRESSES: ["list", "watch"], DTABS: ["watch"]}, "it", "x")
    assert str(ingresses.seen) == "it may not list and watch ingresses in all namespaces"
    assert ingresses.advice == (
        'a ClusterRole needs the rule {apiGroups: ["networking.k8s.io"], resources: [ingresses], '
        "verbs: [list, watch]}: x prints it"
    )
    assert dtabs.seen == "it may not watch configmaps named dtabs in namespace own"
    assert dtabs.advice == (
        'a Role in namespace own needs the rule {apiGroups: [""], resources: [configmaps], '
        "resourceNames: [dtabs], verbs: [list, watch]}: x prints it"
    )


def test_rights_of_one_kind_are_one_sentence() -> None:
    wanted = [Right("", "services", "own"), Right("", "endpoints", "own"), INGRESSES]
    found = [each.seen for each in findings({each: () for each in wanted}, "it", "")]
    assert found == [
        "it may list and watch services and endpoints in namespace own",
        "it may list and watch ingresses in all namespaces",
    ]
