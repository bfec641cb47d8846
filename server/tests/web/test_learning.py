"""What people say of what is learned as usual is kept, shown on the page of its function, and heeded by queries."""

from __future__ import annotations

import pytest
from web.shop import LAMBDA, order

CHECKOUT = "/functions/checkout?account=123456789012&region=eu-central-1"


def _told(client):
    return client.get(CHECKOUT.replace("?", ".json?")).json()["learning"]


def test_bad_deployment_is_left_out_until_that_is_taken_back(client, send_spans, context):
    send_spans(*order(1), resource=LAMBDA)
    posted = client.post(CHECKOUT, kind="leave_out", start="-2h", reason="bad deployment 7")
    assert (posted.status_code, posted.headers["location"]) == (303, f"{CHECKOUT}#learning")
    (mark,) = _told(client)
    told = mark["kind"], mark["function"], mark["end"], mark["reason"]
    assert told == ("leave_out", "checkout", None, "bad deployment 7")
    assert context.question("| count()", None).marks()[0].reason == "bad deployment 7"
    assert "bad deployment 7" in client.get(CHECKOUT).text
    client.post(CHECKOUT, kind="accept", reason="twice the customers")
    assert [each["kind"] for each in _told(client)] == ["accept", "leave_out"]
    client.post(CHECKOUT, remove=str(mark["id"]))
    assert [each["kind"] for each in _told(client)] == ["accept"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"kind": "forget"}, 400),
        ({"kind": "leave_out", "start": "yesterday evening"}, 400),
        ({"kind": "leave_out", "start": "-1h", "end": "-2h"}, 400),
        ({"kind": "accept", "reason": "x" * 501}, 400),
        ({"remove": "77"}, 404),
        ({"remove": "all"}, 404),
    ],
)
def test_what_makes_no_sense_is_refused(client, fields, status):
    assert client.post(CHECKOUT, **fields).status_code == status
