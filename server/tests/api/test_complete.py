"""The query bar is offered what recent telemetry has, and told what is wrong."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hand_clock import HandClock
from starlette.applications import Starlette
from web.conftest import Browser
from web.shop import LAMBDA, order

from mendline.api.complete import build_routes
from mendline.errors import UsageError


@pytest.fixture
def clock(now):
    return HandClock(now)


@pytest.fixture
def ask(store, clock):
    client = Browser(Starlette(routes=build_routes(store, clock)))
    return lambda text, **more: client.get(f"/api/v1/query/complete?{urlencode({'q': text, **more})}").json()


def _texts(told):
    return [offer["text"] for offer in told["completions"]]


def test_values_and_attributes_of_recent_telemetry_are_offered(ask, clock, send_spans):
    assert _texts(ask("function:")) == []
    spans = [span for number in (1, 2) for span in order(number)]
    spans[0]["attributes"]["customer.tier"] = "gold"
    send_spans(*spans, resource=LAMBDA)
    clock.move(seconds=61)
    assert _texts(ask("function:")) == ["checkout"]
    assert _texts(ask("trigger:api")) == ["apigateway.v2"]
    assert _texts(ask("operations resource.name:")) == ["orders"]
    assert 'attr("customer.tier")' in _texts(ask("customer"))
    assert ask("duration > 25 and error", cursor=13)["completions"][0] == {
        "text": "25ms", "kind": "unit", "detail": "", "start": 11,
    }  # fmt: skip


def test_text_is_checked_beside(ask, send_spans):
    send_spans(*order(1), resource=LAMBDA)
    assert ask("error  AND cold_start")["query"] == "error and cold_start"
    assert (ask("")["query"], ask("")["fault"]) == ("", None)
    fault = ask("error.typ:x")["fault"]
    assert (fault["code"], fault["start"], fault["end"], fault["corrected"]) == (
        "query_unknown_field", 0, 9, "error.type:x",
    )  # fmt: skip
    assert "checkout" in ask("function:chekout")["notices"][0]


@pytest.mark.parametrize("more", [{"cursor": "x"}, {"curser": "1"}])
def test_parameter_that_makes_no_sense_is_refused(ask, more):
    with pytest.raises(UsageError):
        ask("error", **more)
