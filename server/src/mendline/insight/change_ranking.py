"""From what differs between two windows to causes, likeliest first: by plain rules, each with its evidence. Pure.

A cause weighs the share of the difference that it explains (of the time, or of the invocations), and more where several
things speak for it: it began when the difference did, others have it too, it was not there before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mendline.analysis.explaining import Common, Explanation
from mendline.analysis.path_times import PathDifference
from mendline.analysis.verdict import Changed, Facts, judge
from mendline.analysis.windows import Difference
from mendline.insight.called import CalledThen, Resource
from mendline.insight.change_rows import is_who
from mendline.insight.change_windows import Since
from mendline.insight.change_words import change_words
from mendline.insight.connections import Connections, pool_cause
from mendline.insight.failing_calls import cause_of_failing
from mendline.insight.moments import to_ns
from mendline.insight.outlier_rows import INITIALISATION, OWN_CODE, Sampled
from mendline.insight.outliers import common_in_words, path_in_words
from mendline.model.cause import Cause
from mendline.model.change import DEPLOYMENTS, Change
from mendline.model.configuration import facts_of
from mendline.model.error_kinds.bugs import is_bug
from mendline.model.party import OURS, party_of
from mendline.model.verdict import Verdict

_NEAR_S, _LONG_S = 900.0, 6 * 3600.0
_KINDS = {"memory": "memory", "timeout": "timeout", "permission": "permission", "concurrency": "throttled"}
_MOST_CAUSES = 8
_TRAFFIC = 1.5
_MUCH = 0.4  # of the difference, from which on a call that takes longer says more than whom it is for
_LEAST_CALLS = 5  # of one invocation, from which on more calls are a loop
_FAILING = 0.2  # of the calls of a loop, from which on it calls again because they fail


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found of a change; `bad`, `rest` and `usual` are samples. `failures` are the kind and the type of most
    failures of calls that fail more than they did; `errors_say` what errors of invocations say, and how often."""

    what: Difference
    differences: Sequence[Difference]
    since: Since | None
    window_ns: int
    slice_ns: int
    common: Explanation
    paths: Sequence[PathDifference]
    called: Mapping[Resource, CalledThen]
    failures: Mapping[Resource, tuple[str, str]]
    connections: Mapping[Resource, Connections]
    errors_say: Sequence[tuple[str, int]]
    changes: Sequence[Change]
    bad: Sequence[Sampled]
    rest: Sequence[Sampled]
    usual: Sequence[Sampled]

    @property
    def traffic(self) -> float:
        """Times as many invocations as usual; 0.0 where that did not change."""
        return next((one.now / one.usual for one in self.differences if one.measure == "traffic" and one.usual), 0.0)

    @property
    def function(self) -> str:
        """The function that most of the bad invocations are of."""
        found = Counter(row.function for row in self.bad).most_common(1)
        return found[0][0] if found else ""


def ranked(found: Evidence) -> tuple[Cause, ...]:
    """Causes, likeliest first; () where nothing was found that speaks for one."""
    failed = list(_failed_calls(found))
    causes = [*_changed(found), *_paths(found), *failed, *_common(found), *_load(found)]
    if not failed and found.what.measure in ("errors", "timeouts"):
        causes += _own_errors(found)
    waits_ms = sum(path.difference_ms for path in found.paths if path.path == OWN_CODE)
    pool = pool_cause(found.function, found.errors_say, found.called, waits_ms)
    return likeliest((*causes, pool) if pool else causes)


def likeliest(causes: Sequence[Cause]) -> tuple[Cause, ...]:
    """The best causes in order, of those that name the same the likelier."""
    best: dict[tuple[str, ...], Cause] = {}
    for one in sorted(causes, key=lambda it: -it.weight):
        best.setdefault((one.kind, one.resource, one.attribute, one.value, one.version), one)
    return tuple(list(best.values())[:_MOST_CAUSES])


