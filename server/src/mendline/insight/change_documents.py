"""The cause of a change as JSON, and its sentences."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mendline.analysis.windows import Difference, least_ms
from mendline.insight.change_cause import ChangeCause
from mendline.insight.change_windows import USUAL
from mendline.insight.moments import from_ns
from mendline.insight.outlier_documents import example_document, found_document, path_document
from mendline.insight.shares import percent
from mendline.model.jsonable import to_jsonable

_NAMES = {"errors": "fail", "timeouts": "run out of time", "cold_starts": "start cold"}
_QUANTILES = {
    0.5: "the median",
    0.9: "the slowest in ten",
    0.95: "the slowest in twenty",
    0.99: "the slowest in a hundred",
}


def change_document(told: ChangeCause) -> dict[str, Any]:
    """`causes` are ranked; `text` is the whole in one sentence."""
    since = told.since
    return {
        "query": told.query,
        "state": told.state,
        "text": headline(told),
        "window": _range(told.both.now_range),
        "against": {"how": told.both.how, "ranges": [_range(one) for one in told.both.usual_ranges]},
        "invocations": {"now": told.both.now.count, "usual": told.both.usual_count},
        "differences": [difference_document(one) for one in told.differences],
        "since": since
        and {
            "at": _moment(from_ns(since.at)),
            "first": _moment(from_ns(since.first)),
            "last": _moment(from_ns(since.last)),
            "until": since.until and _moment(from_ns(since.until)),
        },
        "causes": [
            {"rank": rank, **{key: value for key, value in to_jsonable(one).items() if key != "weight"}}
            for rank, one in enumerate(told.causes, 1)
        ],
        "affected": to_jsonable(told.affected),
        "findings": [*map(found_document, told.findings), *map(path_document, told.paths)],
        "changes": to_jsonable(told.changes),
        "examples": [example_document(one) for one in told.examples],
        "looked_at": dict(zip(("bad", "others", "usual"), told.looked_at, strict=True)),
    }


def change_summary(told: ChangeCause) -> dict[str, Any]:
    """Whether it is as usual, and if not since when."""
    return {
        "state": told.state,
        "text": headline(told),
        "since": _moment(from_ns(told.since.at)) if told.since else None,
    }


def difference_document(one: Difference) -> dict[str, Any]:
    """A difference, with its sentence."""
    return {
        "measure": one.measure,
        "text": f"{difference_in_words(one)}.",
        "now": one.now,
        "usual": one.usual,
        "quantile": one.quantile or None,
        "share_now": one.share_now,
        "share_usual": one.share_usual,
        "above_ms": round(least_ms(one.bucket), 3) if one.bucket else None,
        "worse": one.is_worse,
        "p_value": one.chance,
    }


def headline(told: ChangeCause) -> str:
    """What is different, or why nothing is told, in one sentence."""
    days = "yesterday and a week ago" if len(told.both.usual_ranges) > 1 else "a week ago"
    usual = f"at the same hours {days}" if told.both.how == USUAL else "in the time before"
    match told.state:
        case "changed":
            return f"{difference_in_words(told.differences[0])}." if told.differences else told.causes[0].text
        case "nothing":
            return (
                f"Nothing changed: {told.both.now.count:,} invocations are as {told.both.usual_count:,} were {usual},"
                " within what chance allows."
            )
        case "too_few":
            return (
                f"Too few to say: {told.both.now.count:,} invocations now, {told.both.usual_count:,} {usual};"
                " nothing is beyond chance."
            )
        case "no_usual":
            return f"There is nothing to compare with: {usual} nothing was invoked. Choose an earlier range."
    return "Nothing was invoked, now or before."


def difference_in_words(one: Difference) -> str:
    """A difference as a sentence without its end."""
    if one.measure == "duration":
        who = _QUANTILES[one.quantile]
        takes = "takes" if one.quantile == min(_QUANTILES) else "take"
        return f"{who[0].upper()}{who[1:]} {takes} {duration(one.now)} instead of {duration(one.usual)}"
    if one.measure == "traffic":
        times = one.now / one.usual if one.usual else 0.0
        return f"There are {one.now * 60:,.1f} invocations a minute instead of {one.usual * 60:,.1f}" + (
            f" ({times:.1f} times as many)" if times else ""
        )
    now, usual = (percent(share, whole=0.1) for share in (one.now, one.usual))
    return f"{now} {_NAMES[one.measure]} instead of {usual}"


def duration(ms: float) -> str:
    """A duration with a unit that suits it."""
    if ms >= 10_000:
        return f"{ms / 1000:,.1f} s"
    return f"{ms:,.0f} ms" if ms >= 10 else f"{ms:.1f} ms"


def _range(one: Any) -> dict[str, str]:
    return {"start": _moment(one.start), "end": _moment(one.end)}


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"
