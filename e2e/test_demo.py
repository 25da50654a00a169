"""The blog post on one machine, from outside: real processes, real Envoy, real store."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from clew.demo.story import is_the_story
from clew.span.json_v2 import decode_list
from e2e.demo import CLEW, Demo, free_offset, running, until

REPLY = r"Hello \((\S+)\) world \((\S+)\)!!"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


def story(trace: list[dict[str, Any]]) -> bool:
    return is_the_story(decode_list(json.dumps(trace).encode()))


def tags(trace: list[dict[str, Any]], key: str) -> set[str]:
    return {span["tags"][key] for span in trace if key in span.get("tags", {})}


def test_once_is_one_request_one_trace_and_exit_0(tmp_path: Path) -> None:
    offset = free_offset()
    done = subprocess.run(
        [*CLEW, "demo", "--once", "--json", f"--port-offset={offset}"],
        capture_output=True,
        check=False,
    )
    told = json.loads(done.stdout)

    assert done.returncode == 0, done.stderr.decode()
    assert re.fullmatch(REPLY, told["reply"])
    assert len(told["spans"]) == 8
    assert story(told["spans"])
    assert {span["traceId"] for span in told["spans"]} == {told["trace_id"]}


def test_without_json_it_prints_the_reply_and_the_tree() -> None:
    done = subprocess.run(
        [*CLEW, "demo", "--once", f"--port-offset={free_offset()}"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert re.search(REPLY, done.stdout)
    assert len(re.findall(r"^ *(SERVER|CLIENT) ", done.stdout, re.MULTILINE)) == 8


def test_spans_are_named_as_linkerd_names_them(demo: Demo) -> None:
    first = {s["id"]: s for s in demo.told["spans"]}
    root = next(s for s in first.values() if "parentId" not in s)
    client = next(s for s in first.values() if s.get("parentId") == root["id"])
    port = 4140 + demo.offset

    assert root["kind"] == "SERVER"
    assert root["name"] == "outgoing /svc/hello"
    assert root["localEndpoint"]["serviceName"] == f"127.0.0.1/{port}"
    assert root["tags"]["router.label"] == "outgoing"
    assert root["tags"]["service"] == "/svc/hello"
    assert root["tags"]["dtab.local"] == ""
    assert "/host/world=>/srv/world-v1" in root["tags"]["dtab.base"].replace(" ", "")
    assert client["kind"] == "CLIENT"
    assert client["localEndpoint"]["serviceName"] == f"%/io.l5d.port/{port + 1}/#/io.l5d.fs/hello"
    assert client["remoteEndpoint"] == {"ipv4": "127.0.0.1", "port": port + 1}
    assert client["tags"]["http.status_code"] == "200"


def test_an_override_sends_the_second_hop_elsewhere_and_the_trace_shows_it(demo: Demo) -> None:
    reply, trace = demo.traced("http://hello", {"l5d-dtab": "/host/world => /srv/world-v2"})

    assert re.fullmatch(r"Hello \(\S+\) earth \(\S+\)!!", reply.text)
    assert story(trace)
    assert "/#/io.l5d.fs/world-v2" in tags(trace, "client")
    assert "/host/world=>/srv/world-v2" in tags(trace, "dtab.local")
    assert re.fullmatch(REPLY, demo.get("http://hello").text), "the next request has no override"


@pytest.mark.parametrize("forward", ["traceparent", "b3"])
def test_apps_may_forward_other_trace_headers(tmp_path: Path, forward: str) -> None:
    with running(tmp_path, f"--forward={forward}") as demo:
        assert story(demo.told["spans"])


def test_hello_on_one_node_reaches_world_on_another(tmp_path: Path) -> None:
    with running(tmp_path, nodes=3) as demo:
        found = re.fullmatch(REPLY, demo.told["reply"])
        services = {s["localEndpoint"]["serviceName"] for s in demo.told["spans"]}

        assert found
        hello, world = (address.rpartition(":")[0] for address in found.groups())
        assert hello != world
        assert story(demo.told["spans"])
        assert f"{world}/{4141 + demo.offset}" in services


def test_an_unsampled_request_leaves_no_trace(demo: Demo) -> None:
    unsampled = demo.get("http://hello/unsampled", **{"l5d-sample": "0.0"})
    _, trace = demo.traced("http://hello/sampled", {"l5d-sample": "1.0"})
    uris = {uri for trace in demo.traces() for uri in tags(trace, "http.uri")}

    assert unsampled.status_code == 200
    assert "/sampled" in tags(trace, "http.uri")
    assert "/unsampled" not in uris


def test_an_unknown_name_is_a_502_that_says_why(demo: Demo) -> None:
    answer = demo.get("http://nope")

    assert answer.status_code == 502
    assert "/svc/nope" in answer.text
    assert "l5d-err" in answer.headers


def test_a_mistaken_override_is_a_400_that_points_at_it(demo: Demo) -> None:
    answer = demo.get("http://hello", **{"l5d-dtab": "/host/world = /srv"})

    assert answer.status_code == 400
    assert "expected but" in answer.text


def test_the_delegator_shows_how_a_name_is_bound(demo: Demo) -> None:
    dtab = "/srv=>/#/io.l5d.fs;/svc=>/srv"
    answer = httpx.get(
        f"{demo.url('admin')}/delegator.json",
        params={"path": "/svc/hello", "dtab": dtab, "namespace": "outgoing"},
    ).json()

    assert answer["path"] == "/svc/hello"
    assert "/#/io.l5d.fs/hello" in json.dumps(answer)


def test_metrics_have_linkerds_names(demo: Demo) -> None:
    server = f"127.0.0.1/{4140 + demo.offset}"
    line = f'rt:server:requests{{rt="outgoing", server="{server}"}}'

    def seen() -> bool:
        text = httpx.get(f"{demo.url('admin')}/admin/metrics/prometheus").text
        return line in text

    until(seen, line)


def test_the_doctor_finds_its_parts_usable_and_its_traces_whole(demo: Demo) -> None:
    assert demo.get("http://hello").is_success
    check = [*CLEW, "check", "--json", f"--traces={demo.url('traces')}"]
    told = json.loads(subprocess.run(check, capture_output=True, check=True).stdout)
    seen = {each["check"]: each for each in told["findings"]}
    assert [seen[name]["level"] for name in ("envoy", "engine", "traces")] == ["ok"] * 3, told
    assert seen["traces"]["seen"].endswith("traces of the last hour are whole")


def test_a_killed_envoy_comes_back_and_requests_go_on(demo: Demo) -> None:
    os.kill(demo.child("envoy", "--config"), signal.SIGKILL)

    def works() -> bool:
        try:
            return demo.get("http://hello").status_code == 200
        except httpx.TransportError:
            return False

    until(works, "Envoy")
    assert demo.process.poll() is None


@pytest.mark.parametrize("part", ["traces", "mesh", "helloworld"])
def test_a_part_that_dies_ends_the_demo_with_a_sentence(tmp_path: Path, part: str) -> None:
    with running(tmp_path) as demo:
        victims = [p for p, line in demo.children().items() if f" {part} " in line]
        os.kill(victims[0], signal.SIGKILL)

        assert demo.process.wait(60) == 2
        last = demo.log.strip().splitlines()[-1]
        assert part.removesuffix("world") in last
        assert "Traceback" not in demo.log


def test_ctrl_c_stops_every_child(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        assert len(demo.children()) >= 8
        assert demo.stop() == 0


def test_acknowledged_spans_survive_a_kill_of_the_trace_server(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with running(tmp_path, f"--store={store}") as demo:
        trace_id = demo.told["trace_id"]
        os.kill(next(p for p, line in demo.children().items() if " traces " in line), 9)
        demo.process.wait(60)
    with running(tmp_path, f"--store={store}") as demo:
        assert story(demo.api(f"trace/{trace_id}"))


def test_a_port_in_use_is_one_sentence_and_exit_2(demo: Demo) -> None:
    done = subprocess.run(
        [*CLEW, "demo", "--once", f"--port-offset={demo.offset}"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "already in use" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_locked_store_is_one_sentence_and_exit_2(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with running(tmp_path, f"--store={store}"):
        done = subprocess.run(
            [*CLEW, "demo", "--once", f"--port-offset={free_offset()}", f"--store={store}"],
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 2
    assert str(store) in done.stderr.strip().splitlines()[-1]
    assert "Traceback" not in done.stderr
