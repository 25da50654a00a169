"""What a reader of the post does in the browser, against the demo that runs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.demo import Demo, running

PICTURES = Path(os.environ.get("CLEW_PICTURES", "out"))
"""Where the run leaves its pictures; those in docs/ are of it."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running(tmp_path_factory.mktemp("browser")) as demo:
        yield demo


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 700}, device_scale_factor=2)
    yield context.new_page()
    context.close()


def test_the_posts_link_finds_the_trace_and_the_trace_has_8_rows(demo: Demo, page: Page) -> None:
    page.goto(demo.url("search"))
    results = page.get_by_role("row").filter(has_text="hello")
    expect(results).to_have_count(1)
    page.screenshot(path=PICTURES / "search.png")

    results.get_by_role("link").first.click()
    page.wait_for_url(re.compile(rf"/zipkin/traces/{demo.told['trace_id']}"))
    spans = page.get_by_role("treegrid").get_by_role("row").filter(has=page.get_by_role("gridcell"))
    expect(spans).to_have_count(8)
    page.keyboard.press("ArrowDown")
    page.screenshot(path=PICTURES / "trace.png")


def test_the_mesh_shows_its_routers_and_the_way_of_a_name(demo: Demo, page: Page) -> None:
    for _ in range(40):
        demo.get("http://hello")
    page.goto(demo.url("admin"))
    names = page.get_by_role("treegrid", name="Names of outgoing")
    world = names.get_by_role("row", name="/svc/world")
    expect(world.get_by_role("gridcell").nth(1)).to_have_text("100\u00a0%")
    world.click()
    expect(names.get_by_role("row", name="world-v1")).to_be_visible()

    world.get_by_role("link").click()
    expect(page.get_by_text("/svc/world goes to world-v1.")).to_be_visible()
    page.get_by_label("Override").fill("/host/world => /srv/world-v2 ;")
    expect(page.get_by_text("/svc/world goes to world-v2 instead of world-v1.")).to_be_visible()
    changes = page.get_by_role("region", name="What the override changes")
    expect(changes.locator("tbody tr")).to_have_text(["/svc/worldworld-v1world-v2"])

    request = page.get_by_role("region", name="Send a request")
    request.get_by_label("Address").fill("http://hello/")
    page.keyboard.press("Control+Enter")
    expect(request.locator("pre")).to_contain_text("earth")
    page.screenshot(path=PICTURES / "playground.png")

    with page.expect_popup() as opened:
        request.get_by_role("link", name=re.compile("^[0-9a-f]{32}$")).click()
    trace = opened.value
    grid = trace.get_by_role("treegrid")
    # its spans are on their way
    expect(grid.or_(trace.get_by_role("button", name="Look again"))).to_be_visible()
    for _ in range(50):
        if grid.get_by_role("gridcell").count() == 8:
            break
        trace.wait_for_timeout(200)
        trace.reload()
        expect(trace.get_by_role("button", name="Look again")).to_be_visible()
    expect(grid.get_by_role("gridcell")).to_have_count(8)
    expect(grid.get_by_role("row", name="world-v2").first).to_be_visible()
    trace.keyboard.press("m")
    expect(grid.get_by_role("gridcell")).to_have_count(2)
