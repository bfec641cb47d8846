"""A person asks in the query language: corrects a mistake with one click, reads a chart, and goes on from there."""

from __future__ import annotations

import re
import time

import pytest
from otlp_requests import request_of
from waiting import eventually
from web.shop import LAMBDA, order, trace_id

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shop(server):
    """A server with 40 orders of two functions over the last minutes, of which four failed."""
    for function in ("checkout", "report"):
        spans = [
            span
            for number in range(1, 21)
            for span in order(number + 100 * (function == "report"), fails=number > 18, ago_ns=number * 20 * 10**9)
        ]
        assert server.post(request_of(spans, {**LAMBDA, "faas.name": function})).status_code == 200
    eventually(lambda: server.get_json("/api/v1/query?q=|count()")["rows"] == [[40]])
    return server


def _look(page, tmp_path, name):
    assert len(page.screenshot(path=tmp_path / f"{name}.png", full_page=True)) > 5_000


def test_mistake_is_shown_at_its_place_and_mended_with_one_click(page, shop, tmp_path):
    page.goto(f"{shop.web}/explore")
    page.keyboard.press("/")
    bar = page.get_by_label("Query", exact=True)
    assert bar.evaluate("it => it === document.activeElement")
    page.keyboard.type("error.typ:OutOfStock | count() by function")
    page.keyboard.press("Enter")
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "Unknown field 'error.typ' at 1:1" in alert.inner_text()
    carets, fault = page.locator(".carets").bounding_box(), page.locator("mark").bounding_box()
    assert (carets["x"], carets["width"]) == pytest.approx((fault["x"], fault["width"]), abs=1)
    assert bar.get_attribute("aria-invalid") == "true"
    _look(page, tmp_path, "wrong")
    alert.get_by_role("link", name="error.type:OutOfStock").click()
    page.locator("td").get_by_text("report").wait_for()
    assert page.locator("tbody tr").count() == 2
    assert bar.input_value() == "error.type:OutOfStock | count() by function"


def test_example_leads_to_rows_and_these_to_a_trace(page, shop):
    page.goto(f"{shop.web}/explore")
    page.get_by_role("link", name="Failed invocations, the newest first").click()
    page.locator("a.row-link").first.click()
    page.wait_for_url(re.compile(f"/traces/({trace_id(19)}|{trace_id(119)})"))
    assert page.get_by_text("none left of A-17").first.is_visible()


def test_cursor_tells_the_values_of_a_step_in_every_chart(page, shop, tmp_path):
    page.goto(f"{shop.web}/explore?q=| count(), p50(duration) by function | over 1m every 1m&start=-15m")
    plots = page.locator(".plot")
    assert plots.count() == 2
    plots.first.focus()
    page.keyboard.press("End")
    legends = page.locator(".legend-series")
    for _ in range(15):  # to the minute in which there is something, wherever the minutes began
        if legends.nth(0).locator(".value").all_inner_texts() == ["3", "3"]:
            break
        page.keyboard.press("ArrowLeft")
    assert legends.nth(0).locator(".value").all_inner_texts() == ["3", "3"]
    assert [text.strip() for text in legends.nth(1).locator(".value").all_inner_texts()] == ["100\u202fms"] * 2
    assert all("UTC" in text for text in page.locator(".at").all_inner_texts())
    plots.nth(1).hover()
    _look(page, tmp_path, "chart")
    page.mouse.move(5, 5)
    assert legends.nth(0).locator(".value").first.inner_text().startswith("total")


def test_dragging_over_a_chart_zooms_into_it(page, shop):
    page.goto(f"{shop.web}/explore?q=| count()&view=time&start=-15m&live=1")
    box = page.locator(".plot").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile("start=20"))
    assert "live" not in page.url
    range_ = page.locator(".was-read").inner_text()
    first, last = re.findall(r"\d{4}-\d\d-\d\d (\d\d):(\d\d)", range_)
    length = (int(last[0]) * 60 + int(last[1]) - int(first[0]) * 60 - int(first[1])) % (24 * 60)
    assert 3 <= length <= 5


