from __future__ import annotations

from clew.mesh.namers.k8s.ingress_tls import SecretName, claims
from clew.mesh.namers.k8s.ingresses import Ingress, TlsHosts


def ingress(name: str, *tls: TlsHosts, class_name: str = "", namespace: str = "prod") -> Ingress:
    return Ingress(namespace, name, class_name, (), None, (), tls)


def test_a_host_has_the_secret_of_the_first_ingress_that_names_it() -> None:
    found = claims(
        [
            ingress("b", TlsHosts(("a.com", "b.com"), "two")),
            ingress("a", TlsHosts(("a.com",), "one")),
            ingress("c", TlsHosts(("b.com",), "two")),
            ingress("z", TlsHosts(("c.com",), "one"), namespace="other"),
            ingress("d", TlsHosts(("d.com",), "three"), class_name="nginx"),
        ],
        "linkerd",
    )
    assert found.by_host == {
        "c.com": SecretName("other", "one"),
        "a.com": SecretName("prod", "one"),
        "b.com": SecretName("prod", "two"),
    }
    assert found.unusable == (
        "Ingress prod/b: a.com has its certificate of Ingress prod/a already",
    )
    assert found.default is None
    assert found.secrets == set(found.by_host.values())


def test_an_entry_without_hosts_is_the_default() -> None:
    found = claims([ingress("b", TlsHosts((), "two")), ingress("a", TlsHosts((), "one"))], "x")
    assert found.default == SecretName("prod", "one")
    assert found.secrets == {SecretName("prod", "one")}
