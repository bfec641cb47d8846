"""Which SQL stands for which field of the registry, in each source; and what must be joined for it.

Texts are '' where there is no value, numbers NULL, flags 0. Numbers are in the base units of the language: ns, bytes,
US dollars. Rows are those of `r`; what is joined is said by Need (mendline.store.plans.origins).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mendline.query import Source
from mendline.store.costs import COST
from mendline.store.plans.finality import ATTEMPT, FINAL
from mendline.store.statements import with_parts
from mendline.store.timeouts import timed_out


class Need(Enum):
    """What a column needs beside the table of its source."""

    ROW = "row"  # nothing but that table
    SPAN = "span"  # the attributes of the invocation's own span
    RESOURCE = "resource"
    INVOCATION = "invocation"  # of which an operation is
    ENTRY = "entry"  # what started the row's trace
    ATTEMPTS = "attempts"  # other executions at the same event
    LIMITS = "limits"  # how often events are tried, as it is configured
    COSTS = "costs"  # of the invocations of a trace
    RUNTIMES = "runtimes"  # what is known of functions, for invocations that no span tells of
    KINDS = "kinds"  # of the errors that log records tell of


@dataclass(frozen=True, slots=True)
class Stored:
    """The SQL of a field, and what it needs; `otherwise` is that of a text which no span of the invocation tells."""

    sql: str
    needs: frozenset[Need] = frozenset({Need.ROW})
    otherwise: str = ""


def _needing(sql: str, *needs: Need) -> Stored:
    return Stored(sql, frozenset(needs))


def _plain(**columns: str) -> dict[str, Stored]:
    return {name.replace("__", "."): Stored(sql) for name, sql in columns.items()}


def finite(number: str) -> str:
    """A number that may be NULL, without infinities and what is no number: one of them would spoil every sum."""
    return f"if(isFinite({number}), {number}, NULL)"


def _first(*expressions: str) -> str:
    """The first text that is not empty."""
    *others, last = expressions
    return f"multiIf({', '.join(f'{each} != {chr(39) * 2}, {each}' for each in others)}, {last})"


def _whose_span(condition: str) -> str:
    """Whether the own span of an invocation fulfils something that few do: these are looked for, and all spans are not
    joined."""
    return with_parts(
        "(r.trace_id, r.span_id) IN (SELECT trace_id, span_id FROM spans"
        f" WHERE function != '' AND {{PART(spans_near)}} AND {condition})"
    )


_TRACE_ID = "if(r.trace_id = toFixedString('', 16), '', lower(hex(r.trace_id)))"
_SPAN_ID = "if(r.span_id = toFixedString('', 8), '', lower(hex(r.span_id)))"
_ARN = "splitByChar(':', q.resource['cloud.resource_id'])"
_INVOKED = _first("s.attributes['aws.lambda.invoked_arn']", "s.attributes['cloud.resource_id']")
_QUALIFIER = f"splitByChar(':', {_INVOKED})[8]"
_ALIAS = f"if(match({_QUALIFIER}, '^([0-9]+|[$]LATEST)$'), '', {_QUALIFIER})"
"""The last part of the ARN that was invoked, where that is no version."""
_ACCOUNT = _first("q.resource['cloud.account.id']", f"{_ARN}[5]")
_REGION = _first("q.resource['cloud.region']", f"{_ARN}[4]")
_PROJECT = _first("q.resource['service.namespace']", "q.resource['project']", "q.resource['tags.project']")
_RUNTIME = (
    "if(q.resource['process.runtime.name'] = '', '', trimRight(concat("
    "replaceOne(q.resource['process.runtime.name'], 'cpython', 'python'), ' ', q.resource['process.runtime.version'])))"
)
_EXCEPTION = "arrayFirst(e -> e.name = 'exception', {row}events).attributes"
_ERROR_TYPE = (
    "if({row}status != 2, '', "
    + _first("{row}attributes['error.type']", _EXCEPTION + "['exception.type']")
    + ")"
)  # fmt: skip
SPAN_ERROR_TYPE = _ERROR_TYPE.format(row="")
"""The type of the error of a span, of table `spans`."""
_LOG_ERROR = _first("r.attributes['exception.type']", "r.attributes['error.type']")

INVOCATIONS = {
    **_plain(
        function="r.function", account="r.account", region="r.region", version="r.version", instance="r.instance",
        request_id="r.request_id", trace_id=_TRACE_ID, span_id=_SPAN_ID, time="r.start", trigger="r.trigger",
        trigger__source="r.trigger_source", duration="r.duration_ns",
        init__duration="nullIf(r.init_ms, 0) * 1e6", restore__duration="nullIf(r.restore_ms, 0) * 1e6",
        billed__duration="toInt64(nullIf(r.billed_ms, 0)) * 1000000",
        timeout="toInt64(nullIf(r.timeout_ms, 0)) * 1000000", remaining="nullIf(r.remaining_ms, 0) * 1e6",
        wait__duration="nullIf(r.waited_ms, 0) * 1e6",
        memory__used="toInt64(nullIf(r.memory_used_bytes, 0))", memory__size="toInt64(nullIf(r.memory_size_bytes, 0))",
        cost=COST, error="r.error", error__type="r.error_type", error__kind="r.error_kind",
        error__message="r.error_message", cold_start="r.cold_start", timed_out=timed_out("r."),
        oom="r.error_kind = 'oom'", throttled="r.error_kind = 'throttled'", unfinished="r.unfinished",
    ),
    "alias": _needing(_ALIAS, Need.SPAN),
    "runtime": Stored(_RUNTIME, frozenset({Need.RESOURCE, Need.RUNTIMES}), otherwise="g.runtime"),
    "service": _needing("if(s.service = '', r.function, s.service)", Need.SPAN, Need.ROW),
    "project": _needing(_PROJECT, Need.RESOURCE),
    "entry": _needing("n.entry", Need.ENTRY),
    "attempt": _needing(ATTEMPT, Need.ATTEMPTS),
    "retry": _needing(f"{ATTEMPT} > 1", Need.ATTEMPTS),
    "recovered": _needing("r.error AND a.recovered", Need.ATTEMPTS),
    "final": _needing(FINAL, Need.ATTEMPTS, Need.LIMITS),
    **_plain(
        degraded=_whose_span("attributes['mendline.degraded'] IN ('true', '1')"),
        buffered=_whose_span("attributes['mendline.buffered'] IN ('true', '1')"),
        circuit_open=_whose_span("attributes['mendline.breaker.rejected'] NOT IN ('', '0')"),
        chaos=_whose_span("trace_id IN (SELECT trace_id FROM struck) AND attributes['mendline.chaos.id'] != ''"),
    ),
    "record.failing": _needing(
        _first("JSONExtractString(s.attributes['mendline.records'], 'failing')",
               "JSONExtractString(s.attributes['mendline.records'], 'at')"), Need.SPAN),
    "chaos.id": _needing("s.attributes['mendline.chaos.id']", Need.SPAN),
}  # fmt: skip
OPERATIONS = {
    **_plain(
        service="r.service", trace_id=_TRACE_ID, span_id=_SPAN_ID, time="r.start", duration="r.duration_ns",
        retries="toInt64OrNull(r.attributes['mendline.retries'])", error="r.status = 2",
        error__type=_ERROR_TYPE.format(row="r."), error__kind="r.error_kind",
        error__message="if(r.status != 2, '', "
        + _first("r.status_message", _EXCEPTION.format(row="r.") + "['exception.message']") + ")",
        timed_out="r.error_kind = 'timeout'", throttled="r.error_kind = 'throttled'",
        chaos="r.attributes['mendline.chaos.id'] != ''", chaos__id="r.attributes['mendline.chaos.id']",
        resource="trimRight(concat(r.resource_type, ' ', r.resource_name, ' ', r.operation))",
        resource__type="r.resource_type", resource__name="r.resource_name", resource__operation="r.operation",
        resource__host=_first(*(f"r.attributes['{key}']" for key in ("server.address", "net.peer.name", "http.host"))),
        connection="r.attributes['mendline.connection']",
        **{
            f"{step}__duration": finite(f"toFloat64OrNull(r.attributes['mendline.{step}_ms'])") + " * 1e6"
            for step in ("dns", "connect", "tls")
        },
    ),
    "request_id": _needing(_first("i.attributes['faas.invocation_id']", "i.attributes['faas.execution']"),
                           Need.INVOCATION),
    "function": _needing(_first("q.resource['faas.name']", "r.service"), Need.RESOURCE, Need.ROW),
    "account": _needing(_ACCOUNT, Need.RESOURCE),
    "region": _needing(_REGION, Need.RESOURCE),
    "project": _needing(_PROJECT, Need.RESOURCE),
    "entry": _needing("n.entry", Need.ENTRY),
}  # fmt: skip
LOGS = {
    **_plain(
        service="r.service", function="if(r.function = '', r.service, r.function)", instance="r.instance",
        request_id="r.request_id", trace_id=_TRACE_ID, span_id=_SPAN_ID, time="r.time",
        error="r.severity_number >= 17", error__type=_LOG_ERROR, error__message="r.attributes['exception.message']",
        level="multiIf(r.severity_number = 0, '', r.severity_number < 5, 'trace', r.severity_number < 9, 'debug',"
        " r.severity_number < 13, 'info', r.severity_number < 17, 'warn', r.severity_number < 21, 'error', 'fatal')",
        message="r.body", platform="r.platform", event__name="r.event_name",
        finding="r.attributes['mendline.finding']",
        **{f"finding__{name}": f"r.attributes['mendline.finding.{name}']" for name in ("id", "resource", "confidence")},
        finding__count=finite("toFloat64OrNull(r.attributes['mendline.finding.count'])"),
        finding__cost=finite("toFloat64OrNull(r.attributes['mendline.finding.cost_usd'])"),
    ),
    "error.kind": _needing(f"if({_LOG_ERROR} = '', '', k.kind)", Need.KINDS, Need.ROW),
    "account": _needing(_ACCOUNT, Need.RESOURCE),
    "region": _needing(_REGION, Need.RESOURCE),
    "project": _needing(_PROJECT, Need.RESOURCE),
}  # fmt: skip
METRICS = {
    **_plain(
        service="r.service", name="r.name", time="r.time",
        value=finite("if(r.kind IN ('gauge', 'sum'), if(r.is_integer, toFloat64(r.integer), r.value),"
                     " r.sum / nullIf(r.count, 0))"),
    ),
    "function": _needing(
        # what is read from AWS names it by the dimension
        _first("r.attributes['faas.name']", "q.resource['faas.name']", "r.attributes['function']"),
        Need.RESOURCE, Need.ROW,
    ),
    "account": _needing(_ACCOUNT, Need.RESOURCE),
    "region": _needing(_REGION, Need.RESOURCE),
}  # fmt: skip
# rows made of others: their columns are made in the origin, under these names
TRACES = {
    name: Stored(f"r.`{name}`")
    for name in (
        "function", "trace_id", "time", "entry", "entry.function", "duration", "error", "error.type", "error.kind",
        "cold_start", "timed_out", "lost", "chaos", "spans", "errors", "functions", "ended",
    )
} | {"cost": _needing("c.cost", Need.COSTS)}  # fmt: skip
FUNCTIONS = {
    name: Stored(f"r.`{name}`")
    for name in (
        "function", "account", "region", "version", "runtime", "project", "time", "timeout", "memory.size", "cost",
        "cost.monthly", "invocations", "errors", "cold_starts", "timeouts", "health", "error", "cold_start",
        "timed_out",
    )
}  # fmt: skip

COLUMNS: dict[Source, dict[str, Stored]] = {
    Source.INVOCATIONS: INVOCATIONS,
    Source.OPERATIONS: OPERATIONS,
    Source.TRACES: TRACES,
    Source.LOGS: LOGS,
    Source.FUNCTIONS: FUNCTIONS,
    Source.METRICS: METRICS,
}
