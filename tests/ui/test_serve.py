from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from clew.ui import serve

INDEX = '<!doctype html><base href="/zipkin/"><script type="module" src="./assets/a-1.js"></script>'
SCRIPT = "console.log('spans');\n" * 100
ASSET = "/zipkin/assets/a-1.js"


@pytest.fixture
def static(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(INDEX)
    (tmp_path / "assets" / "a-1.js").write_text(SCRIPT)
    (tmp_path / "assets" / "a-1.css").write_text("body{}")
    (tmp_path / "favicon.ico").write_bytes(b"\0\0\1\0")
    (tmp_path / "inputs.sha256").write_text("0")
    return tmp_path


class Pages:
    """The routes behind a client."""

    def __init__(
        self,
        static: Path,
        base_path: str = serve.HOME,
        routes: Sequence[BaseRoute] | None = None,
    ) -> None:
        self._app = Starlette(routes=serve.routes(base_path, static) if routes is None else routes)

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.ask("GET", path, headers)

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://clew") as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(ask())


@pytest.fixture
def pages(static: Path) -> Pages:
    return Pages(static)


@pytest.mark.parametrize(
    ("path", "location"),
    [
        pytest.param("/", "/zipkin/", id="the root leads to the pages"),
        pytest.param("/zipkin", "/zipkin/", id="so does the base without its slash"),
        pytest.param(
            "/?serviceName=0.0.0.0%2F4140&limit=10",
            "/zipkin/?serviceName=0.0.0.0%2F4140&limit=10",
            id="an old link keeps its search",
        ),
        pytest.param("/zipkin?lookback=1h", "/zipkin/?lookback=1h", id="in both places"),
        pytest.param("/favicon.ico", "/zipkin/favicon.ico", id="browsers ask for the icon here"),
    ],
)
def test_redirects(pages: Pages, path: str, location: str) -> None:
    answer = pages.get(path)
    assert (answer.status_code, answer.headers["location"]) == (302, location)


@pytest.mark.parametrize(
    "path",
    [
        "/zipkin/",
        "/zipkin/index.html",
        "/zipkin/traces/c41d7e0a",
        "/zipkin/map",
        "/zipkin/dependency",
    ],
)
def test_each_page_is_the_index_for_a_minute(pages: Pages, path: str) -> None:
    answer = pages.get(path)
    assert answer.status_code == 200
    assert answer.text == INDEX
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "max-age=60"
    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_assets_stay_for_a_year_and_are_zipped_when_asked(pages: Pages) -> None:
    zipped = pages.get(ASSET, headers={"accept-encoding": "gzip"})
    plain = pages.get(ASSET, headers={"accept-encoding": "identity"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert int(zipped.headers["content-length"]) < int(plain.headers["content-length"])
    assert zipped.text == plain.text == SCRIPT
    assert "content-encoding" not in plain.headers
    assert plain.headers["content-type"].startswith("text/javascript")
    assert plain.headers["cache-control"] == "max-age=31536000, immutable"
    assert plain.headers["vary"] == "accept-encoding"


@pytest.mark.parametrize("path", ["/zipkin/", ASSET])
def test_what_the_browser_has_is_not_sent_again(pages: Pages, path: str) -> None:
    etag = pages.get(path).headers["etag"]
    again = pages.get(path, headers={"if-none-match": f'"other", {etag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag
    assert pages.get(path, headers={"if-none-match": '"other"'}).status_code == 200


def test_head_has_the_headers_without_the_body(pages: Pages) -> None:
    head, get = pages.ask("HEAD", ASSET), pages.get(ASSET)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize(
    "path",
    [
        "/zipkin/nowhere",
        "/zipkin/assets/other.js",
        "/zipkin/assets/..%2findex.html",
        "/zipkin/inputs.sha256",
        "/zipkin/traces/",
        "/elsewhere",
    ],
)
def test_unknown_paths_are_not_found(pages: Pages, path: str) -> None:
    assert pages.get(path).status_code == 404


def test_other_methods_are_refused(pages: Pages) -> None:
    assert pages.ask("POST", "/zipkin/").status_code == 405


@pytest.mark.parametrize(
    ("base_path", "base"),
    [
        pytest.param("/tools/zipkin", "/tools/zipkin/", id="below a prefix"),
        pytest.param("/", "/", id="at the root of another host"),
        pytest.param('/a"><b>', "/a&quot;&gt;&lt;b&gt;/", id="whatever it is, it stays a value"),
    ],
)
def test_a_proxy_may_show_the_pages_elsewhere(static: Path, base_path: str, base: str) -> None:
    pages = Pages(static, base_path)
    assert f'<base href="{base}">' in pages.get("/zipkin/").text
    assert pages.get(ASSET).status_code == 200


def test_pages_that_are_not_built_say_so(tmp_path: Path) -> None:
    answer = Pages(tmp_path / "none").get("/zipkin/?serviceName=x")
    assert "The pages are not built" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_what_is_zipped_depends_on_the_file_alone(static: Path) -> None:
    headers = {"accept-encoding": "gzip"}
    answers = [Pages(static).get(ASSET, headers) for _ in range(2)]
    sizes = {answer.headers["content-length"] for answer in answers}
    assert sizes == {str(len(gzip.compress(SCRIPT.encode(), 9, mtime=0)))}


def test_a_mesh_has_the_same_pages_at_its_root(static: Path) -> None:
    routes = [Route("/delegator", serve.mesh_index(static)), *serve.mesh_files(static)]
    pages = Pages(static, routes=routes)
    assert '<base href="/"><meta name="clew-home" content="mesh">' in pages.get("/delegator").text
    assert pages.get("/assets/a-1.js").text == SCRIPT
    assert pages.get("/favicon.ico").status_code == 200


@pytest.mark.parametrize(
    ("archive", "speaks_to"),
    [
        (None, None),
        ("/archive/api/v2/spans", None),
        ("https://keep.example:9411/api/v2/spans", "connect-src 'self' https://keep.example:9411"),
    ],
)
def test_the_pages_may_speak_to_the_archive_besides_this_server(
    static: Path, archive: str | None, speaks_to: str | None
) -> None:
    pages = Pages(static, routes=serve.routes(static=static, archive=archive))
    policy = pages.get("/zipkin/").headers["content-security-policy"]
    assert policy.partition("connect-src")[1] == ("connect-src" if speaks_to else "")
    assert speaks_to is None or policy.endswith(f"; {speaks_to}")
