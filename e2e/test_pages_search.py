"""The picture above the results, and results that are live, over canned answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from e2e import pages_server as canned
from e2e.looking import Open, opening, serious_findings

SEARCHES = "**/zipkin/api/v2/traces?*"


def request(number: int, took: int) -> list[canned.Json]:
    """A trace of one span, a second after the one before."""
    return [
        {
            "traceId": f"{number:016x}",
            "id": f"{number:016x}",
            "kind": "SERVER",
            "name": f"get /{number}",
            "timestamp": canned.EPOCH + number * 1_000_000,
            "duration": took,
            "localEndpoint": canned.endpoint("report"),
        }
    ]


@pytest.fixture
def store() -> canned.Store:
    """Twenty quick requests, and then three slow ones."""
    quick = [request(i, 2_000 + i * 10) for i in range(1, 21)]
    return canned.Store([*quick, *(request(i, 900_000) for i in range(31, 34))])


@pytest.fixture
def open_page(browser: Browser, store: canned.Store) -> Iterator[Open]:
    with canned.running(store) as server, opening(browser, server.url) as open_page:
        yield open_page


def listed(page: Page) -> Any:
    return page.get_by_role("table", name="Traces").locator("tbody tr")


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From and to shares of the picture's width and height."""
    edge = page.locator(".heat canvas").bounding_box()
    assert edge
    for i, (x, y) in enumerate((start, end)):
        page.mouse.move(edge["x"] + x * edge["width"], edge["y"] + y * edge["height"], steps=3)
        (page.mouse.down, page.mouse.up)[i]()


def test_a_box_chooses_results_and_then_asks_for_them_alone(
    open_page: Open, store: canned.Store
) -> None:
    page = open_page("/zipkin/")
    expect(listed(page)).to_have_count(23)
    drag(page, (0.6, 0.02), (0.99, 0.4))
    expect(page.get_by_text("3 of 23, those in the box")).to_be_visible()
    expect(listed(page)).to_have_count(3)
    box = re.search(r"box=(\d+)%2C(\d+)%2C(\d+)%2C(\d+)", page.url)
    assert box
    assert int(box[3]) < 900_000 < int(box[4])
    page.get_by_role("button", name="Only these").click()
    expect(page).to_have_url(re.compile("minDuration="))
    expect(listed(page)).to_have_count(3)
    assert store.asked["minDuration"] == box[3]
    assert store.asked["maxDuration"] == box[4]
    assert int(store.asked["endTs"]) * 1000 >= int(box[2])
    page.go_back()
    page.go_back()
    expect(listed(page)).to_have_count(23)


def test_a_click_takes_the_box_away(open_page: Open) -> None:
    page = open_page("/zipkin/")
    drag(page, (0.05, 0.6), (0.63, 0.84))
    expect(listed(page)).to_have_count(20)
    drag(page, (0.8, 0.6), (0.8, 0.6))
    expect(listed(page)).to_have_count(23)
    assert "box=" not in page.url


def test_a_box_is_drawn_moved_and_used_by_keys_alone(open_page: Open) -> None:
    page = open_page("/zipkin/")
    page.keyboard.press("b")
    expect(page.get_by_role("group", name="Durations over time")).to_be_focused()
    expect(page.get_by_text("0 of 23, those in the box")).to_be_visible()
    for _ in range(9):
        page.keyboard.press("ArrowDown")
    for _ in range(26):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowUp")
    expect(page.get_by_text(re.compile("^1[0-9] of 23, those in the box"))).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("minDuration="))
    page.get_by_role("group", name="Durations over time").focus()
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("box="))


def test_two_results_are_chosen_by_space_and_compared(open_page: Open) -> None:
    page = open_page("/zipkin/")
    listed(page).first.get_by_role("link").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("One is chosen")).to_be_visible()
    for key in ("j", "Space", "j", "Space", "Space", "k", "k", "Space"):
        page.keyboard.press(key)
    # the last two that were chosen and not let go
    expect(page).to_have_url(re.compile(f"sel={32:016x}%2C{33:016x}$"))
    page.get_by_role("link", name="Compare the two").click()
    expect(page).to_have_url(re.compile(f"traces/{32:016x}\\?with={33:016x}$"))
    expect(page.get_by_role("table", name="Spans of both traces")).to_be_visible()


def test_live_results_come_by_themselves_and_wait_for_who_is_at_one(
    open_page: Open, store: canned.Store
) -> None:
    page = open_page("/zipkin/")
    page.keyboard.press("l")
    expect(page).to_have_url(re.compile("live=1"))
    store.traces.append(request(40, 5_000))
    expect(listed(page)).to_have_count(24)
    listed(page).first.get_by_role("link").focus()
    with page.expect_request(SEARCHES, timeout=10_000):
        # an answer may be on its way; the next question comes when nobody is at a result
        page.evaluate("document.activeElement.blur()")
    listed(page).first.get_by_role("link").focus()
    store.traces.append(request(41, 5_000))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1_500)
    expect(listed(page)).to_have_count(24)
    assert asked == []
    page.get_by_role("button", name="Live: on").click()
    assert "live" not in page.url


def test_live_results_rest_while_nobody_can_see_them(open_page: Open, store: canned.Store) -> None:
    page = open_page("/zipkin/?live=1")
    with page.expect_request(SEARCHES):
        pass
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    page.wait_for_timeout(1_200)
    store.traces.append(request(40, 5_000))
    page.wait_for_timeout(1_500)
    expect(listed(page)).to_have_count(23)
    page.evaluate("delete document.hidden")
    expect(listed(page)).to_have_count(24)


def test_a_few_traces_need_no_picture(open_page: Open, store: canned.Store) -> None:
    del store.traces[4:]
    page = open_page("/zipkin/")
    expect(listed(page)).to_have_count(4)
    expect(page.get_by_role("group", name="Durations over time")).to_have_count(0)


def test_a_live_page_that_gets_no_answer_keeps_what_it_has(open_page: Open) -> None:
    page = open_page("/zipkin/?live=1")
    expect(listed(page)).to_have_count(23)

    def gone(route: Route) -> None:
        route.abort()

    page.route(SEARCHES, gone)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(listed(page)).to_have_count(23)
    page.unroute(SEARCHES, gone)
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page: Open, theme: str) -> None:
    page = open_page("/zipkin/", color_scheme=theme)
    page.keyboard.press("b")
    expect(page.get_by_text("those in the box")).to_be_visible()
    assert serious_findings(page) == []
