"""The digest of a day or a week: incidents, what policies made of noise, cost against budgets, what is slow, fails and
drifts, and which failures nobody ever tried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mendline.alerting.expecting import Ignored, ignored, was_acted_on
from mendline.alerting.words import lasted, number
from mendline.errors import MendlineError
from mendline.insight.dependencies import list_dependencies
from mendline.insight.functions import list_functions
from mendline.insight.handled import handled_by_function, handled_calls
from mendline.model.alert import Alert, State
from mendline.model.experiment import Experiment, experiment_document
from mendline.model.function import FunctionSummary
from mendline.model.incident import Incident
from mendline.model.jsonable import to_jsonable
from mendline.model.party import THIRD_PARTY, party_of
from mendline.model.policy import Policy
from mendline.model.timerange import TimeRange
from mendline.query import plan, read_query
from mendline.store.contract import TelemetryStore

SPANS = {"daily": 1, "weekly": 7}
"""Kinds of digests, in days."""
_MOST, _LEAST_CALLS, _DRIFTED = 5, 50, 1.25
_IGNORED_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known without telemetry: incidents of the last 30 days at least, alerts, policies, and experiments that
    there are."""

    incidents: Sequence[Incident]
    alerts: Sequence[Alert]
    policies: Sequence[Policy]
    experiments: Sequence[Experiment]


def digest_of(store: TelemetryStore, known: Known, now: datetime, days: int) -> dict[str, Any]:
    """As JSON. What could not be computed is said in `failed`, and is left out."""
    span = TimeRange(now - timedelta(days=days), now)
    lately = [one for one in known.incidents if one.opened >= span.start or one.is_open]
    told: dict[str, Any] = {
        "days": days,
        "start": to_jsonable(span.start),
        "end": to_jsonable(span.end),
        "incidents": [_incident(one, now) for one in lately],
        "noise": noise(lately),
        "ignored": to_jsonable(_ignored(known.incidents, now)),
        "information": _information(known, span.start),
        "failed": {},
    }
    parts: Mapping[str, Callable[[], dict[str, Any]]] = {
        "functions": lambda: _functions(store, span, known.policies),
        "vendors": lambda: _vendors(store, span, known.experiments),
        "handled": lambda: _handled(store, span),
    }
    for name, part in parts.items():
        try:
            told |= part()
        except MendlineError as error:
            told["failed"][name] = error.message
    return told


def noise(incidents: Sequence[Incident]) -> list[dict[str, Any]]:
    """By policy: how often it fired, how many messages that made, and how often anybody did something about it."""
    by_policy: dict[str, list[Incident]] = {}
    for one in incidents:
        for name in one.policies:
            by_policy.setdefault(name, []).append(one)
    rows = [
        {
            "policy": name,
            "incidents": len(its),
            "messages": sum(one.notifications for one in its),
            "held_back": sum(one.held_back for one in its),
            "acted_on": sum(was_acted_on(one) for one in its),
        }
        for name, its in by_policy.items()
    ]
    return sorted(rows, key=lambda row: (-row["messages"], row["policy"]))


def budgets(policies: Sequence[Policy]) -> list[tuple[str, float]]:
    """What may be spent in a day in all, by policies such as `| sum(cost) | over today | where sum(cost) > $10`."""
    found = []
    for policy in policies:
        asked = read_query(policy.query).plan if policy.enabled and "sum(cost)" in policy.query else None
        if asked is None or asked.keys or asked.filter is not None or "today" not in policy.query:
            continue
        condition = asked.condition
        if isinstance(condition, plan.Compare) and isinstance(condition.right, plan.Constant):
            found.append((policy.name, float(condition.right.value)))
    return found


def _ignored(incidents: Sequence[Incident], now: datetime) -> tuple[Ignored, ...]:
    return ignored([one for one in incidents if one.opened >= now - _IGNORED_WITHIN])


