"""What became slower over weeks is one finding, of what is called rather than of who waits for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from changing import resource

from mendline.insight.drifts import slower_over_weeks
from mendline.insight.watch import Watched
from mendline.model.timerange import TimeRange

DAYS, A_DAY = 20, 20
MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _day(function, day, call_ms, own_ms):
    """Invocations of a day before midnight, each with a call."""
    first = int((MIDNIGHT - timedelta(days=DAYS - day)).timestamp()) * 10**9 + 3600 * 10**9
    found = []
    for number in range(A_DAY):
        key = f"{function[:3]}{day:02d}{number:02d}".encode()
        start = first + number * 60 * 10**9
        trace = {"trace_id": key.rjust(16, b".")}
        call = {"http.request.method": "POST", "server.address": "api.bank.example", "url.template": "/charges"}
        id_ = {"faas.invocation_id": key.decode()}
        found += [
            {**trace, "span_id": key + b"i", "kind": 2, "name": function, "start": start, "attributes": id_,
             "duration": (call_ms + own_ms) * 10**6},
            {**trace, "span_id": key + b"c", "parent_id": key + b"i", "kind": 3, "name": "call", "start": start,
             "attributes": call if call_ms else {}, "duration": call_ms * 10**6},
        ]  # fmt: skip
    return found


def test_call_that_takes_longer_each_day_is_told_once_and_so_is_a_function_that_calls_nothing_slow(store, send_spans):
    for function, call, own in (("payment", 8, 0), ("cart", 0, 9), ("stock", 0, 0)):
        spans = [it for day in range(DAYS) for it in _day(function, day, call and 100 + call * day, 90 + own * day)]
        send_spans(*spans, resource=resource(function, "1"))
    now = MIDNIGHT + timedelta(hours=9)
    looked = Watched(store, TimeRange(now - timedelta(hours=1), now), now)
    found = {one.key: one for one in slower_over_weeks(looked)}
    assert set(found) == {"slower_over_weeks|payment|http/api.bank.example", "slower_over_weeks|cart|"}
    called, own = (found[key] for key in sorted(found, reverse=True))
    assert (called.kind, called.owner, own.owner) == ("drift", "third_party", "unknown")
    assert called.text.startswith("POST /charges of api.bank.example takes 234 ms (median) instead of 117, longer from")
    earlier = MIDNIGHT - timedelta(days=10)
    assert list(slower_over_weeks(Watched(store, TimeRange(earlier, earlier), earlier))) == []
