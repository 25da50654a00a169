"""Serves the built pages as Zipkin serves its own, so that old links work.

Everything is read into memory once, when the routes are made: it is a few hundred kilobytes.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import mimetypes
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

STATIC = Path(__file__).parent / "static"

HOME = "/zipkin"
"""Where the server has the pages. A reverse proxy may show them elsewhere: see :func:`routes`."""

_MINUTE = "max-age=60"
_YEAR = "max-age=31536000, immutable"
_DAY = "max-age=86400"
_POLICY = (
    "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'; "
    "object-src 'none'"
)
_WORTH_ZIPPING = ("text/", "application/javascript", "image/svg+xml")
_BUILT_BASE = f'<base href="{HOME}/">'
_MESH = '<meta name="clew-home" content="mesh">'
"""Tells the pages that they stand on a mesh's admin port."""

_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>clew: no pages</title>
<h1>The pages are not built</h1>
<p>This clew was started from a source tree without its pages. <code>pip install -e .</code> in that
tree builds them; then start it again. The API works all the same.</p>
</html>
"""


class Page(NamedTuple):
    """One answer, ready to be sent."""

    body: bytes
    zipped: bytes | None
    """The body in gzip; None where that gains nothing."""
    media_type: str
    cache_control: str
    etag: str


def routes(
    base_path: str = HOME, static: Path = STATIC, *, archive: str | None = None
) -> list[BaseRoute]:
    """The routes of the pages. What they do not name is left to other routes, or is a 404.

    ``base_path`` is where browsers see the pages. A reverse proxy that strips its own prefix makes
    that another place than :data:`HOME`, where the server's own routes stay. ``archive`` is the
    address to which the pages may send a trace; None: nowhere but here.
    """
    base = base_path.rstrip("/")
    show_index = _show(_read_index(static, f"{base}/"), _policy(archive))
    return [
        Route("/", _to_home(base)),
        Route(HOME, _to_home(base)),
        Route("/favicon.ico", _redirect(f"{base}/favicon.ico")),
        Route(f"{HOME}/", show_index),
        Route(f"{HOME}/index.html", show_index),
        Route(f"{HOME}/traces/{{trace_id}}", show_index),
        Route(f"{HOME}/map", show_index),
        Route(f"{HOME}/dependency", show_index),
        *(Route(f"{HOME}/{name}", _show(page)) for name, page in _read_files(static).items()),
    ]


Endpoint = Callable[[Request], Response]


def mesh_index(static: Path = STATIC) -> Endpoint:
    """The document of every page of a mesh; its script reads off the address which one that is."""
    return _show(_read_index(static, "/", _MESH))


def mesh_files(static: Path = STATIC) -> list[BaseRoute]:
    """The routes of what that document loads."""
    return [Route(f"/{name}", _show(page)) for name, page in _read_files(static).items()]


def _policy(archive: str | None) -> str:
    """Another server's address widens what the pages may speak to; a path is here anyway."""
    parts = urlsplit(archive or "")
    return (
        f"{_POLICY}; connect-src 'self' {parts.scheme}://{parts.netloc}"
        if parts.netloc
        else _POLICY
    )


def _show(page: Page, policy: str = _POLICY) -> Endpoint:
    return lambda request: _answer(request, page, policy)


def _answer(request: Request, page: Page, policy: str) -> Response:
    headers = {
        "cache-control": page.cache_control,
        "etag": page.etag,
        "vary": "accept-encoding",
        "x-content-type-options": "nosniff",
        "content-security-policy": policy,
        "referrer-policy": "same-origin",
    }
    if page.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if page.zipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        return Response(page.zipped, media_type=page.media_type, headers=headers)
    return Response(page.body, media_type=page.media_type, headers=headers)


def _to_home(base: str) -> Endpoint:
    """Zipkin loses the query here; a link such as ``/?serviceName=x`` should search."""

    def endpoint(request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{base}/{query}", status_code=302)

    return endpoint


def _redirect(to: str) -> Endpoint:
    return lambda _: RedirectResponse(to, status_code=302)


def _read_index(static: Path, base: str, more: str = "") -> Page:
    """``base`` ends with a slash; ``more`` is put behind it."""
    try:
        built = (static / "index.html").read_text(encoding="utf-8")
    except FileNotFoundError:
        return _page(_NOT_BUILT.encode(), "text/html", "no-store")
    place = f'<base href="{html.escape(base, quote=True)}">{more}'
    return _page(built.replace(_BUILT_BASE, place).encode(), "text/html", _MINUTE)


def _read_files(static: Path) -> dict[str, Page]:
    """Every file but the index, by its path below ``static``. Names in assets/ hold a hash."""
    files = [path for path in sorted(static.rglob("*")) if path.is_file()]
    pages = {}
    for path in files:
        name = path.relative_to(static).as_posix()
        media_type = mimetypes.guess_type(path.name)[0]
        if name == "index.html" or media_type is None:
            continue
        # the platform's table of types may still say text/javascript or the older name
        media_type = "text/javascript" if path.suffix == ".js" else media_type
        pages[name] = _page(
            path.read_bytes(), media_type, _YEAR if name.startswith("assets/") else _DAY
        )
    return pages


def _page(body: bytes, media_type: str, cache_control: str) -> Page:
    zipped = None
    if media_type.startswith(_WORTH_ZIPPING):
        smaller = gzip.compress(body, compresslevel=9, mtime=0)
        zipped = smaller if len(smaller) < len(body) else None
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return Page(body, zipped, media_type, cache_control, etag)
