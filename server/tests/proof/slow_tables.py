"""Everything that a store has, read once, row by row as it is kept."""

from __future__ import annotations


class Tables:
    """Everything a store has, read once."""

    def __init__(self, store):
        self.resources = {row[0]: row[1] for row in store._rows("SELECT resource_id, resource FROM resources")}
        self.spans = _read(
            store,
            "spans",
            "lower(hex(trace_id)) AS trace",
            "lower(hex(span_id)) AS span",
            "if(parent_id = toFixedString('', 8), '', lower(hex(parent_id))) AS parent",
            "trace_state",
            "name",
            "kind",
            "toUnixTimestamp64Nano(start) AS start_ns",
            "duration_ns",
            "status",
            "status_message",
            "service",
            "resource_id",
            "function",
            "resource_type",
            "resource_name",
            "operation",
            "error_kind",
            "attributes",
            "arrayMap(e -> (e.name, e.attributes), events) AS events",
            "arrayMap(l -> (lower(hex(l.trace_id)), lower(hex(l.span_id))), links) AS links",
        )
        self.invocations = _current(
            _read(
                store,
                "invocations",
                "*",
                "execution",
                "toUnixTimestamp64Nano(start) AS start_ns",
                "event_keys",
                "if(trace_id = toFixedString('', 16), '', lower(hex(trace_id))) AS trace",
                "if(span_id = toFixedString('', 8), '', lower(hex(span_id))) AS span",
            )
        )
        self.logs = _read(
            store,
            "logs",
            "*",
            "toUnixTimestamp64Nano(time) AS time_ns",
            "if(trace_id = toFixedString('', 16), '', lower(hex(trace_id))) AS trace",
            "if(span_id = toFixedString('', 8), '', lower(hex(span_id))) AS span",
        )
        self.metrics = _read(store, "metrics", "*", "toUnixTimestamp64Nano(time) AS time_ns")
        self.kinds = {
            (row["message"], row["type"]): row["kind"] for row in _read(store, "errors", "*") if row["source"] == "log"
        }
        self.members = _read(
            store,
            "trace_members",
            "lower(hex(trace_id)) AS trace",
            "lower(hex(member_trace_id)) AS member",
            "lower(hex(member_span_id)) AS span",
            "toUnixTimestamp64Nano(start) AS start_ns",
        )
        self.by_span = {(span["trace"], span["span"]): span for span in self.spans}


def _read(store, table, *columns):
    with store._reader() as client:
        return list(client.query(f"SELECT {', '.join(columns)} FROM {table}").named_results())


def _current(rows):
    """What is left where a row of sign -1 takes one of sign 1 away."""
    left = {}
    for row in rows:
        left.setdefault((row["execution"], row["revision"]), []).append(row)
    return [
        next(row for row in told if row["sign"] == 1) for told in left.values() if sum(row["sign"] for row in told) > 0
    ]
