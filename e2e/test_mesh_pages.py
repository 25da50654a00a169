"""The pages of a mesh in a real browser, on the admin port of a mesh that serves requests."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from e2e.looking import Open, opening, serious_findings
from e2e.mesh_with_traffic import Served, serving

OVERRIDE = "/host/world => /srv/world-v2 | /srv/nobody"


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("mesh")) as mesh:
        yield mesh


@pytest.fixture
def open_page(browser: Browser, mesh: Served) -> Iterator[Open]:
    with opening(browser, mesh.url) as open_page:
        yield open_page


def steps(page: Page) -> list[str]:
    """Name, why, outcome and way of each."""
    return [
        ", ".join(
            filter(None, (part.text_content() for part in step.locator(":scope > span").all()))
        )
        for step in page.get_by_role("treeitem").all()
    ]


def test_the_dashboard_tells_how_the_routers_and_their_names_are(open_page: Open) -> None:
    page = open_page("/")
    routers = page.get_by_role("table", name="Routers")
    outgoing = routers.get_by_role("row", name="outgoing")
    expect(outgoing.get_by_role("cell").nth(1)).to_have_text(re.compile(r"^\d+(\.\d+)?\u00a0%$"))
    expect(outgoing.get_by_role("cell").nth(2)).to_have_text(re.compile(r"^\d+(\.\d)?/(s|min)$"))
    names = page.get_by_role("treegrid", name="Names of outgoing")
    hello = names.get_by_role("row", name="/svc/hello")
    expect(hello.get_by_role("gridcell").nth(1)).to_have_text("100\u00a0%")
    expect(names.get_by_role("row", name="/svc/nobody")).to_contain_text("unbound")
    hello.click()
    expect(names.get_by_role("row", name="127.0.0.1:")).to_be_visible()
    panel = page.get_by_role("complementary", name="Needs a look")
    expect(panel).to_contain_text("Unbound: /svc/nobody")
    expect(panel).to_contain_text("/#/io.l5d.fs/nobody: does not exist")
    expect(panel.get_by_role("link", name="/svc/world").first).to_be_visible()
    page.get_by_label("Find name").fill("world")
    expect(names.get_by_role("row", name="/svc/hello")).to_have_count(0)
    page.get_by_role("button", name="Clients").click()
    clients = page.get_by_role("treegrid", name="Clients of outgoing")
    expect(clients.get_by_role("row", name="world-v1")).to_contain_text("1 endpoint")


def test_a_refused_edit_is_told_until_it_is_mended(open_page: Open, mesh: Served) -> None:
    page = open_page("/")
    panel = page.get_by_role("complementary", name="Needs a look")
    good = mesh.world.file.read_text()
    try:
        mesh.world.edit("label: incoming", "lable: incoming")
        expect(panel).to_contain_text("Edit refused: linkerd.yaml")
        expect(panel).to_contain_text("unknown key 'lable' in routers[1] (did you mean 'label'?)")
    finally:
        mesh.world.file.write_text(good)
    expect(panel).not_to_contain_text("Edit refused")


def test_names_are_walked_unfolded_and_opened_by_keyboard_alone(open_page: Open) -> None:
    page = open_page("/")
    grid = page.get_by_role("treegrid")
    grid.locator('[tabindex="0"]').focus()
    focused = page.locator("tr:focus")
    page.keyboard.press("End")
    expect(focused).to_contain_text("/svc/world")
    page.keyboard.press("ArrowRight")
    expect(focused).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("j")
    expect(focused).to_contain_text("world-v1")
    page.keyboard.press("k")
    page.keyboard.press("ArrowLeft")
    expect(focused).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/delegator\?router=outgoing&name=%2Fsvc%2Fworld$"))
    expect(page.get_by_text("/svc/world goes to world-v1.")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.get_by_role("table", name="Routers")).to_be_visible()


def test_the_playground_shows_each_step_and_what_an_override_changes(
    open_page: Open, mesh: Served
) -> None:
    page = open_page("/delegator?router=outgoing&name=/svc/world")
    port = mesh.world.ports["incoming"]
    expect(page.get_by_role("treeitem")).to_have_count(7)
    found = steps(page)
    assert found[:4] == [
        "/svc/world, asked for, , taken",
        "/host/world, /svc \u21d2 /host, 2 choices, the first that leads somewhere, taken",
        "/srv/world-v1, /host/world \u21d2 /srv/world-v1, , taken",
        "/#/io.l5d.fs/world-v1, /srv \u21d2 /#/io.l5d.fs, "
        f"known: 127.0.0.1:{mesh.apps['world-v1']}, taken",
    ]
    assert found[4] == (
        f"/%/io.l5d.port/{port}/#/io.l5d.fs/world-v1, transformer port, "
        f"\u2713 bound: 127.0.0.1:{port}, taken"
    )
    assert found[-1] == (
        "/#/io.l5d.fs/world, /srv \u21d2 /#/io.l5d.fs, not needed; unknown to io.l5d.fs, not needed"
    )
    page.get_by_label("Override, of one request").fill(OVERRIDE)
    expect(page.get_by_text("/svc/world goes to world-v2 instead of world-v1.")).to_be_visible()
    expect(page).to_have_url(re.compile("dtab=%2Fhost%2Fworld"))
    page.get_by_label("Override, of one request").fill("/host/world")
    expect(page.get_by_role("alert")).to_contain_text("Invalid dtab: ")
    expect(page.get_by_role("tree")).to_be_visible()
    page.get_by_label("Override, of one request").fill("")
    page.get_by_label("Name to resolve").fill("/svc/nobody")
    expect(page.get_by_text("/svc/nobody: no line leads anywhere.")).to_be_visible()
    page.get_by_label("Router").select_option("incoming")
    expect(page).to_have_url(re.compile("router=incoming"))


def test_a_request_is_sent_from_the_playground_and_leads_to_its_trace(
    open_page: Open, mesh: Served
) -> None:
    page = open_page("/delegator?router=outgoing&name=/svc/world")
    pane = page.get_by_role("region", name="Send a request")
    expect(pane.get_by_label("Address")).to_have_value("http://world/")
    page.get_by_label("Override, of one request").fill(OVERRIDE)
    page.keyboard.press("Control+Enter")
    expect(pane.locator("pre")).to_contain_text('"app": "world-v2"')
    expect(pane.locator("dl")).to_contain_text("200")
    expect(pane.locator("dl")).not_to_contain_text("content-length")
    pane.get_by_role("button", name=re.compile("^[0-9]+ more$")).click()
    expect(pane.locator("dl")).to_contain_text("content-length")
    trace = pane.get_by_role("link", name=re.compile("^[0-9a-f]{32}$")).get_attribute("href")
    assert trace
    assert trace.startswith(f"http://127.0.0.1:{mesh.world.ports['collector']}/zipkin/traces/")
    expect(pane.locator("code")).to_contain_text("-H 'l5d-dtab: /host/world => /srv/world-v2 | ")
    pane.get_by_label("Address").fill("https://world/")
    pane.get_by_role("button", name="Send").click()
    expect(pane.get_by_role("alert")).to_contain_text("Routers are asked by http")
    pane.get_by_label("Address").fill("nobody/a")
    page.keyboard.press("Enter")
    expect(pane.locator("dl")).to_contain_text("l5d-err")
    expect(pane.get_by_role("alert")).to_have_count(0)


def test_a_post_is_sent_when_it_is_asked_for_twice(open_page: Open) -> None:
    page = open_page("/delegator?router=outgoing&name=/svc/world")
    pane = page.get_by_role("region", name="Send a request")
    pane.get_by_label("Method").select_option("POST")
    pane.get_by_label("Headers").fill("x-told: yes")
    pane.get_by_label("Body").fill("12345")
    pane.get_by_role("button", name="Send POST").click()
    expect(pane.get_by_text("POST may change what the service keeps.")).to_be_visible()
    pane.get_by_role("button", name="Send POST now").click()
    expect(pane.locator("pre")).to_contain_text('"x-told": "yes"')
    expect(pane.locator("pre")).to_contain_text('"content-length": "5"')
    pane.get_by_role("button", name="Send POST", exact=True).click()
    expect(pane.get_by_text("may change")).to_have_count(0)


def test_what_an_override_changes_is_listed_over_all_names(open_page: Open) -> None:
    page = open_page(f"/delegator?router=outgoing&name=/svc/hello&dtab={OVERRIDE}")
    pane = page.get_by_role("region", name="What the override changes")
    expect(pane.get_by_role("status")).to_have_text("1 of 3 names asked for")
    expect(pane.locator("tbody tr")).to_have_text(["/svc/worldworld-v1world-v2"])
    pane.get_by_role("link", name="/svc/world").click()
    expect(page.get_by_text("/svc/world goes to world-v2 instead of world-v1.")).to_be_visible()
    expect(page).to_have_url(re.compile("dtab=%2Fhost%2Fworld"))
    page.get_by_label("Override, of one request").fill("/nothing => /else")
    expect(pane).to_contain_text("Every name goes where it goes without it.")
    page.route("**/clew/override.json", lambda route: route.abort())
    page.get_by_label("Override, of one request").fill("/nothing => /other")
    expect(pane.get_by_role("alert")).to_be_visible()


def test_the_last_requests_lead_to_their_traces(open_page: Open, mesh: Served) -> None:
    page = open_page("/requests")
    row = page.get_by_role("row").filter(has_text="/svc/world").first
    expect(row).to_contain_text("world-v1")
    expect(row).to_contain_text("200")
    trace = row.get_by_role("link", name=re.compile("^[0-9a-f]{16,32}$")).get_attribute("href")
    assert trace
    collector = mesh.world.ports["collector"]
    assert re.fullmatch(rf"http://127\.0\.0\.1:{collector}/zipkin/traces/[0-9a-f]+", trace)
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("Find request").fill("no such request")
    expect(page.get_by_role("heading", name="No request matches")).to_be_visible()


def test_names_tell_where_they_go_or_why_nowhere(open_page: Open, mesh: Served) -> None:
    page = open_page("/names")
    hello = page.get_by_role("row").filter(has_text="/svc/hello").filter(has_text="incoming")
    expect(hello).to_contain_text(f"hello127.0.0.1:{mesh.apps['hello']}")
    page.get_by_role("button", name="Unbound").click()
    expect(hello).to_have_count(0)
    # other tests have asked for it too, with dtabs of their own
    nobody = page.get_by_role("row", name="/svc/nobody outgoing unbound")
    expect(nobody).to_contain_text("/#/io.l5d.fs/nobody: does not exist")
    nobody.get_by_role("link", name="/svc/nobody").click()
    expect(page.get_by_text("/svc/nobody: no line leads anywhere.")).to_be_visible()


def test_a_mesh_that_is_gone_is_told_until_it_answers_again(open_page: Open) -> None:
    page = open_page("/")
    page.route("**/clew/mesh.json", lambda route: route.abort())
    expect(page.get_by_role("alert")).to_contain_text("No answer from the mesh since ")
    expect(page.get_by_role("table", name="Routers")).to_be_visible()
    page.unroute("**/clew/mesh.json")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_mesh_that_never_answered_says_what_to_do(open_page: Open) -> None:
    page = open_page("/names", ready=False)
    page.route("**/clew/names.json", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text(
        "Start it with \u201cclew mesh linkerd.yaml\u201d"
    )


def test_requests_that_are_not_remembered_say_how_to(open_page: Open) -> None:
    page = open_page("/requests", ready=False)
    page.route("**/requests.json", lambda route: route.fulfill(status=404))
    page.reload()
    expect(page.get_by_role("heading", name="Requests are not remembered")).to_be_visible()
    expect(page.locator("pre")).to_contain_text("kind: io.l5d.recentRequests")


def test_thousands_of_names_and_very_long_ones_stay_in_their_place(open_page: Open) -> None:
    long = "x" * 10_000
    names = [
        {"name": f"outgoing/svc/{name}", "state": "unknown", "age_seconds": 1, "endpoints": []}
        | {"why": name, "advice": []}
        for name in [long, "<img src=x onerror=alert(1)>", *map(str, range(5000))]
    ]
    document = {"version": "", "epoch": 1, "gated": False, "refused": [], "rejected": []}

    def answer(route: Route) -> None:
        route.fulfill(json=document | {"names": names})

    page = open_page("/names", ready=False)
    page.route("**/clew/names.json", answer)
    page.goto(page.url)
    expect(page.get_by_text("4\u202f502 more: find them by their name.")).to_be_visible()
    expect(page.get_by_text("/svc/<img src=x onerror=alert(1)>")).to_be_visible()
    wide = "(e => e.scrollWidth - e.clientWidth)(document.querySelector('.scroll'))"
    assert page.evaluate(wide) <= 0
    page.get_by_role("navigation").get_by_role("link", name="Mesh").click()
    expect(page.get_by_text("4\u202f997 more names are unbound")).to_be_visible()
    assert page.evaluate(wide) <= 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", ["/", f"/delegator?name=/svc/world&dtab={OVERRIDE}", "/requests", "/names"]
)
def test_axe_finds_nothing_serious(open_page: Open, path: str, theme: str) -> None:
    page = open_page(path, color_scheme=theme)
    assert serious_findings(page) == []


@pytest.mark.parametrize("path", ["/", "/delegator?name=/svc/world", "/requests", "/names"])
def test_at_900_nothing_overflows(open_page: Open, path: str) -> None:
    page = open_page(path, width=900)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0


def test_the_first_load_is_small(open_page: Open) -> None:
    page = open_page("/")
    assets = "performance.getEntriesByType('resource').filter(e => e.name.includes('/assets/'))"
    assert 0 < sum(page.evaluate(f"{assets}.map(e => e.encodedBodySize)")) <= 120_000
