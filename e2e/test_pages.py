"""The pages in a real browser, over canned answers: what a person sees, by role and name."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e import pages_server as canned
from e2e.looking import Open, opening, serious_findings

OLD_LINK = "/?serviceName=127.0.0.1%2F4140"
SEARCHES = "**/zipkin/api/v2/traces?*"
HELLO = f"/zipkin/traces/{canned.HELLO_ID}"
FAILED = f"/zipkin/traces/{canned.FAILED_ID}"


@pytest.fixture
def store() -> canned.Store:
    return canned.Store([canned.HELLO, canned.FAILED])


@pytest.fixture
def server(store: canned.Store) -> Iterator[canned.Running]:
    with canned.running(store) as server:
        yield server


@pytest.fixture
def open_page(browser: Browser, server: canned.Running) -> Iterator[Open]:
    with opening(browser, server.url) as open_page:
        yield open_page


def rows(page: Page) -> list[str]:
    return [row.get_attribute("aria-label") or "" for row in page.get_by_role("row").all()]


def test_an_old_link_searches_and_leads_to_the_eight_spans(open_page: Open) -> None:
    page = open_page(OLD_LINK)
    assert page.url.endswith("/zipkin/?serviceName=127.0.0.1%2F4140")
    expect(page.get_by_label("Service", exact=True)).to_have_value("127.0.0.1/4140")
    expect(page.get_by_role("status").filter(has_text="2 traces")).to_be_visible()
    page.get_by_role("link", name="hello get /", exact=True).click()
    expect(page.get_by_role("heading", name="hello get /")).to_be_visible()
    expect(page.get_by_role("treegrid").get_by_role("row")).to_have_count(8)
    assert rows(page) == [
        "outgoing /svc/hello, 14.2\u00a0ms",
        "hello get /, 13.5\u00a0ms",
        "incoming /svc/hello, 12.8\u00a0ms",
        "hello get /, 12.1\u00a0ms",
        "outgoing /svc/world, 9.87\u00a0ms",
        "world-v1 get /, 9.17\u00a0ms",
        "incoming /svc/world, 8.47\u00a0ms",
        "world-v1 get /, 7.77\u00a0ms",
    ]
    page.go_back()
    expect(page.get_by_role("link", name="hello get /", exact=True)).to_be_visible()


def test_the_form_writes_the_address_and_back_undoes_it(open_page: Open) -> None:
    page = open_page("/zipkin/")
    page.get_by_label("Service", exact=True).fill("127.0.0.1/4141")
    page.get_by_label("At least").fill("5ms")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?serviceName=127\.0\.0\.1%2F4141&minDuration=5ms$"))
    page.get_by_label("At least").fill("soon")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("“soon” is not a duration")
    page.go_back()
    page.go_back()
    expect(page.get_by_label("Service", exact=True)).to_have_value("")


def test_results_are_sorted_and_walked_by_keys(open_page: Open) -> None:
    page = open_page("/zipkin/")
    page.locator("body").press("1")
    expect(page).to_have_url(re.compile("sort=slowest"))
    first = page.locator("tbody a").first
    expect(first).to_contain_text("503 world-v1")
    first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(HELLO))


def test_the_server_says_what_a_search_asks_for_that_does_not_say(
    open_page: Open, store: canned.Store
) -> None:
    store.config = {
        "environment": "staging",
        "queryLimit": 10,
        "defaultLookback": 900_000,
        "supportUrl": "https://help.example/",
        "logsUrl": "https://logs.example/{traceId}",
        "dependency": {"enabled": False},
    }
    page = open_page("/zipkin/")
    assert (store.asked["limit"], store.asked["lookback"]) == ("10", "900000")
    assert "sort" not in store.asked
    expect(page.get_by_label("Limit")).to_have_value("10")
    expect(page.get_by_role("status").filter(has_text="last 15 minutes")).to_be_visible()
    expect(page.get_by_text("staging")).to_be_visible()
    expect(page.get_by_role("link", name="Help")).to_have_attribute("href", "https://help.example/")
    expect(page.get_by_role("navigation").get_by_role("link", name="Map")).to_have_count(0)
    page.get_by_role("link", name="hello get /", exact=True).click()
    logs = page.get_by_role("link", name="Logs")
    expect(logs).to_have_attribute("href", f"https://logs.example/{canned.HELLO_ID}")


def test_searching_that_is_switched_off_leaves_the_way_by_id(
    open_page: Open, store: canned.Store
) -> None:
    store.config = {"searchEnabled": False}
    page = open_page("/zipkin/", ready=False)
    expect(page.get_by_role("heading", name="Searching is switched off")).to_be_visible()
    page.locator("body").press("i")
    page.keyboard.type(canned.HELLO_ID)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="hello get /")).to_be_visible()


def test_the_server_sorts_and_gives_more_when_asked(open_page: Open, store: canned.Store) -> None:
    store.one_by_one = True
    page = open_page("/zipkin/")
    with page.expect_response(SEARCHES):
        page.locator("body").press("1")
    expect(page.get_by_text("the slowest 1; more may match")).to_be_visible()
    assert store.asked["sort"] == "slowest"
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    assert store.asked["cursor"] == "1"
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)


def test_a_search_in_words_is_part_of_the_address_and_its_mistakes_stand_beside_it(
    open_page: Open, store: canned.Store
) -> None:
    page = open_page("/zipkin/")
    field = page.get_by_label("Query", exact=True)
    field.fill("duration > 5ms")
    with page.expect_response(SEARCHES):
        field.press("Enter")
    expect(page).to_have_url(re.compile(r"\?q=duration\+%3E\+5ms$"))
    expect(page.get_by_text("2 traces")).to_be_visible()
    assert store.asked["q"] == "duration > 5ms"
    store.refuses = "q: 1:12: expected a duration as 250ms or 1.5s, found '5x'"
    field.fill("duration > 5x")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(
        "Query, line and column 1:12: expected a duration as 250ms or 1.5s, found '5x'"
    )
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".stale tbody tr")).to_have_count(2)


def test_rows_fold_and_unfold_by_keyboard_alone(open_page: Open) -> None:
    page = open_page(HELLO)
    grid = page.get_by_role("treegrid")
    grid.get_by_role("row").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    focused = page.locator('[role="row"]:focus')
    expect(focused).to_have_attribute("aria-label", re.compile("^incoming /svc/hello"))
    expect(focused).to_have_attribute("aria-level", "3")
    page.keyboard.press("ArrowLeft")
    expect(focused).to_have_attribute("aria-expanded", "false")
    expect(grid.get_by_role("row")).to_have_count(3)
    expect(grid).to_have_attribute("aria-rowcount", "3")
    page.keyboard.press("ArrowLeft")
    expect(focused).to_have_attribute("aria-label", re.compile("^hello get /"))
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(grid.get_by_role("row")).to_have_count(8)
    page.keyboard.press("End")
    expect(focused).to_have_attribute("aria-label", re.compile("^world-v1 get /, 7.77"))
    assert page.locator('[role="row"][tabindex="0"]').count() == 1


def test_the_panel_tells_all_of_the_chosen_span(open_page: Open) -> None:
    page = open_page(HELLO)
    page.get_by_role("row", name="world-v1 get /, 9.17").click()
    panel = page.get_by_role("complementary", name="Span detail")
    expect(panel).to_contain_text("%/io.l5d.port/4141/#/io.l5d.fs/world-v1")
    expect(panel).to_contain_text("port 4141")
    expect(panel).to_contain_text("2.96\u00a0ms into the trace")
    expect(panel).to_contain_text("127.0.0.1:4141")
    expect(panel).to_contain_text("http.status_code200")
    expect(panel).to_contain_text("5e11a09c7724d3c1")
    expect(panel).to_contain_text("18 Nov 2026 12:06:40.002")
    panel.get_by_role("button", name="JSON", exact=True).click()
    expect(panel.locator("pre")).to_contain_text('"id": "5e11a09c7724d3c1"')
    expect(page).to_have_url(re.compile("span=5e11a09c7724d3c1"))
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    page.reload()
    expect(panel).to_contain_text("world-v1")


def test_keys_zoom_find_errors_and_tell_of_themselves(open_page: Open) -> None:
    page = open_page(FAILED)
    page.locator("body").press("e")
    panel = page.get_by_role("complementary", name="Span detail")
    expect(panel).to_contain_text("#/io.l5d.fs/world-v1")
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Whole")).to_be_visible()
    expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    page.keyboard.press("0")
    expect(page.get_by_role("button", name="Whole")).to_have_count(0)
    page.keyboard.press("w")
    expect(page.get_by_role("button", name="Whole")).to_be_visible()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_contain_text("next error")
    expect(sheet.get_by_role("heading").first).to_have_text("Trace")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("world")
    expect(page.get_by_role("status").filter(has_text="4 spans match")).to_be_visible()


def test_a_drag_on_the_axis_chooses_a_stretch(open_page: Open) -> None:
    page = open_page(HELLO)
    box = page.locator(".time").bounding_box()
    assert box
    for height in (20, 50):
        page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + height)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + height, steps=4)
        page.mouse.up()
        expect(page.get_by_role("button", name="Whole")).to_be_visible()
    # a quarter of the trace, then a quarter of that
    expect(page).to_have_url(re.compile(r"from=45\d\d&to=5[34]\d\d"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"from=36\d\d&to=72\d\d"))
    page.locator(".time").dblclick()
    expect(page.get_by_role("button", name="Whole")).to_have_count(0)


def test_pasted_ids_links_and_headers_lead_to_the_trace(open_page: Open) -> None:
    page = open_page("/zipkin/")
    field = page.get_by_label("Go to trace id")
    field.fill("nonsense")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("No trace id in that text")
    field.fill(f"00-0000000000000000{canned.HELLO_ID}-00f067aa0ba902b7-01")
    field.press("Enter")
    expect(page.get_by_role("heading", name="hello get /")).to_be_visible()


def test_the_answer_says_where_an_error_began_and_who_saw_it(open_page: Open) -> None:
    page = open_page(FAILED)
    answer = page.get_by_role("region", name="Explanation")
    expect(answer).to_contain_text("One error, in world-v1; the caller saw 503.")
    expect(answer).to_contain_text("Four routers carried two calls.")
    began = [row for row in rows(page) if "began here" in row]
    assert began == ["world-v1 get /, 98.9\u00a0ms, error 503 began here"]


def test_bars_are_drawn_in_the_colours_of_both_themes(open_page: Open) -> None:
    colours = {}
    for theme in ("light", "dark"):
        page = open_page(HELLO, color_scheme=theme)
        colours[theme] = page.evaluate(
            """() => {
              const canvas = document.querySelector('.extent > canvas');
              const context = canvas.getContext('2d');
              const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
              const seen = new Set();
              for (let i = 0; i < data.length; i += 4)
                if (data[i + 3] === 255) seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
              return [getComputedStyle(document.body).backgroundColor, ...seen];
            }"""
        )
    assert colours["light"][0] == "rgb(255, 255, 255)"
    assert {"74,107,200", "1,86,69", "107,116,128"} <= set(colours["light"])
    assert colours["dark"][0] == "rgb(16, 20, 24)"
    assert {"97,122,182", "129,197,177", "139,150,162"} <= set(colours["dark"])


def test_the_theme_is_a_setting_that_stays(open_page: Open) -> None:
    page = open_page(HELLO, color_scheme="light")
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("group", name="Theme").get_by_role("button", name="Dark").click()
    page.reload()
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(16, 20, 24)"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/zipkin/", HELLO, FAILED, "/zipkin/traces/1"])
def test_axe_finds_nothing_serious(open_page: Open, path: str, theme: str) -> None:
    page = open_page(path, color_scheme=theme)
    assert serious_findings(page) == []


def test_axe_finds_nothing_serious_in_overlays(open_page: Open) -> None:
    page = open_page(HELLO)
    page.get_by_role("button", name="Settings").click()
    assert serious_findings(page) == []
    page.get_by_role("button", name="Keys").click()
    assert serious_findings(page) == []


def test_an_empty_store_says_how_to_send_the_first_request(
    open_page: Open, store: canned.Store
) -> None:
    store.traces = []
    page = open_page("/zipkin/")
    expect(page.get_by_role("heading", name="No traces yet")).to_be_visible()
    where = page.url.removesuffix("/zipkin/")
    expect(page.get_by_role("listitem")).to_contain_text(
        [
            f"{where}/api/v2/spans",
            f"{where}/v1/traces",
            "http_proxy=127.0.0.1:4140 curl http://hello",
        ]
    )
    assert serious_findings(page) == []


def test_a_misspelt_service_is_guessed(open_page: Open) -> None:
    page = open_page("/zipkin/?serviceName=127.0.0.1%2F4149")
    expect(page.get_by_role("heading")).to_contain_text(
        ["Search", "Nothing from 127.0.0.1/4149 in this hour"]
    )
    page.get_by_role("button", name="Search 127.0.0.1/41").click()
    expect(page.get_by_role("link", name="hello get /", exact=True)).to_be_visible()


def test_a_search_that_the_server_refuses_shows_its_words(
    open_page: Open, store: canned.Store
) -> None:
    store.refuses = "lookback <= 0"
    page = open_page("/zipkin/", ready=False)
    expect(page.get_by_role("alert")).to_contain_text("lookback <= 0")
    store.refuses = ""
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("link", name="hello get /", exact=True)).to_be_visible()


def test_a_trace_that_is_not_there_may_come(open_page: Open, store: canned.Store) -> None:
    store.traces = []
    page = open_page(HELLO)
    expect(page.get_by_role("heading", name=f"No trace {canned.HELLO_ID}")).to_be_visible()
    expect(page.get_by_text("It may have been dropped by sampling")).to_be_visible()
    store.traces = [canned.HELLO[:4]]
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_role("row")).to_have_count(4)
    store.traces = [canned.HELLO]
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_role("row")).to_have_count(8)


def test_a_server_that_is_gone_is_told_and_old_results_make_room(
    open_page: Open, server: canned.Running
) -> None:
    page = open_page("/zipkin/")
    server.stop()
    page.get_by_role("button", name="Search", exact=True).click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("No answer from the server.")
    expect(alert.get_by_role("button", name="Try again")).to_be_visible()


def test_old_results_stay_dimmed_until_the_new_are_there(
    open_page: Open, store: canned.Store
) -> None:
    page = open_page("/zipkin/")
    store.slow = threading.Event()
    store.traces = [canned.HELLO]
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("progressbar", name="Waiting for the server")).to_be_visible()
    expect(page.locator(".stale tbody tr")).to_have_count(2)
    store.slow.set()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_ten_kilobyte_names_and_markup_are_text_that_stays_in_its_place(
    open_page: Open, store: canned.Store
) -> None:
    odd = json.loads(json.dumps(canned.HELLO))
    long = "x" * 10_000
    odd[3]["localEndpoint"]["serviceName"] = f"#/io.l5d.fs/{long}"
    odd[3]["name"] = f"get /{long}"
    odd[3]["tags"] = {long: long, "markup": "<img src=x onerror=alert(1)>"}
    store.traces = [odd]
    page = open_page(f"{HELLO}?span={odd[3]['id']}")
    for selector in ("main", ".head h1", ".side", ".spans"):
        overflow = f"(e => e.scrollWidth - e.clientWidth)(document.querySelector('{selector}'))"
        assert page.evaluate(overflow) <= 0, selector
    expect(page.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    buttons = page.get_by_role("button", name="Download").bounding_box()
    title = page.get_by_role("heading", level=1).bounding_box()
    assert buttons
    assert title
    assert title["x"] + title["width"] <= buttons["x"]


def test_a_column_is_widened_by_keys_and_stays_so(open_page: Open) -> None:
    page = open_page(HELLO)
    edge = page.get_by_role("separator", name="Width of the names")
    expect(edge).to_have_attribute("aria-valuenow", "384")
    edge.press("ArrowRight")
    expect(edge).to_have_attribute("aria-valuenow", "400")
    page.reload()
    expect(edge).to_have_attribute("aria-valuenow", "400")


def test_nothing_dropped_is_a_quiet_number(open_page: Open) -> None:
    page = open_page("/zipkin/")
    button = page.get_by_role("button", name="0 dropped")
    expect(button.locator(".pill")).to_have_count(0)
    button.click()
    sum_up = page.get_by_role("dialog", name="Spans since the server started")
    expect(sum_up).to_contain_text(
        "1\u202f204 accepted = 1\u202f204 stored + 0 dropped + 0 waiting"
    )
    page.keyboard.press("Escape")
    expect(sum_up).to_have_count(0)


def test_lost_spans_are_red_with_their_reasons_and_those_sampled_out_are_not(
    open_page: Open, store: canned.Store
) -> None:
    dropped = {"sampled out": 40, "refused by the store": 3}
    store.intake = {"accepted": 100, "stored": 50, "dropped": dropped, "waiting": 7}
    page = open_page("/zipkin/", width=900)
    button = page.get_by_role("button", name="3 dropped")
    expect(button.locator(".pill.began")).to_be_visible()
    button.click()
    sum_up = page.get_by_role("dialog", name="Spans since the server started")
    expect(sum_up.get_by_role("row", name="dropped: refused by the store 3")).to_be_visible()
    expect(sum_up.get_by_role("row", name="dropped: sampled out 40")).to_be_visible()
    expect(sum_up).to_contain_text("100 accepted = 50 stored + 43 dropped + 7 waiting")
    assert serious_findings(page) == []


def test_a_collector_that_cannot_store_says_why(open_page: Open, store: canned.Store) -> None:
    store.intake["error"] = "the disk is full"
    page = open_page("/zipkin/")
    page.get_by_role("button", name="not storing").click()
    expect(page.get_by_text("Not stored now: the disk is full")).to_be_visible()


def test_the_map_shows_who_calls_whom_and_where_errors_began(
    open_page: Open, store: canned.Store
) -> None:
    store.links = canned.shop_links()
    page = open_page("/zipkin/")
    page.get_by_role("navigation").get_by_role("link", name="Map").click()
    graph = page.get_by_role("group", name="Service map")
    expect(graph.get_by_role("button")).to_have_count(9)
    expect(graph.get_by_role("button", name="payment 440 calls · 121")).to_be_visible()
    expect(page.locator(".label.began")).to_have_text("3\u00a0%")
    page.get_by_role("button", name="payment → api.bank.example").click()
    panel = page.get_by_role("complementary", name="Selection")
    expect(panel).to_contain_text("14 (3\u00a0%) began here")
    expect(panel).to_contain_text("p99121\u00a0ms")
    panel.get_by_role("link", name="Traces of this edge").click()
    expect(page).to_have_url(
        re.compile(r"/zipkin/\?serviceName=payment&remoteServiceName=api\.bank\.example$")
    )
    page.go_back()
    expect(panel).to_contain_text("began here")


def test_the_map_is_walked_along_its_lines_by_keys(open_page: Open, store: canned.Store) -> None:
    store.links = canned.shop_links()
    page = open_page("/zipkin/map")
    page.locator('.node[tabindex="0"]').focus()
    focused = page.locator(".node:focus")
    expect(focused).to_have_attribute("aria-label", re.compile("^api.bank.example"))
    for key, name in [
        ("ArrowLeft", "payment"),
        ("ArrowLeft", "checkout"),
        ("ArrowLeft", "edge"),
        ("ArrowRight", "checkout"),
    ]:
        page.keyboard.press(key)
        expect(focused).to_have_attribute("aria-label", re.compile(f"^{name} "))
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Selection")
    expect(panel.get_by_role("heading", name="checkout")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel.get_by_role("heading", name="checkout")).to_have_count(0)
    page.keyboard.press("t")
    expect(page.get_by_role("table", name="Calls between services")).to_be_visible()
    assert page.get_by_role("row").count() == 10


def test_at_900_the_map_is_not_covered_until_something_is_selected(
    open_page: Open, store: canned.Store
) -> None:
    store.links = canned.shop_links()
    page = open_page("/zipkin/map", width=900)
    panel = page.get_by_role("complementary", name="Selection")
    expect(panel).to_be_hidden()
    page.get_by_role("button", name="As table").click()
    page.get_by_role("row", name="payment api.bank.example").click()
    expect(panel.get_by_role("heading", name="payment → api.bank.example")).to_be_visible()
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()


def test_an_old_link_to_dependencies_keeps_its_window(open_page: Open, store: canned.Store) -> None:
    page = open_page("/zipkin/dependency?startTs=1000000&endTs=8200000")
    assert store.asked == {"endTs": "8200000", "lookback": "7200000"}
    expect(page.get_by_role("heading", name="No calls in this window")).to_be_visible()
    store.links = canned.shop_links()
    page.get_by_role("button", name="Show the last day").click()
    expect(page.get_by_role("group", name="Service map")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/zipkin/dependency\?lookback=1d$"))
    assert store.asked["lookback"] == "86400000"


def test_a_map_that_is_refused_says_so_and_the_old_one_stays(
    open_page: Open, store: canned.Store
) -> None:
    store.links = canned.shop_links()
    page = open_page("/zipkin/map")
    store.refuses = "endTs <= 0"
    page.get_by_label("Window").select_option(label="Last day")
    expect(page.get_by_role("alert")).to_contain_text("endTs <= 0")
    expect(page.locator(".stale .graph")).to_be_visible()


def test_a_thousand_services_are_a_table_until_one_is_looked_for(
    open_page: Open, store: canned.Store
) -> None:
    store.links = [
        {"parent": f"svc-{i // 3}", "child": f"svc-{i}", "callCount": i} for i in range(1, 1000)
    ]
    page = open_page("/zipkin/map")
    expect(page.get_by_text("services are too many to draw")).to_be_visible()
    page.get_by_label("Find service").fill("svc-998")
    expect(page.get_by_role("group", name="Service map").get_by_role("button")).to_have_count(2)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("query", ["", "?as=table"])
def test_axe_finds_nothing_serious_on_the_map(
    open_page: Open, store: canned.Store, query: str, theme: str
) -> None:
    store.links = canned.shop_links()
    page = open_page(f"/zipkin/map{query}", color_scheme=theme)
    assert serious_findings(page) == []


def test_the_first_load_is_small(open_page: Open) -> None:
    page = open_page(HELLO)
    assets = "performance.getEntriesByType('resource').filter(e => e.name.includes('/assets/'))"
    sizes = page.evaluate(f"{assets}.map(e => e.encodedBodySize)")
    assert 0 < sum(sizes) <= 120_000


def test_ten_thousand_spans_have_only_their_visible_rows(
    open_page: Open, store: canned.Store
) -> None:
    store.traces = [canned.wide_trace(10_000)]
    page = open_page("/zipkin/traces/00000000000abcde")
    grid = page.get_by_role("treegrid")
    expect(grid).to_have_attribute("aria-rowcount", "10000")
    assert 20 < grid.get_by_role("row").count() < 80
    grid.get_by_role("row").first.focus()
    page.keyboard.press("End")
    focused = page.locator('[role="row"]:focus')
    expect(focused).to_have_attribute("aria-rowindex", "10000")
    expect(focused).to_be_in_viewport()


def test_at_900_the_panel_waits_to_be_asked_for(open_page: Open) -> None:
    page = open_page(HELLO, width=900)
    panel = page.get_by_role("complementary", name="Span detail")
    expect(panel).to_have_count(0)
    page.get_by_role("row", name="outgoing /svc/world").click()
    expect(panel).to_be_visible()
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0