def _incident(one: Incident, now: datetime) -> dict[str, Any]:
    cause = str(one.causes[0]["text"]) if one.causes else ""
    return {"id": one.id, "title": one.title, "severity": one.severity, "state": one.state.value,
            "lasted": lasted(one, now), "cause": cause}  # fmt: skip


def _information(known: Known, start: datetime) -> list[str]:
    """Alerts that need no action, as lines: those that are open, and what fired since and is over."""
    quiet = {one.name for one in known.policies if one.severity == "info"}
    lines = []
    for one in known.alerts:
        lately = one.fired is not None and one.fired >= start
        if one.policy in quiet and (one.is_open or (lately and one.state is State.RESOLVED)):
            lines.append(_alert_line(one) + ("" if one.is_open else f", over since {one.since:%d %B %H:%M} UTC"))
    return lines


def _alert_line(alert: Alert) -> str:
    of = f" ({', '.join(alert.keys)})" if any(alert.keys) else ""
    return f"{alert.policy}{of}" + (f": {number(alert.value)}" if alert.value is not None else "")


def _functions(store: TelemetryStore, span: TimeRange, policies: Sequence[Policy]) -> dict[str, Any]:
    now, before = list_functions(store, span), list_functions(store, span.before)
    cost = sum(one.cost_usd or 0.0 for one in now)
    a_day = cost / ((span.end - span.start).total_seconds() / 86_400)
    slow = sorted((one for one in now if one.invocations >= _MOST), key=lambda it: -it.p99_ms)[:_MOST]
    failing = sorted((one for one in now if one.errors), key=lambda it: -it.errors)[:_MOST]
    return {
        "invocations": sum(one.invocations for one in now),
        "errors": sum(one.errors for one in now),
        "cost": {
            "usd": cost,
            "before_usd": sum(one.cost_usd or 0.0 for one in before),
            "budgets": [
                {"policy": name, "usd_a_day": most, "share": a_day / most if most else None}
                for name, most in budgets(policies)
            ],
        },
        "slowest": [_function(one) for one in slow],
        "most_failing": [_function(one) for one in failing],
    }


def _function(one: FunctionSummary) -> dict[str, Any]:
    return {"function": one.id.name, "invocations": one.invocations, "errors": one.errors, "p99_ms": one.p99_ms}


def _vendors(store: TelemetryStore, span: TimeRange, experiments: Sequence[Experiment]) -> dict[str, Any]:
    """Third parties that became slower or fail more than in the time before, and what no experiment breaks."""
    before = {(one.type, one.name): one for one in list_dependencies(store, span.before)}
    drifting, called = [], []
    for one in list_dependencies(store, span):
        was = before.get((one.type, one.name))
        called.append(f"{one.type}/{one.name}")
        if party_of(one.type, one.name) != THIRD_PARTY or was is None or min(one.calls, was.calls) < _LEAST_CALLS:
            continue
        failing, failed = one.errors / one.calls, was.errors / was.calls
        if one.p95_ms >= _DRIFTED * was.p95_ms or (failing >= 2 * failed and one.errors - failed * one.calls > _MOST):
            drifting.append(
                {"vendor": one.name, "p95_ms": one.p95_ms, "before_p95_ms": was.p95_ms, "failing": failing,
                 "before_failing": failed}
            )  # fmt: skip
    broken = " ".join(str(experiment_document(one)) for one in experiments)
    untested = [name for name in called if name.partition("/")[2] not in broken]
    return {"drifting": drifting, "untested": untested[:20], "untested_count": len(untested)}


def _handled(store: TelemetryStore, span: TimeRange) -> dict[str, Any]:
    """Failures that needed nobody, by function and by what failed."""
    by_resource = [
        {"resource": f"{type_}/{name}", **to_jsonable(one)} for type_, name, one in handled_calls(store, span)[:_MOST]
    ]
    return {"handled": to_jsonable(handled_by_function(store, span)[:_MOST]), "handled_calls": by_resource}


