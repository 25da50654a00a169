"""From the linker file to what binding works with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from clew.mesh.binding.binder import bind
from clew.mesh.binding.nodes import UNKNOWN_NODE, DaemonSet, LocalNode, Node
from clew.mesh.binding.outcome import Outcome
from clew.mesh.binding.rules import NamerRule, Rewrite
from clew.mesh.binding.transformers import (
    Const,
    Localhost,
    Port,
    Replace,
    SpecificHost,
    Transformer,
)
from clew.mesh.config import transformers as config
from clew.mesh.config.namers import (
    ConsulNamer,
    DnsSrvNamer,
    FsNamer,
    K8sExternalNamer,
    K8sNamer,
    K8sNsNamer,
    MarathonNamer,
    Namer,
    RewriteNamer,
    ServersetsNamer,
    ZkLeaderNamer,
)
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import Path


def namer_rules(namers: Iterable[Namer], node: Node = UNKNOWN_NODE) -> tuple[NamerRule, ...]:
    """In the order of the file. ``node`` is where this mesh runs."""
    return tuple(_rule(namer, node) for namer in namers)


def _rule(namer: Namer, node: Node) -> NamerRule:
    steps = transformers_of(namer.transformers, node)
    match namer:
        case RewriteNamer(pattern=pattern, name=name):
            return NamerRule(namer.root, Rewrite(pattern, name), steps)
        case (
            FsNamer()
            | K8sNamer()
            | K8sNsNamer()
            | K8sExternalNamer()
            | ConsulNamer()
            | DnsSrvNamer()
            | MarathonNamer()
            | ServersetsNamer()
            | ZkLeaderNamer()
        ):
            return NamerRule(namer.root, None, steps)
    assert_never(namer)


def transformers_of(
    transformers: Iterable[config.Transformer], node: Node = UNKNOWN_NODE
) -> tuple[Transformer, ...]:
    """In the order in which they apply. ``node`` is where this mesh runs."""
    return tuple(_transformer(each, node) for each in transformers)


def _transformer(transformer: config.Transformer, node: Node) -> Transformer:
    prefix = transformer.prefix
    match transformer:
        case config.PortTransformer(port=port):
            return Port(port, prefix)
        case config.LocalhostTransformer():
            return Localhost(node.ips, prefix)
        case config.SpecificHostTransformer(host=host):
            return SpecificHost(host, prefix)
        case config.ConstTransformer(path=path):
            return Const(path, _by_system_names(path), prefix)
        case config.ReplaceTransformer(path=path):
            return Replace(path, _by_system_names(path), prefix)
        case config.DaemonSetTransformer(namespace=namespace, port=name, service=service):
            place = Path.of(namespace.lower(), name.lower(), service.lower())
            return DaemonSet(
                gateways=transformer.gateways_root + place,
                kind=Path.of(transformer.kind, namespace, name, service),
                host_network=transformer.host_network,
                prefix=prefix,
            )
        case config.LocalNodeTransformer(host_network=host_network):
            return LocalNode(node, host_network, prefix)
    assert_never(transformer)


def _by_system_names(path: Path) -> Outcome:
    return bind(path, Dtab(), (), {}).outcome
