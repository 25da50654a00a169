from __future__ import annotations

import pytest

from clew.mesh.config.admin import Security
from clew.mesh.serve.security import is_served

ALL = Security()
NO_UI = Security(ui_enabled=False)
NO_CONTROL = Security(control_enabled=False)
NO_DIAGNOSTICS = Security(diagnostics_enabled=False)


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/", NO_UI),
        ("/files/a/b.js", NO_UI),
        ("/delegator.json", NO_UI),
        ("/names", NO_UI),
        ("/assets/a-1.js", NO_UI),
        ("/favicon.svg", NO_UI),
        ("/clew/mesh.json", NO_UI),
        ("/clew/names.json", NO_DIAGNOSTICS),
        ("/admin/metrics.json", NO_UI),
        ("/admin/shutdown", NO_CONTROL),
        ("/logging.json", NO_CONTROL),
        ("/clew/send", NO_CONTROL),
        ("/clew/override.json", NO_UI),
        ("/admin/ping", NO_DIAGNOSTICS),
        ("/admin/metrics/prometheus", NO_DIAGNOSTICS),
        ("/requests", NO_DIAGNOSTICS),
    ],
)
def test_a_page_belongs_to_one_group(path: str, group: Security) -> None:
    assert is_served(path, ALL)
    without = [each for each in (NO_UI, NO_CONTROL, NO_DIAGNOSTICS) if not is_served(path, each)]
    assert without == [group]


@pytest.mark.parametrize(
    ("security", "path", "served"),
    [
        (Security(diagnostics_enabled=False, path_whitelist=("/admin/ping",)), "/admin/ping", True),
        (Security(diagnostics_enabled=False, path_whitelist=("/admin",)), "/admin/ping", False),
        (Security(path_blacklist=("/admin/.*",)), "/admin/ping", False),
        (Security(path_blacklist=("/admin",)), "/admin/ping", True),
        (Security(path_blacklist=("/a",), path_whitelist=("/a",)), "/a", False),
    ],
)
def test_lists_must_match_the_whole_path_and_black_wins(
    security: Security, path: str, served: bool
) -> None:
    assert is_served(path, security) is served
