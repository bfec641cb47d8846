"""Scores as tables for a person: a row for each scenario, then one for each kind."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from mendline_playground.scenario.scenario import NO_KIND
from mendline_playground.scenario.units import write_duration
from mendline_playground.score.scoring import Score
from mendline_playground.score.usual import Before

_HEAD = (
    *("scenario", "kind", "detected", "after", "incidents", "messages", "told", "cause", "owner"),
    "false alarms",
)
_MOST_MESSAGES = 2
_KIND_HEAD = (
    "kind",
    "scenarios",
    "detected",
    "after (median)",
    "messages",
    "told first",
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
        str(score.incidents),
        str(score.notifications),
        _rank(score.told_rank),
        _rank(score.cause_rank),
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
        _of(sum(one.told_rank == 1 for one in wrong), len(wrong)),
        _of(sum(rank == 1 for rank in ranks), len(wrong)),
        _of(sum(rank is not None and rank <= 3 for rank in ranks), len(wrong)),
        str(sum(one.false_alarms for one in scores)),
    )


def render(scores: Sequence[Score]) -> str:
    """Both tables, and a line that sums up."""
    kinds = sorted({one.kind for one in scores}, key=lambda kind: (kind == NO_KIND, kind))
    by_kind = [kind_row(kind, [one for one in scores if one.kind == kind]) for kind in kinds]
    return "\n\n".join((_table(_HEAD, map(row, scores)), _table(_KIND_HEAD, by_kind), _sum(scores))) + "\n"


def _sum(scores: Sequence[Score]) -> str:
    wrong = [one for one in scores if one.truth["detected"]]
    calm = [one for one in scores if not one.truth["detected"]]
    delays = [one.seconds_to_detection for one in wrong if one.detected and one.seconds_to_detection is not None]
    return (
        f"{sum(one.detected for one in wrong)} of {len(wrong)} detected in time,"
        f" after {_seconds(median(delays) if delays else None)} (median);"
        f" the first message named the cause first in {sum(one.told_rank == 1 for one in wrong)};"
        f" the cause was named first in {sum(one.cause_rank == 1 for one in wrong)},"
        f" among the first three in {sum(one.cause_rank is not None and one.cause_rank <= 3 for one in wrong)}.\n"
        f"Of one incident there were {max((one.most_messages for one in scores), default=0)} messages at most,"
        f" more than {_MOST_MESSAGES} in {sum(one.most_messages > _MOST_MESSAGES for one in scores)} scenarios.\n"
        f"{sum(one.false_alarms for one in scores)} false alarms,"
        f" {sum(one.false_alarms for one in calm)} of them (with {sum(one.notifications for one in calm)} messages) in"
        f" {len(calm)} quiet controls."
    )


def told_of_usual(false_alarms: Mapping[Before, int]) -> str:
    """What was said while nothing was wrong, before the runs; empty where something was wrong in all of it."""
    calm = [one for one in false_alarms if not one.faults]
    if not calm:
        return ""
    first, last = min(one.start_s for one in calm), max(one.end_s for one in calm)
    return f"{sum(false_alarms[one] for one in calm)} incidents in {(last - first) / 86400:.1f} days before the runs.\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [tuple(head), *map(tuple, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    return "\n".join(
        "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else write_duration(round(seconds))


def _rank(rank: int | None) -> str:
    return "-" if rank is None else f"#{rank}"


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole}" if whole else "-"
