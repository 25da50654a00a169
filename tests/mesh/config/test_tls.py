from __future__ import annotations

import pytest

from clew.mesh.config.linker import ConfigError, read_linker

ABSENT = "client tls is not available in this version of clew"


@pytest.mark.parametrize(
    ("tls", "found"),
    [
        ("{enabled: false}", []),
        ("{commonName: a}", [ABSENT]),
        ("{}", [ABSENT, "tls is configured with validation but `commonName` is not set"]),
        ("{disableValidation: true}", [ABSENT]),
        (
            "{disableValidation: true, clientAuth: {certPath: c, keyPath: k}}",
            [ABSENT, "disableValidation: true is incompatible with clientAuth"],
        ),
        (
            "{commonName: a, trustCerts: [a], trustCertsBundle: b}",
            [ABSENT, "trustCerts and trustCertsBundle exclude each other"],
        ),
        ("{commonName: a, clientAuth: {certPath: c}}", ["needs 'keyPath'"]),
    ],
)
def test_client_tls(tls: str, found: list[str]) -> None:
    text = f"routers: [{{protocol: http, servers: [{{}}], client: {{tls: {tls}}}}}]"
    if not found:
        read_linker(text, "linkerd.yml")
        return
    with pytest.raises(ConfigError) as error:
        read_linker(text, "linkerd.yml")
    lines = str(error.value).splitlines()
    assert [line for line in lines if not any(each in line for each in found)] == []
    assert len(lines) == len(found)
