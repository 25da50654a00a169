"""What the demo prints: progress for people on stderr, the answer on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from urllib.parse import quote

from clew.demo.story import tree_text
from clew.demo.topology import Topology
from clew.span import json_v2
from clew.span.model import Span


def urls(topology: Topology, trace_id: str = "") -> dict[str, str]:
    """Where the parts are reached, as ``--json`` prints it."""
    entry, traces = topology.nodes[0], f"http://{topology.traces}"
    found = {
        "traces": f"{traces}/",
        "search": f"{traces}/?serviceName={quote(entry.server_span, safe='')}",
        "mesh": f"http://{entry.outgoing}",
        "admin": f"http://{entry.admin}",
    }
    return found | ({"trace": f"{traces}/zipkin/traces/{trace_id}"} if trace_id else {})


def tell_urls(topology: Topology) -> None:
    """How each part is reached, for a person."""
    for node in topology.nodes:
        say(
            f"  mesh      http_proxy={node.outgoing} curl http://hello    admin http://{node.admin}"
        )
    for service in topology.disco():
        at = ", ".join(f"{app.host}:{app.port}" for app in topology.apps if app.service == service)
        say(f"  {service:<9} {at}")
    say(f"  traces    {urls(topology)['search']}")


def tell_story(topology: Topology, reply: str, spans: Sequence[Span], *, as_json: bool) -> None:
    """The reply and its trace, on stdout."""
    trace_id = spans[0].trace_id if spans else ""
    found = urls(topology, trace_id)
    if as_json:
        document = {
            "reply": reply,
            "trace_id": trace_id,
            "spans": json.loads(json_v2.encode_list(spans)),
            "urls": found,
        }
        print(json.dumps(document, ensure_ascii=False), flush=True)
        return
    print(f"\n$ http_proxy={topology.nodes[0].outgoing} curl http://hello\n{reply}\n")
    print(f"{len(spans)} spans  {found.get('trace', '')}")
    print(tree_text(spans), flush=True)


def say(line: str) -> None:
    """For people; stdout is for the answer."""
    print(line, file=sys.stderr, flush=True)


def say_of(name: str, line: str) -> None:
    """A line that a part of the demo logged."""
    say(f"[{name}] {line}")
