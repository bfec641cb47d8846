"""Which functions are unlike what they were in the period before, by a few plain rules; and what is called anew.

A rule that compares needs 20 invocations in both periods: fewer say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mendline.insight.moments import range_parameters
from mendline.model.function import FunctionSummary
from mendline.model.notable import NewResource, Notable
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

LEAST_INVOCATIONS = 20
_SLOWER, _MORE, _FEWER, _NEAR = 1.5, 1.5, 0.5, 0.9
_Rule = Callable[[FunctionSummary, FunctionSummary | None], tuple[float, float] | None]


def notable_functions(now: Sequence[FunctionSummary], before: Sequence[FunctionSummary]) -> tuple[Notable, ...]:
    """What stands out, the worst kind first, and within a kind the functions with most invocations."""
    known = {it.id: it for it in before}
    found = [
        Notable(it.id, kind, *values)
        for kind, rule in _RULES.items()
        for it in sorted(now, key=lambda it: -it.invocations)
        if (values := rule(it, known.get(it.id)))
    ]
    return (*found, *_gone(now, before))


def new_resources(store: TelemetryStore, time_range: TimeRange, *, limit: int = 20) -> tuple[NewResource, ...]:
    """What functions called in the range, and not in the week before."""
    rows = store.select("new_resources", {**range_parameters(time_range), "limit": limit})
    return tuple(NewResource(**{**row, "services": tuple(sorted(row["services"]))}) for row in rows)


def _gone(now: Sequence[FunctionSummary], before: Sequence[FunctionSummary]) -> Iterator[Notable]:
    still = {it.id for it in now}
    for was in before:
        if was.id not in still and was.invocations >= LEAST_INVOCATIONS:
            yield Notable(was.id, "gone", 0, was.invocations)


def _enough(it: FunctionSummary, was: FunctionSummary | None) -> bool:
    return was is not None and min(it.invocations, was.invocations) >= LEAST_INVOCATIONS


def _errors(it: FunctionSummary, was: FunctionSummary | None) -> tuple[float, float] | None:
    """Three errors at least, and a share that is twice what it was and 2 points more."""
    share, before = 1 - it.health, 1 - was.health if was else 0.0
    return (share, before) if it.errors >= 3 and share >= max(2 * before, before + 0.02) else None


def _timeouts(it: FunctionSummary, was: FunctionSummary | None) -> tuple[float, float] | None:
    before = was.timeouts if was else 0
    return (it.timeouts, before) if it.timeouts > before else None


def _slower(it: FunctionSummary, was: FunctionSummary | None) -> tuple[float, float] | None:
    """The slowest in a hundred take half as long again; or the median does, and they a tenth: the median of what has
    two kinds of work moves with how much there is of each."""
    if was is None or not _enough(it, was):
        return None
    if it.p50_ms > _SLOWER * was.p50_ms and it.p99_ms > 1.1 * was.p99_ms:
        return it.p50_ms, was.p50_ms
    return (it.p99_ms, was.p99_ms) if it.invocations >= 200 and it.p99_ms > _SLOWER * was.p99_ms else None


def _near(part: float, whole: float, was: float) -> tuple[float, float] | None:
    return (part / whole, was / whole) if whole and part >= _NEAR * whole else None


def _invocations(it: FunctionSummary, was: FunctionSummary | None) -> tuple[float, float] | None:
    if was is None or max(it.invocations, was.invocations) < LEAST_INVOCATIONS:
        return None
    times = it.invocations / was.invocations
    return (it.invocations, was.invocations) if times > _MORE or times < _FEWER else None


_RULES: dict[str, _Rule] = {
    "errors": _errors,
    "timeouts": _timeouts,
    "near_timeout": lambda it, was: _near(it.max_ms, it.timeout_ms, was.max_ms if was else 0.0),
    "near_memory": lambda it, was: _near(
        it.memory_used_bytes, it.memory_size_bytes, was.memory_used_bytes if was else 0.0
    ),
    "slower": _slower,
    "invocations": _invocations,
}
KINDS = (*_RULES, "gone")
