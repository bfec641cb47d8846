"""What there is and how it is configured: read, compared with what was last seen, said when it is new or changed."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mendline.aws.calls import Calls
from mendline.aws.configuration import Change, Thing, changes, dead_letter_queues, knows_more, removal, side_text
from mendline.aws.functions import function_details, list_functions
from mendline.aws.otlp import Place, Sighting, sightings_to_exports
from mendline.aws.progress import Progress
from mendline.aws.queues import list_queues, queue_details
from mendline.aws.roles import Roles
from mendline.aws.streams import list_streams, list_tables, stream_details, table_details
from mendline.clock import Clock

SEEN = "mendline.configuration"
CHANGED = "mendline.configuration.changed"
_DAY = timedelta(days=1)
_ODD = (LookupError, TypeError, ValueError)  # an answer that is not what AWS documents
# How much of a pass goes into details, so that metrics and logs need not wait for long.
_MOST_DETAILS = 100
_MOST_DETAILS_S = 45.0
_LISTED_WITH_TIME = {"deployment", "memory", "timeout", "environment", "runtime", "layers"}
# Short enough to tell nobody much about a value, long enough to miss one change of 65,536.
_FINGERPRINT_DIGITS = 4


class Inventory:
    """The things of one account and region. The state is `{salt, things: {key: {facts, secrets, …}}}`."""

    def __init__(
        self, calls: Calls, progress: Progress, clock: Clock, *, details_s: int, random_hex: Callable[[int], str]
    ) -> None:
        self._calls = calls
        self._progress = progress
        self._clock = clock
        self._details_every = timedelta(seconds=details_s)
        self._failures: Counter[str] = Counter()
        self._salt = progress.state.setdefault("salt", random_hex(16))
        self._kept: dict[str, dict[str, Any]] = progress.state.setdefault("things", {})

    def things(self) -> tuple[Thing, ...]:
        """Everything that was seen last, in the order of types and names."""
        return tuple(_restore(key, entry) for key, entry in sorted(self._kept.items()))

    def read(self) -> bool:
        """One pass; answers whether there are things left whose details were never read, or before they changed.

        Raises the first failure (not a refusal) after everything else was read and handed over.
        """
        self._progress.resume()
        place = Place(self._calls.account, self._calls.region)
        if self._progress.state.setdefault("account", place.account) != place.account:
            self._kept.clear()  # other credentials: these are other things under the same names
            self._progress.state["account"] = place.account
        listed, complete, failures = self._list()
        now = self._clock.now()
        found = {thing.key: self._merged(thing) for thing in listed}
        due = self._due({thing.key: thing for thing in listed}, now)
        asked = self._ask_details(found, [key for *_, key in due[:_MOST_DETAILS]], failures)
        left = {key for _, read_at, key in due if not read_at} - asked
        for key in left:
            self._kept.get(key, {}).pop("details_at", None)  # so that the next pass begins with it
        found = {thing.key: thing for thing in _with_dead_letters(found.values())}
        sightings = self._compare(found, asked, complete, now)
        self._calls.status.count("events", len(sightings))
        self._progress.commit(sightings_to_exports(place, sightings))
        if failures:
            raise failures[0]
        return bool(left)

    def _list(self) -> tuple[list[Thing], set[str], list[Exception]]:
        """What there is, the types that were listed to the end, and what failed."""
        things: list[Thing] = []
        complete: set[str] = set()
        failures: list[Exception] = []
        readers: Mapping[str, Callable[[], dict[str, Thing] | None]] = {
            "lambda": lambda: list_functions(self._calls, self._fingerprint),
            "sqs": lambda: list_queues(self._calls),
            "kinesis": lambda: list_streams(self._calls),
            "dynamodb": lambda: list_tables(self._calls),
        }
        for type_, read in readers.items():
            try:
                found = read()
            except (ClientError, BotoCoreError, *_ODD) as error:
                failures.append(error)
                continue
            if found is not None:
                complete.add(type_)
                things.extend(found.values())
        return things, complete, failures

    def _merged(self, listed: Thing) -> Thing:
        """With the details as they were read before."""
        kept = self._kept.get(listed.key, {})
        return replace(listed, facts={**kept.get("facts", {}), **listed.facts})

    def _ask_details(self, found: dict[str, Thing], due: Sequence[str], failures: list[Exception]) -> set[str]:
        """Read details into `found`, as far as time allows; answers whose were read. What AWS fails with ends it."""
        asked: set[str] = set()
        roles = Roles(self._calls)
        enough = self._clock.monotonic() + _MOST_DETAILS_S
        for key in due:
            self._failures[key] += 1
            try:
                found[key] = replace(found[key], facts={**found[key].facts, **_details(self._calls, found[key], roles)})
            except (ClientError, BotoCoreError) as error:
                failures.append(error)
                break
            except _ODD as error:
                failures.append(error)
                continue
            asked.add(key)
            del self._failures[key]
            self._calls.pause()
            if self._clock.monotonic() > enough:
                break
        return asked

    def _due(self, listed: Mapping[str, Thing], now: datetime) -> list[tuple[int, str, str]]:
        """Whose details to read: new and changed things first, then the longest unread; what failed comes last.

        Of each how often that failed, when they were read (empty: never, or before it changed), and its key.
        """
        ranked = []
        for key, thing in listed.items():
            kept = self._kept.get(key, {})
            read_at = kept.get("details_at", "")
            changed = any(kept.get("facts", {}).get(name) != value for name, value in thing.facts.items())
            if not read_at or changed:
                ranked.append((self._failures[key], "", key))
            elif datetime.fromisoformat(read_at) + self._details_every <= now:
                ranked.append((self._failures[key], read_at, key))
        return sorted(ranked)

    def _compare(
        self, found: Mapping[str, Thing], asked: set[str], complete: set[str], now: datetime
    ) -> list[Sighting]:
        sightings: list[Sighting] = []
        for key, thing in sorted(found.items()):
            entry = self._kept.get(key, {})
            if key in asked:
                entry["details_at"] = now.isoformat()
            before = _restore(key, entry) if "facts" in entry else None
            said = _sightings(before, thing, entry, now)
            if said:
                entry["said_at"] = now.isoformat()
                sightings.extend(said)
            self._kept[key] = entry | {"facts": dict(thing.facts), "secrets": dict(thing.secrets)}
        for key in sorted(self._kept.keys() - found.keys()):
            if key.partition(":")[0] in complete:
                gone = _restore(key, self._kept.pop(key))
                sightings.append(_changed(removal(gone), gone, gone, now))
        return sightings

    def _fingerprint(self, text: str) -> str:
        digest = hmac.new(bytes.fromhex(self._salt), text.encode(), hashlib.sha256).hexdigest()
        return digest[:_FINGERPRINT_DIGITS]


def _details(calls: Calls, thing: Thing, roles: Roles) -> dict[str, Any]:
    if thing.type == "lambda":
        return function_details(calls, thing, roles)
    return {"sqs": queue_details, "kinesis": stream_details, "dynamodb": table_details}[thing.type](calls, thing)


def _with_dead_letters(things: Iterable[Thing]) -> Iterable[Thing]:
    things = tuple(things)
    whose = dead_letter_queues(things)
    for thing in things:
        if thing.type == "sqs":
            yield replace(thing, facts={**thing.facts, "dead_letter_of": list(whose.get(thing.name, ()))})
        else:
            yield thing


def _sightings(before: Thing | None, after: Thing, entry: Mapping[str, Any], now: datetime) -> list[Sighting]:
    """What to say of a thing: its changes, and its whole configuration with the reason for saying it now."""
    found = changes(before, after) if before else ()
    said = [_changed(change, before or after, after, now) for change in found]
    if not entry.get("said_at"):
        reason = "first_seen" if entry.get("details_at") else ""
    elif found:
        reason = "changed"
    elif before and knows_more(before, after):
        reason = "more_known"
    else:
        reason = "daily" if datetime.fromisoformat(entry["said_at"]) + _DAY <= now else ""
    if reason:
        said.append(Sighting(SEEN, after, _ns(now), _ns(now), {"mendline.configuration.reason": reason}))
    return said


def _changed(change: Change, before: Thing, after: Thing, now: datetime) -> Sighting:
    attributes = {
        "mendline.change.kind": change.kind,
        "mendline.change.before": side_text(change.before),
        "mendline.change.after": side_text(change.after),
    }
    return Sighting(CHANGED, after, _ns(_when(change.kind, before, after, now)), _ns(now), attributes)


def _when(kind: str, before: Thing, after: Thing, now: datetime) -> datetime:
    """When AWS says that it changed, where it says so; else when it was seen."""
    told = "event_sources_modified" if kind == "event_source" else "last_modified"
    if kind != "event_source" and kind not in _LISTED_WITH_TIME:
        return now
    text = after.facts.get(told)
    if not text or text == before.facts.get(told):
        return now
    return min(datetime.fromisoformat(text), now)


def _restore(key: str, entry: Mapping[str, Any]) -> Thing:
    type_, _, name = key.partition(":")
    return Thing(type_, name, entry.get("facts", {}), entry.get("secrets", {}))


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000
