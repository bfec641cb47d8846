"""What a store holds as plain rows of each source: fields by key, attributes, texts. Written for being read, not for
speed, and without looking at how the store answers: fields mean what mendline.query.fields says of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from proof.slow_facts import (
    alias_of,
    cost_of,
    entry_of,
    error_type_of,
    exception_of,
    failing_of,
    is_true,
    ms_of,
    number_of,
    place_of,
    place_of_function,
    project_of,
    request_id_of,
    runtime_of,
    some,
    weight_of,
    whole,
)

from mendline.model.attempts import Execution, attempt_of
from mendline.query import Source

HOUR, NEAR_LOGS = 3600 * 10**9, 960 * 10**9
_LEVELS = ((0, ""), (4, "trace"), (8, "debug"), (12, "info"), (16, "warn"), (20, "error"), (24, "fatal"))


@dataclass
class Row:
    """One row. `fields` has texts ('' where there is none), numbers in base units (None), flags, and moments in ns;
    a set where a row has several values. `own` are attributes, one map for each span of a trace, `resource` too."""

    fields: dict
    own: list = field(default_factory=list)
    resource: list = field(default_factory=list)
    texts: list = field(default_factory=list)
    time_ns: int = 0
    end_ns: int = 0
    weight: float = 1.0
    paths: list = field(default_factory=list)
    tie: tuple = ()


class Rows:
    """The rows of each source, made of tables."""

    def __init__(self, tables):
        self.tables = tables
        self.runtimes = {
            place_of_function(resource): runtime_of(resource)
            for resource in tables.resources.values()
            if runtime_of(resource)
        }

    def rows(self, source, start_ns, end_ns):
        """The rows of a source in a range."""
        made = {
            Source.INVOCATIONS: self.invocation_rows,
            Source.OPERATIONS: self.operation_rows,
            Source.LOGS: self.log_rows,
            Source.METRICS: self.metric_rows,
        }[source]
        return [row for row in made(start_ns, end_ns) if start_ns <= row.time_ns < end_ns]

    # -- invocations ---------------------------------------------------------------------------------------------

    def invocation_rows(self, start_ns, end_ns):
        """Executions that still hold."""
        entries = self.entries(start_ns, end_ns)
        return [self._invocation(told, entries, start_ns, end_ns) for told in self.tables.invocations]

    def _invocation(self, told, entries, start_ns, end_ns):
        span = self.tables.by_span.get((told["trace"], told["span"])) or {
            "attributes": {},
            "resource_id": None,
            "service": "",
        }
        own, resource = span["attributes"], self.tables.resources.get(span["resource_id"], {})
        attempt = self._attempt(told)
        fields = {
            **{
                key: told[key]
                for key in (
                    "function",
                    "account",
                    "region",
                    "version",
                    "instance",
                    "request_id",
                    "trigger",
                    "error",
                    "cold_start",
                    "unfinished",
                )
            },
            "trace_id": told["trace"],
            "span_id": told["span"],
            "time": told["start_ns"],
            "duration": told["duration_ns"],
            "trigger.source": told["trigger_source"],
            "init.duration": some(told["init_ms"], 10**6),
            "restore.duration": some(told["restore_ms"], 10**6),
            "billed.duration": some(told["billed_ms"], 10**6),
            "timeout": some(told["timeout_ms"], 10**6),
            "remaining": some(told["remaining_ms"], 10**6),
            "wait.duration": some(told["waited_ms"], 10**6),
            "memory.used": some(told["memory_used_bytes"]),
            "memory.size": some(told["memory_size_bytes"]),
            "cost": cost_of(told),
            "error.type": told["error_type"],
            "error.kind": told["error_kind"],
            "error.message": told["error_message"],
            "timed_out": told["error_type"] in ("Function.Timeout", "Sandbox.Timedout")
            or (told["error_type"] == "timeout" and bool(told["unfinished"])),
            "oom": told["error_kind"] == "oom",
            "throttled": told["error_kind"] == "throttled",
            "alias": alias_of(own),
            "runtime": runtime_of(resource)
            or self.runtimes.get((told["account"], told["region"], told["function"]), ""),
            "service": span["service"] or told["function"],
            "project": project_of(resource),
            "entry": entries.get(told["trace"], ""),
            "attempt": attempt.number,
            "retry": attempt.number > 1,
            "recovered": attempt.recovered,
            "final": bool(attempt.final),
            "degraded": is_true(own, "mendline.degraded"),
            "buffered": is_true(own, "mendline.buffered"),
            "circuit_open": own.get("mendline.breaker.rejected", "0") != "0",
            "record.failing": failing_of(own),
            "chaos": bool(own.get("mendline.chaos.id")),
            "chaos.id": own.get("mendline.chaos.id", ""),
        }
        texts = [
            *own.values(),
            *(told[key] for key in ("function", "request_id", "error_type", "error_message", "trigger_source")),
        ]
        texts += [
            log["body"]
            for log in self.tables.logs
            if log["request_id"] == told["request_id"] != ""
            and start_ns - NEAR_LOGS <= log["time_ns"] < end_ns + NEAR_LOGS
        ]
        return Row(
            fields,
            [own],
            [resource],
            texts,
            told["start_ns"],
            told["start_ns"] + told["duration_ns"],
            told["stands_for"],
            tie=(told["trace"], told["span"], told["request_id"]),
        )

    def _attempt(self, told):
        same = [
            sorted(
                (other["start_ns"], bool(other["error"]))
                for other in self.tables.invocations
                if key in other["event_keys"]
            )
            for key in told["event_keys"]
        ]
        execution = Execution(
            told["start_ns"],
            told["start_ns"] + told["duration_ns"],
            bool(told["error"]),
            told["trigger"],
            bool(told["request_id"]),
            told["attempt"],
        )
        return attempt_of(execution, same)

    def entries(self, start_ns, end_ns):
        """What started each trace, of its own spans near a range."""
        near = [span for span in self.tables.spans if start_ns - HOUR <= span["start_ns"] < end_ns + HOUR]
        return {trace: entry_of(spans)["entry_name"] for trace, spans in by_key(near, "trace").items()}

    # -- operations, logs, metrics -------------------------------------------------------------------------------

    def operation_rows(self, start_ns, end_ns):
        """Calls."""
        entries = self.entries(start_ns, end_ns)
        return [self._operation(span, entries) for span in self.tables.spans if span["resource_type"]]

    def _operation(self, span, entries):
        own, resource = span["attributes"], self.tables.resources.get(span["resource_id"], {})
        invoked = self._invoked_by(span)
        failed, told = span["status"] == 2, exception_of(span)
        fields = {
            **place_of(resource),
            "service": span["service"],
            "function": resource.get("faas.name") or span["service"],
            "request_id": request_id_of(own) or request_id_of(invoked),
            "trace_id": span["trace"],
            "span_id": span["span"],
            "time": span["start_ns"],
            "duration": span["duration_ns"],
            "retries": whole(own.get("mendline.retries", "")),
            "error": failed,
            "error.type": error_type_of(span),
            "error.kind": span["error_kind"],
            "error.message": (span["status_message"] or told.get("exception.message", "")) if failed else "",
            "timed_out": span["error_kind"] == "timeout",
            "throttled": span["error_kind"] == "throttled",
            "chaos": bool(own.get("mendline.chaos.id")),
            "chaos.id": own.get("mendline.chaos.id", ""),
            "resource": f"{span['resource_type']} {span['resource_name']} {span['operation']}".rstrip(" "),
            "resource.type": span["resource_type"],
            "resource.name": span["resource_name"],
            "resource.operation": span["operation"],
            "connection": own.get("mendline.connection", ""),
            "resource.host": own.get("server.address") or own.get("net.peer.name") or own.get("http.host", ""),
            "dns.duration": ms_of(own, "mendline.dns_ms"),
            "connect.duration": ms_of(own, "mendline.connect_ms"),
            "tls.duration": ms_of(own, "mendline.tls_ms"),
            "entry": entries.get(span["trace"], ""),
        }
        texts = [
            *own.values(),
            *(span[key] for key in ("name", "resource_type", "resource_name", "operation", "status_message")),
        ]
        return Row(
            fields,
            [own],
            [resource, invoked],
            texts,
            span["start_ns"],
            span["start_ns"] + span["duration_ns"],
            weight_of(span["trace_state"]),
            tie=(span["trace"], span["span"]),
        )

    def _invoked_by(self, span):
        """The attributes of the invocation that an operation is of: the last of its trace and resource before it."""
        same = [
            other
            for other in self.tables.spans
            if other["function"]
            and other["trace"] == span["trace"]
            and other["resource_id"] == span["resource_id"]
            and other["start_ns"] <= span["start_ns"]
        ]
        return max(same, key=lambda other: other["start_ns"])["attributes"] if same else {}

    def log_rows(self, start_ns, end_ns):
        """Records."""
        return [self._log(log) for log in self.tables.logs]

    def _log(self, log):
        own, resource = log["attributes"], self.tables.resources.get(log["resource_id"], {})
        error_type = own.get("exception.type") or own.get("error.type", "")
        message = own.get("exception.message", "")
        fields = {
            **place_of(resource),
            "service": log["service"],
            "function": log["function"] or log["service"],
            "instance": log["instance"],
            "request_id": log["request_id"],
            "trace_id": log["trace"],
            "span_id": log["span"],
            "time": log["time_ns"],
            "error": log["severity_number"] >= 17,
            "error.type": error_type,
            "error.message": message,
            "error.kind": self.tables.kinds.get((message or log["body"], error_type), "") if error_type else "",
            "level": next(name for most, name in _LEVELS if log["severity_number"] <= most),
            "message": log["body"],
            "platform": log["platform"],
            "event.name": log["event_name"],
            "finding": own.get("mendline.finding", ""),
            **{f"finding.{key}": own.get(f"mendline.finding.{key}", "") for key in ("id", "resource", "confidence")},
            "finding.count": number_of(own.get("mendline.finding.count", "")),
            "finding.cost": number_of(own.get("mendline.finding.cost_usd", "")),
        }
        return Row(
            fields,
            [own],
            [resource],
            [log["body"]],
            log["time_ns"],
            log["time_ns"],
            tie=(log["trace"], log["span"], log["request_id"], log["body"], log["severity_number"], log["function"]),
        )

    def metric_rows(self, start_ns, end_ns):
        """Points."""
        return [self._point(point) for point in self.tables.metrics]

    def _point(self, point):
        own, resource = point["attributes"], self.tables.resources.get(point["resource_id"], {})
        if point["kind"] in ("gauge", "sum"):
            value = float(point["integer"]) if point["is_integer"] else point["value"]
        else:
            value = point["sum"] / point["count"] if point["count"] and point["sum"] is not None else None
        fields = {
            **{key: place_of(resource)[key] for key in ("account", "region")},
            "service": point["service"],
            "function": own.get("faas.name") or resource.get("faas.name") or own.get("function", ""),
            "name": point["name"],
            "time": point["time_ns"],
            "value": value if value is not None and math.isfinite(value) else None,
        }
        return Row(
            fields, [own], [resource], [], point["time_ns"], point["time_ns"], tie=(point["name"], point["series"])
        )


def by_key(rows, key):
    """Rows by what they have at a key."""
    groups = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups
