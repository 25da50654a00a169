from __future__ import annotations

from clew.mesh.config.certificates import certificates
from clew.mesh.config.linker import read_linker
from clew.mesh.config.tls import Authorities, KeyPair

FILE = """
routers:
- protocol: http
  servers:
  - port: 1
    tls: {certPath: cert, keyPath: key, caCertPath: ca}
  - port: 2
    tls: {certPath: cert, keyPath: key}
  client:
    kind: io.l5d.static
    configs:
    - {prefix: /a, tls: {commonName: a, trustCertsBundle: ca}}
    - prefix: /b
      tls: {commonName: b, trustCertsBundle: mine, clientAuth: {certPath: c, keyPath: k}}
    - {prefix: /c, tls: {commonName: c, trustCertsBundle: unused, enabled: false}}
    - {prefix: /d, tls: {disableValidation: true}}
"""


def test_each_is_named_once_and_those_of_plain_text_are_not() -> None:
    assert set(certificates(read_linker(FILE, "linkerd.yml"))) == {
        KeyPair("cert", "key"),
        KeyPair("c", "k"),
        Authorities(("ca",)),
        Authorities(("mine",)),
    }


def test_a_file_without_tls_names_none() -> None:
    assert certificates(read_linker("routers: [{protocol: h2, servers: [{}]}]", "l.yml")) == ()
