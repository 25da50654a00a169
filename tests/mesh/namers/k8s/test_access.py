from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path as File
from typing import Any

import pytest
import yaml

from clew.errors import ClewError
from clew.mesh.namers.k8s.access import Access, AccessError, find_access


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def account(tmp_path: File) -> File:
    (tmp_path / "token").write_text("secret\n")
    (tmp_path / "ca.crt").write_bytes(b"")
    return tmp_path


IN_POD = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}


def kubeconfig(file: File, cluster: object, user: Mapping[str, Any]) -> dict[str, str]:
    """The environment with it; None for a cluster that is not in it."""
    config = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [] if cluster is None else [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }
    file.write_text(yaml.safe_dump(config))
    return {"KUBECONFIG": f"{file.parent / 'none'}:{file}"}


def test_a_proxy_on_another_host_is_used_unseen(account: File) -> None:
    assert find_access("proxy.example", 8001, IN_POD, account) == Access(
        "http://proxy.example:8001"
    )


def test_a_proxy_that_answers_here_is_used(account: File) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        port = proxy.getsockname()[1]
        assert find_access("localhost", port, IN_POD, account).url == f"http://localhost:{port}"


def test_in_a_pod_its_account_takes_the_place_of_a_proxy_that_is_gone(
    closed_port: int, account: File, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    authorities = []

    def context(cafile: str) -> ssl.SSLContext:
        authorities.append(cafile)
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    monkeypatch.setattr(ssl, "create_default_context", context)
    with caplog.at_level("INFO"):
        access = find_access("localhost", closed_port, IN_POD, account)
    assert access.url == "https://10.96.0.1:443"
    assert authorities == [str(account / "ca.crt")]
    assert access.headers() == {"authorization": "Bearer secret"}
    (account / "token").write_text("renewed")
    assert access.headers() == {"authorization": "Bearer renewed"}
    with caplog.at_level("INFO"):
        find_access("localhost", closed_port, IN_POD, account)
    assert caplog.messages == [
        f"nothing answers at localhost:{closed_port}; the account of this pod is used"
    ]


def test_an_account_that_cannot_be_read_is_told(closed_port: int, account: File) -> None:
    with pytest.raises(AccessError, match="credentials for Kubernetes cannot be read"):
        find_access("localhost", closed_port, IN_POD, account)


def test_without_anything_the_proxy_is_waited_for(closed_port: int, tmp_path: File) -> None:
    access = find_access("::1", closed_port, {"HOME": str(tmp_path)}, tmp_path)
    assert access == Access(f"http://[::1]:{closed_port}")
    assert access.headers() == {}


def test_a_kubeconfig_with_a_token(closed_port: int, tmp_path: File) -> None:
    environment = kubeconfig(tmp_path / "config", {"server": "http://k8s:6443/"}, {"token": "t"})
    access = find_access("localhost", closed_port, environment, tmp_path)
    assert access == Access("http://k8s:6443", token="t")
    assert access.headers() == {"authorization": "Bearer t"}


def test_a_kubeconfig_with_a_token_file_beside_it(closed_port: int, tmp_path: File) -> None:
    (tmp_path / "token").write_text("from file")
    environment = kubeconfig(
        tmp_path / "config",
        {"server": "https://k8s:6443", "insecure-skip-tls-verify": True},
        {"tokenFile": "token"},
    )
    access = find_access("localhost", closed_port, environment, tmp_path)
    assert access.headers() == {"authorization": "Bearer from file"}
    assert access.tls is not None
    assert access.tls.verify_mode == ssl.CERT_NONE


@pytest.mark.parametrize(
    ("cluster", "user", "said"),
    [
        ({"server": "http://k8s"}, {"exec": {"command": "aws"}}, "run: kubectl proxy --port=8001"),
        ({}, {"token": "t"}, "no usable kubeconfig: 'server' is missing"),
        (None, {}, "no usable kubeconfig: clusters has none named 'c'"),
        ("https://k8s", {}, "no usable kubeconfig: "),
        (
            {"server": "https://k8s", "certificate-authority-data": "%"},
            {},
            "no usable kubeconfig",
        ),
        (
            {
                "server": "https://k8s",
                "certificate-authority-data": base64.b64encode(b"no pem").decode(),
            },
            {},
            "or at KUBECONFIG",
        ),
        ({"server": "https://k8s", "certificate-authority": "none.crt"}, {}, "cannot be read"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_told_with_the_remedy(
    closed_port: int, tmp_path: File, cluster: Any, user: Any, said: str
) -> None:
    environment = kubeconfig(tmp_path / "config", cluster, user)
    with pytest.raises(ClewError) as error:
        find_access("localhost", closed_port, environment, tmp_path)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "config is no usable kubeconfig: line 1: "),
        ("", "config is no usable kubeconfig: no context is chosen"),
        ("just text", "config is no usable kubeconfig: "),
        (
            "contexts: []",
            "config is no usable kubeconfig: no context is chosen (choose one: kubectl",
        ),
        ("current-context: ''\ncontexts: []", "no usable kubeconfig: no context is chosen"),
        ("current-context: away\ncontexts: []", "contexts has none named 'away'"),
        ("current-context: away\ncontexts: null", "contexts has none named 'away'"),
        ("current-context: away", "contexts has none named 'away'"),
        ("current-context: a\ncontexts: [{name: a}]", "no usable kubeconfig: 'context' is missing"),
    ],
)
def test_a_file_that_is_no_kubeconfig_is_told_in_one_line(
    closed_port: int, tmp_path: File, text: str, said: str
) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    with pytest.raises(ClewError) as error:
        find_access("localhost", closed_port, {"KUBECONFIG": str(file)}, tmp_path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
