"""One trace as a tree of spans."""

from __future__ import annotations

import re
from operator import itemgetter
from typing import Any

from mendline.errors import NotFoundError
from mendline.insight.moments import from_ns
from mendline.insight.origins import resources_of
from mendline.insight.waterfall import arrange
from mendline.model.trace import Trace
from mendline.store.contract import Rows, TelemetryStore

MOST_SPANS = 5000
_TRACE_ID = re.compile(r"[0-9a-f]{32}")


def get_trace(store: TelemetryStore, trace_id: str) -> Trace:
    """One trace, at most 5,000 of its spans. Raises NotFoundError when nothing of it is stored."""
    trace_id = trace_id.lower()
    if not _TRACE_ID.fullmatch(trace_id):
        raise NotFoundError(f"'{trace_id[:80]}' is not a trace id; it has 32 hexadecimal digits.")
    wanted = {"trace_id": trace_id}
    found = read_spans(store, trace_id)
    if not found:
        raise NotFoundError(
            f"No span of trace {trace_id} is stored. It may not have arrived yet, or be older than the retention."
        )
    rows = _told_once(found)
    members = store.select("trace_members", wanted)
    start_ns = min(row["start_ns"] for row in rows)
    spans = arrange(rows, start_ns)
    end_ns = max(row["start_ns"] + row["duration_ns"] for row in rows)
    return Trace(
        trace_id=trace_id,
        start=from_ns(start_ns),
        duration_ms=(end_ns - start_ns) / 1e6,
        spans=spans,
        services=tuple(dict.fromkeys(span.service for span in spans)),
        errors=sum(span.failed for span in spans),
        resources=resources_of(store, spans),
        truncated=store.select("trace_size", wanted)[0]["spans"] - len(rows) if len(found) == MOST_SPANS else 0,
        continued_in=tuple(row["member"] for row in members if row["trace"] == trace_id),
        part_of=tuple(row["trace"] for row in members if row["member"] == trace_id),
    )


def read_spans(store: TelemetryStore, trace_id: str) -> Rows:
    """At most 5,000 spans of a trace as they are stored, with all that is told of them; what few have is read of these
    alone."""
    wanted = {"trace_id": trace_id, "limit": MOST_SPANS}
    found = store.select("trace_spans", wanted)
    having = store.select("trace_spans_more", wanted) if any(row["more"] for row in found) else ()
    more = {_one(row): row for row in having}
    return [{**row, **more.get(_one(row), _NO_MORE)} for row in found]


_one = itemgetter("span_id", "kind", "name", "start_ns", "duration_ns", "unfinished")
"""What tells one span of a trace from another (sql/trace_spans.sql)."""
_NO_MORE: dict[str, Any] = {
    "placed_at_receipt": False,
    "status_message": "",
    "scope_details": "",
    "dropped": {"attributes": 0, "events": 0, "links": 0},
    "events": [],
    "links": [],
    "event_details": [],
    "link_details": [],
}


def _told_once(found: Rows) -> Rows:
    """Spans without those told before they had ended (mendline.unfinished) of which the end is told too."""
    ended = {row["span_id"] for row in found if not row["unfinished"]}
    return [row for row in found if not (row["unfinished"] and row["span_id"] in ended)]
