"""The incidents of a project, and what people do about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mendline.alerting.audiences import status_for
from mendline.alerting.content import alike, content_of, run_document
from mendline.alerting.drafting import best_draft, best_experiment, drafted, drafted_of_run
from mendline.alerting.expecting import EXPECTED, MOST_DAYS, Expected, Ignored, expected_alert, ignored
from mendline.alerting.policies import POLICIES, Policies
from mendline.alerting.recording import over
from mendline.errors import NotFoundError, UsageError
from mendline.model.alert import Alert, acknowledged, resolved_by_hand
from mendline.model.experiment_run import Run, RunState
from mendline.model.incident import Incident, IncidentEvent, IncidentState
from mendline.model.jsonable import to_jsonable
from mendline.model.policy import Receiver, policy_document
from mendline.query import read_query
from mendline.store.state import (
    Letter,
    State,
    add_event,
    add_silence,
    delete_document,
    end_silence,
    find_incident,
    letters_of,
    load_alerts,
    load_events,
    load_incidents,
    load_runs,
    load_silences,
    post_letter,
    save_alerts,
    save_document,
    save_incident,
    stuck_letters,
)

ACTIONS = ("acknowledge", "resolve", "tried", "note", "right", "wrong", "own")
_MOST_NOTE, _PAST, _LATELY = 4000, timedelta(days=90), timedelta(days=30)
_MOST_SILENCE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Incidents:
    """Those of one project. `base` is the address of the pages; `changed` is told when people changed something."""

    state: State
    project: str
    base: Callable[[], str] = lambda: ""
    changed: Callable[[str], None] = lambda project: None

    def between(self, start: datetime, end: datetime) -> tuple[Incident, ...]:
        """Those that were open at some time between two moments, newest first."""
        with self.state.reading() as connection:
            return load_incidents(connection, self.project, start, end)

    def get(self, number: int) -> Incident:
        """One of them. Raises NotFoundError."""
        with self.state.reading() as connection:
            found = find_incident(connection, self.project, number)
        if found is None:
            raise NotFoundError(f"There is no incident {number}.")
        return found

    def alerts(self) -> tuple[Alert, ...]:
        """All of the project that are not resolved, worst state first."""
        with self.state.reading() as connection:
            found = load_alerts(connection, self.project)
        return tuple(sorted((one for one in found if one.is_open), key=lambda one: (one.policy, one.keys)))

    def alerts_of(self, number: int) -> tuple[Alert, ...]:
        """Those of an incident."""
        with self.state.reading() as connection:
            return tuple(one for one in load_alerts(connection, self.project) if one.incident == number)

    def timeline(self, number: int) -> tuple[IncidentEvent, ...]:
        """What happened, in order."""
        with self.state.reading() as connection:
            return load_events(connection, self.project, number)

    def letters(self, number: int) -> tuple[Letter, ...]:
        """The messages about it."""
        with self.state.reading() as connection:
            return letters_of(connection, self.project, number)

    def stuck(self) -> tuple[Letter, ...]:
        """Messages that could not be delivered so far, or never will."""
        with self.state.reading() as connection:
            return stuck_letters(connection, self.project)

    def content(self, incident: Incident, now: datetime) -> dict[str, Any]:
        """What it says, with the three most similar past ones, the experiments that ran meanwhile, and a run book that
        is drafted from what was alike."""
        past = self.between(now - _PAST, now)
        told = content_of(incident, self.alerts_of(incident.id), self.base(), now, alike(incident, past))
        before = best_draft(incident, past)
        told["runbook_draft"] = drafted(before, self.timeline(before.id)) if before else self._shown(incident)
        told["experiments"] = [run_document(one, self.base()) for one in self._running(incident, now)]
        return told

    def _running(self, incident: Incident, now: datetime) -> list[Run]:
        """Runs of experiments that struck, or may have, while it lasted."""
        began, end = min(incident.began or incident.opened, incident.opened), incident.resolved or now
        with self.state.reading() as connection:
            runs = load_runs(connection, self.project, since=began)
        return [one for one in runs if one.ordered_to_strike and one.starts <= end and one.over >= began]

    def _shown(self, incident: Incident) -> str:
        """What an experiment showed of the same, as a run book."""
        with self.state.reading() as connection:
            runs = load_runs(connection, self.project, states=(RunState.FINISHED, RunState.ABORTED))
        found = best_experiment(incident, runs)
        return drafted_of_run(found) if found else ""

    def draft(self, number: int) -> str:
        """A run book of an incident, as Markdown. Raises NotFoundError."""
        return drafted(self.get(number), self.timeline(number))

    def act(self, number: int, action: str, text: str, now: datetime, by: str) -> Incident:
        """Do one of ACTIONS. Raises NotFoundError, UsageError."""
        if action not in ACTIONS:
            raise UsageError(f"'{action[:40]}' cannot be done with an incident; there are {', '.join(ACTIONS)}.")
        text = text.strip()
        if len(text) > _MOST_NOTE:
            raise UsageError(f"That is too long: a note holds {_MOST_NOTE:,} characters.")
        with self.state.writing() as connection:
            incident = find_incident(connection, self.project, number)
            if incident is None:
                raise NotFoundError(f"There is no incident {number}.")
            incident = self._acted(connection, incident, action, text, now, by)
            save_incident(connection, incident)
        self.changed(self.project)
        return incident

    def _acted(self, connection: Any, incident: Incident, action: str, text: str, now: datetime, by: str) -> Incident:
        number = incident.id
        own = [one for one in load_alerts(connection, self.project) if one.incident == number and one.is_open]
        match action:
            case "acknowledge" if not incident.is_open:
                raise UsageError(f"Incident {number} is over; there is nothing left to acknowledge.")
            case "resolve" if not incident.is_open:
                if not text:
                    raise UsageError(f"Incident {number} is over already. With a text it is kept what mended it.")
                self._event(connection, number, "mended", text, now, by)
                return replace(incident, mended_by=text)
            case "acknowledge":
                save_alerts(connection, self.project, [acknowledged(one, now) for one in own], now)
                self._event(connection, number, "acknowledged", text or "somebody works on it", now, by)
                first = incident.acknowledged or now
                return replace(incident, state=IncidentState.ACKNOWLEDGED, acknowledged=first)
            case "resolve":
                save_alerts(connection, self.project, [resolved_by_hand(one, now) for one in own], now)
                return replace(over(connection, incident, now, text or "a person said so", by), mended_by=text)
            case "tried" | "note" | "own":
                if not text:
                    raise UsageError("There is no text to keep: say what was tried, noted, or who looks after it.")
                if action != "own":
                    self._event(connection, number, action, text, now, by)
                    return incident
                self._event(connection, number, "owner", text[:100], now, by)
                return replace(incident, owner=text[:100])
            case "right" | "wrong":
                if not incident.causes:
                    raise UsageError(f"No cause of incident {number} was named, so none can be right or wrong.")
                said = f"the named cause was {action}{f': {text}' if text else ''}"
                self._event(connection, number, "answered", said, now, by)
                return replace(incident, was_right=action == "right")
        return incident

    def _event(self, connection: Any, number: int, kind: str, text: str, now: datetime, by: str) -> None:
        add_event(connection, self.project, number, IncidentEvent(now, kind, text, by))

    def silences(self, now: datetime) -> tuple[dict[str, Any], ...]:
        """Those that are not over."""
        with self.state.reading() as connection:
            return load_silences(connection, self.project, now)

    def silence(self, told: Mapping[str, str], start: datetime, end: datetime, now: datetime, by: str) -> int:
        """Keep silent about a `policy` (empty: all), on functions that fit `function` (empty: all), or about what is so
        only by rows that fit a `query` (empty: whatever); for a `reason`. Raises UsageError, QueryTextError."""
        values = {name: told.get(name, "").strip() for name in ("policy", "function", "query", "reason")}
        if not values["reason"]:
            raise UsageError("A silence needs a reason, so that others understand why nothing is said.")
        if not now < end <= max(now, start) + _MOST_SILENCE or start >= end:
            raise UsageError("A silence ends after it begins, after now, and within 30 days.")
        if len(values["policy"]) > 100 or len(values["function"]) > 200 or len(values["reason"]) > 500:
            raise UsageError("The policy holds 100 characters, the function 200, the reason 500.")
        if values["query"]:
            values["query"] = _rows_query(values["query"], values["function"])
        with self.state.writing() as connection:
            number = add_silence(connection, self.project, {**values, "start": start, "end": end}, now, by)
        self.changed(self.project)
        return number

    def end_silence(self, number: int, now: datetime) -> None:
        """Speak again; what was expected no longer is. Raises NotFoundError."""
        with self.state.writing() as connection:
            found = next((it for it in load_silences(connection, self.project, now) if it["id"] == number), None)
            if found is None or not end_silence(connection, self.project, number, now):
                raise NotFoundError("There is no such silence any more.")
            if found["beyond"]:
                delete_document(connection, POLICIES, self.project, found["beyond"])
        self.changed(self.project)

    def expect(self, one: Expected, reason: str, days: int, now: datetime, by: str) -> int:
        """Say nothing of it for so many days but where it exceeds its usual. What said so before is replaced. Raises
        UsageError."""
        reason = reason.strip()
        if not reason or len(reason) > 500:
            raise UsageError("Say in up to 500 characters why it is expected; whoever meets it next wants to know.")
        if not 1 <= days <= MOST_DAYS:
            raise UsageError(f"It is expected for 1 to {MOST_DAYS} days.")
        values = {"policy": one.policy, "function": one.function, "query": one.query, "beyond": one.beyond.name}
        with self.state.writing() as connection:
            for before in load_silences(connection, self.project, now):
                if before["beyond"] == one.beyond.name:
                    end_silence(connection, self.project, before["id"], now)
            save_document(connection, POLICIES, self.project, policy_document(one.beyond), EXPECTED, now, by)
            span = {"start": now, "end": now + timedelta(days=days), "reason": reason}
            number = add_silence(connection, self.project, {**values, **span}, now, by)
        self.changed(self.project)
        return number

    def tell(self, number: int, audience: str, text: str, now: datetime, by: str) -> int:
        """Send a status in plain words to those receivers; to how many. Raises UsageError, NotFoundError."""
        incident = self.get(number)
        text = text.strip() or status_for(incident, audience, now)
        names = [one.name for one in self.readers(audience)]
        if not names:
            raise UsageError(f"No receiver has the audience '{audience[:40]}'; give one `audience: {audience[:40]}`.")
        if len(text) > _MOST_NOTE:
            raise UsageError(f"That is too long: a status holds {_MOST_NOTE:,} characters.")
        with self.state.writing() as connection:
            for name in names:
                key = f"{self.project}-{number}-status-{now:%Y%m%d%H%M%S}"
                post_letter(connection, self.project, number, name, "status", key, now, now, {"status": text})
            self._event(connection, number, "status", f"to {audience}: {text}", now, by)
        return len(names)

    def readers(self, audience: str) -> tuple[Receiver, ...]:
        """Receivers of an audience other than responders."""
        found = Policies(self.state, self.project).receivers()
        return tuple(one for one in found if one.audience == audience and audience != "responders")

    def expect_again(self, number: int, reason: str, days: int, now: datetime, by: str) -> None:
        """Expect what an incident tells: each of its policies, on its function, but those that go by what is usual
        already. Raises UsageError where none is left, NotFoundError."""
        incident, policies = self.get(number), Policies(self.state, self.project)
        found, refused = [], None
        for name in incident.policies:
            try:
                found.append(expected_alert(policies.get(name), incident.functions))
            except UsageError as error:
                refused = error
        if refused is not None and not found:
            raise refused
        for one in found:
            self.expect(one, reason, days, now, by)

    def unexpected(self, beyond: str, now: datetime) -> None:
        """What went by this policy is expected no longer; nothing where it was not."""
        for one in self.silences(now):
            if one["beyond"] == beyond:
                self.end_silence(one["id"], now)

    def ignored(self, now: datetime) -> tuple[Ignored, ...]:
        """Policies on whose alerts nobody acted in the last 30 days, and that may be expected then."""
        expected = {one["policy"] for one in self.silences(now) if one["beyond"]}
        return tuple(one for one in ignored(self.between(now - _LATELY, now)) if one.policy not in expected)


def _rows_query(text: str, function: str) -> str:
    if function:
        raise UsageError("A silence names functions or a query; write the function into the query: function:checkout")
    checked = read_query(text)
    if checked.plan.is_aggregated or checked.plan.filter is None:
        raise UsageError("The query of a silence says which rows are meant and counts nothing: error.type:TimeoutError")
    return checked.text


def incident_document(incident: Incident) -> dict[str, Any]:
    """An incident as lists of the API tell it (INTERFACES)."""
    told = to_jsonable(incident)
    names = ("id", "state", "severity", "title", "owner", "functions", "resources", "policies", "notifications",
             "held_back", "was_right")  # fmt: skip
    moments = ("opened", "began", "detected", "notified", "acknowledged", "diagnosed", "resolved")
    return {
        **{name: told[name] for name in names},
        **{f"{name}_at": told[name] for name in moments},
        "causes": [{"rank": rank, **one} for rank, one in enumerate(told["causes"], 1)],
    }
