"""The one who watches: evaluates policies, makes incidents, finds their cause, and has people told. One at a time."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from mendline.alerting.delivery import Delivery, post_update
from mendline.alerting.diagnosis import GRAPH_OF, diagnosed
from mendline.alerting.digests import Digests
from mendline.alerting.joining import Graph, graph_of
from mendline.alerting.merging import merged
from mendline.alerting.policies import Policies
from mendline.alerting.recording import Recording
from mendline.alerting.watch import Change, Watch
from mendline.clock import Clock
from mendline.errors import MendlineError
from mendline.insight.architecture import architecture
from mendline.insight.evaluations import Marks
from mendline.model.alert import Alert
from mendline.model.incident import Incident, IncidentEvent
from mendline.model.timerange import TimeRange, parse_moment
from mendline.store.contract import TelemetryStore
from mendline.store.state import (
    State,
    add_event,
    find_incident,
    give_lease,
    hurry_letters,
    load_alerts,
    load_incidents,
    save_incident,
    take_lease,
)

log = logging.getLogger(__name__)
_LEASE, _LEASE_NAME = timedelta(seconds=30), "alerting"
_LOOK_S, _LEAST_PAUSE_S = 1.0, 0.02
_ROUND_S = 1.0
_LOOK_AGAIN = tuple(timedelta(seconds=it) for it in (2, 10, 60, 180, 360))  # more is known by then
_GRAPH_AGE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Watched:
    """A project to watch."""

    project: str
    store: TelemetryStore
    marks: Marks


class Evaluator:
    """`projects` are those that are open now. With `start` it goes on by itself; `tick` does one round at once."""

    def __init__(
        self, state: State, clock: Clock, projects: Callable[[], Iterable[Watched]], delivery: Delivery
    ) -> None:
        self._state, self._clock, self._projects, self._delivery = state, clock, projects, delivery
        self._holder = secrets.token_hex(8)
        self._watches: dict[str, Watch] = {}
        self._last: dict[str, dict[int, datetime]] = {}
        self._graphs: dict[str, tuple[datetime, Graph]] = {}
        self._looked: dict[str, dict[int, tuple[datetime, int]]] = {}
        self._to_diagnose: list[tuple[Watched, int]] = []
        self._digests = Digests(state, delivery.base)
        self._stopping = threading.Event()
        self._asked, self._diagnose, self._posted = threading.Event(), threading.Event(), threading.Event()
        works = ((self._evaluate_a_while, self._asked), (self._find_causes, self._diagnose), (self._send, self._posted))
        self._threads = [
            threading.Thread(target=self._run, name=f"alerting-{one[0].__name__.strip('_')}", args=one, daemon=True)
            for one in works
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, after what is being done just now."""
        self._stopping.set()
        for woken in (self._asked, self._diagnose, self._posted):
            woken.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=20)
        self._delivery.close()
        try:
            with self._state.writing() as connection:
                give_lease(connection, _LEASE_NAME, self._holder)
        except MendlineError as error:
            log.warning("Another server can go on with alerting in %d s only: %s", _LEASE.seconds, error.message)

    def tick(self) -> None:
        """One round of everything, at the moment that the clock tells: where time is moved by hand."""
        self._evaluate()
        self._find_causes()
        self._delivery.send_now()

    def watch_of(self, watched: Watched) -> Watch:
        """What is known of a project's policies and alerts."""
        found = self._watches.get(watched.project)
        if found is None:
            found = Watch(watched.store, self._state, watched.project, watched.marks)
            self._watches[watched.project] = found
        return found

    def _run(self, work: Callable[[], float], woken: threading.Event) -> None:
        """Again and again; `work` answers for how many seconds there is nothing to do, unless it is `woken`."""
        while not self._stopping.is_set():
            woken.clear()
            pause_s = _LOOK_S
            try:
                pause_s = work()
            except MendlineError as error:
                log.warning("Alerting: %s", error.message)
            except Exception:
                log.exception("Alerting failed; it goes on.")
            if not self._stopping.is_set():
                woken.wait(pause_s)

    def _evaluate_a_while(self) -> float:
        """Rounds of a second at most, so that what fired is written down soon, until nothing is left that is due."""
        while not self._stopping.is_set():
            until = time.monotonic() + _ROUND_S
            self._evaluate(partial(self._has_enough, until))
            if time.monotonic() <= until:
                break
        now = self._clock.now()
        due = [watch.next_due(now) for watch in self._watches.values()]
        due += [opened + _LOOK_AGAIN[times] for looked in self._looked.values() for opened, times in looked.values()
                if times < len(_LOOK_AGAIN)]  # fmt: skip
        soonest_s = min(((one - now).total_seconds() for one in due), default=_LOOK_S)
        return min(max(soonest_s, _LEAST_PAUSE_S), _LOOK_S)

    def _has_enough(self, until: float) -> bool:
        return self._stopping.is_set() or time.monotonic() > until

    def _evaluate(self, enough: Callable[[], bool] | None = None) -> None:
        now = self._clock.now()
        with self._state.writing() as connection:
            if not take_lease(connection, _LEASE_NAME, self._holder, now, now + _LEASE):
                return
        for watched in self._projects():
            self._round(watched, enough or self._stopping.is_set)
            self._look_again(watched)
            if self._digests.look(watched.project, watched.store, now):
                self._diagnose.set()

    def _round(self, watched: Watched, enough: Callable[[], bool]) -> None:
        watch, now = self.watch_of(watched), self._clock.now()
        watch.load(now)
        changes = watch.round(now, enough)
        if not changes:
            return
        last = self._last.setdefault(watched.project, {})
        receivers = Policies(self._state, watched.project).receivers()
        try:
            with self._state.writing() as connection:
                # what people did meanwhile holds: alerts that are not as they were are looked at again
                kept = {one.fingerprint: one for one in load_alerts(connection, watched.project)}
                same = [one for one in changes if _is_as_it_was(one, kept)]
                recording = Recording(
                    connection, watched.project, now, receivers, lambda: self._graph(watched, now), last, kept
                )
                done = recording.record(same)
                recording.save(done)
        except MendlineError:
            watch.reload()
            raise
        watch.keep(done)
        if len(same) < len(changes):
            watch.reload()
        for number in recording.opened:
            self._looked.setdefault(watched.project, {})[number] = (now, 0)
            self._to_diagnose.append((watched, number))
            self._diagnose.set()
        self._posted.set()

    def _look_again(self, watched: Watched) -> None:
        """Find the cause of what is still open anew: when it was first looked for, little had happened yet."""
        now = self._clock.now()
        for number, (opened, times) in list(self._looked.get(watched.project, {}).items()):
            if times >= len(_LOOK_AGAIN):
                del self._looked[watched.project][number]
            elif now - opened >= _LOOK_AGAIN[times]:
                self._looked[watched.project][number] = (opened, times + 1)
                self._to_diagnose.append((watched, number))
                self._diagnose.set()

    def _graph(self, watched: Watched, now: datetime) -> Graph:
        made, graph = self._graphs.get(watched.project, (None, {}))
        if made is None or not timedelta() <= now - made < _GRAPH_AGE:
            try:
                graph = graph_of(architecture(watched.store, TimeRange(now - GRAPH_OF, now)))
            except MendlineError as error:
                log.warning("Who calls whom is not known just now: %s", error.message)
            self._graphs[watched.project] = (now, graph)
        return graph

    def _find_causes(self) -> float:
        while self._to_diagnose and not self._stopping.is_set():
            watched, number = self._to_diagnose.pop(0)
            with self._state.reading() as connection:
                incident = find_incident(connection, watched.project, number)
            if incident is not None and incident.is_open:
                self._diagnose_one(watched, incident)
        if not self._stopping.is_set():
            self._digests.post(self._clock.now())
        return _LOOK_S

    def _diagnose_one(self, watched: Watched, incident: Incident) -> None:
        now = self._clock.now()
        told = diagnosed(watched.store, incident, lambda: self._graph(watched, now), now)
        began = parse_moment(told["began"], now) if told.get("began") else None
        receivers = Policies(self._state, watched.project).receivers()
        wanting = {one.name for one in receivers if one.takes_updates}
        with self._state.writing() as connection:
            current = find_incident(connection, watched.project, incident.id)
            if current is None:
                return
            at = self._clock.now()
            if not told["causes"]:  # what was found before still holds
                told["causes"] = list(current.causes)
            said = told["causes"][0]["text"] if told["causes"] else "no cause is proven"
            if current.diagnosed is None or not current.causes or current.causes[0]["text"] != said:
                add_event(connection, watched.project, incident.id, IncidentEvent(at, "diagnosed", said))
            if current.notified and told["causes"] and not current.causes:  # the first message went without it
                for name in wanting.intersection(current.told):
                    post_update(connection, current, name, at)
            causes = tuple(told.pop("causes"))
            began = min(began, current.opened) if began else current.began
            first = current.diagnosed or at
            failed_at = tuple(told.pop("failed_at"))
            known = replace(
                current,
                causes=causes,
                diagnosis=told,
                diagnosed=first,
                began=began,
                functions=current.functions or failed_at,
            )
            save_incident(connection, known)
            if causes or current.diagnosed:  # else the first message waits for what is known two seconds later
                hurry_letters(connection, watched.project, incident.id, at)
            is_part = merged(connection, known, at) is not None
        self._posted.set()
        if is_part:
            self.forget(watched.project)

    def failing(self, project: str) -> Mapping[str, str]:
        """What keeps which policy of a project from being evaluated, as of the last round that this server did."""
        watch = self._watches.get(project)
        return watch.failing if watch else {}

    def forget(self, project: str) -> None:
        """People changed something: policies and alerts of a project are read anew in the next round."""
        if project in self._watches:
            self._watches[project].reload()
            self._asked.set()

    def _send(self) -> float:
        self._delivery.send_due()
        return _LOOK_S

    def resume(self) -> None:
        """After a restart: find the cause of what was opened and not diagnosed."""
        now = self._clock.now()
        for watched in self._projects():
            with self._state.reading() as connection:
                found = load_incidents(connection, watched.project, now - timedelta(hours=1), now)
            self._to_diagnose += [(watched, one.id) for one in found if one.diagnosed is None and one.is_open]


def _is_as_it_was(change: Change, kept: Mapping[str, Alert]) -> bool:
    alert = change.before or change.after
    now = kept.get(alert.fingerprint) if alert is not None else None
    before = change.before
    return (now and (now.state, now.incident)) == (before and (before.state, before.incident))
