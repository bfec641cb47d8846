"""Incidents as they are kept: also those that an older version kept."""

from __future__ import annotations

import json
from contextlib import closing

from hand_clock import NOON
from sqlalchemy import select, update

from mendline.model.incident import Incident, IncidentState
from mendline.store.state import add_incident, find_incident, open_state
from mendline.store.state.alerting_tables import incidents


def test_one_that_an_older_version_kept_with_more_is_read(tmp_path):
    kept = Incident(1, "default", IncidentState.OPEN, "warning", "Lost", NOON, NOON, functions=("a",))
    with closing(open_state(tmp_path, NOON)) as state, state.writing() as connection:
        add_incident(connection, kept)
        document = json.loads(connection.execute(select(incidents.c.document)).scalar_one())
        connection.execute(update(incidents).values(document=json.dumps({**document, "severity_told": "critical"})))
        assert find_incident(connection, "default", 1) == kept
