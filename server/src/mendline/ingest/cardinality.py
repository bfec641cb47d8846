"""How many new attribute keys and metric series a project may have in an hour: names made of ids ruin any store.

Keys and series in use stay known: only what was not seen in this hour nor in the one before is new. What is known is
kept in memory, so a restart forgives. Spans and log records are looked at by sample, as many of each request as cost
nothing; once the hour's new keys are used up every one is, and attributes with a key that is not known are dropped.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Hashable, Sequence, Set
from typing import Any

from mendline.clock import Clock
from mendline.ingest.parts import Parts, sampled_keys
from mendline.ingest.repeated import keep_only

NEW_KEYS, NEW_SERIES = 2_000, 50_000
SAMPLE = 32
_HOUR = 3600.0


class Familiar:
    """What is known, and how many new ones there may yet be in this hour. Safe to use from several threads."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock, self._most = clock, most
        self._now: set[Hashable] = set()
        self._before: set[Hashable] = set()
        self._new = 0
        self._until = clock.monotonic() + _HOUR
        self._lock = threading.Lock()

    @property
    def all_used(self) -> bool:
        """Whether nothing new is let in until the hour is over."""
        return self._new >= self._most

    def turn(self) -> None:
        """Begin a new hour, if it is time."""
        if self._clock.monotonic() < self._until:
            return
        with self._lock:
            now = self._clock.monotonic()
            if now >= self._until:
                self._before, self._now = (self._now if now < self._until + _HOUR else set()), set()
                self._new, self._until = 0, now + _HOUR

    def admits(self, item: Hashable) -> bool:
        """Whether it is known, or may be from now on."""
        if item in self._now:
            return True
        with self._lock:
            if item not in self._before:
                if self._new >= self._most:
                    return False
                self._new += 1
            self._now.add(item)
            return True

    def admits_all(self, items: Set[Hashable]) -> bool:
        """Whether all are known, or may be from now on."""
        if items <= self._now:
            return True
        admitted = [self.admits(item) for item in items]
        return all(admitted)


class Cardinality:
    """The keys and the series of one project."""

    def __init__(self, clock: Clock, *, new_keys: int = NEW_KEYS, new_series: int = NEW_SERIES) -> None:
        self.keys, self.series = Familiar(clock, new_keys), Familiar(clock, new_series)

    def admits(self, parts: Parts) -> bool:
        """Whether a look at these spans would drop nothing; what is new is known from now on."""
        self.keys.turn()
        return not self.keys.all_used and self.keys.admits_all(sampled_keys(parts, _step(len(parts.records))).keys())

    def look(self, records: int, dropped: Counter[str]) -> Look:
        """Begin to look at one request; `dropped` counts what is dropped."""
        self.keys.turn()
        self.series.turn()
        return Look(self, _step(records), dropped)


def _step(records: int) -> int:
    return max(1, records // SAMPLE)


class Look:
    """At every n-th of the owners of attributes in one request: resources, scopes, spans, log records, points."""

    __slots__ = ("_cardinality", "_dropped", "_skip", "_step")

    def __init__(self, cardinality: Cardinality, step: int, dropped: Counter[str]) -> None:
        self._cardinality, self._step, self._dropped, self._skip = cardinality, step, dropped, 0

    def at_one(self, owner: Any) -> None:
        """The same as `at`, of one owner: most often it is passed over."""
        if self._skip and self._step > 1 and not self._cardinality.keys.all_used:
            self._skip -= 1
        else:
            self.at((owner,))

    def at(self, owners: Sequence[Any]) -> None:
        """Drop attributes with too new a key."""
        for owner in self._picked(owners):
            self._limit(owner)

    def at_spans(self, spans: Sequence[Any]) -> None:
        """The same for spans with their events and links."""
        for span in self._picked(spans):
            self._limit(span)
            for part in (*span.events, *span.links):
                self._limit(part)

    def refused_points(self, source: Hashable, points: Any) -> int:
        """Remove points of too new a series, `source` being their resource, scope and metric; answers how many."""
        admits = self._cardinality.series.admits
        kept = [point for point in points if admits(_series(source, point))]
        refused = len(points) - len(kept)
        if refused:
            keep_only(points, kept)
        return refused

    def _picked(self, owners: Sequence[Any]) -> Sequence[Any]:
        if self._step == 1 or self._cardinality.keys.all_used:
            return owners
        count = len(owners)
        if self._skip >= count:
            self._skip -= count
            return ()
        picked = owners[self._skip :: self._step]
        self._skip = (self._skip - count) % self._step
        return picked

    def _limit(self, owner: Any) -> None:
        admits = self._cardinality.keys.admits
        kept = [pair for pair in owner.attributes if admits(pair.key)]
        refused = len(owner.attributes) - len(kept)
        if refused:
            keep_only(owner.attributes, kept)
            self._dropped["cardinality"] += refused
            if hasattr(owner, "dropped_attributes_count"):
                owner.dropped_attributes_count += refused


def _series(source: Hashable, point: Any) -> int:
    return hash((source, frozenset(pair.SerializeToString() for pair in point.attributes)))
