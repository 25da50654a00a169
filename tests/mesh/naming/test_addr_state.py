from __future__ import annotations

from typing import Any

import pytest

from clew.mesh.naming.addr_state import answer_state
from clew.mesh.naming.answer import Answer, Broken, Missing, Waiting
from clew.mesh.naming.bound import Address, Addresses, AddrNeg, Bound
from clew.mesh.naming.path import Path

TWO = Addresses(frozenset([Address("::1", 2), Address("h", 1)]))


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Bound(Path(), TWO), {"state": "bound", "addresses": ["[::1]:2", "h:1"]}),
        (Bound(Path(), AddrNeg()), {"state": "Neg"}),
        (Missing(), {"state": "Neg"}),
        (Waiting(), {"state": "Pending"}),
        (Broken("no directory"), {"state": "Failed: no directory"}),
    ],
)
def test_an_answer_in_linkerds_words(answer: Answer, state: dict[str, Any]) -> None:
    assert answer_state(answer) == state
