"""The linker file, the names that Envoy asked for and what the namers say → what Envoy should have.

Pure. What did not change is taken from the last result, so a change costs what it changes.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from clew.mesh.binding.configured import namer_rules, transformers_of
from clew.mesh.binding.nodes import UNKNOWN_NODE, Node
from clew.mesh.binding.outcome import Failed, Pending
from clew.mesh.binding.reasons import why_nowhere
from clew.mesh.binding.remote import bind_in
from clew.mesh.binding.rules import NamerRule
from clew.mesh.binding.transformers import Transformer
from clew.mesh.config.certificates import certificates, uses_authority
from clew.mesh.config.interpreter import KeptDtab
from clew.mesh.config.linker import Linker
from clew.mesh.config.load_balancer import Ewma
from clew.mesh.config.router import H2Router, Router
from clew.mesh.config.telemetry import sample_rate
from clew.mesh.config.tls import AutoClientTls, ClientTls
from clew.mesh.naming.answer import Answer, Answers
from clew.mesh.naming.bound import AddrPending
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import ParseError, Path
from clew.mesh.xds.clusters import empty_cluster, known_cluster
from clew.mesh.xds.endpoints import AS_FAST, Branch, Speeds, branches
from clew.mesh.xds.errors import cluster_note, nowhere_note, unreadable_note
from clew.mesh.xds.ingress import RulesBy, ingress_identifiers
from clew.mesh.xds.ingress_tls import CertificatesBy, uses_ingress_tls
from clew.mesh.xds.listeners import listener
from clew.mesh.xds.names import Asked, name_prefix, read_asked
from clew.mesh.xds.routes import OnDemand, route_config
from clew.mesh.xds.secrets import SecretContent, file_secret, secret
from clew.mesh.xds.snapshot import CLUSTER, LISTENER, ROUTE, SECRET, Resource, Snapshot
from clew.mesh.xds.tls import OWN_CERTIFICATE


class State(enum.Enum):
    """What became of a name."""

    KNOWN = "known"
    """It leads somewhere, be it to no endpoints."""
    OVERRIDDEN = "overridden"
    """The same, with a dtab of the request's own."""
    UNKNOWN = "unknown"
    """It leads nowhere, or the request is wrong."""
    PENDING = "pending"
    """Some namer has not said yet; Envoy waits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many names may cost memory in Envoy, about 65 KB a known and 40 KB an unknown one.

    Those that lead somewhere without an override are bounded by each router's ``bindingCache``.
    """

    unknown: int = 1000
    """Names that lead nowhere; clients can make any number of them."""
    overridden: int = 1000
    """Names with a dtab of the request's own; clients can make any number of them too."""
    pending: int = 1000
    """Names that a namer has not said yet; more are not looked up."""

    def room(self, linker: Linker) -> dict[State | str, int]:
        """How many names fit, by :attr:`Named.pool`."""
        return {
            State.UNKNOWN: self.unknown,
            State.OVERRIDDEN: self.overridden,
            State.PENDING: self.pending,
            **{router.label: router.binding_cache.paths for router in linker.routers},
        }


@dataclass(frozen=True, slots=True)
class Admission:
    """How far Envoy may go in asking for names; :mod:`clew.mesh.serve.admission` decides."""

    epoch: int = 1
    """See :class:`clew.mesh.xds.routes.OnDemand`."""
    crowded: bool = False
    gated: bool = False
    """Only the names that Envoy has by now are let through."""


@dataclass(frozen=True, slots=True)
class Named:
    """One name, compiled."""

    state: State
    resources: tuple[Resource, ...] = ()
    used: tuple[tuple[Path, Answer | None], ...] = ()
    """The answers that this follows from; None for one that is still missing."""
    advice: tuple[str, ...] = ()
    """What operators should know about it."""
    decay: float | None = None
    """Seconds in which a latency loses its weight; None where latency does not balance."""
    speeds: Speeds = field(default_factory=dict)
    """Of its endpoints, as this follows from them."""
    router: str = ""
    """The label of the router it is a name of; empty when that is gone."""

    @property
    def pool(self) -> State | str:
        """Whom it shares a limit with: the known names of its router, by its label. Those that
        clients can make up are counted together, so that more routers make no room for more."""
        return self.router if self.state is State.KNOWN else self.state

    def holds(self, answers: Answers, speeds: Speeds) -> bool:
        """Whether it would be the same with these answers and speeds."""
        same = self.decay is None or self.speeds == speeds
        return same and all(answers.get(path) == answer for path, answer in self.used)


