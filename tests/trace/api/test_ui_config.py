"""What pages are told when they open."""

from __future__ import annotations

import pytest
from tests.trace.api.client import Client

from clew.trace.api.settings import ApiSettings, Dependency, UiConfig
from clew.trace.api.ui_config import routes

DEFAULT = {
    "environment": "",
    "queryLimit": 10,
    "defaultLookback": 900000,
    "searchEnabled": True,
    "logsUrl": None,
    "supportUrl": None,
    "archivePostUrl": None,
    "archiveUrl": None,
    "dependency": {"enabled": True, "lowErrorRate": 0.5, "highErrorRate": 0.75},
}


@pytest.mark.parametrize(
    ("settings", "changes"),
    [
        pytest.param(ApiSettings(), {}, id="by default"),
        pytest.param(ApiSettings(search_enabled=False), {"searchEnabled": False}, id="no search"),
        pytest.param(
            ApiSettings(
                ui=UiConfig(
                    environment="prod",
                    logs_url="http://l/{traceId}",
                    dependency=Dependency(enabled=False),
                )
            ),
            {
                "environment": "prod",
                "logsUrl": "http://l/{traceId}",
                "dependency": {"enabled": False, "lowErrorRate": 0.5, "highErrorRate": 0.75},
            },
            id="told",
        ),
    ],
)
def test_config_json(settings: ApiSettings, changes: dict[str, object]) -> None:
    response = Client(routes(settings)).get("/zipkin/config.json")
    assert response.json() == DEFAULT | changes
    assert list(response.json()) == list(DEFAULT)
    assert response.headers["cache-control"] == "max-age=600"
    assert response.headers["content-type"] == "application/json"
    assert response.text.startswith('{\n  "environment"')
