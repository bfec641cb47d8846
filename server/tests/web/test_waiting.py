"""A page of a long range that takes its time says so at once, and then comes whole; others come as they always did."""

from __future__ import annotations

import pytest
from web.markup import Markup
from web.shop import LAMBDA, order

from mendline.web import waiting


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(waiting, "SOON_SECONDS", 0)
    monkeypatch.setattr(waiting, "AT_ONCE_SECONDS", 0)


def test_long_range_is_waited_for_in_a_frame_that_says_so(client, send_spans, impatient):
    send_spans(*order(1), resource=LAMBDA)
    answer = client.get("/?start=-24h")
    page = Markup(answer.text)
    assert answer.text.index("Still reading") < answer.text.index('class="arrived"') < answer.text.index("<h1>Now</h1>")
    assert [tag for tag, _ in page.elements].count("title") == 1
    files = [it.get("src") or it.get("href") for tag, it in page.elements if tag in ("script", "link")]
    assert "/static/charts.css" in files
    assert "/static/live.js" in files
    assert answer.text.count("</main>") == answer.text.count("</html>") == 1


def test_what_cannot_be_shown_is_said_in_the_frame(client, impatient):
    answer = client.get("/traces/nothing?start=-24h")
    assert (answer.status_code, "Still reading" in answer.text) == (200, True)
    assert 'class="arrived"' in answer.text
    assert "<code>" in answer.text


def test_program_is_never_kept_waiting_for_a_short_range(client, impatient):
    assert "Still reading" not in client.get("/?start=-6h").text
    assert "Still reading" in client.get("/?start=-6h", headers={"sec-fetch-mode": "navigate"}).text
    assert client.get("/traces/nothing").status_code in (400, 404)
