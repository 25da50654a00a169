"""From the linker file to what binding works with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from clew.mesh.binding.binder import bind
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
    FsNamer,
    K8sExternalNamer,
    K8sNamer,
    K8sNsNamer,
    Namer,
    RewriteNamer,
)
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import Path

LOOPBACK = frozenset({"127.0.0.1", "::1"})


def namer_rules(
    namers: Iterable[Namer], local_ips: frozenset[str] = LOOPBACK
) -> tuple[NamerRule, ...]:
    """In the order of the file. ``local_ips`` are the addresses of this machine."""
    return tuple(_rule(namer, local_ips) for namer in namers)


def _rule(namer: Namer, local_ips: frozenset[str]) -> NamerRule:
    steps = transformers_of(namer.transformers, local_ips)
    match namer:
        case RewriteNamer(pattern=pattern, name=name):
            return NamerRule(namer.root, Rewrite(pattern, name), steps)
        case FsNamer() | K8sNamer() | K8sNsNamer() | K8sExternalNamer():
            return NamerRule(namer.root, None, steps)
    assert_never(namer)


def transformers_of(
    transformers: Iterable[config.Transformer], local_ips: frozenset[str] = LOOPBACK
) -> tuple[Transformer, ...]:
    """In the order in which they apply. ``local_ips`` are the addresses of this machine."""
    return tuple(_transformer(each, local_ips) for each in transformers)


def _transformer(transformer: config.Transformer, local_ips: frozenset[str]) -> Transformer:
    prefix = transformer.prefix
    match transformer:
        case config.PortTransformer(port=port):
            return Port(port, prefix)
        case config.LocalhostTransformer():
            return Localhost(local_ips, prefix)
        case config.SpecificHostTransformer(host=host):
            return SpecificHost(host, prefix)
        case config.ConstTransformer(path=path):
            return Const(path, _by_system_names(path), prefix)
        case config.ReplaceTransformer(path=path):
            return Replace(path, _by_system_names(path), prefix)
    assert_never(transformer)


def _by_system_names(path: Path) -> Outcome:
    return bind(path, Dtab(), (), {}).outcome
