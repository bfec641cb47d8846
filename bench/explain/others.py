"""Published formulas of other tools that rank what outliers have in common, written anew from their descriptions.

Each answers (attribute, op) with scores, best first. Tools sample and draw in ways of their own; only what they rank
by is compared here. All but one know values only: whether a key is there at all is Elastic's by its field statistics.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from math import inf, log, sqrt

from planted import Planted, Row

Ranked = list[tuple[str, str]]
_Counts = dict[str, tuple[Counter[object], Counter[object]]]


def _counts(planted: Planted) -> tuple[_Counts, int, int]:
    selected = set(planted.selected)
    counts: _Counts = {}
    for index, row in enumerate(planted.rows):
        for attribute, value in row.items():
            counts.setdefault(attribute, (Counter(), Counter()))[index not in selected][value] += 1
    return counts, len(selected), len(planted.rows) - len(selected)


def _best_values(planted: Planted, score: Callable[[int, int, int, int], float]) -> Ranked:
    """Every attribute by the best of its values, scored from (selected with, others with, selected, others) among rows
    that have the attribute."""
    counts, _, _ = _counts(planted)
    scores = []
    for attribute, (inside, outside) in counts.items():
        of_inside, of_outside = inside.total(), outside.total()
        values = set(inside) | set(outside)
        best = max(score(inside[value], outside[value], of_inside, of_outside) for value in values)
        scores.append((best, attribute))
    return [(attribute, "=") for best, attribute in sorted(scores, reverse=True) if best > 0]


def _share(part: int, of: int) -> float:
    return part / of if of else 0.0


def _is_an_id(rows: Sequence[Row], attribute: str) -> bool:
    values = [row[attribute] for row in rows if attribute in row]
    return attribute.endswith(("id", "Id", "ID")) or (len(values) > 20 and len(set(values)) > 0.9 * len(values))


def event_deltas(planted: Planted) -> Ranked:
    """HyperDX: the largest difference of shares, hiding what looks like ids."""
    ranked = _best_values(planted, lambda a, b, k, n: abs(_share(a, k) - _share(b, n)) if k and n else 0.0)
    return [one for one in ranked if not _is_an_id(planted.rows, one[0])]


def coroot(planted: Planted) -> Ranked:
    """Coroot: the largest excess of share, of all attributes."""
    return _best_values(planted, lambda a, b, k, n: _share(a, k) - _share(b, n))


def phi(planted: Planted) -> Ranked:
    """Observe's phi, which ranks as Elastic's p-value does; keys that are there count too."""
    counts, selected, others = _counts(planted)
    rows = selected + others
    scores = []
    for attribute, (inside, outside) in counts.items():
        tables = [(inside[value], outside[value], "=") for value in inside]
        tables.append((inside.total(), outside.total(), "present"))
        for both, other, op in tables:
            having = both + other
            spread = having * (rows - having) * selected * others
            scores.append(((rows * both - having * selected) / sqrt(spread) if spread else 0.0, attribute, op))
    best: dict[tuple[str, str], float] = {}
    for score, attribute, op in scores:
        best[attribute, op] = max(score, best.get((attribute, op), 0.0))
    return sorted((one for one, score in best.items() if score > 0), key=lambda one: -best[one])


def risk_ratio(planted: Planted) -> Ranked:
    """MacroBase: the largest ratio of risks among values that a twentieth of the selected rows have."""
    counts, selected, others = _counts(planted)
    scores = []
    for attribute, (inside, outside) in counts.items():
        for value, a in inside.items():
            b, c = outside[value], selected - a
            if a < 0.05 * selected:
                continue
            scores.append(((a / (a + b)) / (c / (c + others - b)) if c else inf, attribute))
    return list(dict.fromkeys((attribute, "=") for _, attribute in sorted(scores, reverse=True)))


def sentry_kl(planted: Planted) -> Ranked:
    """Sentry's first: the divergence of the selected from the others, absence being a value, smoothed by 0.001."""
    divergence, _ = _sentry(planted)
    return [(attribute, "=") for attribute in sorted(divergence, key=lambda one: -divergence[one])]


def sentry_rrf(planted: Planted) -> Ranked:
    """Sentry's second: ranks by divergence and by entropy, fused."""
    divergence, entropy = _sentry(planted)
    by_divergence = sorted(divergence, key=lambda one: -divergence[one])
    by_entropy = sorted(entropy, key=lambda one: entropy[one])
    fused = {one: 0.8 / (60 + by_divergence.index(one)) + 0.2 / (60 + by_entropy.index(one)) for one in divergence}
    return [(attribute, "=") for attribute in sorted(fused, key=lambda one: -fused[one])]


def _sentry(planted: Planted) -> tuple[dict[str, float], dict[str, float]]:
    counts, selected, others = _counts(planted)
    divergence, entropy = {}, {}
    for attribute, (inside, outside) in counts.items():
        values = {*inside, *outside, ""}
        inside[""], outside[""] = selected - inside.total(), others - outside.total()
        p = [(outside[value] + 0.001) / (others + 0.001 * len(values)) for value in values]
        q = [(inside[value] + 0.001) / (selected + 0.001 * len(values)) for value in values]
        divergence[attribute] = sum(one * log(one / other) for one, other in zip(p, q, strict=True))
        entropy[attribute] = -sum(one * log(one) for one in q)
    return divergence, entropy
