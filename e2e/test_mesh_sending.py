"""Requests that the playground sends, and what it says an override changes."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest

from e2e.mesh_world import LINKER, App, get, new_world, running, until

OVERRIDE = "/host/world => /srv/world-v2 | /srv/world-v1"
LOGGING = LINKER.replace("telemetry: [", "telemetry: [{{kind: io.l5d.tracelog, level: INFO}}, ")


def test_a_request_goes_through_the_router_and_begins_a_trace_of_its_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = new_world(tmp_path, LOGGING)
    send = f"http://127.0.0.1:{world.ports['admin']}/clew/send"
    sent = {"router": "outgoing", "host": "world", "path": "/a?b=%20", "dtab": OVERRIDE}
    caplog.set_level(logging.INFO)

    def spans(trace_id: str) -> list[dict[str, object]]:
        lines = [r.message for r in caplog.records if f'"traceId":"{trace_id}"' in r.message]
        return [json.loads(line[line.index("{") :]) for line in lines]

    async def scenario() -> None:
        async with running(world, App("world-v1"), App("world-v2")) as client:
            reply = (await client.post(send, json=sent)).json()
            assert reply["status"] == 200
            told = json.loads(reply["body"])
            assert (told["app"], told["line"]) == ("world-v2", "GET /a?b=%20 HTTP/1.1")
            trace_id = reply["trace_id"]
            await until(lambda: len(spans(trace_id)) == 4)
            roots = [span for span in spans(trace_id) if "parentId" not in span]
            assert [root["name"] for root in roots] == ["outgoing /svc/world"]
            posted = (
                await client.post(
                    send,
                    json=sent
                    | {"method": "POST", "body": "12", "dtab": "", "headers": [["x-a", "b"]]},
                )
            ).json()
            told = json.loads(posted["body"])
            assert (told["app"], told["headers"]["x-a"]) == ("world-v1", "b")
            assert told["headers"]["content-length"] == "2"
            refused = await client.post(send, json=sent, headers={"origin": "http://elsewhere"})
            assert refused.status_code == 403

    asyncio.run(scenario())


def test_what_an_override_changes_is_told_for_all_names(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    page = f"http://127.0.0.1:{world.ports['admin']}/clew/override.json"

    async def scenario() -> None:
        async with running(world, App("hello"), App("world-v1"), App("world-v2")) as client:
            for host in ("hello", "world", "nobody"):
                await get(client, host)
            answer = await client.post(page, json={"router": "outgoing", "dtab": OVERRIDE})
            document = answer.json()
            assert document["names"] == 3
            (change,) = document["changes"]
            assert change["name"] == "/svc/world"
            ids = [change[side]["targets"][0]["id"] for side in ("before", "after")]
            assert [each.rpartition("/")[2] for each in ids] == ["world-v1", "world-v2"]

    asyncio.run(scenario())
