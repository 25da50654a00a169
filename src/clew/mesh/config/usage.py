"""``usage``: Linkerd reported to its makers what it was used for. clew reports nothing."""

from __future__ import annotations

from clew.mesh.config.section import Section


class Usage(Section, frozen=True, kw_only=True):
    """Taken and ignored."""

    enabled: bool = True
    org_id: str | None = None
