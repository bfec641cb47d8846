"""What came of a game day: of each step verdict, alarm, cause, fallback, what people did; as JSON and Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from mendline.chaos.documents import run_document
from mendline.chaos.experiments import Experiments
from mendline.chaos.game_days import GameDays
from mendline.model.experiment import BROKEN, HELD, UNKNOWN
from mendline.model.experiment_run import Run
from mendline.model.game_day import game_day_document
from mendline.model.game_day_run import DID, NOTE, GameDayEntry, GameDayRun
from mendline.model.jsonable import to_jsonable
from mendline.store.state import find_incident, load_events

_PEOPLE = ("acknowledged", "diagnosed", "mended")


def game_day_run_document(run: GameDayRun) -> dict[str, Any]:
    """How far a game day is."""
    told = {
        name: to_jsonable(getattr(run, name)) for name in ("id", "starts", "ordered", "by", "due", "ended", "reason")
    }
    return {**told, "state": run.state.value, "game_day": game_day_document(run.day), "runs": list(run.runs)}


def report_of(days: GameDays, run: GameDayRun) -> dict[str, Any]:
    """Everything that is known of a game day up to now. `steps`, in the order of the plan, each with its `run` (None
    where none was begun), `score`, `people` (seconds after the start, and who) and the `notes` written meanwhile;
    `sums` over them; `entries`, all that happened; `who` did how much."""
    entries = days.entries(run.id)
    found = [days.experiments.run(number) if number else None for number in run.runs]
    found += [None] * (len(run.day.plan) - len(found))
    spans = _spans([one.starts if one else None for one in found])
    steps = [
        {
            "experiment": step.experiment,
            "task": step.task,
            "left_out": at < len(run.runs) and one is None,
            "run": one and run_document(one),
            "score": _score(one),
            "people": _people(days.experiments, one),
            "notes": [_entry(it) for it in entries if it.kind == NOTE and span is not None and _within(it.at, span)],
        }
        for at, (step, one, span) in enumerate(zip(run.day.plan, found, spans, strict=True))
    ]
    told = {"steps": steps, "sums": _sums(steps), "entries": [_entry(it) for it in entries], "who": _who(entries)}
    return {**game_day_run_document(run), **told}


def _spans(starts: Sequence[datetime | None]) -> list[tuple[datetime, datetime | None] | None]:
    """From the start of each to that of the next."""
    later = [next((it for it in starts[at + 1 :] if it), None) for at in range(len(starts))]
    return [None if start is None else (start, after) for start, after in zip(starts, later, strict=True)]


def _within(at: datetime, span: tuple[datetime, datetime | None]) -> bool:
    return span[0] <= at and (span[1] is None or at < span[1])


def _score(run: Run | None) -> dict[str, Any] | None:
    """The four questions of a run that is over; None before."""
    if run is None or not run.score:
        return None
    alert, cause, struck = (run.score.get(name) or {} for name in ("alert", "cause", "struck"))
    used = (struck.get("degraded") or 0) + (struck.get("buffered") or 0)
    return {
        "verdict": run.score["verdict"],
        "why": run.score["why"],
        "as_expected": run.score["passed"],
        "alert": {name: alert.get(name) for name in ("fired", "real", "policy", "after_s")},
        "cause": {name: cause.get(name) for name in ("named", "right")},
        "struck": struck.get("invocations") or 0,
        "failed": struck.get("failed") or 0,
        "fallbacks": used,
    }


def _people(experiments: Experiments, run: Run | None) -> dict[str, Any] | None:
    """What people did of the incident that a run led to: by kind, who first and how many seconds after the start."""
    number = ((run.score.get("alert") or {}) if run is not None else {}).get("incident")
    if run is None or number is None:
        return None
    with experiments.state.reading() as connection:
        incident = find_incident(connection, experiments.project, number)
        events = load_events(connection, experiments.project, number)
    told: dict[str, Any] = {"incident": number, "was_right": incident and incident.was_right}
    for kind in _PEOPLE:
        first = next((it for it in events if it.kind == kind), None)
        told[kind] = first and {"by": first.by, "after_s": (first.at - run.starts).total_seconds(), "text": first.text}
    return told


def _sums(steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    scores = [step["score"] for step in steps if step["score"]]
    alerts = [one["alert"]["after_s"] for one in scores if one["alert"]["fired"]]
    noticed = [
        step["people"]["acknowledged"]["after_s"] for step in steps if (step["people"] or {}).get("acknowledged")
    ]
    return {
        "steps": len(steps),
        "scored": len(scores),
        **{name: sum(one["verdict"] == name for one in scores) for name in (HELD, BROKEN, UNKNOWN)},
        "as_expected": sum(one["as_expected"] is True for one in scores),
        "alerted": len(alerts),
        "mean_alert_s": sum(alerts) / len(alerts) if alerts else None,
        "cause_named": sum(bool(one["cause"]["named"]) for one in scores),
        "cause_right": sum(one["cause"]["right"] is True for one in scores),
        "fallback_used": sum(one["fallbacks"] > 0 for one in scores),
        "acknowledged": len(noticed),
        "mean_acknowledged_s": sum(noticed) / len(noticed) if noticed else None,
    }


def _who(entries: Iterable[GameDayEntry]) -> list[dict[str, Any]]:
    people: dict[str, dict[str, int]] = {}
    for entry in entries:
        if entry.kind in (DID, NOTE):
            counts = people.setdefault(entry.by or "somebody", {DID: 0, NOTE: 0})
            counts[entry.kind] += 1
    return [{"by": by, "acts": counts[DID], "notes": counts[NOTE]} for by, counts in sorted(people.items())]


def _entry(one: GameDayEntry) -> dict[str, Any]:
    return {"at": to_jsonable(one.at), "kind": one.kind, "text": one.text, "by": one.by}


def words_of(sums: Mapping[str, Any]) -> list[str]:
    """The sums in sentences."""
    scored = sums["scored"]
    if not scored:
        return ["Nothing of it was scored yet."]
    lines = [
        f"Of {sums['steps']} experiments {scored} were scored: {sums[HELD]} hypotheses held, {sums[BROKEN]} did not,"
        f" of {sums[UNKNOWN]} it could not be told. {sums['as_expected']} came out as expected.",
        f"An alert fired in {sums['alerted']} of {scored}{_mean(sums['mean_alert_s'])}.",
        f"A cause was named in {sums['cause_named']}, and was what was broken in {sums['cause_right']}.",
        f"Fallbacks were used in {sums['fallback_used']}.",
    ]
    if sums["acknowledged"]:
        lines.append(f"People acknowledged {sums['acknowledged']} incidents{_mean(sums['mean_acknowledged_s'])}.")
    return lines


def _mean(seconds: float | None) -> str:
    return "" if seconds is None else f", after {seconds:.0f} s in the mean"


def step_words(step: Mapping[str, Any]) -> list[str]:
    """What came of a step, in sentences."""
    score, run, people = step["score"], step["run"], step["people"] or {}
    if score is None:
        return ["It was left out." if step["left_out"] else "It is under way." if run else "It was not begun."]
    lines = [*run["score"]["lines"]]
    for kind in _PEOPLE:
        if people.get(kind):
            by, text = people[kind]["by"] or "Mendline", people[kind]["text"]
            lines.append(f"{kind.capitalize()} by {by} {people[kind]['after_s']:.0f} s after the start: {text}.")
    return lines


def markdown_of(report: Mapping[str, Any]) -> str:
    """The report, to be kept and read over by those who were there."""
    day = report["game_day"]
    ended = f" to {report['ended'][11:16]}" if report["ended"] else ""
    lines = [f"# Game day: {_plain(day['name'])}", "", _plain(day["goal"]), ""]
    lines.append(f"{report['starts'][:10]}, {report['starts'][11:16]}{ended} UTC; {report['state']}.")
    lines += [f"Stopped: {_plain(report['reason'])}." for _ in (1,) if report["reason"] and report["ended"]]
    lines += ["", f"People: {_plain(', '.join(day['people']))}"] if day.get("people") else []
    lines += ["", "## What came of it", "", *(f"- {line}" for line in words_of(report["sums"]))]
    for number, step in enumerate(report["steps"], 1):
        lines += ["", f"## {number}. {_plain(step['experiment'])}", ""]
        lines += [f"Task: {_plain(step['task'])}", ""] if step["task"] else []
        lines += [f"- {_plain(line)}" for line in step_words(step)]
        lines += [f"- Note: {_plain(note['text'])}{_by(note)}" for note in step["notes"]]
    lines += ["", "## Who did what", ""]
    lines += [f"- {one['at'][11:19]} {_kind(one)}{_plain(one['text'])}{_by(one)}" for one in report["entries"]]
    lines += ["", "## What will be done", "", "- …"]
    return "\n".join(lines) + "\n"


def _kind(entry: Mapping[str, Any]) -> str:
    return "note: " if entry["kind"] == NOTE else ""


def _by(entry: Mapping[str, Any]) -> str:
    return f" ({_plain(entry['by'])})" if entry["by"] else ""


def _plain(text: str) -> str:
    """On one line."""
    return " ".join(text.split())
