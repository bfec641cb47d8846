"""Scores as tables for a person: a row for each scenario, then one for each kind."""

from collections.abc import Iterable, Sequence
from statistics import median

from mendline_playground.scenario.scenario import NO_KIND
from mendline_playground.scenario.units import write_duration
from mendline_playground.score.scoring import Score

_HEAD = ("scenario", "kind", "detected", "after", "messages", "cause", "owner", "false alarms")
_KIND_HEAD = (
    "kind",
    "scenarios",
    "detected",
    "after (median)",
    "messages",
    "cause first",
    "in first three",
    "false alarms",
)


def row(score: Score) -> tuple[str, ...]:
    """One scenario."""
    is_control = not score.truth["detected"]
    detected = (
        "-" if is_control else "yes" if score.detected else "no" if score.seconds_to_detection is None else "late"
    )
    owner = "-" if score.owner_is_right is None else "right" if score.owner_is_right else "wrong"
    return (
        score.scenario,
        score.kind,
        detected,
        _seconds(score.seconds_to_detection),
        str(score.notifications),
        "-" if score.cause_rank is None else f"#{score.cause_rank}",
        owner,
        str(score.false_alarms),
    )


def kind_row(kind: str, scores: Sequence[Score]) -> tuple[str, ...]:
    """All scenarios of a kind; `none` are the quiet controls."""
    wrong = [one for one in scores if one.truth["detected"]]
    delays = [one.seconds_to_detection for one in wrong if one.detected and one.seconds_to_detection is not None]
    ranks = [one.cause_rank for one in wrong]
    return (
        "(quiet controls)" if kind == NO_KIND else kind,
        str(len(scores)),
        _of(sum(one.detected for one in wrong), len(wrong)),
        _seconds(median(delays) if delays else None),
        str(sum(one.notifications for one in scores)),
        _of(sum(rank == 1 for rank in ranks), len(wrong)),
        _of(sum(rank is not None and rank <= 3 for rank in ranks), len(wrong)),
        str(sum(one.false_alarms for one in scores)),
    )


def render(scores: Sequence[Score]) -> str:
    """Both tables, and a line that sums up."""
    kinds = sorted({one.kind for one in scores}, key=lambda kind: (kind == NO_KIND, kind))
    by_kind = [kind_row(kind, [one for one in scores if one.kind == kind]) for kind in kinds]
    wrong = [one for one in scores if one.truth["detected"]]
    total = (
        f"{sum(one.detected for one in wrong)} of {len(wrong)} detected in time,"
        f" the cause named first in {sum(one.cause_rank == 1 for one in wrong)};"
        f" {sum(one.false_alarms for one in scores)} false alarms,"
        f" {sum(one.false_alarms for one in scores if not one.truth['detected'])} of them in"
        f" {len(scores) - len(wrong)} quiet controls"
    )
    return "\n\n".join((_table(_HEAD, map(row, scores)), _table(_KIND_HEAD, by_kind), total)) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [tuple(head), *map(tuple, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    return "\n".join(
        "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else write_duration(round(seconds))


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole}" if whole else "-"
