"""What selected rows have in common that the others lack, with exact tests: or nothing, where nothing passes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import inf, log, sqrt

from mendline.analysis.candidates import Candidate, RowSet, candidates, row_set
from mendline.analysis.gate import benjamini_hochberg, chance, tarone
from mendline.analysis.hypergeometric import least_support, log_least, log_tail
from mendline.analysis.predicate import Predicate, Value

ALPHA = 0.01
"""Chance that a selection of which nothing is special gets any finding at all: half for single predicates, half for
pairs."""
HINTS_RATE = 0.05
"""Expected share of false ones among the hints."""
_LEAST_ROWS = 2  # what holds for one row alone is its name, and no cause
_PAIRED = 160  # predicates of the largest effect of which pairs are made
_BETTER = 1.15  # times the effect of both of its parts that a pair must have
_INSIDE = log(1e-3)  # how rare a pair must be among the rows of each of its parts
_ALIKE = 0.9  # Jaccard index above which two predicates are one
_OUTSIDE = log(0.01)  # how rare a predicate must be among the rows that the findings before it leave


@dataclass(frozen=True, slots=True)
class Common:
    """What rows have in common. `selected` of the `of_selected` selected rows have it, and `baseline` of the others.

    `effect` is the phi coefficient, -1 to 1; `chance` the exact one-sided chance of so many by luck, before any
    correction. `also` are predicates that hold for nearly the same rows.
    """

    predicates: tuple[Predicate, ...]
    selected: int
    of_selected: int
    baseline: int
    of_baseline: int
    effect: float
    chance: float
    rows: RowSet
    also: tuple[Predicate, ...] = ()

    @property
    def coverage(self) -> float:
        """The share of the selected rows that have it."""
        return self.selected / self.of_selected

    @property
    def lift(self) -> float:
        """How many times as often selected rows have it as others; infinite where no other has it."""
        return self.coverage / self.elsewhere if self.baseline else inf

    @property
    def elsewhere(self) -> float:
        """The share of the other rows that have it."""
        return self.baseline / self.of_baseline


@dataclass(frozen=True, slots=True)
class Explanation:
    """`findings` passed the family-wise gate, best first; `hints` only the gate of false discoveries. `tests` counts
    the predicates that were tried."""

    findings: tuple[Common, ...]
    hints: tuple[Common, ...]
    tests: int

    @property
    def nothing_explains(self) -> bool:
        """Whether no predicate passed the gate."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class _Tried:
    candidate: Candidate
    both: int
    having: int
    log_chance: float
    effect: float


class _Trial:
    """The rows, which of them are selected, and what that says of candidates."""

    def __init__(self, size: int, selection: RowSet) -> None:
        self.size = size
        self.selection = selection
        self.selected = selection.bit_count()
        self._leasts: dict[int, float] = {}

    def effect(self, rows: RowSet) -> float:
        both, having = (rows & self.selection).bit_count(), rows.bit_count()
        spread = having * (self.size - having) * self.selected * (self.size - self.selected)
        return (self.size * both - having * self.selected) / sqrt(spread) if spread else 0.0

    def try_(self, candidate: Candidate) -> _Tried:
        both, having = (candidate.rows & self.selection).bit_count(), candidate.rows.bit_count()
        is_more = both * self.size > having * self.selected  # else it is no cause, however likely
        tail = log_tail(both, having, self.selected, self.size) if is_more else 0.0
        return _Tried(candidate, both, having, tail, self.effect(candidate.rows))

    def within(self, rows: RowSet, of: RowSet) -> float:
        """The logarithm of the chance, were only the rows `of` there."""
        inside = rows & of
        return log_tail(
            (inside & self.selection).bit_count(),
            inside.bit_count(),
            (of & self.selection).bit_count(),
            of.bit_count(),
        )

    def least(self, having: int) -> float:
        if having not in self._leasts:
            self._leasts[having] = log_least(having, self.selected, self.size)
        return self._leasts[having]

    def common(self, tried: _Tried) -> Common:
        return Common(
            tried.candidate.predicates,
            tried.both,
            self.selected,
            tried.having - tried.both,
            self.size - self.selected,
            tried.effect,
            chance(tried.log_chance),
            tried.candidate.rows,
            tried.candidate.also,
        )


