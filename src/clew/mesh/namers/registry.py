"""From the linker file to running namers."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from typing import NamedTuple, assert_never

from clew.errors import ClewError
from clew.mesh.config.interpreter import NamerdInterpreter
from clew.mesh.config.linker import Linker
from clew.mesh.config.namerd import Namerd
from clew.mesh.config.namers import (
    ConsulNamer,
    DnsSrvNamer,
    FsNamer,
    K8sExternalNamer,
    K8sNamer,
    K8sNsNamer,
    MarathonNamer,
    RewriteNamer,
    ServersetsNamer,
    ZkLeaderNamer,
)
from clew.mesh.config.router import AnyRouter
from clew.mesh.config.tls import ClientTls
from clew.mesh.config.transformers import (
    DaemonSetTransformer,
    LocalNodeTransformer,
    Transformer,
)
from clew.mesh.namers import Namer
from clew.mesh.namers.consul import Consul
from clew.mesh.namers.consul_answer import Choice
from clew.mesh.namers.dns_srv import DnsSrv
from clew.mesh.namers.following import Following
from clew.mesh.namers.fs import Fs
from clew.mesh.namers.k8s.api import Api
from clew.mesh.namers.k8s.lookups import ByEndpoints, ByLoadBalancer, Lookup
from clew.mesh.namers.k8s.namer import K8s
from clew.mesh.namers.marathon import Marathon, Server
from clew.mesh.namers.marathon_auth import find_auth
from clew.mesh.namers.namerd import Namerd as NamerdNamer
from clew.mesh.namers.namerd_http import NamerdHttp
from clew.mesh.namers.tls_context import client_context
from clew.mesh.namers.zookeeper import ZooKeeper
from clew.mesh.namers.zookeeper_groups import Leader, ServerSet
from clew.mesh.namers.zookeeper_session import KazooSession
from clew.mesh.naming.bound import Address
from clew.mesh.naming.path import Path
from clew.mesh.naming.remote import remote_root


class NamerError(ClewError):
    """A namer of the linker file that cannot be started."""


def lookups(linker: Linker) -> object:
    """Equal for files for which ``build`` makes the same namers."""
    transformers = tuple(transformer for _, transformer in _transformers(linker))
    namerds = tuple((r.label, r.interpreter) for r in linker.routers if _has_namerd(r))
    return linker.namers, transformers, namerds


def build(linker: Linker | Namerd) -> tuple[Namer, ...]:
    """In the order of the file. Namers that only rewrite are not among them: binding does that.

    Raises NamerError for a directory that is none, or a variable that is not set.
    """
    namers: list[Namer] = []
    for index, config in enumerate(linker.namers):
        place = f"namers[{index}]"
        match config:
            case FsNamer(root_dir=root_dir):
                if not os.path.isdir(root_dir):
                    raise NamerError(
                        f"{place}.rootDir: '{root_dir}' is not a directory",
                        f"create it, or correct the path; it is looked for from {os.getcwd()}",
                    )
                namers.append(Fs(root_dir, config.root))
            case K8sNamer(host=host, port=port, label_selector=label):
                namers.append(_k8s(config.root, ByEndpoints(label=label), host, port))
            case K8sNsNamer(host=host, port=port, label_selector=label, env_var=variable):
                namespace = os.environ.get(variable)
                if not namespace:
                    raise NamerError(
                        f"{place}.envVar: {variable} is not set in the environment",
                        "in a pod: env, valueFrom, fieldRef, fieldPath: metadata.namespace",
                    )
                namers.append(_k8s(config.root, ByEndpoints(namespace, label), host, port))
            case K8sExternalNamer(host=host, port=port):
                namers.append(_k8s(config.root, ByLoadBalancer(), host, port))
            case ConsulNamer():
                namers.append(Following(config.root, _consul(config, place), word="poll"))
            case DnsSrvNamer(refresh_interval_seconds=seconds, servers=servers, domain=domain):
                namers.append(Following(config.root, DnsSrv(seconds, servers, domain)))
            case MarathonNamer():
                namers.append(Marathon(config.root, _marathon(config, place)))
            case ServersetsNamer(zk_addrs=addrs):
                source = ZooKeeper(",".join(map(str, addrs)), ServerSet(), KazooSession)
                namers.append(Following(config.root, source))
            case ZkLeaderNamer(zk_addrs=addrs):
                source = ZooKeeper(",".join(map(str, addrs)), Leader(), KazooSession)
                namers.append(Following(config.root, source))
            case RewriteNamer():
                pass
            case _:
                assert_never(config)
    return (*namers, *_gateways(linker), *_namerds(linker))


def namerd_http(interpreter: NamerdInterpreter, place: str) -> NamerdHttp:
    """How the namerd is asked. ``place`` is that of the interpreter in the file."""
    tls = _Tls.of(interpreter.tls, f"{place}.tls")
    return NamerdHttp(
        url=f"{tls.scheme}://{interpreter.place}",
        namespace=interpreter.namespace,
        base_seconds=interpreter.retry.base_seconds,
        max_seconds=interpreter.retry.max_seconds,
        tls=tls.context,
        server_name=tls.server_name,
    )


def _namerds(file: Linker | Namerd) -> Iterator[Namer]:
    for index, router in enumerate(file.routers if isinstance(file, Linker) else ()):
        if isinstance(router.interpreter, NamerdInterpreter):
            http = namerd_http(router.interpreter, f"routers[{index}].interpreter")
            yield NamerdNamer(remote_root(router.label), http)


def _has_namerd(router: AnyRouter) -> bool:
    return isinstance(router.interpreter, NamerdInterpreter)


def _gateways(linker: Linker | Namerd) -> Iterator[Namer]:
    """The namers that transformers need, whatever namers the file has."""
    roots = set()
    for place, transformer in _transformers(linker):
        match transformer:
            case DaemonSetTransformer(k8s_host=host, k8s_port=port, gateways_root=root):
                if root not in roots:
                    roots.add(root)
                    yield _k8s(root, ByEndpoints(), host, port)
            case LocalNodeTransformer():
                if not os.environ.get("POD_IP") and not os.environ.get("NODE_NAME"):
                    raise NamerError(
                        f"{place}: neither NODE_NAME nor POD_IP is set in the environment",
                        "in a pod: env, valueFrom, fieldRef, fieldPath: spec.nodeName",
                    )


def _transformers(linker: Linker | Namerd) -> Iterator[tuple[str, Transformer]]:
    """With their places in the file."""
    for index, router in enumerate(linker.routers if isinstance(linker, Linker) else ()):
        for step, transformer in enumerate(router.interpreter.transformers):
            yield f"routers[{index}].interpreter.transformers[{step}]", transformer
    for index, namer in enumerate(linker.namers):
        for step, transformer in enumerate(namer.transformers):
            yield f"namers[{index}].transformers[{step}]", transformer


def _consul(config: ConsulNamer, place: str) -> Consul:
    weights: dict[str, float] = {}
    for each in config.weights:
        weights[each.tag] = max(each.weight, weights.get(each.tag, 0.0))
    statuses = config.health_statuses if config.use_health_check else ()
    tls = _Tls.of(config.tls, f"{place}.tls")
    return Consul(
        url=f"{tls.scheme}://{Address(config.host, config.port)}",
        choice=Choice(frozenset(statuses), config.prefer_service_address, weights),
        include_tag=config.include_tag,
        token=config.token,
        consistency=config.consistency_mode,
        tls=tls.context,
        server_name=tls.server_name,
    )


def _marathon(config: MarathonNamer, place: str) -> Server:
    tls = _Tls.of(config.tls, f"{place}.tls")
    return Server(
        url=f"{tls.scheme}://{Address(config.host, config.port)}{config.uri_prefix}",
        interval=config.ttl_ms / 1000,
        jitter=config.jitter_ms / 1000,
        healthy_only=config.use_health_check,
        auth=find_auth(os.environ),
        tls=tls.context,
        server_name=tls.server_name,
    )


class _Tls(NamedTuple):
    """A ``tls`` section, as clients of HTTP take it."""

    scheme: str
    context: ssl.SSLContext | None
    server_name: str
    """Empty for the host of the URL."""

    @staticmethod
    def of(tls: ClientTls | None, place: str) -> _Tls:
        """``place`` is that of the section in the file. Raises TlsError."""
        if tls is None or not tls.enabled:
            return _Tls("http", None, "")
        return _Tls("https", client_context(tls, place), tls.common_name or "")


def _k8s(prefix: Path, lookup: Lookup, host: str, port: int) -> K8s:
    return K8s(prefix, lookup, lambda: Api.at(host, port))
