"""A page that is looked at is told when something new was stored, and nothing when nothing was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.applications import Starlette
from web.conftest import Browser

from mendline.web import Arrivals, arrivals, build_routes


@pytest.fixture
def told(context, monkeypatch):
    def told(*stored):
        monkeypatch.setattr(arrivals, "TURN_SECONDS", 0)
        left = [*stored]
        heard = Arrivals(lambda: left.pop(0), lambda: not left)
        facts = replace(context.server, arrivals=heard)
        return Browser(Starlette(routes=build_routes(replace(context, server=facts)))).get("/live")

    return told


def test_each_turn_in_which_something_was_stored_is_one_event(told):
    answer = told(3, 3, 5, 5, 9)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == "retry: 1000\n\nevent: stored\ndata: 5\n\nevent: stored\ndata: 9\n\n"


def test_stream_without_news_says_so_now_and_then_and_ends(told):
    assert told(*[3] * 200).text == "retry: 1000\n\n" + 3 * ": nothing new\n\n"
