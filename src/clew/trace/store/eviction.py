"""What is kept by number: Zipkin's ``MEM_MAX_SPANS``, which forgets the oldest traces, whole."""

from __future__ import annotations

from clew.trace.store import rows, sql
from clew.trace.store.engine import Session

_DELETES = (
    "DELETE FROM spans WHERE trace_lo IN ({oldest})",
    # what was made of the spans goes when no span says it any more
    "DELETE FROM trace_time WHERE trace_lo NOT IN (SELECT trace_lo FROM spans)",
    "DELETE FROM names WHERE (service, name, remote_service)"
    " NOT IN (SELECT service, name, remote_service FROM spans)",
    "DELETE FROM red_minute WHERE minute NOT IN (SELECT bucket FROM spans)",
    "DELETE FROM displaced WHERE bucket NOT IN (SELECT bucket FROM spans)",
)


def evict(session: Session, max_spans: int) -> int:
    """Forget the traces that began first until ``max_spans`` spans or fewer are left.

    Answers how many spans were forgotten. Values for completion stay, as in Zipkin; hours that lose
    spans are linked anew by themselves.
    """
    before = _count(session)
    if before <= max_spans:
        return 0
    oldest = sql.query("oldest", excess=str(before - max_spans))
    for statement in _DELETES:
        session.run(statement.format(oldest=oldest))
    return before - _count(session)


def _count(session: Session) -> int:
    [spans] = rows.numbers(session.read(sql.query("count")), "spans")
    return spans
