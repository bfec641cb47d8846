"""Which log groups to read, and when: those that nobody subscribed to, longest unread first, quiet ones rarely."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from mendline.aws.calls import Calls
from mendline.aws.configuration import Thing
from mendline.aws.log_group import Convert, LogGroup
from mendline.aws.progress import Progress
from mendline.aws.sources import Source
from mendline.clock import Clock

_MOST_S = 45.0  # of one pass, so that metrics and configuration need not wait for long
_QUIET_MS = 3600_000
_QUIET_EVERY_MS = 300_000  # how often a group is read that has been quiet
_BELIEVED_MS = 900_000  # how long a list of groups is believed, and whether a group has a subscription


class Logs:
    """The log groups of one account and region; `keep` gives the progress of a group by a name for its file."""

    def __init__(
        self, source: Source, calls: Calls, keep: Callable[[str], Progress], clock: Clock, convert: Convert
    ) -> None:
        self._source = source
        self._calls = calls
        self._keep = keep
        self._clock = clock
        self._convert = convert
        self._groups: dict[str, LogGroup] = {}
        self._listed: dict[str, tuple[int, set[str]]] = {}

    def read(self, things: Iterable[Thing]) -> None:
        """One pass over the groups that are due. Raises what AWS fails with; the groups before that are read."""
        if self._source.logs == "off":
            return
        names = self._names(things)
        for gone in self._groups.keys() - names:
            del self._groups[gone]
        for name in names - self._groups.keys():
            self._groups[name] = LogGroup(name, self._calls, self._keep(_file_name(name)), self._convert)
        account = self._calls.account
        enough = self._clock.monotonic() + _MOST_S
        for group in self._due():
            if self._clock.monotonic() > enough:
                break
            try:
                self._read(account, group)
            finally:
                group.read_ms = self._now()  # a group that fails goes behind the others
            self._calls.pause()

    def _names(self, things: Iterable[Thing]) -> set[str]:
        """The groups that the source asks for; those of functions, where it names none."""
        if not self._source.log_groups:
            return {str(thing.facts["log_group"]) for thing in things if thing.facts.get("log_group")}
        names: set[str] = set()
        for asked in self._source.log_groups:
            names.update(self._list(asked.rstrip("*")) if asked.endswith("*") else {asked})
        return names

    def _list(self, prefix: str) -> set[str]:
        at, names = self._listed.get(prefix, (0, set()))
        if self._now() - at >= _BELIEVED_MS:
            wanted = {"logGroupNamePrefix": prefix} if prefix else {}
            found = self._calls.every("logs", "DescribeLogGroups", "logGroups", prefix, **wanted)
            if found is not None:
                names = {str(entry["logGroupName"]) for entry in found}
            self._listed[prefix] = (self._now(), names)
        return names

    def _due(self) -> list[LogGroup]:
        now = self._now()
        due = []
        for group in self._groups.values():
            group.event_ms = group.event_ms or now
            quiet = now - group.event_ms >= _QUIET_MS and not group.unfinished
            if not quiet or now - group.read_ms >= _QUIET_EVERY_MS:
                due.append(group)
        return sorted(due, key=lambda group: (group.read_ms, group.name))

    def _read(self, account: str, group: LogGroup) -> None:
        if self._source.logs == "all" or self._unsubscribed(group):
            group.read(account, self._now())

    def _unsubscribed(self, group: LogGroup) -> bool:
        """Whether nobody subscribed to it. Not knowing counts as subscribed: reading twice is worse than not."""
        now = self._now()
        believed_ms = _QUIET_EVERY_MS if group.subscribed is None else _BELIEVED_MS
        if now - group.subscribed_ms >= believed_ms:
            found = self._calls.every(
                "logs", "DescribeSubscriptionFilters", "subscriptionFilters", group.name, logGroupName=group.name
            )
            group.subscribed = None if found is None else bool(found)
            group.subscribed_ms = now
        return group.subscribed is False

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def _file_name(group: str) -> str:
    return hashlib.blake2b(group.encode(), digest_size=12).hexdigest()
