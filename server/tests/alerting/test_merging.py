"""Incidents with one cause become one, as long as nobody was told of the second."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from hand_clock import NOON

from mendline.alerting.content import content_of
from mendline.alerting.incidents import Incidents
from mendline.alerting.joining import around, graph_of
from mendline.alerting.merging import merged, with_same_cause
from mendline.errors import NotFoundError
from mendline.model.alert import Alert, State
from mendline.model.architecture import Architecture, Edge
from mendline.model.incident import Incident, IncidentEvent, IncidentState
from mendline.store.state import add_event, add_incident, find_incident, open_state, post_letter, save_alerts

CAUSE = {"kind": "permission", "resource": "dynamodb/orders", "confidence": "medium", "text": "It refuses."}
FIRST = Incident(1, "default", IncidentState.OPEN, "warning", "Lost", NOON, NOON, causes=(CAUSE,), functions=("a",))
SECOND = replace(FIRST, id=2, title="Dead letters", severity="critical", opened=NOON + timedelta(minutes=1),
                 functions=("b",), told=("chat",))  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({}, {}, True),
        ({"state": IncidentState.RESOLVED}, {}, False),
        ({"causes": ()}, {}, False),
        ({}, {"causes": ({**CAUSE, "resource": "sqs/x"},)}, False),
        ({}, {"causes": ({**CAUSE, "confidence": "low"},)}, False),
        ({}, {"causes": ({**CAUSE, "resource": ""},)}, False),
        ({}, {"opened": NOON + timedelta(hours=1)}, False),
        ({"id": 3}, {}, False),
    ],
)
def test_same_cause(first, second, same):
    found = with_same_cause(replace(SECOND, **second), [replace(FIRST, **first), SECOND])
    assert (found is not None) is same


@pytest.mark.parametrize("notified", [False, True])
def test_second_goes_into_the_first_unless_people_know_it(tmp_path, notified):
    with closing(open_state(tmp_path, NOON)) as state, state.writing() as connection:
        for one in (FIRST, replace(SECOND, notified=NOON if notified else None)):
            add_incident(connection, one)
        add_event(connection, "default", 2, IncidentEvent(NOON, "detected", "x"))
        post_letter(connection, "default", 2, "chat", "first", "default-2-first", NOON, NOON)
        save_alerts(connection, "default", [Alert("p", ("b",), State.FIRING, NOON, incident=2)], NOON)
        found = merged(connection, find_incident(connection, "default", 2), NOON)
        assert (found is None) is notified
    with closing(open_state(tmp_path, NOON)) as state:
        incidents = Incidents(state, "default")
        if notified:
            assert incidents.get(2).title == "Dead letters"
            return
        with pytest.raises(NotFoundError):
            incidents.get(2)
        whole = incidents.get(1)
        assert (whole.severity, whole.functions, whole.held_back) == ("critical", ("a", "b"), 1)
        assert [one.kind for one in incidents.timeline(1)] == ["detected", "joined"]
        assert [one.key for one in incidents.letters(1)] == ["default-1-first"]
        assert incidents.letters(2) == ()
        assert [one.keys for one in incidents.alerts_of(1)] == [("b",)]


def test_what_is_called_by_several_is_near_them_and_kinds_of_entries_are_nobody():
    called = [("entry:apigateway.v2", "function:a"), ("entry:apigateway.v2", "function:b"), ("function:b", "sqs:q"),
              ("sqs:q", "function:c")]  # fmt: skip
    graph = graph_of(Architecture((), tuple(Edge(*pair, 1, 0, 1.0, 1.0) for pair in called)))
    assert around(graph, ["a"]) == {"a"}
    assert around(graph, ["b"]) == {"b", "q", "c"}


def test_what_still_fires_is_told_before_what_is_over():
    alerts = [Alert(state.value, (), state, NOON) for state in (State.RESOLVED, State.FIRING)]
    unknown = replace(FIRST, causes=())
    assert content_of(unknown, alerts, "", NOON)["alerts"] == ["firing, firing", "resolved, resolved"]