def _changed(found: Evidence) -> Iterator[Cause]:
    """What was changed near the time at which it began; nearest first."""
    for change in found.changes:
        gap_s = _before_s(found, change)
        if gap_s is None:
            continue
        words = change_words(change)
        version = change.version
        told = next((one for one in found.common.findings if _is_version(one)), None)
        by_version = told is not None and change.is_deployment
        near = gap_s <= _NEAR_S
        weight = (0.75 if near else 0.45) + (0.2 if by_version else 0.0) - 0.1 * min(1.0, gap_s / _LONG_S)
        if not change.is_deployment and change.kind not in _KINDS:
            weight -= 0.15
        if change.type != "lambda":
            weight -= 0.1
        detail = "; ".join(
            f"{fact.name} {fact.before or 'none'} → {fact.after or 'none'}".strip() for fact in words.facts
        )
        said = f"{change.name}: {words.what}{f' ({detail})' if detail else ''}, {_apart(gap_s)} it began"
        evidence = (f"{common_in_words(told)}: {told.coverage:.0%} of the affected",) if told and by_version else ()
        stopped = stopped_source(change)
        kind = "deployment" if change.is_deployment else _KINDS.get(change.kind, "configuration")
        yield Cause(
            kind="consumer_stopped" if stopped else kind,
            owner="code" if change.is_deployment else "configuration",
            text=f"{said}.",
            weight=weight,
            confidence="high" if near and (by_version or found.since) and weight > 0.7 else "medium" if near else "low",
            function=change.name if change.type == "lambda" else found.function,
            resource=stopped if change.type == "lambda" else f"{change.type}/{change.name}",
            version=version or _deployed_version(found, change),
            evidence=evidence,
        )


def stopped_source(change: Change) -> str:
    """`TYPE/NAME` of the queue or stream whose mapping a change switched off; '' where it did not."""
    if change.kind != "event_source":
        return ""
    before, after = (facts_of(text).get("event_sources") for text in (change.before, change.after))
    was_on = {one["source"] for one in before or () if one.get("state") == "Enabled"}
    off = [one["source"] for one in after or () if one.get("state") in ("Disabled", "Disabling")]
    told = next((source for source in off if source in was_on), "")
    _, _, type_, _, _, name = [*told.split(":", 5), *[""] * 6][:6]
    return f"{type_}/{name.removeprefix('stream/')}" if told else ""


def _deployed_version(found: Evidence, change: Change) -> str:
    """The version that the bad invocations run, where a deployment does not tell its own."""
    if not change.is_deployment:
        return ""
    counts = Counter(str(row.attributes.get("version", "")) for row in found.bad if row.function == change.name)
    return counts.most_common(1)[0][0] if counts else ""


def _before_s(found: Evidence, change: Change) -> float | None:
    """How many seconds before it began; None for what came after. Clocks and slices are as coarse as they are."""
    began = found.since.at if found.since else found.window_ns
    latest = (found.since.last if found.since else found.window_ns) + found.slice_ns
    at = to_ns(change.time)
    return max(0.0, (began - at) / 1e9) if at <= latest else None


def _apart(seconds: float) -> str:
    if seconds < 60:
        return "as"
    return f"{seconds / 60:.0f} min before" if seconds < 7200 else f"{seconds / 3600:.0f} h before"


def _is_version(common: Common) -> bool:
    return any(one.attribute == "version" for one in (*common.predicates, *common.also))


