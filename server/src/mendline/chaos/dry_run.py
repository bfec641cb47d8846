"""What an experiment would have struck: the calls of the last hour that its target fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mendline.insight.answers import answer
from mendline.insight.evaluations import Question
from mendline.model.experiment import INVOCATION, Experiment, Target
from mendline.model.timerange import TimeRange
from mendline.model.told import duration_text
from mendline.query.spelling import glob_text, quoted, value_text
from mendline.store.contract import TelemetryStore

LOOKED_AT = timedelta(hours=1)
_MOST_SHOWN = 20
_DATABASES = ("postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle", "sql")
_NOT_OF_AWS = (*_DATABASES, "http", "redis", "mongodb")


@dataclass(frozen=True, slots=True)
class DryRun:
    """`matched` counts by what was called, in an hour; `calls` is their sum; `struck` how many the run would strike of
    such traffic; `environments` made them; `text` says it."""

    matched: tuple[tuple[str, int], ...]
    calls: int
    struck: int
    environments: int
    text: str
    query: str


def dry_run(store: TelemetryStore, experiment: Experiment, now: datetime) -> DryRun:
    """Of what is stored. Raises as `answer` does."""
    target, range_ = experiment.target, TimeRange(now - LOOKED_AT, now)
    text = matching_query(target)
    rows = answer(store, Question(text, range_, now)).rows
    share = _share_of_version(store, target, range_, now)
    counts = ((str(row[0]), round(int(row[1] or 0) * share)) for row in rows)
    matched = tuple((name, count) for name, count in counts if count)
    calls = sum(count for _, count in matched)
    who = f"function:{value_text(target.function)} | distinct(instance)"
    found = answer(store, Question(who, range_, now)).rows
    environments = int(found[0][0] or 0) if found else 0
    expected = int(calls * experiment.duration_s / LOOKED_AT.total_seconds() * target.percent / 100)
    struck = min(expected, target.maximum)
    return DryRun(matched[:_MOST_SHOWN], calls, struck, environments, _words(experiment, calls, struck, matched), text)


def _share_of_version(store: TelemetryStore, target: Target, range_: TimeRange, now: datetime) -> float:
    """The share of the function's invocations that were of the target's version; its calls do not know it."""
    if not target.version or target.type == INVOCATION:
        return 1.0
    text = f"function:{value_text(target.function)} | ratio(version:{quoted(target.version)})"
    found = answer(store, Question(text, range_, now)).rows
    return float(found[0][0] or 0) if found else 0.0


def matching_query(target: Target) -> str:
    """The query for what a target fits, whatever the version, counted by what was called."""
    filters = [f"function:{value_text(target.function)}"]
    if target.tag:
        filters.append(f"attr({quoted(target.tag[0])}):{value_text(target.tag[1])}")
    if target.type == INVOCATION:
        filters += [f"version:{quoted(target.version)}"] if target.version else []
        return f"{' and '.join(filters)} | count() by function | sort count() desc"
    if target.type == "aws":
        filters.append(f"not resource.type in ({', '.join(_NOT_OF_AWS)})")
    elif target.type == "sql":
        filters.append(f"resource.type in ({', '.join(_DATABASES)})")
    for field, pattern in (("type", target.type), ("name", target.name), ("operation", target.operation)):
        if pattern != "*" and (field, pattern) not in (("type", "aws"), ("type", "sql")):
            filters.append(f"resource.{field}:{glob_text(pattern)}")
    return f"operations {' and '.join(filters)} | count() by resource | sort count() desc"


def _words(experiment: Experiment, calls: int, struck: int, matched: Sequence[tuple[str, int]]) -> str:
    target = experiment.target
    who = f"version {target.version} of {target.function}" if target.version else target.function
    if not calls and target.type == INVOCATION:
        return f"Nothing would have been struck: {who} was not invoked in the last hour."
    if not calls:
        return f"Nothing would have been struck: in the last hour, {who} did not call {target.resource}."
    what = "invocations" if target.type == INVOCATION else "calls"
    at_most = f", where {target.maximum:,} is the most" if struck == target.maximum else ""
    lasts = duration_text(experiment.duration_s)
    return f"It fits {calls:,} {what} of the last hour; in {lasts} it would strike about {struck:,}{at_most}."