@dataclass(frozen=True, slots=True)
class Compiled:
    """The result."""

    snapshot: Snapshot
    wanted: frozenset[Path]
    """What the namers should answer."""
    refused: frozenset[str]
    """Names over the limits: Envoy is told that there is no such cluster."""
    names: Mapping[str, Named] = field(default_factory=dict)
    linker: Linker | None = None
    admission: Admission | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    secrets: Mapping[str, SecretContent] = field(default_factory=dict)
    ingress_rules: RulesBy = field(default_factory=dict)
    ingress_certificates: CertificatesBy = field(default_factory=dict)
    """What it was compiled from; None for ``NOTHING``."""

    @property
    def decays(self) -> dict[str, float]:
        """The clusters that are balanced by latency, and in how many seconds one loses weight."""
        return {name: each.decay for name, each in self.names.items() if each.decay is not None}

    @property
    def advice(self) -> frozenset[str]:
        """What operators should know about the names."""
        return frozenset(text for named in self.names.values() for text in named.advice)

    def count(self, state: State) -> int:
        """How many of the names ended like this."""
        return sum(named.state is state for named in self.names.values())


NOTHING = Compiled(Snapshot(), frozenset(), frozenset())


def compile_linker(
    linker: Linker,
    asked: Collection[str],
    answers: Answers,
    *,
    admission: Admission = Admission(),
    limits: Limits = Limits(),
    node: Node = UNKNOWN_NODE,
    files: Mapping[str, bytes] = MappingProxyType({}),
    secrets: Mapping[str, SecretContent] = MappingProxyType({}),
    speeds: Mapping[str, Speeds] = MappingProxyType({}),
    ingress_rules: RulesBy = MappingProxyType({}),
    ingress_certificates: CertificatesBy = MappingProxyType({}),
    latency_log: str = "latencies",
    previous: Compiled = NOTHING,
) -> Compiled:
    """``asked`` are cluster names, the longest asked first: these keep their place.

    ``node`` is where this mesh runs. ``files`` are what :func:`certificates` names, by path.
    ``secrets`` are those that come from elsewhere than files, by name.
    ``speeds`` are by cluster name, and follow from what Envoy writes to the file ``latency_log``.
    Of an identifier that is not in ``ingress_rules`` the rules are not known yet; nor are, where
    it is not in ``ingress_certificates``, the certificates of its hosts, which are in ``secrets``.
    """
    last = previous.names if previous.linker is linker else {}
    scope = _Scope.of(linker, answers, node, speeds)
    names: dict[str, Named] = {}
    refused = set()
    room = limits.room(linker)
    for name in asked:
        named = last.get(name)
        if named is None or not named.holds(answers, speeds.get(name, AS_FAST)):
            named = scope.compile(name)
        pool = named.pool
        if room[pool] > 0:
            room[pool] -= 1
            names[name] = named
        else:
            refused.add(name)
    ingresses = _Ingresses(ingress_rules, ingress_certificates)
    resources = [*_secrets(linker, files, secrets, previous)]
    resources += (resource for named in names.values() for resource in named.resources)
    return Compiled(
        snapshot=Snapshot.of(
            [
                *_static(linker, admission, resources, ingresses, latency_log, previous),
                *resources,
            ]
        ),
        wanted=frozenset(path for named in names.values() for path, _ in named.used),
        refused=frozenset(refused),
        names=names,
        linker=linker,
        admission=admission,
        files=files,
        secrets=secrets,
        ingress_rules=ingress_rules,
        ingress_certificates=ingress_certificates,
    )


@dataclass(frozen=True, slots=True)
class _Ingresses:
    """What is known of the Ingresses by which routers name requests and show certificates."""

    rules: RulesBy
    certificates: CertificatesBy

    @staticmethod
    def of(compiled: Compiled) -> _Ingresses:
        return _Ingresses(compiled.ingress_rules, compiled.ingress_certificates)

    def are_known(self, router: Router) -> bool:
        """All that the router needs."""
        needed = [identifier for _, identifier in ingress_identifiers(router)]
        shows = uses_ingress_tls(router)
        return all(
            each in self.rules and (not shows or each in self.certificates) for each in needed
        )


def _static(
    linker: Linker,
    admission: Admission,
    named: Sequence[Resource],
    ingresses: _Ingresses,
    latency_log: str,
    previous: Compiled,
) -> Iterator[Resource]:
    """Listeners and routes, which follow from the file, from who may be asked for and from rules.

    A router whose rules are not known yet could name nothing, and does not listen; nor does one
    that could not show a certificate of the authority yet.
    """
    has_own = any(resource.name == OWN_CERTIFICATE for resource in named)
    same_ingresses = _Ingresses.of(previous) == ingresses
    same_own = has_own == (OWN_CERTIFICATE in previous.secrets)
    if (
        previous.linker is linker
        and previous.admission == admission
        and same_ingresses
        and same_own
    ):
        yield from previous.snapshot.of_type(LISTENER).values()
        yield from previous.snapshot.of_type(ROUTE).values()
        return
    clusters = [resource.name for resource in named if resource.type_url == CLUSTER]
    for router in linker.routers:
        if not ingresses.are_known(router):
            continue
        if uses_authority(router) and not has_own:
            continue
        own = (name for name in clusters if name.startswith(name_prefix(router)))
        on_demand = OnDemand(
            epoch=admission.epoch,
            crowded=admission.crowded,
            gate=frozenset(own) if admission.gated else None,
        )
        yield route_config(router, sample_rate(linker.telemetry), on_demand, ingresses.rules)
        for index in range(len(router.servers)):
            yield listener(router, index, latency_log, ingresses.certificates)


