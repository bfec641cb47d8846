"""The events of one log group by FilterLogEvents: each once, in order, with a bookmark that survives a crash.

A group is read in windows of time. Within a window AWS answers page by page, oldest event first. The next window
begins a minute before the end of the last one, because events arrive late, and leaves out the ids seen there already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mendline.aws.calls import Answer, Calls, Refusal
from mendline.aws.progress import Progress
from mendline.model.signal import Export

# owner (account), region, log group, log stream, events {id, timestamp (ms), message} as a subscription has them
Convert = Callable[[str, str, str, str, Sequence[Mapping[str, Any]]], Sequence[Export]]

CATCH_UP_MS = 6 * 3600_000
_BEHIND_MS = 5_000  # the newest moments are left to the next window
_OVERLAP_MS = 60_000
_FIRST_MS = 15 * 60_000  # how far back a group is read that was never read
_MOST_IDS = 5_000
_MOST_PAGES = 10  # in one pass; a page is at most 1 MB or 10,000 events
_KEEP_EVERY_MS = 1800_000  # how often the bookmark of a quiet group is written


class LogGroup:
    """Reads one group. The state is a bookmark, times in ms since the epoch.

    `begin`, `end`, `token`: the window and where to go on in it. `border`: where the next window begins. `last`: the
    newest event. `ids`: `[hash, time]` of the events after the border, oldest first.
    """

    def __init__(self, name: str, calls: Calls, progress: Progress, convert: Convert) -> None:
        self.name = name
        self.read_ms = 0
        self.event_ms = 0
        self.subscribed: bool | None = None
        self.subscribed_ms = 0
        self._calls = calls
        self._progress = progress
        self._convert = convert
        self._kept_ms = 0

    @property
    def unfinished(self) -> bool:
        """Whether the last pass ended in the middle of a window."""
        return bool(self._progress.state.get("token"))

    def read(self, account: str, now_ms: int) -> None:
        """Read on, ten pages at most. Raises botocore's errors and what `emit` raises."""
        self._progress.resume()
        if not self.unfinished:
            self._open_window(now_ms)
        for _ in range(_MOST_PAGES):
            page = self._page()
            if isinstance(page, Refusal):
                if page is Refusal.ABSENT:
                    self._progress.state.clear()
                return
            self._take(account, page, now_ms)
            if not self.unfinished:
                return
            self._calls.pause()
        self._calls.status.count("log_groups_behind")

    def _open_window(self, now_ms: int) -> None:
        state = self._progress.state
        begin = state.get("border", now_ms - _FIRST_MS)
        if begin < now_ms - CATCH_UP_MS:
            begin = now_ms - CATCH_UP_MS
            hours = CATCH_UP_MS // 3_600_000
            text = f"{self.name} was not read for more than {hours} h; what it logged before that is left out."
            self._calls.status.note(f"gap in {self.name}", text)
        state |= {"begin": begin, "end": now_ms - _BEHIND_MS, "token": ""}

    def _page(self) -> Answer | Refusal:
        state = self._progress.state
        if not state["token"]:
            return self._ask()
        page = self._ask(nextToken=state["token"])
        if page is not Refusal.REJECTED:
            return page
        state["token"] = ""  # tokens end after a day, but what was seen is known
        state["begin"] = max(state["begin"], state.get("border", 0))
        return self._ask()

    def _ask(self, **more: str) -> Answer | Refusal:
        state = self._progress.state
        return self._calls.one(
            "logs",
            "FilterLogEvents",
            self.name,
            logGroupName=self.name,
            startTime=state["begin"],
            endTime=state["end"],
            **more,
        )

    def _take(self, account: str, page: Mapping[str, Any], now_ms: int) -> None:
        """Hand over the events of a page that were not seen before, together with the bookmark behind them."""
        state = self._progress.state
        streams = self._fresh(page)
        state["token"] = page.get("nextToken") or ""
        self._move_border()
        exports: list[Export] = []
        for stream, events in streams.items():
            self._calls.status.count("log_events", len(events))
            exports.extend(self._convert(account, self._calls.region, self.name, stream, events))
        if exports or now_ms - self._kept_ms >= _KEEP_EVERY_MS:
            self._progress.commit(exports)
            self._kept_ms = now_ms

    def _fresh(self, page: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
        """The events of a page that were not seen before, by log stream; notes them as seen."""
        state = self._progress.state
        seen: dict[str, int] = dict(state.get("ids", ()))
        streams: dict[str, list[dict[str, Any]]] = {}
        for event in page.get("events") or ():
            hashed, at = _hashed(event["eventId"]), int(event["timestamp"])
            if hashed in seen:
                continue
            seen[hashed] = at
            state["last"] = max(state.get("last", 0), at)
            self.event_ms = max(self.event_ms, at)
            streams.setdefault(event["logStreamName"], []).append(
                {"id": event["eventId"], "timestamp": at, "message": event["message"]}
            )
        state["ids"] = sorted(([hashed, at] for hashed, at in seen.items()), key=lambda item: item[1])
        return streams

    def _move_border(self) -> None:
        """Where to begin after this window, or again if the token is refused; older ids are not needed any more."""
        state = self._progress.state
        reached = state["end"] if not state["token"] else min(state["end"], state.get("last", state["begin"]))
        border, ids = reached - _OVERLAP_MS, state["ids"]
        if len(ids) > _MOST_IDS:
            border = max(border, ids[-_MOST_IDS][1] + 1)  # a shorter overlap, rather than events twice
        state["ids"] = [[hashed, at] for hashed, at in ids if at >= border]
        state["border"] = max(border, state.get("border", 0))


def _hashed(event_id: str) -> str:
    return hashlib.blake2b(event_id.encode(), digest_size=8).hexdigest()
