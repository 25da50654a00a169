"""Addresses in the words of Linkerd's ``/client_state.json`` and ``/namer_state``."""

from __future__ import annotations

from typing import Any, assert_never

from clew.mesh.naming.answer import Answer, BoundTree, Broken, Missing, Waiting, bounds
from clew.mesh.naming.bound import Addr, Addresses, AddrFailed, AddrNeg, AddrPending, Bound


def addr_state(addr: Addr) -> dict[str, Any]:
    """``{"state": "bound", "addresses": ["10.0.0.1:80"]}``, or only why there are none."""
    match addr:
        case Addresses(members):
            return {"state": "bound", "addresses": sorted(map(str, members))}
        case AddrNeg():
            return {"state": "Neg"}
        case AddrPending():
            return {"state": "Pending"}
        case AddrFailed(cause):
            return {"state": f"Failed: {cause}"}
    assert_never(addr)


def answer_state(answer: Answer) -> dict[str, Any]:
    """The same of what a namer says."""
    match answer:
        case Bound(addr=addr):
            return addr_state(addr)
        case BoundTree():
            return {
                "state": "bound",
                "clients": {str(bound.id): addr_state(bound.addr) for bound in bounds(answer)},
            }
        case Missing():
            return addr_state(AddrNeg())
        case Waiting():
            return addr_state(AddrPending())
        case Broken(why):
            return addr_state(AddrFailed(why))
    assert_never(answer)
