"""An incident's page has the likely cause first, and people acknowledge, note, resolve and answer there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete
from web.markup import Markup
from web.shop import LAMBDA, order

from mendline.model.incident import Incident, IncidentEvent, IncidentState
from mendline.store.state import add_event, add_incident, alerting_tables

HOSTILE = "<script>alert(1)</script>"
CAUSE = {"kind": "resource_error", "owner": "third_party", "text": f"The bank fails {HOSTILE}.", "confidence": "high",
         "evidence": ["62 of 90 calls"], "function": "payment", "resource": "http/bank"}  # fmt: skip


@pytest.fixture
def number(state, now):
    at = now - timedelta(minutes=5)
    found = {"error": {"said": f"BankError: {HOSTILE}", "stack": "at pay.py", "path": "/errors/0000000000000001"}}
    incident = Incident(0, "default", IncidentState.OPEN, "critical", f"Errors: payment {HOSTILE}", at, at,
                        functions=("payment",), policies=("Errors by type",), causes=(CAUSE,), diagnosed=at,
                        diagnosis={"impact": "62 of 90 failed", **found}, held_back=3, runbook=HOSTILE)  # fmt: skip
    with state.writing() as connection:
        kept = add_incident(connection, incident)
        add_event(connection, "default", kept, IncidentEvent(at, "detected", HOSTILE))
    yield kept
    with state.writing() as connection:
        for name in ("incident_events", "incidents", "silences", "outbox", "alerts"):
            connection.execute(delete(getattr(alerting_tables, name)))


def test_page_says_the_cause_first_and_trusts_nothing(client, number):
    page = client.get(f"/incidents/{number}")
    text = Markup(page.text).text
    assert page.status_code == 200
    assert HOSTILE not in page.text
    assert text.index("Likely cause (high confidence, third party): The bank fails") < text.index("First steps")
    assert "62 of 90 failed" in text
    told = client.get(f"/incidents/{number}.json").json()
    assert (told["verdict"], told["held_back"], told["example"]["stack"]) == ("third_party", 3, "at pay.py")
    assert "another company" in told["status"]


def test_first_page_begins_with_what_is_open_and_its_cause(client, send_spans, number):
    send_spans(*order(1), resource=LAMBDA)
    page = client.get("/")
    text = Markup(page.text).text
    assert HOSTILE not in page.text
    assert text.index("Open incidents") < text.index("The bank fails") < text.index("Invocations")
    assert f"/incidents/{number}" in "".join(Markup(page.text).links())
    assert [it["id"] for it in client.get("/now.json").json()["incidents"]] == [number]


def test_list_has_open_ones_first_and_how_long_it_took(client, number):
    told = client.get("/incidents.json").json()
    assert [one["id"] for one in told["incidents"]] == [number]
    assert told["incidents"][0]["causes"][0]["rank"] == 1
    assert told["mean_seconds_to"]["detect"] is None, "when it began is not known"
    assert "+3 held back" in Markup(client.get("/incidents").text).text
    assert client.get("/incidents/999").status_code == 404
    assert client.get("/incidents/x").status_code == 404


def test_people_act_and_the_timeline_says_so(client, number):
    url = f"/incidents/{number}"
    done = (
        ("acknowledge", ""), ("tried", "**restarted** it"), ("note", "bank calls back"), ("own", "Ann"),
        ("resolve", ""), ("resolve", "it is back"), ("right", ""),
    )  # fmt: skip
    for action, text in done:
        assert client.post(url, action=action, text=text).status_code == 303
    told = client.get(f"{url}.json").json()
    assert [one["kind"] for one in told["timeline"]] == [
        "detected", "acknowledged", "tried", "note", "owner", "mended", "mended", "answered",
    ]  # fmt: skip
    assert (told["state"], told["owner"], told["was_right"]) == ("resolved", "Ann", True)
    page = Markup(client.get("/accuracy").text).text
    for words in ("1 of 1", "until it was detected", "By team", "Ann"):
        assert words in page
    client.post(url, action="wrong", text="<b>the bank</b>")
    accuracy = client.get("/accuracy.json").json()
    assert (accuracy["people"]["right"], accuracy["people"]["answered"]) == (0, 1)
    assert "the bank" in accuracy["wrong"][0]["said"]
    assert client.get("/accuracy?live=1").status_code == 400
    assert client.post(url, action="nonsense").status_code == 400
    for action in ("note", "tried", "acknowledge", "resolve"):  # without a text, and of what is over
        assert client.post(url, action=action).status_code == 400


def test_silences_need_a_reason_and_an_end(client, number):
    assert client.post("/silences", end="+1h").status_code == 400
    assert client.post("/silences", end="-1h", reason="x").status_code == 400
    assert client.post("/silences", end="+1h", reason=HOSTILE, function="pay*").status_code == 303
    (one,) = client.get("/incidents.json").json()["silences"]
    assert HOSTILE not in client.get("/incidents").text
    assert client.post(f"/silences/{one['id']}").status_code == 303
    assert client.get("/incidents.json").json()["silences"] == []


def test_what_is_wrong_now_is_on_the_first_page(client, number, send_spans):
    send_spans(*order(1), resource=LAMBDA)
    assert client.get("/now.json").json()["incidents"][0]["id"] == number
    page = client.get("/").text
    assert f'href="/incidents/{number}"' in page
    assert HOSTILE not in page
