"""The page of what changed says why something is not as usual, and tells that from nothing and from too little."""

from __future__ import annotations

import time

import pytest
from changing import MINUTE, WINDOW, invocations, send
from web.markup import Markup

BEGAN = (time.time_ns() // MINUTE - 60) * MINUTE
END = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(BEGAN // 10**9 + 2 * WINDOW * 60))
START = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(BEGAN // 10**9 + WINDOW * 60))
RANGE = f"start={START}&end={END}"


@pytest.fixture
def slow(client, holding, send_spans):
    holding(lambda: send(send_spans, invocations(BEGAN, lambda _: {"ms": 500})))
    return client


def _text(answer):
    return Markup(answer.text).text


def test_page_names_what_changed_since_when_and_why(slow):
    text = _text(slow.get(f"/change?q=function:checkout&{RANGE}"))
    for said in ("instead of", "Since", "Likely causes", "http bank.example.com POST /charge takes 500 ms", "Who is"):
        assert said in text
    told = slow.get(f"/change.json?q=function:checkout&{RANGE}").json()["change"]
    assert (told["state"], told["causes"][0]["rank"]) == ("changed", 1)


def test_function_page_says_it_in_one_sentence_and_leads_there(slow):
    page = Markup(slow.get(f"/functions/checkout?{RANGE}").text)
    assert "instead of" in page.text
    assert [link for link in page.links() if link.startswith("/change?")]
    assert slow.get(f"/functions/checkout.json?{RANGE}").json()["unlike_before"]["state"] == "changed"


def test_heat_map_leads_there(slow):
    page = Markup(slow.get(f"/heatmap?q=function:checkout&{RANGE}").text)
    assert [link for link in page.links() if link.startswith("/change?")]


@pytest.mark.parametrize(
    ("url", "status", "says"),
    [
        ("/change", 200, "Nothing was invoked"),
        ("/change?against=ever", 400, "use auto, before, usual"),
        ("/change?q=logs+error", 400, "It could not be computed"),
        ("/change?q=durationn+%3E+5", 400, "duration"),
        ("/change?mark=error", 400, "no filter"),
    ],
)
def test_what_cannot_be_told_is_said(client, url, status, says):
    answer = client.get(url)
    assert answer.status_code == status
    assert says in _text(answer)
