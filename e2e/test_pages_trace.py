"""What the pages do with one trace besides drawing it, in a real browser over canned answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from e2e import pages_server as canned
from e2e.looking import Open, opening, serious_findings

HELLO = f"/zipkin/traces/{canned.HELLO_ID}"
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


def choose(page: Page, name: str, content: str) -> None:
    file: FilePayload = {"name": name, "mimeType": "application/json", "buffer": content.encode()}
    page.get_by_label("File of spans").first.set_input_files(file)


def test_a_chosen_file_is_a_trace_page_without_a_server_that_has_it(open_page: Open) -> None:
    page = open_page("/zipkin/")
    choose(page, "trace.json", json.dumps(canned.call("ab", 1, None, "hello", 0, 14_210, 7777)))
    expect(page).to_have_url(re.compile("/traces/upload$"))
    expect(page.get_by_role("treegrid").get_by_role("row")).to_have_count(4)
    expect(page.get_by_role("button", name="Look again")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="No file is open")).to_be_visible()


def test_a_downloaded_trace_is_what_was_reported_and_opens_again(
    open_page: Open, store: canned.Store
) -> None:
    page = open_page(f"/zipkin/traces/{APART_ID}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == f"{APART_ID}.json"
    content = download.value.path().read_text()
    assert json.loads(content) == store.traces[-1]
    choose(page, "again.json", content)
    expect(page).to_have_url(re.compile("/traces/upload$"))
    expect(page.get_by_text("Clocks of hello and world")).to_be_visible()
    expect(page.get_by_text("Read from again.json")).to_be_visible()


def test_a_dropped_file_of_several_traces_is_a_list_of_them(open_page: Open) -> None:
    page = open_page("/zipkin/")
    transfer = page.evaluate_handle(
        """text => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([text], "two.json"));
            return transfer;
        }""",
        json.dumps([canned.HELLO, canned.FAILED]),
    )
    page.dispatch_event("main", "drop", {"dataTransfer": transfer})
    expect(page.get_by_text("2 traces in two.json")).to_be_visible()
    page.locator("tbody a").first.click()
    expect(page).to_have_url(re.compile(f"/traces/upload\\?trace={canned.FAILED_ID}$"))
    expect(page.get_by_role("treegrid").get_by_role("row")).to_have_count(8)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_a_file_that_is_no_trace_is_refused_with_its_place(open_page: Open) -> None:
    page = open_page("/zipkin/")
    choose(page, "config.json", '{"a": 1}')
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("at byte 0 “{” was read, “[” was expected.")
    assert serious_findings(page) == []
    choose(page, "cut.json", '[{"traceId": "ab"')
    expect(alert).to_contain_text("at byte 17 the end was read, “,” or “}” was expected.")


def test_a_trace_is_archived_where_the_server_says(open_page: Open, store: canned.Store) -> None:
    store.config = {"archivePostUrl": "/archive", "archiveUrl": "https://keep.example/{traceId}"}
    page = open_page(HELLO)
    store.refuses = "full"
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("The archive refused it (400): full")).to_be_visible()
    store.refuses = ""
    page.get_by_role("button", name="Archive").click()
    link = page.get_by_role("link", name="Archived")
    expect(link).to_have_attribute("href", f"https://keep.example/{canned.HELLO_ID}")
    root, *rest = store.archived[-1]
    assert root["tags"]["zipkin.archived"] == "true"
    assert rest == canned.HELLO[1:]


def test_nothing_is_archived_where_no_archive_is_told(open_page: Open) -> None:
    page = open_page(HELLO)
    expect(page.get_by_role("button", name="Archive")).to_have_count(0)


def test_from_a_span_to_more_of_its_kind(open_page: Open) -> None:
    page = open_page(HELLO)
    page.get_by_role("row", name="incoming /svc/world").click()
    page.get_by_role("link", name="More like this").click()
    expect(page.get_by_label("Service", exact=True)).to_have_value("127.0.0.1/4141")
    expect(page.get_by_label("Operation")).to_have_value("incoming /svc/world")
    expect(page.get_by_role("status").filter(has_text="2 traces")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", [f"traces/{APART_ID}", f"traces/{APART_ID}?raw=1"])
def test_axe_finds_nothing_serious(open_page: Open, path: str, theme: str) -> None:
    page = open_page(f"/zipkin/{path}", color_scheme=theme)
    assert serious_findings(page) == []