def _paths(found: Evidence) -> Iterator[Cause]:
    """Where the time goes, of what is slower."""
    if found.what.measure not in ("duration", "timeouts"):
        return
    for path in found.paths:
        if path.path == INITIALISATION:
            yield _cause(found, "cold_start", "unknown", path, 0.7 * path.share, "medium")
            continue
        type_, name, operation = (*path.path.split(" ", 2), "", "")[:3]
        if path.path == OWN_CODE:
            verdict = judge(Facts(changed=_dated(found), more_traffic=found.traffic))
            yield _cause(found, verdict.kind, verdict.owner, path, 0.5 * path.share, verdict.confidence, verdict)
            continue
        called = found.called.get((type_, name, operation))
        resource = f"{type_}/{name}"
        if path.kind == "more calls" and path.selected_calls >= _LEAST_CALLS:
            again = called is not None and called.errors.share >= _FAILING
            kind = "retry_storm" if again else "n_plus_one"
            yield _cause(found, kind, "code", path, 0.9 * path.share, "high", resource=resource)
            continue
        connections = found.connections.get((type_, name, operation))
        if connections and connections.explain(path):
            owner = "code" if party_of(type_, name) == OURS else party_of(type_, name)
            renewed = _cause(
                found, "connection_renewal", owner, path, 0.5 + 0.45 * path.share, "high", resource=resource
            )
            yield replace(renewed, evidence=(connections.words,))
            continue
        verdict = judge(
            Facts(
                resource=path.path,
                party=party_of(type_, name),
                others=called.slow_elsewhere if called else None,
                own=called.slow if called else None,
                changed=_dated(found),
                more_traffic=found.traffic,
                new_with=_only_version(found),
            )
        )
        weight = 0.4 + 0.45 * min(1.0, path.share) + 0.1 * (called is not None and called.is_slower)
        kind = verdict.kind if verdict.owner != "unknown" else "resource_slow"
        yield _for(found, _cause(found, kind, verdict.owner, path, weight, verdict.confidence, verdict, resource))


def _for(found: Evidence, cause: Cause) -> Cause:
    """With whom it hits, where that is told."""
    hit = next((one for one in found.common.findings if is_who(one.predicates[0].attribute)), None)
    if hit is None or hit.predicates[0].attribute in _OWN or _is_version(hit):
        return cause
    predicate, for_whom = hit.predicates[0], f"for {common_in_words(hit)}: {hit.coverage:.0%} of the affected"
    return replace(
        cause, attribute=predicate.attribute, value=str(predicate.value), evidence=(*cause.evidence, for_whom)
    )


def _cause(
    found: Evidence,
    kind: str,
    owner: str,
    path: PathDifference,
    weight: float,
    confidence: str,
    verdict: Verdict | None = None,
    resource: str = "",
) -> Cause:
    evidence = (verdict.text, *verdict.evidence) if verdict else ()
    return Cause(
        kind=kind,
        owner=owner,
        text=f"{path_in_words(path, 'the affected')}.",
        weight=weight,
        confidence=confidence,
        function=found.function,
        resource=resource,
        evidence=evidence,
    )


def _failed_calls(found: Evidence) -> Iterator[Cause]:
    """Calls that fail more often than they did; these also make what is slower, or tried again."""
    hit = 0.55 if found.what.measure in ("errors", "timeouts") else 0.45
    for resource, (kind, code) in found.failures.items():
        known = Facts(
            special=_special(found),
            changed=_dated(found),
            more_traffic=found.traffic,
            new_with=_only_version(found),
        )
        cause = cause_of_failing(found.called[resource], kind, code, hit, known)
        if cause is not None:
            yield replace(cause, function=cause.function or found.function)


def _own_errors(found: Evidence) -> Iterator[Cause]:
    """Errors that no call explains."""
    counts = Counter(
        (str(row.attributes.get("error.kind", "")), str(row.attributes.get("error.type", ""))) for row in found.bad
    )
    for (kind, code), count in counts.most_common(2):
        if not kind and not code:
            continue
        facts = Facts(
            error_kind=kind, code=code, own_time_up=found.what.measure == "timeouts", special=_special(found),
            changed=_dated(found), new_with=_only_version(found), more_traffic=found.traffic,
        )  # fmt: skip
        verdict = judge(facts)
        share = count / len(found.bad)
        bug = is_bug(code) and verdict.kind == "code_error"
        cause = Cause(
            kind=verdict.kind,
            owner=verdict.owner,
            text=f"{code or kind}: {share:.0%} of the affected invocations.",
            weight=(0.96 if bug else 0.6) * share,
            confidence=verdict.confidence,
            function=found.function,
            evidence=(verdict.text, *verdict.evidence),
        )
        yield _for(found, cause) if bug else cause