@pytest.mark.thorough
def test_live_chart_moves_and_its_cursor_works_on(page, shop):
    page.clock.install()
    page.goto(f"{shop.web}/explore?q=function:late | count()&view=time&live=1")
    sent = order(500, ago_ns=0)
    sent[0]["start"] = time.time_ns()
    assert shop.post(request_of(sent[:1], {**LAMBDA, "faas.name": "late"})).status_code == 200
    eventually(lambda: shop.get_json("/api/v1/query?q=function:late|count()")["rows"] == [[1]])
    page.clock.run_for(5_100)
    page.get_by_text("total 1").wait_for()
    page.locator(".plot").hover()
    assert "UTC" in page.locator(".at").inner_text()


def test_explore_works_without_script(browser, shop):
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{shop.web}/explore")
    plain.get_by_label("Query", exact=True).fill("error | count() by function")
    plain.get_by_role("button", name="Run").click()
    plain.locator("tbody tr").last.wait_for()
    assert plain.locator("tbody tr").count() == 2
    plain.get_by_role("link", name="over time").click()
    plain.locator("figure .bars").last.wait_for()
    assert plain.locator("figure .bars").count() >= 2
    context.close()


@pytest.mark.parametrize("width", [420, pytest.param(1440, marks=pytest.mark.thorough)])
def test_exploring_never_scrolls_the_page_sideways(browser, shop, width):
    context = browser.new_context(viewport={"width": width, "height": 900})
    narrow = context.new_page()
    for query in ("", "error", "| count() by function&view=time", "error.typ:" + "x" * 500, "logs", "error&explain=1"):
        narrow.goto(f"{shop.web}/explore?q={query}")
        assert narrow.evaluate("document.documentElement.scrollWidth <= innerWidth"), query
    context.close()


def test_query_is_completed_with_the_keyboard_and_checked_while_it_is_written(page, shop, tmp_path):
    page.goto(f"{shop.web}/traces")
    bar = page.get_by_label("Query", exact=True)
    bar.fill("")
    bar.press_sequentially("error.ty")
    offers = page.get_by_role("option")
    offers.get_by_text("error.type").wait_for()
    page.keyboard.press("Tab")
    assert bar.input_value() == "error.type"
    bar.press_sequentially(":")
    offers.get_by_text("OutOfStock").wait_for()
    page.keyboard.press("ArrowDown")
    assert page.locator('[role="option"][aria-selected="true"]').inner_text().startswith("OutOfStock")
    page.keyboard.press("Enter")
    assert bar.input_value() == "error.type:OutOfStock "
    bar.press_sequentially("| cuont()")
    said = page.locator(".query-said")
    said.get_by_text("Unknown function 'cuont' at 1:25").wait_for()
    assert said.locator(".carets").inner_text() == "^^^^^"
    _look(page, tmp_path, "written")
    said.get_by_role("button").click()
    assert bar.input_value() == "error.type:OutOfStock | count()"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/explore.*q=error.type"))


def test_what_was_asked_comes_back_from_this_browser(page, shop):
    page.goto(f"{shop.web}/explore?q=error | count() by function")
    page.goto(f"{shop.web}/traces")
    page.get_by_role("button", name="History").click()
    page.get_by_role("option").get_by_text("error | count() by function").click()
    assert page.get_by_label("Query", exact=True).input_value() == "error | count() by function"


def test_query_is_clicked_together_and_the_text_says_the_same(page, shop, tmp_path):
    page.goto(f"{shop.web}/explore?q=error | count()")
    page.get_by_role("button", name="Build").click()
    builder, bar = page.get_by_label("Query builder"), page.get_by_label("Query", exact=True)
    where = builder.get_by_role("group", name="where")
    assert where.get_by_label("relation", exact=True).first.input_value() == "holds"
    builder.get_by_role("button", name="Add a filter").click()
    where.get_by_label("field", exact=True).last.fill("function")
    where.get_by_label("value", exact=True).last.fill("check*")
    builder.get_by_role("button", name="Add a group").click()
    builder.get_by_role("group", name="by").get_by_label("group", exact=True).fill("error.type")
    assert bar.input_value() == "error and function:check* | count() by error.type"
    _look(page, tmp_path, "built")
    where.get_by_role("button", name="Take this filter away").first.click()
    assert bar.input_value() == "function:check* | count() by error.type"
    bar.fill("duration > 1ms | p95(duration) by function | over 1h")
    eventually(lambda: where.get_by_label("value", exact=True).last.input_value() == "1ms")
    page.get_by_role("button", name="Build").click()
    builder.wait_for(state="hidden")
    page.get_by_role("button", name="Run").click()
    page.locator("tbody").get_by_text("report", exact=True).wait_for()
