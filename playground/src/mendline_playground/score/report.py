"""Scores as a part of a page in Markdown: by kind, with every bar, and what was missed by name."""

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from mendline_playground.scenario.scenario import NO_KIND
from mendline_playground.score.scoring import Score

BEGIN, END = '<!-- scored: written by `make score ARGS="--write FILE"` -->', "<!-- end of scored -->"
_HEAD = (
    "| kind | scenarios | detected in time | after (median) | cause in the first message | named first | among three |"
)
_RULE = "|---|---:|---:|---:|---:|---:|---:|"


def write(scores: Sequence[Score], usual: str, page: Path) -> bool:
    """Put them between the marks of a page; whether it has those."""
    text = page.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        return False
    page.write_text(f"{before}{BEGIN}\n\n{markdown(scores, usual)}\n{END}{after}", "utf-8")
    return True


def markdown(scores: Sequence[Score], usual: str) -> str:
    """The tables and sentences. `usual` says what there was before the runs."""
    wrong = [one for one in scores if one.truth["detected"]]
    kinds = sorted({one.kind for one in wrong} - {NO_KIND})
    rows = [_row(f"`{kind}`", [one for one in wrong if one.kind == kind]) for kind in kinds]
    return "\n".join([_HEAD, _RULE, *rows, _row("**all**", wrong), "", *_sentences(scores, wrong, usual)]) + "\n"


def _row(name: str, scores: Sequence[Score]) -> str:
    size, delays = len(scores), _delays(scores)
    told = (
        sum(one.detected for one in scores),
        sum(one.told_rank == 1 for one in scores),
        sum(one.cause_rank == 1 for one in scores),
        sum(one.cause_rank is not None and one.cause_rank <= 3 for one in scores),
    )
    detected, first_told, first, three = (
        f"{count} ({100 * count / size:.0f} %)" if size > 9 else str(count) for count in told
    )
    after = f"{median(delays):.0f} s" if delays else "-"
    return f"| {name} | {size} | {detected} | {after} | {first_told} | {first} | {three} |"


def _delays(scores: Sequence[Score]) -> list[float]:
    return [one.seconds_to_detection for one in scores if one.detected and one.seconds_to_detection is not None]


def _sentences(scores: Sequence[Score], wrong: Sequence[Score], usual: str) -> list[str]:
    calm = [one for one in scores if not one.truth["detected"]]
    most = max((one.most_messages for one in scores), default=0)
    told = sum(one.notifications for one in calm)
    lines = [f"Of one incident there were {most} messages at most; in {len(calm)} quiet controls {told}."]
    lines += [usual.strip()] if usual else []
    misses: tuple[tuple[str, Callable[[Score], bool]], ...] = (
        ("Not detected in time", lambda one: not one.detected),
        ("Not the cause first in the first message", lambda one: one.told_rank != 1),
        ("Not the cause first later either", lambda one: one.cause_rank != 1),
        ("False alarms before there was anything to detect", lambda one: one.false_alarms > 0),
    )
    lines += [_named(what, [one for one in wrong if missed(one)]) for what, missed in misses]
    lines.append(_named("False alarms in quiet controls", [one for one in calm if one.false_alarms]))
    return [f"- {line}" for line in lines]


def _named(what: str, scores: Sequence[Score]) -> str:
    return f"{what}: {', '.join(f'`{one.scenario}`' for one in scores) or 'none'}."
