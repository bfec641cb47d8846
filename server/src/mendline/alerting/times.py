"""How soon incidents were detected, acknowledged, diagnosed and mended, and how often the named cause was right: over a
range, by cause, team and week. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from statistics import fmean
from typing import Any

from mendline.alerting.drafting import kinds_of
from mendline.model.experiment_run import Run
from mendline.model.incident import Incident
from mendline.model.interval import wilson


def times_of(incidents: Sequence[Incident]) -> dict[str, float | None]:
    """Mean seconds to detect, to acknowledge, to diagnose and to resolve, counted from when it began. Where that is
    not known it is from when it was detected, and how soon that was is not known either. None of none."""
    parts = {"detect": "detected", "acknowledge": "acknowledged", "diagnose": "diagnosed", "resolve": "resolved"}
    told: dict[str, float | None] = {}
    for name, field in parts.items():
        spans = [
            (moment - (one.began or one.opened)).total_seconds()
            for one in incidents
            if (moment := getattr(one, field)) is not None and (one.began or name != "detect")
        ]
        told[name] = fmean(spans) if spans else None
    return told


def times_by(incidents: Sequence[Incident]) -> dict[str, dict[str, dict[str, Any]]]:
    """The same by cause, by team (the owner) and by week (its Monday), with how many each is, and how often people said
    that the named cause was right."""
    keys: dict[str, Callable[[Incident], str]] = {
        "cause": lambda one: str(one.causes[0]["kind"]) if one.causes else "not proven",
        "team": lambda one: one.owner or "nobody's",
        "week": lambda one: f"{one.opened - timedelta(days=one.opened.weekday()):%Y-%m-%d}",
    }
    told: dict[str, dict[str, dict[str, Any]]] = {}
    for name, key in keys.items():
        groups: dict[str, list[Incident]] = {}
        for one in incidents:
            groups.setdefault(key(one), []).append(one)
        told[name] = {
            of: {"incidents": len(its), **times_of(its), "parts": parts_of(its), **answers_of(its)}
            for of, its in sorted(groups.items())
        }
    return told


def answers_of(incidents: Sequence[Incident]) -> dict[str, int]:
    """Of how many people said whether the named cause was right, and of how many that it was."""
    given = [one.was_right for one in incidents if one.was_right is not None]
    return {"answered": len(given), "right": sum(given)}


def parts_of(incidents: Sequence[Incident]) -> dict[str, float] | None:
    """Mean seconds of the parts of which the time until it was mended is the sum: until it was detected, then until
    somebody acknowledged it, then until it was over. Of those that are over; where nobody acknowledged, all that time
    is waiting for somebody."""
    over = [(one, one.resolved) for one in incidents if one.resolved is not None]
    if not over:
        return None
    parts: dict[str, list[float]] = {"detect": [], "acknowledge": [], "mend": []}
    for one, resolved in over:
        began, taken = one.began or one.opened, min(one.acknowledged or resolved, resolved)
        parts["detect"].append(max(0.0, (one.detected - began).total_seconds()))
        parts["acknowledge"].append(max(0.0, (taken - one.detected).total_seconds()))
        parts["mend"].append((resolved - taken).total_seconds())
    return {name: fmean(spans) for name, spans in parts.items()}


def accuracy_of(incidents: Sequence[Incident], runs: Sequence[Run]) -> dict[str, Any]:
    """Whether the named cause was right, as people answered and as experiments prove, which know what they broke."""
    kinds: dict[str, list[Incident]] = {}
    for one in incidents:
        kinds.setdefault(str(one.causes[0]["kind"]) if one.causes else "not proven", []).append(one)
    injected: dict[str, list[Mapping[str, Any]]] = {}
    for run in runs:
        if (cause := run.score.get("cause")) and not cause.get("unanswered"):
            injected.setdefault(min(kinds_of(run)), []).append(cause)
    causes = [cause for told in injected.values() for cause in told]
    return {
        "people": {"incidents": len(incidents), "named": sum(bool(one.causes) for one in incidents),
                   **_shares(answers_of(incidents))},
        "experiments": _of_runs(causes),
        "by_kind": [
            {"kind": kind, "incidents": len(kinds.get(kind, ())), **answers_of(kinds.get(kind, ())),
             "experiments": _of_runs(injected.get(kind, ()))}
            for kind in sorted({*kinds, *injected})
        ],
    }  # fmt: skip


def _of_runs(causes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    right = sum(bool(one.get("right")) for one in causes)
    named = sum(bool(one.get("named")) for one in causes)
    return {"runs": len(causes), "named": named, **_shares({"answered": len(causes), "right": right})}


def _shares(told: Mapping[str, int]) -> dict[str, Any]:
    """With the 95 % interval of the share that is right (Wilson)."""
    return {**told, "between": wilson(told["right"], told["answered"]) if told["answered"] else None}