def _common(found: Evidence) -> Iterator[Cause]:
    """What the bad invocations have in common."""
    elsewhere = any(path.share >= _MUCH and path.path not in (OWN_CODE, INITIALISATION) for path in found.paths)
    for one in found.common.findings:
        predicate = one.predicates[0]
        attribute = predicate.attribute
        whom = 0.6 if elsewhere and is_who(attribute) and attribute != "version" else 1.0
        if predicate.op == "absent" and not attribute.startswith(("request", "tags.")):
            continue  # what fails early tells less
        if attribute == "version" and any(it.is_deployment and it.version == predicate.value for it in found.changes):
            continue  # the deployment is a cause by itself, with this as its evidence
        if attribute == "version":
            kind, owner = "deployment", "code"
        elif attribute == "cold_start":
            kind, owner = "cold_start", "unknown"
        elif attribute == "memory.size":
            if _is_of_function(found, attribute):
                continue
            kind, owner = "memory", "configuration"
        elif attribute.startswith(
            "calls "
        ):  # more calls are told as time; others follow from what the message asks for
            continue
        elif attribute.startswith(("request", "tags.")) or attribute not in _OWN:
            kind, owner = "input", "input"
        else:
            continue
        before = sum(predicate.holds(row.attributes) for row in found.usual) / max(1, len(found.usual))
        new = ", which was never there before" if not before and found.usual else ""
        said = f"{common_in_words(one)}: {one.coverage:.0%} of the affected, {one.elsewhere:.1%} of the others{new}"
        yield Cause(
            kind=kind,
            owner=owner,
            text=f"{said}.",
            weight=whom * min(0.95, max(0.0, one.effect) * (0.9 if kind != "input" or new else 0.85)),
            confidence="high" if one.effect > 0.7 else "medium",
            function=found.function,
            attribute=attribute,
            value=str(predicate.value) if predicate.value is not None else predicate.op,
            version=str(predicate.value) if attribute == "version" else "",
        )


_OWN = frozenset({"function", "account", "region", "trigger", "trigger.source", "error.type", "error.kind", "timeout"})


def _is_of_function(found: Evidence, attribute: str) -> bool:
    """Whether each function has one value of an attribute, now as ever: it says no more than which function it is."""
    values: dict[str, set[object]] = {}
    for row in (*found.bad, *found.rest, *found.usual):
        values.setdefault(row.function, set()).add(row.attributes.get(attribute))
    return all(len(of) == 1 for of in values.values())


def _load(found: Evidence) -> Iterator[Cause]:
    """More traffic than usual, where it is slower or throttled; less or more by itself is told as it is."""
    if found.traffic < _TRAFFIC:
        return
    alone = found.what.measure == "traffic" and not found.failures  # what fails is tried again, and comes more often
    text = f"There is {found.traffic:.1f} times as much traffic as usual"
    yield Cause("load", "load", f"{text}.", 0.8 if alone else 0.5, "high" if alone else "low", found.function)


def _special(found: Evidence) -> tuple[str, ...]:
    """What is special of the messages of bad invocations."""
    return tuple(
        f"{common_in_words(one)}: {one.coverage:.0%} of the cases, {one.elsewhere:.1%} of the others"
        for one in found.common.findings
        if any(predicate.attribute.startswith("request") for predicate in one.predicates)
    )


def _dated(found: Evidence) -> tuple[Changed, ...]:
    told = [(change, _before_s(found, change)) for change in found.changes]
    return tuple(
        Changed(change.kind, f"{change.name} {change_words(change).what}", seconds)
        for change, seconds in told
        if seconds is not None and (change.kind in DEPLOYMENTS or change.type == "lambda")
    )


def _only_version(found: Evidence) -> str:
    """The version that the bad invocations alone run."""
    ours = {str(row.attributes.get("version", "")) for row in found.bad}
    theirs = {str(row.attributes.get("version", "")) for row in (*found.rest, *found.usual)}
    return next(iter(ours)) if len(ours) == 1 and theirs and not ours & theirs else ""
