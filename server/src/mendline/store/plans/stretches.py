"""Stretches of time of each function, of which chance chooses some: rows of a stretch lie side by side, so that a
sample of a long range reads a part of it, and not a block for each row.

Selected invocations and others are taken from the same stretches, so that what tells them apart is not which were
chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mendline.store.plans.parameters import Parameters

_OF_A_MILLION = 1_000_000
_LENGTH = 2048  # invocations of a stretch, about: as many as are read at once (tables/0106_spans.sql)
_FEWEST, _LEAST_NS = 40, 10**9


@dataclass(frozen=True, slots=True)
class Stretches:
    """`part` of all stretches; `lengths_ns` is how long one is, by function."""

    part: float
    lengths_ns: Mapping[str, int]

    def condition(self, parameters: Parameters) -> str:
        """Whether a row `r` of invocations is of a stretch that was chosen."""
        names, lengths = (parameters.texts([*self.lengths_ns]), parameters.whole_numbers([*self.lengths_ns.values()]))
        length = f"transform(r.function, {names}, {lengths}, {parameters.number(_LEAST_NS)})"
        stretch = f"cityHash64(r.function, intDiv(toUnixTimestamp64Nano(r.start), {length}))"
        return f"{stretch} % {_OF_A_MILLION} < {parameters.number(round(self.part * _OF_A_MILLION))}"


def stretches_of(counts: Mapping[str, int], range_ns: int, part: float) -> Stretches:
    """Those of functions of which so many invocations are in a range."""
    lengths = {
        name: max(_LEAST_NS, range_ns // max(_FEWEST, count // _LENGTH)) for name, count in counts.items() if count > 0
    }
    return Stretches(part, lengths)
