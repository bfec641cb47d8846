"""Digests are sent to receivers that want them: each morning at seven (UTC), weekly ones on Monday."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mendline.alerting.digest import SPANS, Known, digest_of, digest_text
from mendline.alerting.policies import Policies
from mendline.insight.unstruck import unstruck
from mendline.model.experiment import read_experiment
from mendline.model.policy import Receiver
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore
from mendline.store.state import State, load_alerts, load_documents, load_incidents, post_letter

AT_HOUR = 7
_EXPERIMENTS = "experiments"
_LATE = timedelta(hours=12)
_MOST_INCIDENTS = timedelta(days=37)


@dataclass(frozen=True, slots=True)
class Due:
    """A digest that a receiver is to have; of one key there is one."""

    receiver: str
    kind: str
    key: str


def is_time(now: datetime) -> bool:
    """From the hour on, and half a day long."""
    return timedelta() <= now - now.replace(hour=AT_HOUR, minute=0, second=0, microsecond=0) < _LATE


def due_digests(receivers: Sequence[Receiver], project: str, now: datetime) -> Iterator[Due]:
    """Those of this morning; of a server that was down then, until the evening."""
    for one in receivers:
        if one.digest == "daily" or (one.digest == "weekly" and now.weekday() == 0):
            yield Due(one.name, one.digest, f"{project}-digest-{one.digest}-{now:%Y%m%d}")


def known(state: State, project: str, now: datetime) -> Known:
    """What the state has for a digest. Raises StateError."""
    policies = Policies(state, project).all()
    with state.reading() as connection:
        return Known(
            load_incidents(connection, project, now - _MOST_INCIDENTS, now),
            load_alerts(connection, project),
            policies,
            [read_experiment(told, origin) for told, origin in load_documents(connection, _EXPERIMENTS, project)],
        )


class Digests:
    """Those that are due, made one after the other where nothing waits for it."""

    def __init__(self, state: State, base: Callable[[], str]) -> None:
        self._state, self._base = state, base
        self._seen: set[str] = set()
        self._waiting: list[tuple[str, TelemetryStore, Due]] = []

    def look(self, project: str, store: TelemetryStore, now: datetime) -> bool:
        """Whether one became due. Raises StateError."""
        if not is_time(now):
            return False
        found = [
            one
            for one in due_digests(Policies(self._state, project).receivers(), project, now)
            if f"{one.receiver} {one.key}" not in self._seen
        ]
        self._seen |= {f"{one.receiver} {one.key}" for one in found}
        self._waiting += [(project, store, one) for one in found]
        return bool(found)

    def post(self, now: datetime) -> None:
        """Put those that are due into the outbox; of one that was there before nothing becomes. Raises StateError."""
        while self._waiting:
            project, store, due = self._waiting.pop(0)
            post_digest(self._state, project, store, due, self._base(), now)


def post_digest(state: State, project: str, store: TelemetryStore, due: Due, base: str, now: datetime) -> None:
    """Make it and put it into the outbox. Raises StateError."""
    days = SPANS[due.kind]
    left = unstruck(store, state, project, TimeRange(now - timedelta(days=2 * days), now))  # with the time before
    told = digest_of(left, known(state, project, now), now, days)
    of = "" if project == "default" else f"&project={project}"
    url = f"{base}/digest?days={days}{of}"
    message: dict[str, Any] = {
        "thread": f"mendline-{project}-digest",
        "title": f"{due.kind.capitalize()} digest of {now:%d %B}",
        "severity": "info",
        "text": digest_text(told),
        "url": url,
        "content": {**told, "url": url, "project": project, "severity": "info", "functions": []},
    }
    with state.writing() as connection:
        post_letter(connection, project, None, due.receiver, "digest", due.key, now, now, {"message": message})
