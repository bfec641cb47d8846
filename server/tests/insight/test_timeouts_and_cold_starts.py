"""Timeouts and cold starts: each finding has what must bring it and what must not."""

from __future__ import annotations

import pytest
from web.shop import LAMBDA, MINUTE, order

from mendline.insight.findings import list_findings
from mendline.insight.timeouts import list_timeouts
from mendline.model.timerange import parse_range

TIMEOUT = {"exception.type": "Function.Timeout", "exception.message": "Task timed out after 3.00 seconds"}


def _executions(durations_ms, *, timed_out=0, cold=0):
    """Good ones of these lengths, then some that were ended after 3 s; the first `cold` started cold."""
    spans = []
    for number, ms in enumerate([*durations_ms, *[3000] * timed_out], 1):
        is_over = number > len(durations_ms)
        root = order(number, fails=is_over, duration_ms=ms, cold=number <= cold, ago_ns=(50 - number // 3) * MINUTE)[0]
        root["start"] += number * 5 * 10**9
        if is_over:
            root["events"], root["message"] = [("exception", TIMEOUT)], TIMEOUT["exception.message"]
            root["attributes"]["error.type"] = "Function.Timeout"
        spans.append(root)
    return spans


CASES = [
    ([100] * 40, 3, "timeout_too_long"),
    ([100] * 40, 0, None),
    ([2000] * 20 + [2900] * 5, 3, "timeout_too_short"),
    ([100] * 40 + [2700] * 4, 0, "timeout_near"),
    ([100] * 40 + [2700] * 2, 0, None),
]


@pytest.mark.parametrize(("good", "timed_out", "what"), CASES)
def test_timeouts_are_found_as_what_they_are(store, send_spans, now, good, timed_out, what):
    send_spans(*_executions(good, timed_out=timed_out), resource=LAMBDA)
    told = list_findings(store, parse_range(None, None, now), now)
    assert not told.failed
    found = [it for it in told.found if it.kind == "timeout" and it.what.startswith("timeout")]
    assert [it.what for it in found] == ([what] if what else [])
    for one in found:
        assert one.function == "checkout"
        assert one.since
    (numbers,) = list_timeouts(store, parse_range(None, None, now))
    by_value = {it.ms: it for it in numbers.values}
    assert by_value[1000.0].cut == sum(ms > 1000 for ms in good)
    assert by_value[1000.0].spared_ms == pytest.approx(2000 if timed_out else 0)
    assert numbers.timeouts == timed_out


@pytest.mark.parametrize(("cold", "expected"), [(20, True), (5, False)])
def test_frequent_cold_starts_are_a_finding_with_their_cause(store, send_spans, now, cold, expected):
    send_spans(*_executions([100] * 60, cold=cold), resource=LAMBDA)
    found = {it.what: it for it in list_findings(store, parse_range(None, None, now), now).found}
    assert ("cold_starts_often" in found) is expected
    if expected:
        assert (found["cold_starts_often"].count, found["cold_starts_often"].function) == (20, "checkout")
        assert found["cold_starts_often"].cost_usd
