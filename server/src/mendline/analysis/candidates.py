"""Every predicate that rows offer, each with the set of rows that it holds for.

A set of rows is a whole number whose bit i stands for row i: `and`, `or` and counting take a microsecond for ten
thousand rows, and the same sets are equal numbers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

from mendline.analysis.predicate import Predicate, Value, as_number

RowSet: TypeAlias = int

_MANY_VALUES = 8  # of fewer distinct numbers each is a value of its own, and no cut is needed
_CUTS = (0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97, 98, 99, 99.5)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A predicate (two, where both must hold) and the rows that it holds for. `also` are others for the same rows."""

    predicates: tuple[Predicate, ...]
    rows: RowSet
    also: tuple[Predicate, ...] = ()


def row_set(indexes: Iterable[int], size: int) -> RowSet:
    """The set of these rows, of `size` rows in all."""
    octets = bytearray(size // 8 + 1)
    for index in indexes:
        octets[index >> 3] |= 1 << (index & 7)
    return int.from_bytes(octets, "little")


def candidates(
    rows: Sequence[Mapping[str, Value]],
    least: int,
    excluded: Collection[str] = frozenset(),
    selected: Collection[int] | None = None,
) -> tuple[list[Candidate], list[int]]:
    """All predicates that hold for at least `least` rows and not for all; those for the same rows are one candidate.

    Values that none of the `selected` rows has can explain nothing: of these only the numbers of their rows are told,
    as the second answer, since they were looked at. Of predicates for the same rows, the one that says most goes first:
    a value, then presence, then a cut; and of those alike, that of the attribute which rows have first.
    """
    size = len(rows)
    indexes: dict[str, dict[tuple[type, Value], list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, row in enumerate(rows):
        for attribute, value in row.items():
            indexes[attribute][type(value), value].append(index)
    offer = _Offer(size, least, None if selected is None else set(selected))
    for attribute, values in indexes.items():
        if attribute not in excluded:
            offer.attribute(attribute, values)
    found = [
        Candidate((predicates[0],), rows_, tuple(predicates[1:]))
        for rows_, predicates in ((rows_, sorted(all_, key=_most_said)) for rows_, all_ in offer.by_rows.items())
    ]
    return found, offer.dull


def _most_said(predicate: Predicate) -> int:
    return ("=", "present", "absent", ">=", "<").index(predicate.op)


class _Offer:
    """Collects the predicates of one attribute after the other, by the rows that they hold for."""

    def __init__(self, size: int, least: int, selected: set[int] | None) -> None:
        self.size, self.least, self.selected = size, least, selected
        self.every = (1 << size) - 1
        self.by_rows: dict[RowSet, list[Predicate]] = defaultdict(list)
        self.dull: list[int] = []

    def attribute(self, attribute: str, values: Mapping[tuple[type, Value], list[int]]) -> None:
        for (_, value), found in values.items():
            if len(found) < self.least:
                continue
            if self.selected is not None and self.selected.isdisjoint(found):
                self.dull.append(len(found))
            else:
                self._add(Predicate(attribute, "=", value), row_set(found, self.size))
        present = row_set((index for found in values.values() for index in found), self.size)
        self._add(Predicate(attribute, "present"), present)
        self._add(Predicate(attribute, "absent"), self.every & ~present)
        self._cuts(attribute, values, present)

    def _add(self, predicate: Predicate, found: RowSet) -> None:
        if self.least <= found.bit_count() < self.size:
            self.by_rows[found].append(predicate)

    def _cuts(self, attribute: str, values: Mapping[tuple[type, Value], list[int]], present: RowSet) -> None:
        """Both sides of cuts at fixed shares of the rows, so that where they lie depends on no selection."""
        by_number: dict[float, tuple[Value, list[int]]] = {}
        for (_, value), found in values.items():
            number = as_number(value)
            if number is None:
                return
            by_number.setdefault(number, (value, []))[1].extend(found)
        if len(by_number) < _MANY_VALUES:
            return
        numbers = sorted(by_number)
        ends = list(accumulate(len(by_number[number][1]) for number in numbers))
        below: RowSet = 0
        done = 0
        for place in sorted({bisect_left(ends, share / 100 * ends[-1]) for share in _CUTS} | {len(numbers) - 1}):
            if place == 0:
                continue
            below |= row_set((index for number in numbers[done:place] for index in by_number[number][1]), self.size)
            done = place
            value = by_number[numbers[place]][0]
            self._add(Predicate(attribute, "<", value), below)
            self._add(Predicate(attribute, ">=", value), present & ~below)
