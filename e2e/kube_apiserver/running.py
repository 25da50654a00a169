"""A cluster of nothing but its API server: etcd and kube-apiserver, with keys of its own."""

from __future__ import annotations

import os
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from tests.mesh.namers.k8s.cluster import Cluster, url
from tests.mesh.serve.authority import Authority

from clew.mesh.envoy.child import as_child
from e2e.mesh_world import free_port

BINARY = "KUBE_APISERVER"
"""The variable of the environment that says where kube-apiserver is."""
ADMINISTRATOR = "administrator"
"""A token with every right."""
START_SECONDS = 60


class KubeApiServer(Cluster):
    """One that runs. ``directory`` holds ``ca.crt``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port, self._etcd_port = free_port(), free_port()
        self.url = f"https://localhost:{self.port}"
        self._log: IO[bytes]
        self._stack = ExitStack()
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        _write_keys(self.directory)
        self._log = self._stack.enter_context((self.directory / "log").open("wb"))
        etcd = f"http://127.0.0.1:{self._etcd_port}"
        self._run(
            "etcd",
            f"--data-dir={self.directory / 'etcd'}",
            f"--listen-client-urls={etcd}",
            f"--advertise-client-urls={etcd}",
            f"--listen-peer-urls=http://127.0.0.1:{free_port()}",
            "--unsafe-no-fsync",
            # without news of it a bookmark never says more than the last event
            "--experimental-watch-progress-notify-interval=500ms",
        )
        self.client = self._stack.enter_context(self.as_user(ADMINISTRATOR))
        self.serve()

    def serve(self) -> None:
        """Start kube-apiserver, and wait until it takes requests."""
        at = self.directory
        self._server = self._run(
            os.environ[BINARY],
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={self.port}",
            f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
            f"--tls-cert-file={at / 'server.pem'}",
            f"--tls-private-key-file={at / 'server.key'}",
            f"--service-account-key-file={at / 'account.pub'}",
            f"--service-account-signing-key-file={at / 'account.key'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--token-auth-file={at / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.96.0.0/24",
            "--endpoint-reconciler-type=none",
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((at / "log").read_text(errors="replace")[-4000:])
            time.sleep(0.1)

    def stop_serving(self) -> None:
        """End kube-apiserver, which would wait for its watches; etcd keeps what it knows."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()

    def close(self) -> None:
        self._stack.close()

    def compact(self) -> None:
        """Forget what etcd remembers of the past."""
        version = self.client.get(url("namespaces")).json()["metadata"]["resourceVersion"]
        httpx.post(
            f"http://127.0.0.1:{self._etcd_port}/v3/kv/compaction",
            json={"revision": version, "physical": True},
        ).raise_for_status()

    def as_user(self, token: str) -> httpx.Client:
        """A client that shows this token."""
        return httpx.Client(
            base_url=self.url,
            verify=self.tls,
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=30,
        )

    @property
    def tls(self) -> ssl.SSLContext:
        """Trusts this server and no other."""
        return ssl.create_default_context(cafile=str(self.directory / "ca.crt"))

    def token(self, namespace: str, account: str) -> str:
        """A new token of a ServiceAccount, as a pod is given one."""
        answer = self.client.post(
            f"{url('serviceaccounts', namespace, account)}/token",
            json={"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}},
        )
        token: str = answer.raise_for_status().json()["status"]["token"]
        return token

    def _is_ready(self) -> bool:
        try:
            ready = self.client.get("/readyz").status_code == httpx.codes.OK
            return ready and self.client.get(url("namespaces", name="default")).is_success
        except httpx.TransportError:
            return False

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            as_child(command), stdout=self._log, stderr=self._log, cwd=self.directory
        )
        self._stack.callback(process.wait)
        self._stack.callback(process.terminate)
        return process


@contextmanager
def running(directory: Path) -> Iterator[KubeApiServer]:
    """A new one, empty but for what every cluster has."""
    server = KubeApiServer(directory)
    try:
        server.start()
        yield server
    finally:
        server.close()


def _write_keys(directory: Path) -> None:
    authority = Authority.new("kubernetes")
    authority.write(directory / "ca.crt")
    authority.sign(directory, "server", "localhost")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (directory / "account.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    (directory / "account.pub").write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    (directory / "tokens.csv").write_text(f'{ADMINISTRATOR},admin,1,"system:masters"\n')
