"""What the pages do with one trace besides drawing it, in a real browser over canned answers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from e2e import pages_server as canned
from e2e.looking import Open, opening, serious_findings

APART_ID = "00000000000c10c4"


def apart() -> list[canned.Json]:
    """hello calls world, whose host is 1.2 s ahead."""
    hello = {"serviceName": "hello", "ipv4": "10.0.0.1"}
    world = {"serviceName": "world", "ipv4": "10.0.0.2"}
    ahead = canned.EPOCH + 1_200_000
    common = {"traceId": APART_ID, "name": "get /"}
    client = {"id": f"{1:016x}", "kind": "CLIENT", "timestamp": canned.EPOCH, "duration": 9_000}
    server = {"id": f"{2:016x}", "kind": "SERVER", "timestamp": ahead + 1_000, "duration": 7_000}
    return [
        {**common, **client, "localEndpoint": hello},
        {**common, **server, "localEndpoint": world, "parentId": client["id"]},
    ]


@pytest.fixture
def store() -> canned.Store:
    return canned.Store([canned.HELLO, canned.FAILED, apart()])


@pytest.fixture
def open_page(browser: Browser, store: canned.Store) -> Iterator[Open]:
    with canned.running(store) as server, opening(browser, server.url) as open_page:
        yield open_page


def test_clocks_that_were_apart_are_set_right_and_shown_raw_when_asked(open_page: Open) -> None:
    page = open_page(f"/zipkin/traces/{APART_ID}")
    expect(page.get_by_text("Clocks of hello and world were 1.20\u00a0s apart")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("9.00"))).to_be_visible()
    page.get_by_role("row", name="world get /, 7.00\u00a0ms, moved 1.20\u00a0s earlier").click()
    panel = page.get_by_role("complementary", name="Span detail")
    expect(panel).to_contain_text("1.20\u00a0s earlier than reported")
    expect(panel).to_contain_text("1.00\u00a0ms into the trace")
    page.get_by_role("button", name="Show raw").click()
    expect(page).to_have_url(re.compile("raw=1"))
    expect(panel).to_contain_text("1.20\u00a0s into the trace")
    expect(page.get_by_role("row", name="moved")).to_have_count(0)
    page.go_back()
    expect(panel).to_contain_text("1.00\u00a0ms into the trace")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", [f"traces/{APART_ID}", f"traces/{APART_ID}?raw=1"])
def test_axe_finds_nothing_serious(open_page: Open, path: str, theme: str) -> None:
    page = open_page(f"/zipkin/{path}", color_scheme=theme)
    assert serious_findings(page) == []
