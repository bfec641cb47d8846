"""Forty hostile texts in every text of every signal, keys too, and no page in a real browser is other than with
harmless ones: no element, attribute or link more, nothing run, nothing asked of anybody else."""

from __future__ import annotations

import re

import pytest
from browser.payloads import PAYLOADS
from waiting import eventually
from web.shop import trace_id
from web.test_hostile import plant

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
LISTS = (
    "/", "/functions", "/dependencies", "/architecture", "/queues", "/transactions", "/traces", "/logs",
    "/errors?state=all", "/boards", "/settings", "/explore?q=| count() by function,error.type", "/explore?q=logs",
    "/explore?q=operations", "/explore?q=metrics", "/dependencies/report?type=http&name=x",
    "/heatmap?mark=error&min_ms=50",
)  # fmt: skip
OPENED = ("/functions", "/dependencies", "/transactions", "/errors?state=all")
# What a document is made of: each element with the names of its attributes; and its links that lead away.
SHAPE = """doc => {
  const shapes = new Set(), away = [];
  for (const it of doc.querySelectorAll("*")) {
    shapes.add(it.localName + " " + it.getAttributeNames().sort().join(" "));
    for (const name of ["href", "src", "action", "xlink:href", "data", "srcdoc", "formaction"]) {
      const value = it.getAttribute(name);
      if (value !== null && new URL(value, location.origin).origin !== location.origin) away.push(value);
    }
  }
  return { shapes: [...shapes], away };
}"""
FETCHED = f"""async urls => {{
  const shape = {SHAPE}, shapes = new Set(), away = [];
  for (const url of urls) {{
    const answer = await fetch(url);
    const told = shape(new DOMParser().parseFromString(await answer.text(), "text/html"));
    told.shapes.forEach(it => shapes.add(it));
    away.push(...told.away);
  }}
  return {{ shapes: [...shapes], away }};
}}"""


def _plant(server, first, texts):
    """Each text in all of its own telemetry; waits until it is stored."""

    def tell(batch):
        for signal, body in batch:
            assert server.post(body, path=f"/v1/{signal}").status_code == 200

    plant(tell, enumerate(texts, first))
    last = trace_id(1000 + first + len(texts) - 1)
    eventually(lambda: server.get_json(f"/traces/{last}.json") and server.get_json("/logs.json")["logs"], 60)


def _look(page, web, numbers):
    """The shapes and links of every list as it stands in the browser, and of what the browser makes of the rest: what
    rows lead to, and the traces of these numbers."""
    shapes, rows = set(), []
    for path in LISTS:
        page.goto(web + path)
        told = page.evaluate(f"() => ({SHAPE})(document)")
        assert not told["away"], path
        shapes.update(told["shapes"])
        if path in OPENED:  # of each list, what two of its rows lead to
            rows += [page.locator("a.row-link").nth(index).get_attribute("href") for index in (0, -1)]
    details = [f"/traces/{trace_id(it)}?span={it:016x}" for it in numbers]
    of_calls = [f"/traces/{trace_id(it)}?span={it + 2000:016x}&fragment=detail" for it in numbers]
    for urls in (rows, details, of_calls, [f"{details[0]}&view=map"]):
        told = page.evaluate(FETCHED, urls)
        assert not told["away"]
        shapes.update(told["shapes"])
    return shapes


@pytest.mark.thorough
def test_forty_hostile_texts_change_no_page_in_a_browser(page, start_server):
    assert len(set(PAYLOADS)) == 40
    server = start_server()
    elsewhere, dialogs = [], []
    page.on("request", lambda it: None if it.url.startswith((server.web, "data:")) else elsewhere.append(it.url))
    page.on("dialog", lambda it: (dialogs.append(it.message), it.dismiss()))
    harmless = [f"harmless {number}" for number in range(len(PAYLOADS))]
    _plant(server, 1, harmless)
    before = _look(page, server.web, range(1, 4))
    _plant(server, 101, PAYLOADS)
    after = _look(page, server.web, range(101, 101 + len(PAYLOADS)))
    assert re.search("script", page.content())  # the texts are there, as texts
    assert after <= before, after - before
    assert not elsewhere
    assert not dialogs
