from __future__ import annotations

import pytest

from clew.mesh.config.certificates import uses_authority
from clew.mesh.config.linker import ConfigError, read_linker
from clew.mesh.config.server import Server
from clew.mesh.config.tls import (
    SYSTEM,
    Authorities,
    AutoClientTls,
    AutoServerTls,
    ClientTls,
    KeyPair,
    ServerTls,
)
from clew.mesh.naming.path import Path


def client_file(tls: str) -> str:
    return f"routers:\n- protocol: http\n  servers: [{{}}]\n  client:\n    tls: {tls}\n"


def server_file(tls: str) -> str:
    return f"routers:\n- protocol: http\n  servers:\n  - port: 1\n    tls: {tls}\n"


@pytest.mark.parametrize(
    ("file", "found"),
    [
        (
            client_file("{}"),
            "5: tls is configured with validation but `commonName` is not set",
        ),
        (
            client_file("{disableValidation: true, clientAuth: {certPath: c, keyPath: k}}"),
            "5: disableValidation: true is incompatible with clientAuth",
        ),
        (
            client_file("{commonName: a, trustCerts: [a], trustCertsBundle: b}"),
            "5: trustCerts and trustCertsBundle exclude each other",
        ),
        (client_file("{commonName: a, clientAuth: {certPath: c}}"), "5: .*needs 'keyPath'"),
        (client_file("{commonName: a, protocols: [SSLv3]}"), "5: .*'SSLv3' is not one of TLSv1, "),
        (server_file("{certPath: c}"), "5: .*needs 'keyPath'"),
        (server_file("{certPath: c, keyPath: k, enabled: true}"), "5: .*enabled"),
        (
            server_file("{certPath: c, keyPath: k, ciphers: [RC4]}"),
            "5: .*'RC4' is not a cipher of TLS 1.2 that Envoy has",
        ),
    ],
)
def test_mistakes(file: str, found: str) -> None:
    with pytest.raises(ConfigError, match=f"^linkerd.yml:{found}"):
        read_linker(file, "linkerd.yml")


def tls_of_client(text: str) -> ClientTls:
    tls = read_linker(client_file(text), "linkerd.yml").routers[0].client
    policy = tls.configs[0] if hasattr(tls, "configs") else tls
    assert isinstance(policy.tls, ClientTls)
    return policy.tls


@pytest.mark.parametrize(
    ("text", "trusted"),
    [
        ("{commonName: a}", Authorities((SYSTEM,))),
        ("{commonName: a, trustCertsBundle: b}", Authorities(("b",))),
        ("{commonName: a, trustCerts: [b, c]}", Authorities(("b", "c"))),
        ("{disableValidation: true}", None),
    ],
)
def test_whom_a_client_trusts(text: str, trusted: Authorities | None) -> None:
    assert tls_of_client(text).authorities == trusted


def server_tls(text: str) -> Server:
    return read_linker(server_file(text), "linkerd.yml").routers[0].servers[0]


@pytest.mark.parametrize(
    ("keys", "trusted"),
    [
        ("", None),
        (", caCertPath: a", Authorities(("a",))),
        (", requireClientAuth: true", Authorities((SYSTEM,))),
    ],
)
def test_whom_a_server_trusts(keys: str, trusted: Authorities | None) -> None:
    tls = server_tls(f"{{certPath: c, keyPath: k, intermediateCertsPath: i{keys}}}").tls
    assert isinstance(tls, ServerTls)
    assert tls.authorities == trusted
    assert tls.key_pair == KeyPair("c", "k", "i")
    assert tls.key_pair.files == ("c", "i", "k")


@pytest.mark.parametrize(
    ("text", "permissive"),
    [
        ("auto", False),
        ("{kind: auto}", False),
        ("{permissive: false, kind: auto}", False),
        ("{kind: auto, permissive: true}", True),
    ],
)
def test_a_server_with_certificates_that_come_by_themselves(text: str, permissive: bool) -> None:
    (router,) = read_linker(server_file(text), "linkerd.yml").routers
    assert router.servers[0].tls == AutoServerTls(permissive=permissive)
    assert uses_authority(router)


@pytest.mark.parametrize(
    "text", ["tls: auto", "tls: {kind: auto}", "{kind: io.l5d.static, configs: [CONFIG]}"]
)
def test_a_client_with_certificates_that_come_by_themselves(text: str) -> None:
    config = "{prefix: /#/a, tls: {disableValidation: true}}, {prefix: /#/b, tls: auto}"
    client = text.replace("CONFIG", config) if text.startswith("{") else f"{{{text}}}"
    file = f"routers:\n- protocol: http\n  servers: [{{}}]\n  client: {client}\n"
    (router,) = read_linker(file, "linkerd.yml").routers
    assert router.client.at(Path.read("/#/b/c")).tls == AutoClientTls()
    assert uses_authority(router)


def test_who_does_not_say_auto_has_nothing_to_do_with_the_authority() -> None:
    for file in (server_file("{certPath: c, keyPath: k}"), client_file("{enabled: false}")):
        (router,) = read_linker(file, "linkerd.yml").routers
        assert not uses_authority(router)


@pytest.mark.parametrize(
    ("file", "found"),
    [
        (server_file("ingress"), "5: tls: ingress needs the identifier io.l5d.ingress in http"),
        (server_file("{kind: ingress, certPath: c}"), "5: .*certPath and keyPath go together"),
        (
            server_file("automatic"),
            "5: .*tls: 'automatic' is neither 'auto' nor 'ingress' nor a mapping",
        ),
        (server_file("[auto]"), "5: .*tls: a list is not a mapping"),
        (server_file("{kind: auto, certPath: c}"), "5: unknown key 'certPath' in .*tls"),
        (server_file("{kind: auto, permissive: maybe}"), "5: .*'maybe' is not true or false"),
        (server_file("{kind: files, certPath: c, keyPath: k}"), "5: unknown key 'kind' .*is auto"),
        (client_file("{kind: auto, permissive: true}"), "5: unknown key 'permissive' in .*tls"),
        (client_file("autos"), "5: .*tls: 'autos' is neither 'auto' nor a mapping"),
    ],
)
def test_nonsense_about_auto(file: str, found: str) -> None:
    with pytest.raises(ConfigError, match=f"^linkerd.yml:{found}"):
        read_linker(file, "linkerd.yml")
