"""What ``clickhouse://…`` says, and what is said of one that says nothing."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.trace.dsn import BadDsn, Server, is_dsn, parse


@pytest.mark.parametrize(
    ("text", "server"),
    [
        pytest.param("clickhouse://ch", Server(hosts=(("ch", 8123),)), id="defaults"),
        pytest.param(
            "clickhouse://clew:secret@ch:9999/spans",
            Server(hosts=(("ch", 9999),), user="clew", password="secret", database="spans"),
            id="everything",
        ),
        pytest.param("clickhouse://ch/", Server(hosts=(("ch", 8123),)), id="a slash"),
        pytest.param(
            "clickhouse://u:p%40ss%2Fw%3Ard@ch",
            Server(hosts=(("ch", 8123),), user="u", password="p@ss/w:rd"),
            id="signs in the password",
        ),
        pytest.param(
            "clickhouses://ch?ca=/etc/ssl/ours.pem",
            Server(hosts=(("ch", 8443),), secure=True, ca="/etc/ssl/ours.pem"),
            id="TLS",
        ),
        pytest.param(
            "clickhouse://ch?secure=true", Server(hosts=(("ch", 8443),), secure=True), id="TLS too"
        ),
        pytest.param(
            "clickhouse://[::1]:8124", Server(hosts=(("::1", 8124),)), id="an address of IPv6"
        ),
        pytest.param(
            "clickhouse://a,b:1/x?cluster=main",
            Server(hosts=(("a", 8123), ("b", 1)), database="x", cluster="main"),
            id="a cluster",
        ),
    ],
)
def test_what_it_says(text: str, server: Server) -> None:
    assert parse(text, {}) == server


@pytest.mark.parametrize(
    ("text", "user", "password"),
    [
        ("clickhouse://ch", "eve", "of eve"),
        ("clickhouse://clew@ch", "clew", "of eve"),
        ("clickhouse://clew:own@ch", "clew", "own"),
    ],
)
def test_what_it_leaves_out_is_in_the_environment(text: str, user: str, password: str) -> None:
    server = parse(text, {"CLICKHOUSE_USER": "eve", "CLICKHOUSE_PASSWORD": "of eve"})
    assert (server.user, server.password) == (user, password)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "clickhouse://",
            "--store: '' is no host and port (such as clickhouse://user@host:8123/clew)",
        ),
        (
            "http://ch:8123/clew",
            "--store: 'http' is no kind of store (such as clickhouse://user@host:8123/clew)",
        ),
        (
            "clickhouse://ch:port",
            "--store: 'ch:port' is no host and port (such as clickhouse://user@host:8123/clew)",
        ),
        (
            "clickhouse://ch:0",
            "--store: 'ch:0' is no host and port (such as clickhouse://user@host:8123/clew)",
        ),
        (
            "clickhouse://[::1",
            "--store is no address of a server: Invalid IPv6 URL (such as"
            " clickhouse://user@host:8123/clew)",
        ),
        (
            "clickhouse://u:a#b@ch",
            "--store: '#' has no meaning here (in a password write %23 for it)",
        ),
        (
            "clickhouse://ch/my-spans",
            "--store: 'my-spans' is no name of a database (use letters, digits and underscores)",
        ),
        (
            "clickhouse://ch?tls=1",
            "--store: 'tls' is no option (there are secure, ca and cluster)",
        ),
        ("clickhouse://ch?secure=yes", "--store: secure is 'yes' (use true or false)"),
        (
            "clickhouse://ch?ca=x.pem",
            "--store: ca is for TLS (say clickhouses:// or secure=true)",
        ),
        (
            "clickhouse://ch?cluster=a'b",
            "--store: 'a'b' is no name of a cluster (see system.clusters)",
        ),
        (
            "clickhouse://a,b",
            "--store: several hosts are for a cluster, in which each has all spans (add"
            " ?cluster=NAME, or name one host)",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(BadDsn) as refused:
        parse(text, {})
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("text", "dsn"),
    [
        ("clickhouse://ch", True),
        ("clickhouses://ch", True),
        ("http://ch:8123/clew", True),
        ("./clickhouse", False),
        ("clickhouse", False),
        ("/data/clickhouse://x", False),
    ],
)
def test_a_directory_is_no_dsn(text: str, dsn: bool) -> None:
    assert is_dsn(text) == dsn


def test_people_do_not_see_the_password() -> None:
    server = parse("clickhouses://clew:secret@ch/x?cluster=main", {})
    assert str(server) == "clickhouses://clew@ch:8443/x?cluster=main"
    assert "secret" not in repr(server)


@given(st.text(min_size=1).filter(lambda text: text.encode("utf-8", "ignore").decode() == text))
def test_any_user_and_password_can_be_written(text: str) -> None:
    server = parse(f"clickhouse://{quote(text, safe='')}:{quote(text, safe='')}@ch", {})
    assert (server.user, server.password) == (text, text)
