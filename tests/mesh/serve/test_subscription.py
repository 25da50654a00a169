"""Transcripts of one stream: what Envoy says, and what it is answered."""

from __future__ import annotations

from collections.abc import Sequence

from clew.mesh.serve.subscription import (
    AskedMore,
    Effect,
    Rejected,
    Request,
    Send,
    Subscription,
    Updated,
)
from clew.mesh.xds.snapshot import (
    CLUSTER,
    ENDPOINT,
    LISTENER,
    ROUTE,
    Resource,
    Snapshot,
    TypeUrl,
)


def resource(type_url: TypeUrl, name: str, version: str = "1") -> Resource:
    return Resource(type_url, name, version.encode(), version)


def cluster(name: str, version: str = "1") -> Resource:
    return resource(CLUSTER, name, version)


def endpoints(name: str, version: str = "1") -> Resource:
    return resource(ENDPOINT, name, version)


def snapshot(*resources: Resource) -> Snapshot:
    return Snapshot.of(resources)


def ask(type_url: TypeUrl, *names: str, initial: dict[str, str] | None = None) -> Request:
    return Request(type_url, subscribe=names, initial_versions=initial or {})


def ack(type_url: TypeUrl, nonce: str) -> Request:
    return Request(type_url, nonce=nonce)


def sends(effects: Sequence[Effect]) -> list[str]:
    """``+a@1`` is sent, ``-a`` taken away, in the order of the responses."""
    said = []
    for effect in effects:
        assert isinstance(effect, Send), effect
        said += [f"+{r.name}@{r.version}" for r in effect.resources]
        said += [f"-{name}" for name in effect.removed]
    return said


def test_all_listeners_are_sent_to_who_asks_for_none_by_name() -> None:
    stream = Subscription(snapshot(resource(LISTENER, "out"), resource(ROUTE, "out")))
    assert sends(stream.on_request(ask(LISTENER))) == ["+out@1"]
    assert stream.on_request(ack(LISTENER, "1")) == []


def test_a_star_asks_for_all_listeners_too() -> None:
    stream = Subscription(snapshot(resource(LISTENER, "out")))
    assert sends(stream.on_request(ask(LISTENER, "*"))) == ["+out@1"]


def test_only_what_was_asked_for_is_sent_of_the_other_types() -> None:
    stream = Subscription(snapshot(endpoints("a"), endpoints("b")))
    assert sends(stream.on_request(ask(ENDPOINT, "b"))) == ["+b@1"]


def test_a_listener_that_is_gone_is_taken_away() -> None:
    stream = Subscription(snapshot(resource(LISTENER, "in"), resource(LISTENER, "out")))
    stream.on_request(ask(LISTENER))
    assert sends(stream.on_snapshot(snapshot(resource(LISTENER, "out")))) == ["-in"]


def test_a_snapshot_without_a_difference_sends_nothing() -> None:
    stream = Subscription(snapshot(endpoints("a")))
    stream.on_request(ask(ENDPOINT, "a"))
    assert stream.on_snapshot(snapshot(endpoints("a"))) == []


def test_a_change_is_pushed_once() -> None:
    stream = Subscription(snapshot(endpoints("a")))
    stream.on_request(ask(ENDPOINT, "a"))
    assert sends(stream.on_snapshot(snapshot(endpoints("a", "2")))) == ["+a@2"]
    assert stream.on_snapshot(snapshot(endpoints("a", "2"))) == []


def test_an_unknown_cluster_waits_until_it_is_compiled() -> None:
    stream = Subscription(snapshot())
    assert stream.on_request(ask(CLUSTER, "a")) == [AskedMore()]
    assert list(stream.asked) == ["a"]
    assert sends(stream.on_snapshot(snapshot(cluster("a")))) == ["+a@1"]


def test_clusters_are_asked_in_the_order_of_asking() -> None:
    stream = Subscription(snapshot())
    stream.on_request(ask(CLUSTER, "b"))
    stream.on_request(ask(CLUSTER, "a"))
    assert list(stream.asked) == ["b", "a"]


def test_a_refused_cluster_is_said_not_to_exist_and_is_forgotten() -> None:
    stream = Subscription(snapshot())
    stream.on_request(ask(CLUSTER, "a"))
    assert sends(stream.on_snapshot(snapshot(), gone={"a"})) == ["-a"]
    assert list(stream.asked) == []


def test_an_evicted_cluster_is_taken_away_and_not_answered_when_it_comes_back() -> None:
    stream = Subscription(snapshot(cluster("a")))
    stream.on_request(ask(CLUSTER, "a"))
    assert sends(stream.on_snapshot(snapshot(), gone={"a"})) == ["-a"]
    assert stream.on_snapshot(snapshot(cluster("a"))) == []


