"""An alert goes through its states as scripts in time say: `40s holds firing` is an evaluation and what is then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mendline.model.alert import Alert, Rule, Seen, State, acknowledged, resolved_by_hand, stepped

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
RULE = Rule(timedelta(seconds=60))
UNITS = {"s": 1, "m": 60, "h": 3600}

SCRIPTS = {
    name: lines
    for name, *lines in (
        part.splitlines()
        for part in (Path(__file__).with_name("alert_states.script")).read_text().strip().split("\n\n")[1:]
    )
}


def play(script):
    alert, rule = None, RULE
    for line in script:
        when, seen, wanted = line.split()
        at = START + timedelta(seconds=int(when[:-1]) * UNITS[when[-1]])
        if seen in ("quiet", "loud", "off"):
            rule = replace(rule, silenced=seen == "quiet", active=seen != "off")
        elif seen in ("ack", "done"):
            alert = (acknowledged if seen == "ack" else resolved_by_hand)(alert, at)
        else:
            alert = stepped(alert, "p", ("g",), Seen(seen), at, rule)
        assert (when, alert.state if alert else "-") == (when, wanted)


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_script(script):
    play(script)


_STEPS = st.lists(st.tuples(st.sampled_from(Seen), st.integers(-3600, 7200), st.booleans()), max_size=40)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(_STEPS)
def test_what_holds_is_open_and_only_what_was_clear_or_long_missing_is_over(steps):
    alert, at = None, START
    for seen, passed, silenced in steps:
        at += timedelta(seconds=passed)
        before, alert = alert, stepped(alert, "p", ("g",), seen, at, replace(RULE, silenced=silenced))
        was_open = before is not None and before.is_open
        if seen is Seen.HOLDS:
            assert isinstance(alert, Alert)
            assert alert.is_open
            assert alert.clear is None
        if was_open:
            assert alert is not None
            if not alert.is_open:
                assert seen is Seen.CLEAR or (seen is Seen.MISSING and before.state is State.MISSING)
        if seen is Seen.UNKNOWN and before is not None:
            assert alert is not None
            assert alert.is_open == before.is_open
        if not was_open and seen is not Seen.HOLDS:
            assert alert is None or not alert.is_open
