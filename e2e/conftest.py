"""The browser of the end-to-end tests: Debian's chromium, driven by playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
)

# those against a real API server of Kubernetes are for `make e2e-kubernetes`, which builds one
collect_ignore = [] if "KUBE_APISERVER" in os.environ else ["kube_apiserver"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One chromium for the tests of a module; each test opens contexts of its own.

    Not for longer: playwright holds an event loop in this thread, in which others cannot run.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        assert os.environ.get("CI") != "true", "chromium is needed: apt-get install chromium"
        pytest.skip("needs chromium (Debian: sudo apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()