def test_a_cluster_that_is_not_compiled_for_a_while_stays_as_it_is() -> None:
    stream = Subscription(snapshot(cluster("a")))
    stream.on_request(ask(CLUSTER, "a"))
    assert stream.on_snapshot(snapshot()) == []
    assert stream.on_snapshot(snapshot(cluster("a"))) == []
    assert list(stream.asked) == ["a"]


def test_endpoints_are_never_taken_away() -> None:
    stream = Subscription(snapshot(endpoints("a")))
    stream.on_request(ask(ENDPOINT, "a"))
    assert stream.on_snapshot(snapshot(), gone={"a"}) == []


def test_a_refused_response_is_told_and_not_sent_again() -> None:
    stream = Subscription(snapshot(resource(LISTENER, "out")))
    stream.on_request(ask(LISTENER))
    nack = Request(LISTENER, nonce="1", error="port in use")
    assert stream.on_request(nack) == [Rejected(LISTENER, ("out",), "port in use")]
    assert stream.on_snapshot(snapshot(resource(LISTENER, "out"))) == []
    assert sends(stream.resend(LISTENER, ["out"])) == ["+out@1"]


def test_an_updated_cluster_is_told_when_envoy_has_taken_it() -> None:
    stream = Subscription(snapshot(cluster("a"), cluster("b")))
    stream.on_request(ask(CLUSTER, "a", "b"))
    assert stream.on_request(ack(CLUSTER, "1")) == []
    assert sends(stream.on_snapshot(snapshot(cluster("a", "2"), cluster("b")))) == ["+a@2"]
    assert stream.on_request(ack(CLUSTER, "2")) == [Updated(("a",))]


def test_endpoints_are_sent_again_for_an_updated_cluster() -> None:
    stream = Subscription(snapshot(endpoints("a"), endpoints("b")))
    stream.on_request(ask(ENDPOINT, "a", "b"))
    assert sends(stream.resend(ENDPOINT, ["a"])) == ["+a@1"]


def test_a_stream_without_endpoints_has_none_to_send_again() -> None:
    assert Subscription(snapshot(endpoints("a"))).resend(ENDPOINT, ["a"]) == []


def test_who_unsubscribes_hears_no_more() -> None:
    stream = Subscription(snapshot(endpoints("a")))
    stream.on_request(ask(ENDPOINT, "a"))
    assert stream.on_request(Request(ENDPOINT, unsubscribe=("a",))) == []
    assert stream.on_snapshot(snapshot(endpoints("a", "2"))) == []


def test_who_subscribes_again_is_answered_though_nothing_changed() -> None:
    stream = Subscription(snapshot(endpoints("a")))
    stream.on_request(ask(ENDPOINT, "a"))
    assert sends(stream.on_request(ask(ENDPOINT, "a"))) == ["+a@1"]


def test_after_a_reconnect_only_what_differs_is_sent() -> None:
    stream = Subscription(snapshot(endpoints("a"), endpoints("b", "2")))
    again = ask(ENDPOINT, "a", "b", initial={"a": "1", "b": "1"})
    assert sends(stream.on_request(again)) == ["+b@2"]


def test_after_a_reconnect_a_cluster_that_is_not_compiled_yet_is_not_taken_away() -> None:
    stream = Subscription(snapshot())
    assert stream.on_request(ask(CLUSTER, "a", initial={"a": "1"})) == [AskedMore()]
    assert stream.on_snapshot(snapshot(cluster("a"))) == []


def test_after_a_reconnect_listeners_of_an_old_file_are_taken_away() -> None:
    stream = Subscription(snapshot(resource(LISTENER, "out")))
    again = ask(LISTENER, initial={"out": "1", "old": "1"})
    assert sends(stream.on_request(again)) == ["-old"]


def test_on_a_stream_of_an_old_epoch_evicted_names_do_not_come_back() -> None:
    stream = Subscription(snapshot(cluster("kept"), cluster("evicted")), stale=True)
    assert stream.on_request(ask(CLUSTER, "kept", "evicted", initial={"kept": "1"})) == []
    assert list(stream.asked) == ["kept"]


def test_an_answer_to_an_unknown_nonce_is_left_alone() -> None:
    stream = Subscription(snapshot(endpoints("a")))
    stream.on_request(ask(ENDPOINT, "a"))
    assert stream.on_request(Request(ENDPOINT, nonce="77", error="what?")) == []


def test_a_response_to_one_type_leaves_the_others_alone() -> None:
    stream = Subscription(snapshot(endpoints("a"), resource(ROUTE, "out")))
    stream.on_request(ask(ENDPOINT, "a"))
    stream.on_request(ask(ROUTE, "out"))
    assert sends(stream.on_snapshot(snapshot(endpoints("a"), resource(ROUTE, "out", "2")))) == [
        "+out@2"
    ]