def _secrets(
    linker: Linker,
    files: Mapping[str, bytes],
    secrets: Mapping[str, SecretContent],
    previous: Compiled,
) -> Iterable[Resource]:
    if previous.linker is linker and previous.files is files and previous.secrets == secrets:
        return previous.snapshot.of_type(SECRET).values()
    return [
        *(file_secret(each, files) for each in certificates(linker)),
        *(secret(name, content) for name, content in sorted(secrets.items())),
    ]


@dataclass(frozen=True, slots=True)
class _Scope:
    """What all names of one file are compiled with."""

    linker: Linker
    rules: Sequence[NamerRule]
    transformers: Mapping[str, Sequence[Transformer]]
    """By router label."""
    answers: Answers
    speeds: Mapping[str, Speeds]

    @staticmethod
    def of(linker: Linker, answers: Answers, node: Node, speeds: Mapping[str, Speeds]) -> _Scope:
        return _Scope(
            linker,
            namer_rules(linker.namers, node),
            {r.label: transformers_of(r.interpreter.transformers, node) for r in linker.routers},
            answers,
            speeds,
        )

    def compile(self, cluster: str) -> Named:
        """What becomes of a cluster name; nothing is raised."""
        asked = read_asked(cluster, self.linker)
        if asked is None:
            return _nowhere(cluster, note=cluster_note(502, "The router of this request is gone"))
        return replace(self._identified(cluster, asked), router=asked.router)

    def _identified(self, cluster: str, asked: Asked) -> Named:
        if asked.unreadable:
            return _nowhere(cluster, note=unreadable_note(asked.unreadable))
        if not asked.identified:
            return _nowhere(cluster, note=cluster_note(400))
        try:
            override = asked.read_override()
        except ParseError as error:
            return _nowhere(cluster, note=cluster_note(400, error.message))
        return self._bound(cluster, asked, override)

    def _bound(self, cluster: str, asked: Asked, override: Dtab) -> Named:
        router = next(router for router in self.linker.routers if router.label == asked.router)
        if isinstance(router.interpreter, KeptDtab):
            return Named(State.PENDING)  # its dtab has not been read
        binding = bind_in(
            router,
            asked.name,
            router.dtab + override,
            self.rules,
            self.answers,
            self.transformers[router.label],
        )
        used = tuple((path, self.answers.get(path)) for path in sorted(binding.wanted))
        match binding.outcome:
            case Pending():
                return Named(State.PENDING, (), used)
            case Failed(why):
                return _nowhere(cluster, override, cluster_note(502, why), used)
            case tree:
                parts = branches(tree)
        if not parts:
            note = nowhere_note(why_nowhere(tree, used))
            return _nowhere(cluster, override, note, used)
        if all(isinstance(part.bound.addr, AddrPending) for part in parts):
            return Named(State.PENDING, (), used)
        main = max(parts, key=lambda part: part.share).bound.id
        client = router.client.at(main)
        balancer = client.load_balancer
        decay = balancer.decay_time_ms / 1000 if isinstance(balancer, Ewma) else None
        speeds = AS_FAST if decay is None else self.speeds.get(cluster, AS_FAST)
        resources = known_cluster(
            cluster,
            str(override),
            parts,
            router.service.at(asked.name),
            client,
            binding_timeout_ms=router.binding_timeout_ms,
            http2=isinstance(router, H2Router),
            speeds=speeds,
            tls=dict(_tls(router, parts)),
        )
        state = State.OVERRIDDEN if asked.override else State.KNOWN
        return Named(state, resources, used, binding.advice, decay, speeds)


def _tls(
    router: Router, parts: Sequence[Branch]
) -> Iterator[tuple[Path, ClientTls | AutoClientTls]]:
    """Of the branches that are not plain text."""
    for id in sorted({part.bound.id for part in parts}):
        tls = router.client.at(id).tls
        if isinstance(tls, AutoClientTls) or (tls is not None and tls.enabled):
            yield id, tls


def _nowhere(
    cluster: str,
    override: Dtab = Dtab(),  # noqa: B008 (frozen)
    note: Mapping[str, str | float] = MappingProxyType({}),
    used: tuple[tuple[Path, Answer | None], ...] = (),
) -> Named:
    return Named(State.UNKNOWN, (empty_cluster(cluster, str(override), note),), used)
