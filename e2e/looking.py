"""How tests look at a page: any error of it fails the test, and axe reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

AXE = Path(__file__).parents[1] / "ui" / "node_modules" / "axe-core" / "axe.min.js"

Open = Callable[..., Page]


@contextmanager
def opening(browser: Browser, url: str) -> Iterator[Open]:
    """A function that opens a path of the server at ``url``."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(path: str, *, ready: bool = True, width: int = 1440, **options: Any) -> Page:
        viewport: Any = {"width": width, "height": 900}
        context = browser.new_context(viewport=viewport, timezone_id="Europe/Rome", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.extend(_policy_breach(message.text)))
        page.goto(url + path)
        if ready:
            _wait_until_ready(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def serious_findings(page: Page) -> list[str]:
    """What keeps people from using the page."""
    assert AXE.is_file(), "axe-core is not installed: npm ci in ui/"
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")["violations"]
    return [
        f"{finding['id']}: {node['html'][:120]}"
        for finding in found
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"]
    ]


def _policy_breach(text: str) -> list[str]:
    return [text] if "Content Security Policy" in text else []


def _wait_until_ready(page: Page) -> None:
    # wait_for_function evaluates text in the page, which the content policy forbids
    for _ in range(100):
        if page.evaluate("performance.getEntriesByName('clew:ready').length > 0"):
            return
        page.wait_for_timeout(50)
    pytest.fail("the page did not set clew:ready")