def digest_text(told: Mapping[str, Any]) -> str:
    """It as plain text, for mail and chat; what there is nothing of is said in a line."""
    lines = [f"{told['start'][:10]} to {told['end'][:10]}: {_many(len(told['incidents']), 'incident')}."]
    for it in told["incidents"][:10]:
        cause = f": {it['cause']}" if it["cause"] else ""
        lines.append(f"• {it['title']} ({it['severity']}, {it['lasted']}){cause}")
    lines += _noise_lines(told)
    lines += _telemetry_lines(told)
    lines += _handled_lines(told)
    if told["information"]:
        lines += ["For information:", *(f"• {it}" for it in told["information"][:10])]
    lines += [f"Not computed ({name}): {why}" for name, why in told["failed"].items()]
    return "\n".join(lines)


def _noise_lines(told: Mapping[str, Any]) -> list[str]:
    lines = ["Messages by policy:"] if told["noise"] else []
    lines += [
        f"• {it['policy']}: {it['messages']} ({it['held_back']} held back), acted on {it['acted_on']} of"
        f" {it['incidents']}"
        for it in told["noise"][:10]
    ]
    lines += [
        f"Nobody ever acted on {it['policy']} ({it['times']} times in 30 days): is it expected?"
        for it in told["ignored"][:5]
    ]
    return lines


def _telemetry_lines(told: Mapping[str, Any]) -> list[str]:
    lines = []
    if cost := told.get("cost"):
        lines.append(f"Cost: ${cost['usd']:,.2f}, before ${cost['before_usd']:,.2f}.")
        lines += [
            f"• budget of {it['policy']}: ${it['usd_a_day']:,.2f} a day, {it['share']:.0%} of it used on average"
            for it in cost["budgets"]
            if it["share"] is not None
        ]
    for name, words in (("slowest", "Slowest"), ("most_failing", "Most failing")):
        if told.get(name):
            lines.append(f"{words}: " + ", ".join(_function_words(it, name) for it in told[name]) + ".")
    for it in told.get("drifting", ()):
        lines.append(
            f"{it['vendor']} drifts: p95 {it['before_p95_ms']:.0f} → {it['p95_ms']:.0f} ms, failing"
            f" {it['before_failing']:.1%} → {it['failing']:.1%}."
        )
    if told.get("untested"):
        more = told["untested_count"] - 5
        lines.append(
            f"No experiment ever broke: {', '.join(told['untested'][:5])}{f' and {more} more' if more > 0 else ''}."
        )
    return lines


def _handled_lines(told: Mapping[str, Any]) -> list[str]:
    lines = [f"• {handled_words(it)}" for it in told.get("handled", ())]
    lines += [
        f"• {it['resource']}: {_many(it['healed'], 'call')} healed by a later try"
        for it in told.get("handled_calls", ())
        if it["healed"]
    ]
    return ["Failures that needed nobody:", *lines] if lines else []


def handled_words(it: Mapping[str, Any]) -> str:
    """What a function did about what failed, in a line."""
    since = f" since {it['first_put_aside'][11:16]} UTC" if it["first_put_aside"] else ""
    parts = [
        f"{it['fallbacks']:,} answered by a fallback" if it["fallbacks"] else "",
        f"{it['put_aside']:,} put calls aside{since}" if it["put_aside"] else "",
        f"circuit breakers opened {_times(it['breakers'])}" if it["breakers"] else "",
        "the last is still open" if it["is_open"] else "",
    ]
    return f"{it['function']}: " + ", ".join(filter(None, parts))


def _function_words(it: Mapping[str, Any], name: str) -> str:
    return (
        f"{it['function']} p99 {it['p99_ms']:.0f} ms"
        if name == "slowest"
        else f"{it['function']} {it['errors']:,} of {it['invocations']:,}"
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
