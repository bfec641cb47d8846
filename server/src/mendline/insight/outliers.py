"""What selected invocations have that the others of a query have not, and where their time goes; or that nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mendline.analysis.explaining import Common, Explanation, explain
from mendline.analysis.path_times import PathDifference, compare_paths
from mendline.analysis.predicate import Predicate
from mendline.insight.asked import ask
from mendline.insight.evaluations import Question, span_of
from mendline.insight.heatmap import invocations_of
from mendline.insight.outlier_rows import Sampled, once_each
from mendline.insight.samples import read_sample
from mendline.insight.shares import percent
from mendline.model.selection import Selection
from mendline.store.contract import TelemetryStore
from mendline.store.plans.outliers import OF_A_MILLION, counts_statement, sample_statement
from mendline.store.plans.stretches import stretches_of

MOST_SELECTED, MOST_OTHERS = 1_000, 2_000
"""More than these are looked at by a sample."""
MOST_WHOLE, _ENOUGH = 250_000, 500
"""Of more invocations, samples are of a part of the stretches of time, with enough selected ones."""
_MOST_PART, _UNEVEN = 0.6, 0.25
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Found:
    """Something that the selected invocations have in common. `slow_ms` is the 99th percentile of the duration of all
    that was looked at, `slow_without_ms` that of those which do not have it."""

    common: Common
    slow_ms: float
    slow_without_ms: float


@dataclass(frozen=True, slots=True)
class Outliers:
    """The explanation of a selection. `selected` and `others` count invocations, `looked_at` those of the samples,
    which are of a `part` of the stretches of time of each function. `examples` are selected ones, those that the best
    finding holds for first, and `usual` others, near the median; of `cut` not all calls are counted
    (plans.outliers.MOST_CALLS)."""

    query: str
    selected: int
    others: int
    looked_at: tuple[int, int]
    findings: tuple[Found, ...]
    hints: tuple[Found, ...]
    paths: tuple[PathDifference, ...]
    examples: tuple[Sampled, ...]
    usual: tuple[Sampled, ...]
    tests: int
    cut: int = 0
    part: float = 1.0

    @property
    def nothing_explains(self) -> bool:
        """Whether no predicate passed the gate."""
        return not self.findings


def explain_outliers(store: TelemetryStore, question: Question, selection: Selection) -> Outliers:
    """Explains a selection of the invocations that a query finds; what the query aggregates is not looked at.

    Raises UsageError for a query of something else, and as `answer` does.
    """
    checked = invocations_of(store, question)
    span = span_of(checked.plan, question)
    counted = {
        function: (int(ours), int(theirs))
        for function, ours, theirs in ask(store, counts_statement(checked.plan, span, selection))
    }
    selected, others = (sum(count[place] for count in counted.values()) for place in (0, 1))
    part, rows = _part(selected, selected + others), []
    if part < 1:
        counts = {function: sum(count) for function, count in counted.items()}
        some = stretches_of(counts, span.end_ns - span.start_ns, part)
        of = _of_a_million(part * selected, part * others)
        rows = read_sample(
            store,
            sample_statement(checked.plan, span, selection, *of, some),
            lambda picked: _is_even(picked, part * selected),
        )
        part = part if rows else 1.0
    if selected and not rows:
        rows = read_sample(store, sample_statement(checked.plan, span, selection, *_of_a_million(selected, others)))
    told = _explained(checked.text, selected, others, [_without(row, selection.without) for row in rows])
    return replace(told, part=part)


def _part(selected: int, count: int) -> float:
    """The part of all stretches to look at, so that enough is read and no more; 1.0 where it would be most of them."""
    part = max(MOST_WHOLE / max(1, count), _ENOUGH / max(1, selected))
    return part if part < _MOST_PART else 1.0


def _of_a_million(selected: float, others: float) -> tuple[int, int]:
    return share_of(MOST_SELECTED, round(selected)), share_of(MOST_OTHERS, round(others))


def _is_even(picked: int, expected: float) -> bool:
    """Whether stretches hold about their part of what is selected. Where it happened at a few times, they do not."""
    return abs(picked - min(expected, MOST_SELECTED)) <= _UNEVEN * min(expected, MOST_SELECTED)


def _without(row: Sampled, starts: tuple[str, ...]) -> Sampled:
    if not starts:
        return row
    return replace(row, attributes={key: value for key, value in row.attributes.items() if not key.startswith(starts)})


def share_of(wanted: int, of: int) -> int:
    """How many of a million to take, so that there are about as many as are wanted."""
    return OF_A_MILLION if of <= wanted else max(1, OF_A_MILLION * wanted // of)


def _explained(text: str, selected: int, others: int, rows: Sequence[Sampled]) -> Outliers:
    cases = once_each(rows)
    told = explain([row.attributes for row in cases], [at for at, row in enumerate(cases) if row.selected])
    ours, theirs = ([row for row in rows if row.selected is which] for which in (True, False))
    return Outliers(
        query=text,
        selected=selected,
        others=others,
        looked_at=(len(ours), len(theirs)),
        findings=found_of(told.findings, cases),
        hints=found_of(told.hints, cases),
        paths=compare_paths([row.spent for row in ours], [row.spent for row in theirs]),
        examples=_examples(told, cases),
        usual=_near_the_median(theirs),
        tests=told.tests,
        cut=sum(row.cut for row in rows),
    )


def found_of(all_: Sequence[Common], rows: Sequence[Sampled]) -> tuple[Found, ...]:
    """What rows have in common, with what the durations are with it and without it."""
    slow = percentile([row.duration_ms for row in rows], 0.99)
    return tuple(
        Found(
            one,
            slow,
            percentile([row.duration_ms for index, row in enumerate(rows) if not one.rows >> index & 1], 0.99),
        )
        for one in all_
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of all lies, of those that are there; 0.0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _examples(told: Explanation, cases: Sequence[Sampled]) -> tuple[Sampled, ...]:
    best = told.findings[0].rows if told.findings else 0
    ours = [at for at, row in enumerate(cases) if row.selected]
    ordered = sorted(ours, key=lambda at: (-(best >> at & 1), -cases[at].duration_ms))
    return tuple(cases[at] for at in ordered[:_EXAMPLES])


def _near_the_median(theirs: Sequence[Sampled]) -> tuple[Sampled, ...]:
    ordered = sorted(theirs, key=lambda row: row.duration_ms)
    middle = len(ordered) // 2
    return tuple(ordered[max(0, middle - 1) : middle - 1 + _EXAMPLES if middle else _EXAMPLES])


def in_words(found: Found, selected: str = "the selected") -> str:
    """What a finding says, as a sentence without its end; `selected` is what the selected invocations are called."""
    common = found.common
    shares = f"{percent(common.coverage, places=1)} of {selected}, {percent(common.elsewhere, places=1)} of the others"
    return f"{common_in_words(common)}: {shares}"


def common_in_words(common: Common) -> str:
    """What rows have in common, without how many have it."""
    return " and ".join(predicate_in_words(one) for one in common.predicates)


def predicate_in_words(predicate: Predicate) -> str:
    """A predicate as a person says it."""
    value = f'"{predicate.value}"' if isinstance(predicate.value, str) else str(predicate.value)
    match predicate.op:
        case "present":
            return f"{predicate.attribute} is there"
        case "absent":
            return f"{predicate.attribute} is missing"
        case "=" if isinstance(predicate.value, bool):
            return predicate.attribute if predicate.value else f"not {predicate.attribute}"
        case "=":
            return f"{predicate.attribute} is {value}"
    return f"{predicate.attribute} {predicate.op} {predicate.value}"


def path_in_words(path: PathDifference, selected: str = "the selected") -> str:
    """What a difference of time says, as a sentence without its end; `selected` as in in_words."""
    between = f"{path.low_ms:,.0f} to {path.high_ms:,.0f}"
    more = f"{path.difference_ms:,.0f} ms more in the mean ({between}), {path.share:.0%} of the difference"
    match path.kind:
        case "appears":
            usual = f"{percent(path.baseline_presence, places=1)} of the others"
            return f"{path.path} is in {percent(path.selected_presence, places=1)} of {selected} and {usual}: {more}"
        case "more calls":
            return f"{path.path} is called {path.selected_calls:.1f} times instead of {path.baseline_calls:.1f}: {more}"
    return f"{path.path} takes {path.selected_ms:,.0f} ms instead of {path.baseline_ms:,.0f} ms: {more}"
