from __future__ import annotations

import pytest

from clew.mesh.config.linker import read_linker
from clew.mesh.config.namerd import read_namerd
from clew.mesh.namers.k8s.rights import Right, rights


def needed(dtab: str, more: str = "", namers: str = "[{kind: io.l5d.k8s}]") -> list[str]:
    text = f"""
namers: {namers}
routers:
- protocol: http
  servers: [{{port: 4140}}]
  dtab: "{dtab}"
{more}"""
    return [shown(each) for each in rights(read_linker(text, "linkerd.yml"), "own")]


def shown(right: Right) -> str:
    name = f" {right.name}" if right.name else ""
    return f"{right.group or 'core'}/{right.resource}{name} in {right.namespace or '*'}"


def endpoints(*namespaces: str) -> list[str]:
    return [
        f"{kind} in {namespace}"
        for kind in ("discovery.k8s.io/endpointslices", "core/services")
        for namespace in namespaces
    ]


@pytest.mark.parametrize(
    ("dtab", "namespaces"),
    [
        ("/svc => /#/io.l5d.k8s/prod/http", ["prod"]),
        ("/svc => /#/io.l5d.k8s/Prod/http/a | /#/io.l5d.k8s/beta/http", ["prod", "beta"]),
        ("/svc => 1 * /#/io.l5d.k8s/a & 2 * /#/io.l5d.k8s/b", ["a", "b"]),
        ("/svc => /#/io.l5d.k8s", ["*"]),
        ("/svc => /#/io.l5d.k8s/prod; /x => /#", ["*"]),
        ("/svc => /$/inet/127.1/80", ["own"]),
        ("", ["own"]),
    ],
)
def test_namespaces_are_those_to_which_the_dtab_leads(dtab: str, namespaces: list[str]) -> None:
    assert needed(dtab) == endpoints(*namespaces)


@pytest.mark.parametrize(
    ("name", "namespaces"),
    [
        ("/#/io.l5d.k8s/prod/http/{x}", ["prod"]),
        ("/#/io.l5d.k8s/pro{x}/http/a", ["*"]),
        ("/#/io.l5d.k8s/prod", ["prod"]),
        ("/{x}", ["*"]),
        ("/srv/{x}", ["own"]),
    ],
)
def test_names_that_are_rewritten_lead_where_their_fixed_head_does(
    name: str, namespaces: list[str]
) -> None:
    rewrite = f"{{kind: io.l5d.rewrite, prefix: /r, pattern: '/{{x}}', name: '{name}'}}"
    found = needed("/svc => /#/r", namers=f"[{{kind: io.l5d.k8s}}, {rewrite}]")
    assert found == endpoints(*namespaces)


@pytest.mark.parametrize(
    ("dtab", "namers", "more", "expected"),
    [
        ("", "[]", "", []),
        ("", "[{kind: io.l5d.k8s.ns}]", "", endpoints("own")),
        (
            "/a => /#/io.l5d.k8s.external/x",
            "[{kind: io.l5d.k8s.external}]",
            "",
            ["core/services in x"],
        ),
        ("", "[]", "  identifier: {kind: io.l5d.ingress}", ["networking.k8s.io/ingresses in *"]),
        (
            "",
            "[]",
            "  identifier: {kind: io.l5d.ingress, namespace: shop}",
            ["networking.k8s.io/ingresses in shop"],
        ),
        (
            "",
            "[]",
            "  interpreter: {kind: io.l5d.k8s.configMap, namespace: x, name: d, filename: f}",
            ["core/configmaps d in x"],
        ),
        (
            "",
            "[{kind: io.l5d.k8s}]",
            "  interpreter: {kind: io.l5d.fs, dtabFile: main.dtab}",
            endpoints("*"),
        ),
        (
            "/svc => /#/io.l5d.k8s/prod",
            "[{kind: io.l5d.k8s}]",
            "  interpreter: {kind: io.l5d.namerd.http, dst: /$/inet/127.1/4180}",
            endpoints("own"),
        ),
        (
            "",
            "[]",
            "  interpreter: {kind: default, transformers: [{kind: io.l5d.k8s.daemonset, "
            "namespace: mesh, service: l5d, port: incoming}]}",
            endpoints("mesh"),
        ),
        (
            "",
            "[{kind: io.l5d.k8s}]",
            "  interpreter: {kind: default, transformers: [{kind: io.l5d.const, "
            "path: /#/io.l5d.k8s/far/http/a}]}",
            endpoints("far"),
        ),
        ("", "[{kind: io.l5d.k8s}]", "  dstPrefix: /#/io.l5d.k8s/x", endpoints("x")),
        (
            "",
            "[]",
            "  client: {tls: auto}\nauthority: {kind: io.clew.k8s, namespace: mesh}",
            ["core/secrets clew-authority in mesh"],
        ),
        ("", "[]", "  client: {tls: auto}\nauthority: {dir: here}", []),
        ("", "[]", "authority: {kind: io.clew.k8s}", []),
    ],
)
def test_each_part_of_a_file_needs_what_it_reads(
    dtab: str, namers: str, more: str, expected: list[str]
) -> None:
    assert needed(dtab, more, namers) == expected


@pytest.mark.parametrize(
    ("namespace", "where"), [("", "*"), (", namespace: shop", "shop")], ids=["all", "one"]
)
def test_secrets_are_read_only_where_certificates_of_ingresses_are_shown(
    namespace: str, where: str
) -> None:
    text = f"""
routers:
- protocol: http
  identifier: {{kind: io.l5d.ingress{namespace}}}
  servers: [{{port: 443, tls: ingress}}]
"""
    found = [shown(each) for each in rights(read_linker(text, "linkerd.yml"), "own")]
    assert found == [f"networking.k8s.io/ingresses in {where}", f"core/secrets in {where}"]


def test_a_namerd_writes_dtabs_which_may_lead_anywhere() -> None:
    text = """
storage: {kind: io.l5d.k8s, namespace: dtabs}
interfaces: [{kind: io.l5d.httpController}]
namers: [{kind: io.l5d.k8s}]
"""
    *read, dtabs = rights(read_namerd(text, "namerd.yml"), "own")
    assert list(map(shown, read)) == endpoints("*")
    assert shown(dtabs) == "l5d.io/dtabs in dtabs"
    assert dtabs.verbs == ("get", "list", "watch", "create", "update", "delete")


def test_a_right_to_all_namespaces_covers_one() -> None:
    daemonset = (
        "  interpreter: {kind: default, transformers: [{kind: io.l5d.k8s.daemonset, "
        "namespace: mesh, service: l5d, port: incoming}]}"
    )
    assert needed("/svc => /#/io.l5d.k8s", daemonset) == endpoints("*")
