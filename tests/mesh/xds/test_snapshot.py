from __future__ import annotations

from envoy.config.core.v3.base_pb2 import Metadata
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment

from clew.mesh.xds.snapshot import CLUSTER, ENDPOINT, Change, Resource, Snapshot, diff


def cluster(name: str, version: str = "1", *, refers: bool = False) -> Resource:
    return Resource(CLUSTER, name, b"", version, ((ENDPOINT, name),) if refers else ())


def test_the_type_of_a_resource_is_that_of_its_message() -> None:
    assert Resource.of("a", ClusterLoadAssignment(cluster_name="a")).type_url == ENDPOINT


def test_the_version_follows_the_content_and_not_the_order_of_its_maps() -> None:
    def noted(*keys: str) -> Resource:
        message = Metadata()
        for key in keys:
            message.filter_metadata["clew"].update({key: "x"})
        return Resource.of("a", message)

    assert noted("a", "b", "c").version == noted("c", "b", "a").version
    assert noted("a").version != noted("b").version


def test_a_reference_without_its_resource_dangles() -> None:
    snapshot = Snapshot.of([cluster("a", refers=True), cluster("b")])
    assert snapshot.dangling() == ((ENDPOINT, "a"),)
    endpoints = Resource(ENDPOINT, "a", b"", "1")
    assert Snapshot.of([cluster("a", refers=True), endpoints]).dangling() == ()


def test_a_difference_has_what_is_new_other_and_gone() -> None:
    had = {"same": "1", "other": "1", "gone": "1"}
    wanted = {r.name: r for r in (cluster("same"), cluster("other", "2"), cluster("new"))}
    assert diff(had, wanted) == Change((cluster("new"), cluster("other", "2")), ("gone",))


def test_the_same_versions_are_no_difference() -> None:
    assert diff({"a": "1"}, {"a": cluster("a")}) == Change()
