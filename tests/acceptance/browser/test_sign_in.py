"""A person signs in with a key in a real browser, finds the page that was asked for, and signs out."""

from __future__ import annotations

import re

import pytest
from browsing import photograph
from otlp_requests import request_of
from running import make_key
from waiting import eventually
from web.shop import LAMBDA, order

pytestmark = pytest.mark.browser


@pytest.fixture
def guarded(start_server):
    """A server that has an order, and a key that may read it. Ask for it before the page, which is closed first then:
    a browser complains of a server that ends under it."""
    server = start_server()
    assert server.post(request_of(order(1), LAMBDA)).status_code == 200
    eventually(lambda: server.get_json("/functions.json")["functions"])
    return server, make_key(server.data, "read")


def test_key_opens_the_page_that_was_asked_for_and_signing_out_closes_it(guarded, page, tmp_path):
    server, key = guarded
    eventually(lambda: page.goto(f"{server.web}/traces?start=-6h") and "/sign-in" in page.url, 10)
    photograph(page, "sign-in", tmp_path)
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{server.web}/traces?start=-6h")
    assert page.get_by_text("project default").is_visible()
    assert not page.get_by_text("open access").count()
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("mendline", True, "Lax")
    page.get_by_role("link", name="Functions").click()
    page.get_by_role("link", name="checkout").wait_for()
    assert len(page.screenshot(path=tmp_path / "signed-in.png")) > 5_000
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("/sign-in$"))
    page.goto(f"{server.web}/functions")
    assert "/sign-in" in page.url
    assert not page.context.cookies()


@pytest.mark.thorough
def test_live_list_asks_to_sign_in_when_the_session_ends(guarded, page):
    server, key = guarded
    page.clock.install()
    eventually(lambda: page.goto(f"{server.web}/functions?live=1") and "/sign-in" in page.url, 10)
    page.get_by_label("Key").fill(key)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="checkout").wait_for()
    page.context.clear_cookies()
    page.clock.run_for(5_100)
    page.wait_for_url(re.compile("/sign-in"))


@pytest.mark.thorough
def test_wrong_key_is_said_to_screen_readers_too(guarded, browser):
    server, _ = guarded
    context = browser.new_context()
    page = context.new_page()
    eventually(lambda: page.goto(f"{server.web}/sign-in") and page.get_by_label("Key").count(), 10)
    page.get_by_label("Key").fill("mlk_read_wrong")
    page.get_by_role("button", name="Sign in").click()
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "not a key" in alert.inner_text()
    assert page.get_by_label("Key").input_value() == ""
    context.close()


@pytest.mark.thorough
@pytest.mark.parametrize("width", [420, 1440])
def test_sign_in_page_does_not_scroll_sideways(guarded, browser, width):
    server, _ = guarded
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{server.web}/sign-in")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
