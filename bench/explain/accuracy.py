"""How often the planted cause is named first, beside the formulas of others: `make bench ARGS="explain --write"`.

Ours may name nothing, and is asked too of selections without any cause; the others always name something. The same data
for all, one run, fixed seeds. `--write` puts the tables into docs/accuracy.md.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import others
from bars import Bars, at_least_one
from marked import rewrite
from planted import KINDS, Planted, chance_selection, plant

from mendline.analysis.explaining import Common, explain

PAGE = Path(__file__).resolve().parents[2] / "docs" / "accuracy.md"
Named = Callable[[Planted], list[frozenset[tuple[str, str]]]]


def _signature(common: Common) -> frozenset[tuple[str, str]]:
    return frozenset((one.attribute, one.op) for one in common.predicates)


def _ours(planted: Planted) -> list[frozenset[tuple[str, str]]]:
    return [_signature(found) for found in explain(planted.rows, planted.selected).findings]


def _theirs(ranked: Callable[[Planted], others.Ranked], *, by_attribute: bool = True) -> Named:
    """Where a formula knows values only, its attribute counts as the whole answer, and of a pair any half does."""

    def named(planted: Planted) -> list[frozenset[tuple[str, str]]]:
        truth = {attribute for attribute, _ in planted.truth}
        return [
            planted.truth if attribute in truth and (by_attribute or (attribute, op) in planted.truth) else frozenset()
            for attribute, op in ranked(planted)
        ]

    return named


RANKINGS: dict[str, Named] = {
    "Mendline": _ours,
    "phi (Observe; Elastic's p)": _theirs(others.phi, by_attribute=False),
    "HyperDX event deltas": _theirs(others.event_deltas),
    "Coroot": _theirs(others.coroot),
    "Sentry, divergence": _theirs(others.sentry_kl),
    "Sentry, fused ranks": _theirs(others.sentry_rrf),
    "MacroBase risk ratio": _theirs(others.risk_ratio),
}


def main() -> int:
    """Print, and where asked write, the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=at_least_one, default=40, help="data sets a kind (default: 40)")
    parser.add_argument("--nothing", type=at_least_one, default=300, help="selections without a cause (default: 300)")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/accuracy.md")
    asked = parser.parse_args()
    bars = Bars()
    lines: list[str] = []
    for title, size, strength, noise in (
        ("1,000 rows; with the cause 60 % are bad, without it 0.4 %", 1000, 0.6, 0.004),
        ("3,000 rows, a weak cause: 15 % are bad with it, 1 % without", 3000, 0.15, 0.01),
    ):
        table = _table(asked.trials, size, strength, noise)
        lines += ["", f"{title}; named first / among the first three, in % of {asked.trials} data sets a kind:", ""]
        lines += _drawn(table)
        if size == 1000:
            for kind in KINDS:
                if kind != "pair":
                    bars.hold(f"{kind}, named first", table["Mendline"][kind][0], 90, at_most=False)
    false, took = _nothing(asked.nothing)
    bars.hold("causes named where there is none, %", false, 1, at_most=True)
    lines += ["", f"Of {asked.nothing} selections of 50 of 1,000 rows, made at random, {false:.2g} % got a cause."]
    lines += [f"An explanation of 1,000 rows takes {took:.0f} ms of CPU (median)."]
    print("\n".join(lines))
    if asked.write:
        rewrite(PAGE, "planted", lines[1:])
    return bars.status


def _table(trials: int, size: int, strength: float, noise: float) -> dict[str, dict[str, tuple[float, float]]]:
    found = {name: dict.fromkeys(KINDS, (0.0, 0.0)) for name in RANKINGS}
    for kind in KINDS:
        sets = [plant(kind, seed, size, strength, noise) for seed in range(trials)]
        for name, ranking in RANKINGS.items():
            named = [ranking(one) for one in sets]
            first = sum(one[:1] == [data.truth] for one, data in zip(named, sets, strict=True))
            soon = sum(data.truth in one[:3] for one, data in zip(named, sets, strict=True))
            found[name][kind] = 100 * first / trials, 100 * soon / trials
    return found


def _drawn(table: dict[str, dict[str, tuple[float, float]]]) -> list[str]:
    lines = ["| | " + " | ".join(KINDS) + " | mean |", "|---|" + "---:|" * (len(KINDS) + 1)]
    for name, by_kind in table.items():
        means = [statistics.fmean(values) for values in zip(*by_kind.values(), strict=True)]
        cells = [f"{first:.0f}/{soon:.0f}" for first, soon in (*by_kind.values(), (means[0], means[1]))]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _nothing(trials: int) -> tuple[float, float]:
    """The share in % of selections without a cause that got one, and the milliseconds of CPU of an explanation."""
    false, took = 0, []
    for seed in range(trials):
        planted = chance_selection(seed)
        begun = time.process_time()
        false += not explain(planted.rows, planted.selected).nothing_explains
        took.append(1000 * (time.process_time() - begun))
    return 100 * false / trials, statistics.median(took)


if __name__ == "__main__":
    sys.exit(main())
