"""Delivers what is in the outbox: at least once, in order for each receiver, with growing pauses, for a day."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from mendline.alerting.audiences import for_receiver
from mendline.alerting.content import message_of
from mendline.alerting.incidents import Incidents
from mendline.alerting.policies import Policies
from mendline.alerting.receivers import Delivered, Outcome, deliver
from mendline.clock import Clock
from mendline.errors import MendlineError
from mendline.model.incident import Incident, IncidentEvent
from mendline.model.message import Message
from mendline.model.policy import Receiver
from mendline.store.state import (
    DEAD,
    SENT,
    WAITING,
    Letter,
    State,
    add_event,
    due_letters,
    find_incident,
    letters_of,
    post_letter,
    save_incident,
    settle_letter,
)

log = logging.getLogger(__name__)
FIRST_PAUSE_S, LONGEST_PAUSE_S, GIVE_UP = 1.0, 300.0, timedelta(hours=24)
_WORKERS = 8
Deliver = Callable[[Receiver, Message, int], Outcome]


def post_update(connection: Any, incident: Incident, receiver: str, now: datetime) -> None:
    """Have a receiver told the cause, once, where its first message went without it; of one that is still to go, the
    first message has it."""
    own = [one for one in letters_of(connection, incident.project, incident.id) if one.receiver == receiver]
    if any(one.kind == "first" and one.state == WAITING for one in own):
        return
    key = f"{incident.project}-{incident.id}-update"
    post_letter(connection, incident.project, incident.id, receiver, "update", key, now, now)


def pause_s(tries: int) -> float:
    """How long to wait after so many tries: 1 s, doubled up to 5 minutes."""
    return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(tries, 12)))


class Delivery:
    """Safe to use from several threads. `base` is the address of the pages; `deliver` tries once."""

    def __init__(self, state: State, clock: Clock, base: Callable[[], str], deliver: Deliver = deliver) -> None:
        self._state, self._clock, self._base, self._deliver = state, clock, base, deliver
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="delivery")
        self._busy: dict[tuple[str, str], Future[None]] = {}
        self._lock = threading.Lock()

    @property
    def base(self) -> Callable[[], str]:
        """Tells the address of the pages."""
        return self._base

    def close(self) -> None:
        """Take nothing new; what is under way ends within its time."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def send_due(self) -> list[Future[None]]:
        """Begin with what is due, one message of a receiver at a time: a slow one keeps nobody else waiting."""
        now = self._clock.now()
        with self._state.reading() as connection:
            due = due_letters(connection, now)
        begun = []
        with self._lock:
            self._busy = {place: future for place, future in self._busy.items() if not future.done()}
            for letter in due:
                place = (letter.project, letter.receiver)
                if place not in self._busy:
                    self._busy[place] = self._pool.submit(self._send, letter)
                    begun.append(self._busy[place])
        return begun

    def send_now(self) -> int:
        """Deliver all that is due, and return when that was tried; how many."""
        begun = self.send_due()
        for future in begun:
            future.result()
        return len(begun)

    def _send(self, letter: Letter) -> None:
        try:
            self._try(letter)
        except MendlineError as error:
            log.warning("A message to '%s' could not be looked after: %s", letter.receiver, error.message)
        except Exception:
            log.exception("A message to '%s' could not be looked after.", letter.receiver)

    def _try(self, letter: Letter) -> None:
        now = self._clock.now()
        receiver = {one.name: one for one in Policies(self._state, letter.project).receivers()}.get(letter.receiver)
        if receiver is None:
            return self._settle(letter, Outcome(Delivered.NEVER, "The receiver is gone."))
        incident, message, before = self._message(letter, receiver, now)
        if before is not None:  # what came before has not arrived: never say that it is over first
            return self._postpone(letter, before)
        if message is None:
            return self._settle(letter, Outcome(Delivered.NEVER, "The incident is gone."))
        outcome = self._deliver(receiver, message, int(now.timestamp()))
        unsaid = letter.kind == "first" and receiver.takes_updates and incident is not None and not incident.causes
        return self._settle(letter, outcome, unsaid=unsaid)

    def _message(
        self, letter: Letter, receiver: Receiver, now: datetime
    ) -> tuple[Incident | None, Message | None, Letter | None]:
        """The incident of which it tells, if any, the message, and one that must have arrived before."""
        if letter.incident is None:
            told = letter.document.get("message", {})
            return None, Message(**{"earlier": {}, **told, "key": letter.key, "kind": letter.kind}), None
        with self._state.reading() as connection:
            incident = find_incident(connection, letter.project, letter.incident)
            letters = letters_of(connection, letter.project, letter.incident)
        if incident is None:
            return None, None, None
        earlier = [one for one in letters if one.receiver == letter.receiver and one.id < letter.id]
        waiting = next((one for one in earlier if one.state == WAITING), None)
        remote: Mapping[str, str] = next((one.document["remote"] for one in earlier if one.document.get("remote")), {})
        content = Incidents(self._state, letter.project, self._base).content(incident, now)  # as on its page
        message = message_of(incident, content, letter.kind, letter.key, remote, updates=receiver.takes_updates)
        said = for_receiver(message, receiver, incident, str(letter.document.get("status", "")), now)
        return incident, said, waiting

    def _postpone(self, letter: Letter, before: Letter) -> None:
        now = self._clock.now()
        due = max(before.due, now) + timedelta(seconds=1)
        with self._state.writing() as connection:
            settle_letter(connection, letter.id, WAITING, now, due, "", letter.document)

    def _settle(self, letter: Letter, outcome: Outcome, *, unsaid: bool = False) -> None:
        """Write down what came of it; a cause that was `unsaid`, and found while it was sent, follows."""
        now = self._clock.now()
        tries = letter.tries + 1
        state, due = SENT, now
        if outcome.delivered is not Delivered.YES:
            state = DEAD if outcome.delivered is Delivered.NEVER or now - letter.created >= GIVE_UP else WAITING
            due = now + timedelta(seconds=max(pause_s(letter.tries), outcome.after_s))
            log.warning("A message to '%s' was not delivered (try %d): %s", letter.receiver, tries, outcome.said)
        document = {**letter.document, "remote": dict(outcome.remote)} if outcome.remote else letter.document
        with self._state.writing() as connection:
            settle_letter(connection, letter.id, state, now, due, outcome.said if state != SENT else "", document)
            incident = letter.incident and find_incident(connection, letter.project, letter.incident)
            if not incident:
                return
            if state == SENT:
                notified = incident.notified or now
                save_incident(
                    connection, replace(incident, notified=notified, notifications=incident.notifications + 1)
                )
                said = f"{letter.receiver} was told ({letter.kind})"
                add_event(connection, letter.project, incident.id, IncidentEvent(now, "notified", said))
                if unsaid and incident.causes and incident.is_open:
                    post_update(connection, incident, letter.receiver, now)
            elif state == DEAD:
                said = f"{letter.receiver} could not be told ({letter.kind}): {outcome.said}"
                add_event(connection, letter.project, incident.id, IncidentEvent(now, "not delivered", said))
