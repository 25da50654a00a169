"""The drawings of a trace beside the waterfall, and a trace beside another, over canned answers."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e import pages_server as canned
from e2e.looking import Open, opening, serious_findings

HELLO = f"/zipkin/traces/{canned.HELLO_ID}"
FAILED = f"/zipkin/traces/{canned.FAILED_ID}"
MANY = "/zipkin/traces/00000000000abcde"
TABS = ("Waterfall", "Flame", "Table", "Tree", "Map")
CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


@pytest.fixture
def store() -> canned.Store:
    return canned.Store([canned.HELLO, canned.FAILED])


@pytest.fixture
def open_page(browser: Browser, store: canned.Store) -> Iterator[Open]:
    with canned.running(store) as server, opening(browser, server.url) as open_page:
        yield open_page


def rows(page: Page) -> list[str]:
    spans = page.get_by_role("treegrid").get_by_role("row")
    return [row.get_attribute("aria-label") or "" for row in spans.all()]


def copied(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_hops_fold_into_the_calls_that_they_carried(open_page: Open) -> None:
    page = open_page(HELLO)
    page.get_by_role("row", name="incoming /svc/world").click()
    page.keyboard.press("m")
    expect(page).to_have_url(re.compile("rows=calls"))
    expect(page.get_by_role("treegrid").get_by_role("row")).to_have_count(2)
    assert rows(page) == ["hello get /, 12.1\u00a0ms", "world-v1 get /, 7.77\u00a0ms"]
    # the call that the chosen router carried is the chosen one
    expect(page.get_by_role("row", name="world-v1")).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name="Spans 8").click()
    expect(page.get_by_role("treegrid").get_by_role("row")).to_have_count(8)
    page.go_back()
    expect(page.get_by_role("treegrid").get_by_role("row")).to_have_count(2)


def test_a_trace_of_many_hops_opens_with_them_folded(open_page: Open, store: canned.Store) -> None:
    trace_id = "00000000000000bb"
    store.traces.append(
        [
            span
            for i in range(12)
            for span in canned.call(trace_id, 16 + 4 * i, None, "hello", i * 10_000, 9_000, 7777)
        ]
    )
    page = open_page(f"/zipkin/traces/{trace_id}")
    expect(page.get_by_role("treegrid").get_by_role("row")).to_have_count(12)
    page.keyboard.press("m")
    expect(page).to_have_url(re.compile("rows=spans"))
    router = f"{16:016x}"
    page.goto(page.url.partition("?")[0] + f"?span={router}")
    expect(page.get_by_role("row", name="outgoing").first).to_have_attribute(
        "aria-selected", "true"
    )
    expect(page.get_by_role("button", name="Spans 48")).to_have_attribute("aria-pressed", "true")


def test_a_failed_call_tells_its_error_where_hops_are_folded(open_page: Open) -> None:
    page = open_page(f"{FAILED}?rows=calls")
    assert rows(page) == [
        "hello get /, 212\u00a0ms, error 503 passed on",
        "world-v1 get /, 98.9\u00a0ms, error 503 began here",
    ]


def test_each_drawing_has_its_key_and_its_address(open_page: Open) -> None:
    page = open_page(HELLO)
    page.keyboard.press("3")
    table = page.get_by_role("table", name="Calls by service and operation")
    expect(table.locator("tbody tr").first).to_contain_text("world-v1")
    expect(table.locator("tbody tr")).to_have_count(8)
    table.get_by_role("button", name="Total").click()
    expect(table.locator("tbody tr").first).to_contain_text("outgoing")
    expect(page).to_have_url(re.compile("tab=table&by=total"))
    page.keyboard.press("4")
    expect(page.get_by_label("The trace as text")).to_contain_text("        outgoing /svc/world")
    page.keyboard.press("5")
    expect(page.get_by_role("table", name="Calls between services")).to_contain_text("world-v1")
    page.keyboard.press("2")
    expect(page.get_by_role("tab", name="Flame")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("1")
    expect(page.get_by_role("treegrid")).to_be_visible()
    page.go_back()
    page.get_by_role("tab", name="Flame").press("ArrowRight")
    expect(page.get_by_role("tab", name="Table")).to_be_focused()


def test_the_flame_graph_is_walked_by_arrows_and_zoomed(open_page: Open) -> None:
    page = open_page(f"{HELLO}?tab=flame")
    flame = page.get_by_role("group", name="Flame graph")
    flame.focus()
    chosen = flame.get_by_role("status")
    expect(chosen).to_contain_text("outgoing /svc/hello")
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    expect(chosen).to_contain_text("outgoing /svc/world")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"from=26\d\d&to=124\d\d"))
    page.get_by_role("button", name="Whole").click()
    # the last row of the eight is world's, in the middle of the time
    flame.locator("canvas").click(position={"x": 500, "y": 7 * 20 + 8})
    panel = page.get_by_role("complementary", name="Span detail")
    expect(panel.get_by_role("heading").first).to_contain_text("world-v1")


def test_the_tree_is_copied_as_text(open_page: Open) -> None:
    page = open_page(f"{HELLO}?tab=tree&rows=calls", **CLIPBOARD)
    page.get_by_role("button", name="Copy as text").click()
    assert copied(page).splitlines() == [
        "hello get / \u2192 127.0.0.1:7777        12.1 ms",
        "  world-v1 get / \u2192 127.0.0.1:7780   7.77 ms",
    ]


def test_a_span_is_copied_as_a_command_that_a_shell_reads(open_page: Open) -> None:
    page = open_page(HELLO, **CLIPBOARD)
    quoted = canned.HELLO[0] | {"tags": {"http.method": "GET", "http.url": "http://a/'$(id)?b c"}}
    page.route("**/api/v2/trace/*", lambda route: route.fulfill(json=[quoted]))
    page.reload()
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_text("Command copied.")).to_be_visible()
    words = subprocess.run(
        ["sh", "-c", f'set -- {copied(page)}; printf "%s\\n" "$@"'], capture_output=True, text=True
    )
    assert words.stdout.splitlines() == ["curl", "http://a/'$(id)?b c"]


def test_a_trace_is_compared_with_another_by_its_shape(open_page: Open) -> None:
    page = open_page(HELLO)
    page.keyboard.press("o")
    other = page.get_by_label("Other trace")
    expect(other).to_be_focused()
    other.fill("nonsense")
    other.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("No trace id in that text")
    other.fill(f"http://zipkin/zipkin/traces/{canned.FAILED_ID}")
    other.press("Enter")
    expect(page).to_have_url(re.compile(f"with={canned.FAILED_ID}"))
    expect(page.get_by_text("14.2\u00a0ms, 200\u00a0ms less than the other trace")).to_be_visible()
    table = page.get_by_role("table", name="Spans of both traces")
    expect(table.locator("tbody tr")).to_have_count(8)
    last = table.locator("tbody tr").last
    expect(last).to_have_text("world-v1get /503 there7.77\u00a0ms98.9\u00a0ms\u221291.1\u00a0ms")
    last.get_by_role("button").focus()
    page.keyboard.press("k")
    expect(table.get_by_role("button", name="incoming /svc/world")).to_be_focused()
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Span detail")
    expect(panel.get_by_role("heading").first).to_contain_text("incoming")
    page.get_by_role("button", name="End comparing").click()
    expect(page.get_by_role("treegrid")).to_be_visible()
    assert "with=" not in page.url


def test_spans_of_one_trace_alone_are_marked(open_page: Open, store: canned.Store) -> None:
    store.traces.append([span | {"traceId": "00000000000000aa"} for span in canned.HELLO[:4]])
    page = open_page(f"{HELLO}?with=00000000000000aa")
    expect(page.get_by_text("4 spans only here.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="only here")).to_have_count(4)


def test_another_trace_that_is_not_there_is_told(open_page: Open) -> None:
    page = open_page(f"{HELLO}?with=00000000000000ff")
    expect(page.get_by_role("alert")).to_contain_text("No trace 00000000000000ff.")
    page.get_by_role("button", name="End comparing").click()
    expect(page.get_by_role("treegrid")).to_be_visible()


def test_ten_thousand_spans_are_drawn_in_every_way(open_page: Open, store: canned.Store) -> None:
    store.traces.append(canned.wide_trace(10_000))
    page = open_page(MANY)
    for key, tab in enumerate(TABS, 1):
        page.keyboard.press(str(key))
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("progressbar")).to_have_count(0)
        assert page.evaluate("document.querySelectorAll('*').length") < 8000


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page: Open, theme: str) -> None:
    page = open_page(f"{HELLO}?rows=calls", color_scheme=theme)
    for key, tab in enumerate(TABS, 1):
        page.keyboard.press(str(key))
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("progressbar")).to_have_count(0)
        assert serious_findings(page) == []
    page = open_page(f"{HELLO}?with={canned.FAILED_ID}", color_scheme=theme)
    assert serious_findings(page) == []
