"""A person with a browser finds the failed invocation, and can work the waterfall with mouse and keyboard."""

from __future__ import annotations

import re
import time

import pytest
from browsing import photograph
from otlp_requests import request_of
from waiting import eventually
from web.shop import LAMBDA, order, span_id, trace_id

pytestmark = pytest.mark.browser
FAILED = 3


@pytest.fixture(scope="module")
def shop(server):
    """A server that has received five orders, the third of which failed."""
    for number in range(1, 6):
        answer = server.post(request_of(order(number, fails=number == FAILED, cold=number == 5), LAMBDA))
        assert answer.status_code == 200
    eventually(lambda: (server.get_json("/functions.json")["functions"] or [{"invocations": 0}])[0]["invocations"] == 5)
    return server


def _rows(page):
    return page.get_by_role("treeitem")


def _open_failed(page, shop):
    page.goto(f"{shop.web}/traces/{trace_id(FAILED)}?span={span_id(FAILED)}")
    return _rows(page)


def _look(page, tmp_path, name):
    shot = page.screenshot(path=tmp_path / f"{name}.png")
    assert len(shot) > 5_000


def test_clicks_lead_from_the_functions_to_the_error(page, shop, tmp_path):
    page.goto(shop.web)
    _look(page, tmp_path, "now")
    page.get_by_role("link", name="Functions", exact=True).click()
    _look(page, tmp_path, "functions")
    page.get_by_role("link", name="checkout").click()
    page.get_by_role("link", name="errors only").click()
    _look(page, tmp_path, "function")
    page.locator("a.row-link").first.click()
    page.wait_for_url(re.compile(f"/traces/{trace_id(FAILED)}\\?span={span_id(FAILED)}$"))
    panel = page.get_by_label("Selected span")
    assert "OutOfStock" in panel.inner_text()
    assert "none left of A-17" in panel.inner_text()
    assert '"sku": "A-17"' in panel.get_by_role("region", name="Request").inner_text()
    _look(page, tmp_path, "trace")


def test_bars_lie_on_one_time_axis(page, shop):
    rows = _open_failed(page, shop)
    outer, inner = (rows.nth(index).locator("svg rect").first.bounding_box() for index in (0, 1))
    assert inner["x"] - outer["x"] == pytest.approx(outer["width"] * 0.1, abs=2)
    assert inner["width"] == pytest.approx(outer["width"] * 0.7, abs=2)


def test_selecting_a_span_shows_it_without_loading_the_page_again(page, shop):
    rows = _open_failed(page, shop)
    page.evaluate("window.stillHere = true")
    rows.nth(1).click()
    page.get_by_label("Selected span").get_by_text("mendline.resource.operation").wait_for()
    assert page.url.endswith(f"?span={FAILED + (1 << 32):016x}")
    assert page.evaluate("window.stillHere")
    assert rows.nth(1).get_attribute("aria-selected") == "true"


def test_waterfall_can_be_walked_and_folded_with_the_keyboard(page, shop):
    rows = _open_failed(page, shop)
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    assert rows.nth(1).evaluate("row => row === document.activeElement")
    page.keyboard.press("Enter")
    page.get_by_label("Selected span").get_by_text("mendline.resource.operation").wait_for()
    page.keyboard.press("ArrowLeft")
    assert rows.first.evaluate("row => row === document.activeElement")
    page.keyboard.press("ArrowLeft")
    assert rows.first.get_attribute("aria-expanded") == "false"
    assert rows.count() == 1
    page.keyboard.press("ArrowRight")
    assert rows.count() == 2