def explain(
    rows: Sequence[Mapping[str, Value]],
    selected: Collection[int],
    excluded: Collection[str] = frozenset(),
    most: int = 10,
) -> Explanation:
    """What the rows at the indexes `selected` have in common against all others; at most so many findings and hints.

    Attributes that are `excluded`, such as what the selection was made by, are no candidates. An empty selection, or
    one of everything, has no others to differ from: nothing explains it.
    """
    chosen = set(selected)
    trial = _Trial(len(rows), row_set(chosen, len(rows)))
    if not 0 < len(chosen) < len(rows):
        return Explanation((), (), 0)
    fewest = max(_LEAST_ROWS, least_support(trial.selected, trial.size, log(HINTS_RATE)))
    offered, dull = candidates(rows, fewest, excluded, chosen)
    singles = [trial.try_(candidate) for candidate in offered]
    leasts = sorted(trial.least(having) for having in (*(one.having for one in singles), *dull))
    level = tarone(leasts, ALPHA / 2)
    pair_tests, pair_level = _pair_level(leasts)
    pairs = _pairs(trial, singles)
    passed = [one for one in singles if one.log_chance <= level]
    passed += [one for one in pairs if one.log_chance <= pair_level]
    findings = _folded(trial, passed, most)
    tests = len(leasts) + pair_tests
    weak_level = benjamini_hochberg([one.log_chance for one in singles], len(leasts), HINTS_RATE)
    weak_pair_level = benjamini_hochberg([one.log_chance for one in pairs], pair_tests, HINTS_RATE)
    weak = [one for one in singles if level < one.log_chance <= weak_level]
    weak += [one for one in pairs if pair_level < one.log_chance <= weak_pair_level]
    return Explanation(findings, _folded(trial, weak, most, findings), tests)


def _pair_level(leasts: Sequence[float]) -> tuple[int, float]:
    """How many pairs count as tried, and the level that they must pass. `leasts` rise.

    Which predicates are paired depends on the selection, so all pairs of all predicates count, but those of which one
    part could show nothing at that level: a pair holds for no more rows than its parts.
    """
    for left in range(len(leasts), 1, -1):
        tests = left * (left - 1) // 2
        level = log(ALPHA / 2 / tests)
        if leasts[left - 1] <= level:
            return tests, level
    return 0, log(ALPHA / 2)


def _pairs(trial: _Trial, singles: Sequence[_Tried]) -> list[_Tried]:
    """Pairs that are more than either part."""
    best = sorted((one for one in singles if one.effect > 0), key=lambda one: -one.effect)[:_PAIRED]
    found = []
    for one, other in combinations(best, 2):
        first, second = one.candidate, other.candidate
        if first.predicates[0].attribute == second.predicates[0].attribute:
            continue
        both = first.rows & second.rows
        effect = trial.effect(both)
        if effect <= _BETTER * max(one.effect, other.effect):
            continue
        tried = trial.try_(Candidate((*first.predicates, *second.predicates), both))
        inside = max(trial.within(both, first.rows), trial.within(both, second.rows))
        if max(tried.log_chance, inside) <= _INSIDE:
            found.append(tried)
    return found


def _folded(trial: _Trial, tried: Sequence[_Tried], most: int, before: Sequence[Common] = ()) -> tuple[Common, ...]:
    """The best first; what holds for nearly the same rows, or says nothing of those left, goes to what came before."""
    found: list[Common] = []
    covered: RowSet = 0
    for common in before:
        covered |= common.rows
    everything = (1 << trial.size) - 1
    for one in sorted(tried, key=_best_first):
        rows = one.candidate.rows
        twin = next((index for index, other in enumerate(found) if _jaccard(rows, other.rows) > _ALIKE), None)
        if twin is not None:
            found[twin] = replace(found[twin], also=_with(found[twin], one.candidate))
        elif covered and trial.within(rows, everything & ~covered) > _OUTSIDE:
            continue
        elif len(found) < most:
            found.append(trial.common(one))
            covered |= rows
    return tuple(found)


def _best_first(one: _Tried) -> tuple[float, int, str]:
    return -one.effect, len(one.candidate.predicates), str(one.candidate.predicates[0])


def _with(common: Common, candidate: Candidate) -> tuple[Predicate, ...]:
    """What it is also, without more cuts of an attribute that is named already; pairs are no names for a single one."""
    known = {predicate.attribute for predicate in (*common.predicates, *common.also)}
    if len(candidate.predicates) > 1:
        return common.also
    return (*common.also, *(one for one in (*candidate.predicates, *candidate.also) if one.attribute not in known))


def _jaccard(one: RowSet, other: RowSet) -> float:
    return (one & other).bit_count() / max(1, (one | other).bit_count())
