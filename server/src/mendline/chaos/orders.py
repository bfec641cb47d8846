"""What agents are ordered to inject: documents signed with a key that the functions have too (docs/chaos.md, wire)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from mendline.clock import Clock
from mendline.errors import StateError
from mendline.model.experiment_run import Run
from mendline.model.fault import fault_document
from mendline.settings import LEAST_CHAOS_KEY
from mendline.store.state import Allotment, State, allot, find_halt, load_allotments, load_runs

MOST_BYTES = 1800
_REMEMBERED = timedelta(hours=2)
_MOST_HELD = 20_000
_FRESH_S, _LONGEST_HEADER = 1.0, 1000
_CALLER = re.compile(r"([0-9a-f]{8,64})/([A-Za-z0-9_-]{1,64})/(\$LATEST|[0-9]{0,10})")
_USED = re.compile(r"exp-([0-9]{1,12})=([0-9]{1,9})")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """An execution environment that opted in; `used` counts its injections by the number of the run."""

    environment: str
    function: str
    version: str
    used: Mapping[int, int] = field(default_factory=dict)


def read_caller(header: str) -> Caller | None:
    """Who asks; None where the header says nothing that can be read."""
    who, *used = header[:_LONGEST_HEADER].split(";")
    found = _CALLER.fullmatch(who.strip())
    if found is None:
        return None
    counts = [match for one in used if (match := _USED.fullmatch(one.strip()))]
    return Caller(found[1], found[2], found[3], {int(match[1]): int(match[2]) for match in counts})


@dataclass(slots=True)
class Orders:
    """Signs what every environment is to inject. A state that cannot be read orders nothing. Safe to use from several
    threads; `of` may wait for the state, `at_hand` says whether."""

    state: State
    clock: Clock
    key: bytes
    _lock: Lock = field(default_factory=Lock)
    _known: dict[str, tuple[float, tuple[Run, ...], datetime | None]] = field(default_factory=dict)
    _held: dict[tuple[int, str], Allotment] = field(default_factory=dict)
    _spent: set[int] = field(default_factory=set)

    @property
    def ready(self) -> bool:
        """Whether there is a key."""
        return len(self.key) >= LEAST_CHAOS_KEY

    def at_hand(self, project: str, header: str) -> bool:
        """Whether `of` answers this without the state, so that no thread need be waited for."""
        caller, known = read_caller(header), self._known.get(project)
        if not self.ready or caller is None:
            return True
        if known is None or self.clock.monotonic() - known[0] >= _FRESH_S:
            return False
        now = self.clock.now()
        own = [run for run in known[1] if _concerns(run, caller) and run.is_injecting(now)]
        return all(self._is_settled(run, caller.environment, caller.used.get(run.id, 0)) for run in own)

    def of(self, project: str, header: str) -> dict[str, str] | None:
        """The signed document for who sent this header; None where there is nothing to say."""
        caller = read_caller(header)
        if not self.ready or caller is None:
            return None
        now = self.clock.now()
        try:
            runs, halted = self._lately(project, now)
            own = [run for run in runs if _concerns(run, caller)]
            moments = [moment for run in own for moment in _changes(run, now)]
            moments += [halted] if halted is not None else []
            if not moments:
                return None
            orders, granted = self._orders([run for run in own if run.is_injecting(now)], caller, now)
        except StateError as error:
            log.warning("Environments are ordered nothing, since that cannot be looked up: %s", error)
            return None
        return self._signed(project, caller, max(moments + granted), orders)

    def _lately(self, project: str, now: datetime) -> tuple[tuple[Run, ...], datetime | None]:
        """Runs that go on or were over lately, and since when all are stopped; at most a second old."""
        at = self.clock.monotonic()
        with self._lock:
            known = self._known.get(project)
            if known is None or at - known[0] >= _FRESH_S:
                with self.state.reading() as connection:
                    runs = load_runs(connection, project, since=now - _REMEMBERED)
                    halt = find_halt(connection, project)
                known = self._known[project] = (at, runs, halt.at if halt else None)
        return known[1], known[2]

    def forget(self) -> None:
        """Something was begun or stopped: look it up with the next request."""
        with self._lock:
            self._known.clear()

    def _orders(self, runs: list[Run], caller: Caller, now: datetime) -> tuple[list[dict[str, Any]], list[datetime]]:
        orders: list[dict[str, Any]] = []
        changed: list[datetime] = []
        for run in sorted(runs, key=lambda one: one.id):
            maximum = run.experiment.target.maximum
            used = min(caller.used.get(run.id, 0), maximum)
            mine = self._allotted(run, caller.environment, used, maximum, now)
            changed.append(mine.changed)
            order = _order(run, mine.granted)
            if len(json.dumps([*orders, order])) > MOST_BYTES:
                log.warning("Run %s does not fit into what %s is told beside others.", run.tag, caller.function)
                continue
            orders.append(order)
        return orders, changed

    def _allotted(self, run: Run, environment: str, used: int, maximum: int, now: datetime) -> Allotment:
        """What an environment may do. It never gets less, so that what is known need not be looked up with each
        request; nor does anybody get more once all is given."""
        key = (run.id, environment)
        if self._is_settled(run, environment, used):
            return self._held[key]
        with self.state.reading() as connection:
            held = {one.environment: one for one in load_allotments(connection, run.id)}
        mine = held.get(environment)
        if sum(one.granted for one in held.values()) >= maximum:
            self._spent.add(run.id)
        elif mine is not None and used < mine.granted:
            self._held[key] = mine
            return mine
        if mine is None or run.id not in self._spent:
            with self.state.writing() as connection:
                mine = allot(connection, run.id, environment, used, maximum, now)
        if len(self._held) >= _MOST_HELD:
            self._held = {}
        self._held[key] = mine
        return mine

    def _is_settled(self, run: Run, environment: str, used: int) -> bool:
        """Whether what is known of an environment's allotment holds."""
        mine = self._held.get((run.id, environment))
        return mine is not None and (used < mine.granted or run.id in self._spent)

    def _signed(self, project: str, caller: Caller, issued: datetime, orders: list[dict[str, Any]]) -> dict[str, str]:
        told = {"project": project, "environment": caller.environment, "issued": int(issued.timestamp())}
        document = json.dumps({**told, "experiments": orders}, separators=(",", ":")).encode()
        signature = hmac.new(self.key, document, hashlib.sha256).hexdigest()
        return {"document": base64.b64encode(document).decode(), "signature": signature}


def _changes(run: Run, now: datetime) -> Iterator[datetime]:
    """When what it orders changed: agents refuse what was issued before what they have, so that this never goes back,
    also not when allotments made meanwhile are no longer looked up."""
    yield run.ordered
    if run.stopped is not None:
        yield run.stopped
    elif run.ends <= now:
        yield run.ends


def _concerns(run: Run, caller: Caller) -> bool:
    target = run.experiment.target
    return target.function == caller.function and target.version in ("", caller.version)


def _order(run: Run, limit: int) -> dict[str, Any]:
    target = run.experiment.target
    return {
        "id": run.tag,
        "function": target.function,
        "version": target.version,
        "starts": int(run.starts.timestamp()),
        "expires": int(run.ends.timestamp()),
        "target": {
            "type": target.type,
            "name": target.name,
            "operation": target.operation,
            "tag": dict(zip(("key", "value"), target.tag, strict=True)) if target.tag else None,
        },
        "percent": target.percent,
        "limit": limit,
        "fault": fault_document(run.experiment.fault),
    }
