from __future__ import annotations

from clew.mesh.namers.k8s.lookups import ByEndpoints, Collection, Kind, View
from clew.mesh.namers.k8s.objects import Endpoints, Group, Service, ServicePort
from clew.mesh.namers.k8s.state import state_of
from clew.mesh.namers.watch_state import WatchState
from clew.mesh.naming.path import Path

PREFIX = Path.read("/#/io.l5d.k8s")
ENDPOINTS = Collection(Kind.ENDPOINTS, "default")
SERVICES = Collection(Kind.SERVICES, "default")
WEB = View(
    {"web": [Endpoints("web", (Group("IPv4", (("10.0.0.1", "n1"),), {"http": 8080}),))]},
    synced=True,
)
PORTS = (ServicePort("http", 80, None), ServicePort("admin", 81, 9990))
WEB_SERVICE = View({"web": [Service("web", PORTS, ())]}, synced=True)


def test_services_stand_by_namespace_and_name_with_what_is_known_of_them() -> None:
    question = ByEndpoints().ask(PREFIX, PREFIX + Path.of("default", "80", "web"))
    assert question is not None
    state = WatchState(lambda: 0)
    document = state_of([question], {ENDPOINTS: (WEB, state), SERVICES: (WEB_SERVICE, state)})
    values = {
        kind: {name: entry["state"]["value"] for name, entry in entries.items()}
        for kind, entries in document.items()
    }
    assert values == {
        "endpoints": {
            "default/web": {
                "endpoints": [{"ip": "10.0.0.1", "nodeName": "n1"}],
                "ports": {"http": 8080},
            }
        },
        "portMappings": {"default/web": {"80": "http", "81": "9990"}},
    }
    assert document["endpoints"]["default/web"]["watch"] == state.watch()


def test_before_the_first_list_there_is_no_value() -> None:
    question = ByEndpoints().ask(PREFIX, PREFIX + Path.of("default", "http", "web"))
    assert question is not None
    document = state_of([question], {ENDPOINTS: (View(), WatchState())})
    assert document["endpoints"]["default/web"]["state"]["value"] is None
    assert state_of([question], {}) == {"endpoints": {}, "portMappings": {}}
