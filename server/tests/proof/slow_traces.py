"""Traces as plain rows: transactions, made of all their spans near a range."""

from __future__ import annotations

from proof.slow_facts import cost_of, entry_name, entry_of, error_type_of
from proof.slow_rows import HOUR, Row, Rows, by_key

from mendline.query import Source


class AllRows(Rows):
    """The rows of each source, also of traces."""

    def rows(self, source, start_ns, end_ns):
        """The rows of a source in a range."""
        if source is not Source.TRACES:
            return super().rows(source, start_ns, end_ns)
        return [row for row in self.trace_rows(start_ns, end_ns) if start_ns <= row.time_ns < end_ns]

    def trace_rows(self, start_ns, end_ns):
        """Transactions, of all their spans near the range."""
        near = [
            dict(span, of=span["trace"])
            for span in self.tables.spans
            if start_ns - HOUR <= span["start_ns"] < end_ns + HOUR
        ]
        for span in near:
            span["entry_name"] = entry_name(span)
        joined = {
            (member["trace"], member["member"], member["span"])
            for member in self.tables.members
            if start_ns - HOUR <= member["start_ns"] < end_ns + HOUR
        }
        for trace, member, consumer in joined:
            for span in [span for span in near if span["trace"] == span["of"] == member]:
                parent = (
                    next((link[1] for link in span["links"] if link[0] == trace), "")
                    if span["span"] == consumer
                    else span["parent"]
                )
                near.append(dict(span, of=trace, parent=parent, entry_name=span["name"]))
        taken = self._taken(start_ns, end_ns)
        return [self._trace(trace, spans, taken, end_ns) for trace, spans in by_key(near, "of").items()]

    def _taken(self, start_ns, end_ns):
        """Resources of which a message was taken: a span is below the one that sent it, or links to it."""
        near = [span for span in self.tables.spans if start_ns - HOUR <= span["start_ns"] < end_ns + HOUR]
        below = {span["parent"] for span in near} | {link[1] for span in near for link in span["links"]}
        return {
            (span["resource_type"], span["resource_name"])
            for span in near
            if span["kind"] == 4 and span["span"] in below
        }

    def _trace(self, trace, spans, taken, end_ns):
        start = min(span["start_ns"] for span in spans)
        end = max(span["start_ns"] + span["duration_ns"] for span in spans)
        by_start = sorted(spans, key=lambda span: (span["start_ns"], span["span"]))
        failed = [span for span in by_start if span["status"] == 2]
        functions = [span for span in by_start if span["function"]]
        parents = {span["parent"] for span in spans}
        gone = {
            (span["resource_type"], span["resource_name"])
            for span in spans
            if span["kind"] == 4
            and span["status"] != 2
            and span["span"] not in parents
            and span["start_ns"] < end_ns - 300 * 10**9
        }
        costs = [cost_of(told) for told in self.tables.invocations if told["trace"] == trace]
        costs = [cost for cost in costs if cost is not None]
        fields = {
            "function": {span["function"] for span in functions},
            "trace_id": trace,
            "time": start,
            "duration": end - start,
            "entry": entry_of(spans)["entry_name"],
            "entry.function": functions[0]["function"] if functions else "",
            "error": bool(failed),
            "error.type": error_type_of(failed[0]) if failed else "",
            "error.kind": next((span["error_kind"] for span in by_start if span["error_kind"]), ""),
            "cold_start": any(span["attributes"].get("faas.coldstart") == "true" for span in functions),
            "timed_out": any(span["error_kind"] == "timeout" for span in spans),
            "lost": bool(gone & taken),
            "chaos": any(span["attributes"].get("mendline.chaos.id") for span in spans),
            "spans": len(spans),
            "errors": len(failed),
            "functions": len({span["function"] for span in functions}),
            "cost": round(sum(costs), 15) if costs else None,
        }
        texts = [
            text
            for span in spans
            for text in (
                *span["attributes"].values(),
                span["name"],
                span["service"],
                span["status_message"],
                span["resource_name"],
            )
        ]
        return Row(
            fields,
            [span["attributes"] for span in spans],
            [self.tables.resources.get(span["resource_id"], {}) for span in spans],
            texts,
            start,
            end,
            paths=_paths(spans),
            tie=(trace,),
        )


def _paths(spans):
    """Of each span, the functions on the way to it from the top."""
    by_id = {span["span"]: span for span in spans}
    paths = []
    for span in spans:
        path, at, seen = [], span, set()
        while at is not None and at["span"] not in seen:
            seen.add(at["span"])
            path[:0] = [at["function"]] if at["function"] else []
            at = by_id.get(at["parent"])
        paths.append(path)
    return paths
