from __future__ import annotations

from hypothesis import given
from tests.mesh.naming.names import dtabs, paths

from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import Path
from clew.mesh.naming.remote import RemoteName, remote_root

ROOT = remote_root("outgoing")


@given(dtabs, paths)
def test_table_and_name_come_back(dtab: Dtab, name: Path) -> None:
    remote = RemoteName(dtab, name)
    assert RemoteName.read(remote.under(ROOT), ROOT) == remote


def test_two_routers_have_two_roots() -> None:
    assert not remote_root("incoming").startswith(ROOT)
