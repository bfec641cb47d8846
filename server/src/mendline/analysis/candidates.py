"""Every predicate that rows offer, each with the set of rows that it holds for.

A set of rows is a whole number whose bit i stands for row i: `and`, `or` and counting take a microsecond for ten
thousand rows, and the same sets are equal numbers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    rows: Sequence[Mapping[str, Value]], least: int, excluded: Collection[str] = frozenset()
) -> list[Candidate]:
    """All predicates that hold for at least `least` rows and not for all; those for the same rows are one candidate.

    Of predicates for the same rows, the one that says most goes first: a value, then presence, then a cut.
    """
    size = len(rows)
    indexes: dict[str, dict[tuple[type, Value], list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, row in enumerate(rows):
        for attribute, value in row.items():
            indexes[attribute][type(value), value].append(index)
    by_rows: dict[RowSet, list[Predicate]] = defaultdict(list)
    every = (1 << size) - 1
    for attribute in sorted(indexes):
        if attribute in excluded:
            continue
        for predicate, found in _of_attribute(attribute, indexes[attribute], size, every, least):
            if least <= found.bit_count() < size:
                by_rows[found].append(predicate)
    return [
        Candidate((predicates[0],), found, tuple(predicates[1:]))
        for found, predicates in ((found, sorted(all_, key=_most_said)) for found, all_ in by_rows.items())
    ]


def _most_said(predicate: Predicate) -> int:
    return ("=", "present", "absent", ">=", "<").index(predicate.op)


def _of_attribute(
    attribute: str, values: Mapping[tuple[type, Value], list[int]], size: int, every: RowSet, least: int
) -> Iterable[tuple[Predicate, RowSet]]:
    for (_, value), found in values.items():
        if len(found) >= least:
            yield Predicate(attribute, "=", value), row_set(found, size)
    present = row_set((index for found in values.values() for index in found), size)
    yield Predicate(attribute, "present"), present
    yield Predicate(attribute, "absent"), every & ~present
    yield from _cuts(attribute, values, size, present)


def _cuts(
    attribute: str, values: Mapping[tuple[type, Value], list[int]], size: int, present: RowSet
) -> Iterable[tuple[Predicate, RowSet]]:
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
    ends: list[int] = []
    for number in numbers:
        ends.append((ends[-1] if ends else 0) + len(by_number[number][1]))
    below: RowSet = 0
    done = 0
    for place in sorted({bisect_left(ends, share / 100 * ends[-1]) for share in _CUTS} | {len(numbers) - 1}):
        if place == 0:
            continue
        below |= row_set((index for number in numbers[done:place] for index in by_number[number][1]), size)
        done = place
        value = by_number[numbers[place]][0]
        yield Predicate(attribute, "<", value), below
        yield Predicate(attribute, ">=", value), present & ~below
