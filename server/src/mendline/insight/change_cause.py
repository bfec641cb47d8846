"""Why something is not as usual: what differs between two windows, since when, for whom, what was changed just before,
and which cause that speaks for. Or that nothing changed, or that there is too little to say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mendline.analysis.explaining import explain
from mendline.analysis.path_times import PathDifference, compare_paths
from mendline.analysis.predicate import Value
from mendline.analysis.windows import LEAST_INVOCATIONS, Difference, differences, least_ms
from mendline.insight.asked import ask
from mendline.insight.called import CalledThen, called_then, failures_of
from mendline.insight.change_ranking import Evidence, likeliest, ranked
from mendline.insight.change_rows import drifting, is_who
from mendline.insight.change_windows import AUTO, Compared, Since, compared, since
from mendline.insight.changes import list_changes
from mendline.insight.connections import connections_then, words_of_errors
from mendline.insight.evaluations import Question, span_of
from mendline.insight.failing_calls import failing_unseen
from mendline.insight.heatmap import invocations_of
from mendline.insight.moments import from_ns, to_ns
from mendline.insight.outlier_rows import Sampled, once_each
from mendline.insight.outliers import Found, found_of, share_of
from mendline.insight.samples import read_sample
from mendline.insight.signs import Looked, signs_of
from mendline.model.cause import Cause
from mendline.model.change import Change
from mendline.model.measure import DURATION, Bound
from mendline.model.selection import Selection
from mendline.model.timerange import TimeRange
from mendline.query import Plan
from mendline.store.contract import TelemetryStore
from mendline.store.plans import Span
from mendline.store.plans.course import functions_statement
from mendline.store.plans.outliers import OF_A_MILLION, sample_statement

STATES = ("changed", "nothing", "too_few", "no_usual", "no_invocations")
_MOST_BAD, _MOST_REST, _MOST_USUAL = 600, 400, 600
_MOST_SAMPLED_NS = 6 * 3600 * 10**9  # of a window, from the change on
_MOST_SIGNS = 50_000  # invocations of a window, of which signs are looked for
_LONG_BEFORE = timedelta(hours=12)
_CHANGES_BEFORE = timedelta(hours=24)
_MOST_CHANGES = 20
_MOST_FAILING = 3
_FLAGS = {"errors": "error", "timeouts": "timed_out", "cold_starts": "cold_start"}
_FOLLOW = {  # attributes that say no more than that it is bad, or follow from that
    "errors": ("error", "exception", "calls ", "response", "http.response", "http.status"),
    "timeouts": ("error", "exception", "calls ", "response", "http.response", "http.status"),
    "cold_starts": ("cold_start",),
    "duration": ("response",),
    "traffic": ("response",),
}
_MOST_WHO, _LEAST_WHO = 8, 0.1


@dataclass(frozen=True, slots=True)
class Affected:
    """One value of an attribute: `bad` of the sampled bad invocations have it, which is a share of those; `rest` is its
    share of the other invocations of the window."""

    attribute: str
    value: str
    bad: float
    rest: float


@dataclass(frozen=True, slots=True)
class ChangeCause:
    """`state` is one of STATES. `differences` are worst first, and what follows is of the first of them: `changes` are
    those of the 24 hours before it began (of the window where that is not known), newest first; `causes` likeliest
    first, also of what shows in no difference (mendline.insight.signs); `examples` are bad invocations. `looked_at`
    counts sampled bad, other and usual invocations."""

    query: str
    state: str
    both: Compared
    differences: tuple[Difference, ...] = ()
    since: Since | None = None
    affected: tuple[Affected, ...] = ()
    findings: tuple[Found, ...] = ()
    paths: tuple[PathDifference, ...] = ()
    called: tuple[CalledThen, ...] = ()
    changes: tuple[Change, ...] = ()
    causes: tuple[Cause, ...] = ()
    examples: tuple[Sampled, ...] = ()
    looked_at: tuple[int, int, int] = (0, 0, 0)


def explain_change(
    store: TelemetryStore, question: Question, against: str | TimeRange = AUTO, *, why: bool = True
) -> ChangeCause:
    """Compares the invocations that a query finds in its range with what is usual (change_windows.compared). Without
    `why`, only what changed and since when is looked for, which costs a tenth.

    Raises UsageError for a query of something else, and as `answer` does.
    """
    checked = invocations_of(store, question)
    span = span_of(checked.plan, question)
    both = compared(store, checked.plan, span, against)
    found = differences(both.now, both.usual)
    told = ChangeCause(checked.text, _state(both, found), both, found)
    if not why:
        return replace(told, since=since(store, checked.plan, span, both, found[0])) if found else told
    if told.state == "no_invocations":
        return told
    looked = _looked(store, checked.plan, span, both)
    if found:
        told = _explained(store, checked.plan, span, told, frozenset(looked.functions))
    else:
        hidden = tuple(failing_unseen(looked, from_ns(span.now_ns)))
        told = replace(told, changes=_changes(store, both, None, looked.functions), causes=hidden)
    failing = frozenset(one.caller for one in told.called if one.fails_more)
    signs = signs_of(replace(looked, changes=told.changes, failing=failing))
    if not signs and not told.causes:
        return told if found else replace(told, changes=())
    return replace(told, state="changed", causes=likeliest((*told.causes, *signs)))


def _looked(store: TelemetryStore, asked: Plan, span: Span, both: Compared) -> Looked:
    """Where what is wrong is looked for, too, that shows in no duration and no error: the ends of both windows."""
    most = max(both.now.count, *(one.count for one in both.usual), 1)
    part = min(1.0, _MOST_SIGNS / most, _MOST_SAMPLED_NS / (span.end_ns - span.start_ns))
    long = (both.now_range.end - both.now_range.start) * part
    now, usual = (TimeRange(one.end - long, one.end) for one in (both.now_range, both.usual_ranges[0]))
    before = TimeRange(now.start - max(long, min(_LONG_BEFORE, long * (_MOST_SIGNS / most))), now.start)
    functions = {
        str(row[0])
        for one in (now, usual)
        for row in ask(store, functions_statement(asked, Span(to_ns(one.start), to_ns(one.end), span.now_ns)))
    }
    return Looked(store, tuple(sorted(functions)), now, usual, before)


def _state(both: Compared, found: Sequence[Difference]) -> str:
    if not both.now.count and not both.usual_count:
        return "no_invocations"
    if not both.usual_count:
        return "no_usual"
    if found:
        return "changed"
    return "nothing" if min(both.now.count, both.usual_count) >= LEAST_INVOCATIONS else "too_few"


def _explained(
    store: TelemetryStore, asked: Plan, span: Span, told: ChangeCause, functions: frozenset[str]
) -> ChangeCause:
    both, what = told.both, told.differences[0]
    began = since(store, asked, span, both, what)
    bad, rest, usual = _samples(store, asked, span, both, what, began)
    rows = [*bad, *rest, *usual]
    off = drifting(usual, [*bad, *rest])
    cases = once_each(rows)
    attributes = [_attributes(row, _FOLLOW[what.measure]) for row in cases]
    common = explain(attributes, [at for at, row in enumerate(cases) if row.selected], off)
    own = {row.function for row in bad}
    alike = [row for row in usual if row.function in own]
    paths = compare_paths([row.spent for row in bad], [row.spent for row in alike])
    changes = _changes(store, both, began, functions | {row.function for row in rows})
    services = sorted({row.function for row in (*bad, *rest)})
    window = both.now_range if began is None else TimeRange(_from(both, began), both.now_range.end)
    called = called_then(store, services, window, both.usual_ranges) if services else {}
    failing = [one for one in called.values() if one.fails_more][:_MOST_FAILING]
    failures = {
        one.resource: failures_of(store, one.resource, services, window, from_ns(span.now_ns)) for one in failing
    }
    longer = {path.path for path in paths if path.kind == "slower"}
    slower = [resource for resource, one in called.items() if one.words in longer]
    causes = ranked(
        Evidence(
            what=what,
            differences=told.differences,
            since=began,
            window_ns=to_ns(both.now_range.start),
            slice_ns=both.slice_ns,
            common=common,
            paths=paths,
            called=called,
            failures=failures,
            connections=connections_then(store, services, slower, window, both.usual_ranges[0]),
            errors_say=words_of_errors(store, services, window, span.now_ns)
            if any(row.function for row in bad)
            else (),
            changes=changes,
            bad=tuple(bad),
            rest=tuple(rest),
            usual=tuple(alike),
        )
    )
    return replace(
        told,
        since=began,
        affected=_affected(bad, rest if what.is_worse else alike),
        findings=found_of(common.findings, cases),
        paths=paths,
        called=tuple(sorted(called.values(), key=lambda one: -one.calls)),
        changes=changes,
        causes=causes,
        examples=tuple(sorted(bad, key=lambda row: -row.duration_ms)[:3]),
        looked_at=(len(bad), len(rest), len(usual)),
    )


def _from(both: Compared, began: Since) -> datetime:
    return max(both.now_range.start, from_ns(began.at))


def _samples(
    store: TelemetryStore, asked: Plan, span: Span, both: Compared, what: Difference, began: Since | None
) -> tuple[list[Sampled], list[Sampled], list[Sampled]]:
    """Bad invocations, others of the window, and those of the nearest window that is usual. Where nothing is worse, all
    of the window are "bad"."""
    start_ns = span.start_ns if began is None else max(span.start_ns, min(began.at, span.end_ns - 1))
    part = Span(start_ns, min(span.end_ns, start_ns + _MOST_SAMPLED_NS), span.now_ns)
    share = (part.end_ns - part.start_ns) / (span.end_ns - span.start_ns)
    selection, count = Selection(start_ns=start_ns), both.now.count
    if what.is_worse:
        bounds = (Bound(DURATION, round(least_ms(what.bucket) * 1e6)),) if what.bucket else ()
        selection = replace(selection, bounds=bounds, flag=_FLAGS.get(what.measure, ""))
        count = round(what.share_now * both.now.count)
    rest = round(share * (both.now.count - count))
    if span.end_ns - span.start_ns <= _MOST_SAMPLED_NS:  # what was before the change is among the others
        part, rest = span, both.now.count - count
    shares = share_of(_MOST_BAD, count), share_of(_MOST_REST, rest)
    now = read_sample(store, sample_statement(asked, part, selection, *shares))
    past, of_past = _alike(both, part, span)
    share_past = share_of(_MOST_USUAL, of_past)
    usual = read_sample(store, sample_statement(asked, past, Selection(), share_past, OF_A_MILLION))
    return (
        [row for row in now if row.selected],
        [row for row in now if not row.selected],
        [replace(row, selected=False) for row in usual],
    )


def _alike(both: Compared, part: Span, span: Span) -> tuple[Span, int]:
    """The same part of the nearest window that is usual, and about how many invocations it has."""
    nearest, then = both.usual_ranges[0], both.usual[0]
    start_ns, end_ns = to_ns(nearest.start), to_ns(nearest.end)
    if end_ns - start_ns <= _MOST_SAMPLED_NS:
        return Span(start_ns, end_ns, span.now_ns), then.count
    first_ns = min(start_ns + part.start_ns - span.start_ns, end_ns - _MOST_SAMPLED_NS)
    return Span(first_ns, first_ns + _MOST_SAMPLED_NS, span.now_ns), round(
        then.count * _MOST_SAMPLED_NS / (end_ns - start_ns)
    )


def _attributes(row: Sampled, without: tuple[str, ...]) -> dict[str, Value]:
    return {key: value for key, value in row.attributes.items() if not key.startswith(without)}


def _changes(
    store: TelemetryStore, both: Compared, began: Since | None, functions: Collection[str]
) -> tuple[Change, ...]:
    """Of the functions, and of everything else that AWS told of, from a day before it began until then."""
    first = both.now_range.start if began is None else from_ns(began.first)
    last = both.now_range.end if began is None else from_ns(began.last + both.slice_ns)
    told = list_changes(store, TimeRange(first - _CHANGES_BEFORE, last), functions=sorted(functions))
    fitting = [one for one in told if one.type != "lambda" or one.name in functions]
    return tuple(fitting[:_MOST_CHANGES])


def _affected(bad: Sequence[Sampled], rest: Sequence[Sampled]) -> tuple[Affected, ...]:
    """Functions, versions and tenants that the bad invocations are of, most first."""
    names = {name for row in bad for name in row.attributes if is_who(name)}
    by_name: dict[str, list[Affected]] = {}
    for name in sorted(names, key=lambda it: (it not in ("function", "version"), it.count("."), it)):
        ours = Counter(str(row.attributes[name]) for row in bad if name in row.attributes)
        theirs = Counter(str(row.attributes[name]) for row in rest if name in row.attributes)
        told = [
            Affected(name, value, count / len(bad), theirs[value] / len(rest) if rest else 0.0)
            for value, count in ours.most_common(_MOST_WHO)
            if count >= _LEAST_WHO * len(bad)
        ]
        last = name.rpartition(".")[2]
        if last not in by_name:  # the same in a message that says it again
            by_name[last] = told
    return tuple(one for told in by_name.values() for one in told)