def test_keys_lead_to_the_time_range_and_ids_are_copied(page, shop):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{shop.web}/traces")
    page.keyboard.press("t")
    assert page.get_by_label("from").evaluate("field => field === document.activeElement")
    page.keyboard.press("Escape")
    rows = page.locator("a.row-link")
    for key, row in (("j", 0), ("j", 1), ("k", 0)):
        page.keyboard.press(key)
        assert rows.nth(row).evaluate("link => link === document.activeElement")
    page.goto(f"{shop.web}/incidents")
    page.keyboard.press("/")
    page.wait_for_url("**/explore*")
    assert page.get_by_label("Query", exact=True).evaluate("it => it === document.activeElement")
    page.goto(f"{shop.web}/traces/{trace_id(FAILED)}")
    page.get_by_role("button", name="copy").first.click()
    page.get_by_role("button", name="copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == trace_id(FAILED)


def test_edge_of_the_architecture_is_clicked_for_its_numbers(page, shop, tmp_path):
    page.goto(f"{shop.web}/architecture")
    _look(page, tmp_path, "architecture")
    line = page.locator("a.edge", has_text="dynamodb:orders").locator(".hit").bounding_box()
    page.mouse.click(line["x"] + line["width"] / 2, line["y"] + line["height"] / 2)
    page.get_by_role("heading", name="checkout → orders").wait_for()
    assert "edge=" in page.url


def test_architecture_is_slid_through_time_and_taken_away_as_a_picture(page, shop, tmp_path):
    page.goto(f"{shop.web}/architecture")
    with page.expect_download() as begun:
        page.get_by_role("link", name="PNG").click()
    assert begun.value.suggested_filename == "architecture.png"
    begun.value.save_as(tmp_path / "architecture.png")
    assert (tmp_path / "architecture.png").read_bytes().startswith(b"\x89PNG")
    page.get_by_label("Through time").focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("Nothing was called and nothing invoked in this range").wait_for()
    assert "start=20" in page.url


def test_times_are_told_in_the_chosen_zone(page, shop):
    page.goto(f"{shop.web}/traces")
    assert page.get_by_role("columnheader", name="Start (UTC)").is_visible()
    page.get_by_label("Time zone").focus()
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_role("columnheader", name="Start (Asia/Tokyo)").wait_for()
    page.goto(f"{shop.web}/")
    assert page.get_by_text("times are Asia/Tokyo").is_visible()
    page.goto(f"{shop.web}/?tz=UTC")
    assert page.get_by_text("times are UTC").is_visible()


def test_box_on_the_heat_map_is_drawn_and_explained(page, shop, tmp_path):
    page.goto(f"{shop.web}/heatmap")
    area = page.locator(".map").bounding_box()
    page.mouse.move(area["x"] + area["width"] / 2, area["y"] + 5)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] - 2, area["y"] + area["height"] - 5)
    assert float(page.locator(".drawn").get_attribute("width")) == 600
    _look(page, tmp_path, "heatmap")
    page.mouse.up()
    page.wait_for_url(re.compile(r"\?from=[^&]+$"))
    assert "5 selected against 0 others" in page.get_by_label("Explanation").inner_text()
    page.get_by_role("link", name="take the box away").click()
    page.wait_for_url(re.compile("heatmap$"))
    page.locator(".map").focus()
    for key in ("ArrowDown", "Shift+ArrowDown", "Shift+ArrowLeft", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url(re.compile(r"from=.*min_ms=.*max_ms="))
    assert "No invocation lies in this box." in page.get_by_label("Explanation").inner_text()


def test_decision_about_an_error_is_kept(page, shop, tmp_path):
    page.goto(f"{shop.web}/errors")
    page.locator("a.row-link").first.click()
    page.get_by_text("none left of A-17").first.wait_for()
    photograph(page, "error", tmp_path)
    page.get_by_text("Decide:").click()
    page.get_by_label("State").select_option("expected")
    page.get_by_label("Why it is expected").fill("stock runs out")
    page.get_by_role("button", name="Keep").click()
    page.get_by_text("Expected: stock runs out.").wait_for()
    page.goto(f"{shop.web}/errors")
    assert page.get_by_text("Nothing that is open failed").is_visible()


def test_an_invocation_and_the_settings_have_pages_to_look_at(page, shop, tmp_path):
    invocation = shop.get_json("/functions/checkout.json")["invocations"][0]
    for name, path, told in (
        ("invocation", f"/invocations/{invocation['id']}", "checkout"),
        ("settings", "/settings", "Keys"),
    ):
        page.goto(f"{shop.web}{path}")
        page.get_by_text(told).first.wait_for()
        photograph(page, name, tmp_path)


def test_chosen_theme_is_kept(page, shop, tmp_path):
    page.goto(f"{shop.web}/functions")
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("button", name="Switch between light and dark").click()
    dark = page.evaluate(background)
    assert dark != light
    page.goto(f"{shop.web}/traces")
    assert page.evaluate(background) == dark
    _look(page, tmp_path, "dark")


def test_live_list_shows_what_arrives(page, shop):
    page.clock.install()
    page.goto(f"{shop.web}/functions?live=1")
    rows = page.locator("tbody tr")
    before = rows.count()
    answer = shop.post(request_of(order(50), {**LAMBDA, "faas.name": f"late-{time.time_ns()}"}))
    assert answer.status_code == 200
    eventually(lambda: len(shop.get_json("/functions.json")["functions"]) > before)
    page.clock.run_for(5_100)
    page.get_by_role("link", name=re.compile("late-")).wait_for()
    assert page.get_by_role("switch", name="live").get_attribute("aria-checked") == "true"


def test_pages_can_be_read_without_script(browser, shop):
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{shop.web}/traces/{trace_id(FAILED)}")
    assert plain.get_by_text("none left of A-17").first.is_visible()
    plain.locator("a.row").nth(1).click()
    plain.get_by_text("mendline.resource.operation").wait_for()
    context.close()


@pytest.mark.parametrize("width", [420, pytest.param(1440, marks=pytest.mark.thorough)])
def test_no_page_scrolls_sideways(browser, shop, width):
    context = browser.new_context(viewport={"width": width, "height": 900})
    narrow = context.new_page()
    for path in (
        "/",
        "/functions",
        "/functions/checkout",
        "/traces",
        f"/traces/{trace_id(FAILED)}",
        "/functions?start=x",
    ):
        narrow.goto(shop.web + path)
        assert narrow.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    context.close()


def test_newcomer_sees_the_first_data_without_doing_anything(start_server, page, tmp_path):
    server = start_server()
    page.clock.install()
    page.goto(server.web)
    assert page.get_by_text("AWS_LAMBDA_EXEC_WRAPPER=/opt/mendline").is_visible()
    assert page.get_by_text(f"OTEL_EXPORTER_OTLP_ENDPOINT={server.otlp}").first.is_visible()
    _look(page, tmp_path, "connect")
    assert server.post(request_of(order(1), LAMBDA)).status_code == 200
    eventually(lambda: server.get_json("/functions.json")["functions"])
    page.clock.run_for(5_100)
    page.get_by_role("heading", name="Unlike the period before").wait_for()
