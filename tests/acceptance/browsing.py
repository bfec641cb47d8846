"""What browser tests share: a real Chromium, and pages that must stay silent on the console."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def photograph(page: Page, name: str, otherwise: Path) -> None:
    """A picture of the page in each theme, in the folder that KEEP_SCREENSHOTS names, as `.ci/run` does; else a picture
    that nobody keeps, in one."""
    kept = os.environ.get("KEEP_SCREENSHOTS")
    folder = Path(kept or otherwise)
    for theme in ("dark", "light") if kept else ("dark",):
        page.emulate_media(color_scheme=theme)
        assert len(page.screenshot(path=folder / f"{name}-{theme}.png")) > 5_000


def _executable() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    reason = f"no browser: none of {', '.join(NAMES)} is on the PATH (apt install chromium)"
    if os.environ.get("MENDLINE_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a module."""
    executable = _executable()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page. Whatever it writes to the console as an error, CSP violations among it, fails the test; that the
    page itself says that it was asked for something wrong (400) is none."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        refused = "status of 400" in message.text and message.location["url"].partition("#")[0] == opened.url
        if message.type == "error" and not refused:
            complaints.append(f"{message.text} ({message.location['url']})")

    opened.on("console", listen)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert not complaints
