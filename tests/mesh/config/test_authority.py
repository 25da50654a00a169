from __future__ import annotations

import pytest

from clew.mesh.config.authority import Authority, DirectoryAuthority, SecretAuthority
from clew.mesh.config.linker import ConfigError, read_linker

ROUTERS = "routers: [{protocol: http, servers: [{}]}]\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", DirectoryAuthority()),
        ("authority: {}", DirectoryAuthority()),
        ("authority: {dir: a}", DirectoryAuthority(dir="a")),
        (
            "authority: {kind: io.clew.fs, dir: a, trustDomain: b.example}",
            DirectoryAuthority(dir="a", trust_domain="b.example"),
        ),
        ("authority: {kind: io.clew.k8s, namespace: l5d}", SecretAuthority(namespace="l5d")),
    ],
)
def test_where_the_authority_is(text: str, expected: Authority) -> None:
    assert read_linker(ROUTERS + text, "l.yml").authority == expected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{kind: io.clew.vault}", "unknown kind 'io.clew.vault'"),
        ("{kind: io.clew.k8s, dir: a}", "unknown key 'dir'"),
        ("{kind: io.clew.k8s, namespace: A}", "'A' is not a name in Kubernetes"),
        ("{trustDomain: 'spiffe://a'}", "'spiffe://a' is not a trust domain: lower-case letters"),
        ("{trustDomain: ''}", "'' is not a trust domain"),
        ("auto", "'auto' is not a mapping"),
    ],
)
def test_mistakes(text: str, found: str) -> None:
    with pytest.raises(ConfigError, match=f"^l.yml:2: .*{found}"):
        read_linker(f"{ROUTERS}authority: {text}", "l.yml")
