"""A whole manifest."""

from __future__ import annotations

from dataclasses import dataclass

from clew.install.upgrade.documents import Document, Located, UpgradeError, read
from clew.install.upgrade.pods import pods
from clew.install.upgrade.rights import rights
from clew.install.upgrade.versions import versions
from clew.install.written import written


@dataclass(frozen=True, slots=True)
class Upgraded:
    """The new manifest, and how it came about."""

    text: str
    changes: tuple[str, ...]
    """In the order of the objects: ``FILE:LINE: KIND NAME: what``."""


def upgrade(text: str, source: str, image: str) -> Upgraded:
    """``source`` names the file. Raises UpgradeError."""
    pieces: list[str] = []
    told: list[str] = []
    for document in read(text, source):
        changes = [said for each in document.objects() for said in _said(each, source, image)]
        told += changes
        pieces.append(_text(document, changed=bool(changes)))
    return Upgraded("---\n".join(pieces), tuple(told))


def _said(object: Located, source: str, image: str) -> list[str]:
    name = _name(object)
    try:
        changes = [*versions(object), *rights(object), *pods(object, image)]
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # the rules read what Kubernetes has taken before; something else has fields of other types
        raise UpgradeError(
            f"{source}:{object.line}: {name} is not formed as Kubernetes has it: {error}",
            "see whether kubectl takes it: kubectl apply --dry-run=client -f FILE",
        ) from error
    return [f"{source}:{each.line}: {name}: {each.said}" for each in changes]


def _text(document: Document, changed: bool) -> str:
    if document.root is not None and changed:
        return document.preface + written(document.root)
    return document.text if document.text.endswith("\n") else f"{document.text}\n"


def _name(object: Located) -> str:
    """As the old file says it."""
    metadata = object.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, Located) else ""
    return f"{object['kind']} {name}".rstrip()
