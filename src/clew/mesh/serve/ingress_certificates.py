"""The certificates of Ingresses' hosts: read from their Secrets, checked, and followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from clew.mesh.config.identifiers import IngressIdentifier
from clew.mesh.namers.k8s.ingress_tls import Claims, SecretName
from clew.mesh.namers.k8s.lookups import Collection, Kind, View
from clew.mesh.namers.k8s.objects import Secret
from clew.mesh.namers.k8s.watched import Place, Watched
from clew.mesh.serve.certificates import BadCertificate, check_pair
from clew.mesh.serve.complaints import Complaints, Refused
from clew.mesh.xds.ingress_tls import HostCertificates
from clew.mesh.xds.secrets import TlsCertificate

TYPE = "kubernetes.io/tls"
CERTIFICATE, KEY = "tls.crt", "tls.key"
"""The entries of such a Secret."""

_REFUSED = "its hosts are refused by TLS"


@dataclass(frozen=True, slots=True)
class _Read:
    """What became of a Secret."""

    certificate: TlsCertificate | None = None
    why: str = ""
    """Why there is none; empty while it is not known."""

    @property
    def is_known(self) -> bool:
        """Whether it has been read, or cannot be."""
        return self.certificate is not None or bool(self.why)


class IngressCertificates:
    """Of a wrong Secret the hosts are refused, whatever it was before: what is shown follows from
    the cluster alone, as it would after a restart."""

    def __init__(
        self, on_change: Callable[[], None], refused: Refused = lambda _, __: None
    ) -> None:
        """``on_change`` is called when ``by_identifier`` or ``secrets`` have become others."""
        self.by_identifier: Mapping[IngressIdentifier, HostCertificates] = {}
        """Those of which a Secret has never been read are not in it."""
        self.secrets: Mapping[str, TlsCertificate] = {}
        """What can be shown, by the names of SDS secrets."""
        self._on_change = on_change
        self._complaints = Complaints(refused)
        self._claims: Mapping[IngressIdentifier, Claims] = {}
        self._read: dict[Place, tuple[View, _Read]] = {}
        """With what each follows from."""
        self._watched = Watched(self._look)

    def use(self, claims: Mapping[IngressIdentifier, Claims]) -> bool:
        """These from now on; what has not changed is kept. Whether something is shown otherwise."""
        self._claims = claims
        places = frozenset(self._places())
        self._watched.use(places)
        self._complaints.only({_shown(place) for place in places})
        return self._make()

    async def stop(self) -> None:
        """End every watch."""
        await self._watched.stop()

    def _places(self) -> Iterator[Place]:
        for identifier, claims in self._claims.items():
            for secret in claims.secrets:
                yield _place(identifier, secret)

    def _look(self) -> None:
        if self._make():
            self._on_change()

    def _make(self) -> bool:
        before = self.by_identifier, self.secrets
        read = {place: self._certificate(place) for place in sorted(self._places(), key=_shown)}
        self._read = {place: self._read[place] for place in read}
        known = self.by_identifier
        self.secrets = {
            _sds_name(place): each.certificate for place, each in read.items() if each.certificate
        }
        self.by_identifier = {
            identifier: _hosts(identifier, claims, read)
            for identifier, claims in self._claims.items()
            if identifier in known
            or all(read[_place(identifier, secret)].is_known for secret in claims.secrets)
        }
        return (self.by_identifier, self.secrets) != before

    def _certificate(self, place: Place) -> _Read:
        view = self._watched.view(place)
        if place not in self._read or self._read[place][0] is not view:
            self._read[place] = view, _read(place, view)
            self._tell(place)
        return self._read[place][1]

    def _tell(self, place: Place) -> None:
        why = self._read[place][1].why
        if why:
            self._complaints.about(_shown(place), why, _REFUSED)
        else:
            self._complaints.mended(_shown(place))


def _read(place: Place, view: View) -> _Read:
    if not view.synced:
        return _Read(why=view.trouble)
    named = view.objects.get(place.collection.name, ())
    found = [each for each in named if isinstance(each, Secret)]
    if not found:
        return _Read(why=f"there is no {_shown(place)}")
    try:
        return _Read(_usable(found[0]))
    except BadCertificate as error:
        return _Read(why=f"{_shown(place)}: {error}")


def _usable(secret: Secret) -> TlsCertificate:
    """Raises BadCertificate."""
    if secret.type != TYPE:
        raise BadCertificate(f"its type is {secret.type}, not {TYPE}")
    certificate, key = secret.data.get(CERTIFICATE, b""), secret.data.get(KEY, b"")
    check_pair((CERTIFICATE, certificate), (KEY, key))
    return TlsCertificate(certificate, key)


def _hosts(
    identifier: IngressIdentifier, claims: Claims, read: Mapping[Place, _Read]
) -> HostCertificates:
    by_host: dict[str, str] = {}
    refused = set()
    for host, secret in claims.by_host.items():
        place = _place(identifier, secret)
        if read[place].certificate is None:
            refused.add(host)
        else:
            by_host[host] = _sds_name(place)
    default = ""
    if claims.default is not None:
        place = _place(identifier, claims.default)
        default = _sds_name(place) if read[place].certificate else ""
    return HostCertificates(by_host, default, frozenset(refused))


def _place(identifier: IngressIdentifier, secret: SecretName) -> Place:
    collection = Collection(Kind.SECRETS, secret.namespace, secret.name)
    return Place(identifier.host, identifier.port, collection)


def _shown(place: Place) -> str:
    """For operators."""
    return f"Secret {place.collection.namespace}/{place.collection.name}"


def _sds_name(place: Place) -> str:
    """For Envoy: there may be several clusters."""
    return f"{_shown(place)} of {place.host}:{place.port}"
