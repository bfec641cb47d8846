"""Writes the days before now: the model's telemetry, through the way in that everybody takes."""

import json
import queue
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from mendline_playground.model.generate import BLOCK_S, Model
from mendline_playground.model.sender import Sender, SendError
from mendline_playground.model.telemetry import Telemetry

MOST_BACKLOG_BYTES = 48 * 1024 * 1024
"""More than this the server is not given ahead, so that what comes from elsewhere is stored within seconds."""

PILE_RECORDS = 50_000
"""What the server stores as one batch, with some room for others: spans and the platform's reports of the same
invocations then come together, and each is completed once."""

_LOOK_S = 6 * 3600
_PACE_S = 0.05


@dataclass(frozen=True, slots=True)
class Stretch:
    """A span of time to write, in seconds of Unix time, both on borders of the model's blocks."""

    start_s: int
    end_s: int


@dataclass(slots=True)
class Progress:
    """How far it is: seconds of history, spans, and all records."""

    total_s: int
    done_s: int = 0
    spans: int = 0
    records: int = 0


def stretch(days: float, now_s: float) -> Stretch:
    """The last days before a moment, to the last border of a block."""
    end_s = int(now_s // BLOCK_S) * BLOCK_S
    return Stretch(end_s - int(days * 86400 // BLOCK_S) * BLOCK_S, end_s)


def missing(server: str, wanted: Stretch, *, key: str = "") -> list[Stretch]:
    """The parts of a stretch, of six hours each, in which the server knows no function. Raises SendError."""
    found: list[Stretch] = []
    for start_s in range(wanted.start_s, wanted.end_s, _LOOK_S):
        part = Stretch(start_s, min(start_s + _LOOK_S, wanted.end_s))
        if not _functions(server, part, key):
            if found and found[-1].end_s == part.start_s:
                part = Stretch(found.pop().start_s, part.end_s)
            found.append(part)
    return found


def newest_first(stretches: Iterable[Stretch], part_s: int = 86400) -> list[Stretch]:
    """The same time in parts of a day, the last one first: whoever looks meanwhile looks at what was lately."""
    parts = [
        Stretch(max(one.start_s, end_s - part_s), end_s)
        for one in stretches
        for end_s in range(one.end_s, one.start_s, -part_s)
    ]
    return sorted(parts, key=lambda part: part.end_s, reverse=True)


def _functions(server: str, part: Stretch, key: str) -> list[object]:
    start, end = (
        datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (part.start_s, part.end_s)
    )
    request = urllib.request.Request(f"{server}/api/v1/functions?start={start}&end={end}")  # noqa: S310 - the user's own server
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            return list(json.load(answer)["functions"])
    except (OSError, ValueError, KeyError) as error:
        raise SendError(f"{server} does not tell which functions it knows: {error}") from error


def write(
    stretches: Iterable[Stretch],
    model: Model,
    endpoint: str,
    *,
    server: str = "",
    key: str = "",
    show: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Send what the model makes of some stretches of time. Raises SendError; what was sent until then stays.

    Making and sending go on side by side; the server, whose web address is `server` (the endpoint, if not given), is
    never more than `MOST_BACKLOG_BYTES` behind.
    """
    wanted = list(stretches)
    progress = Progress(sum(one.end_s - one.start_s for one in wanted))
    requests: queue.Queue[tuple[str, bytes] | None] = queue.Queue(maxsize=4)
    failures: list[SendError] = []
    thread = threading.Thread(
        target=_send, args=((endpoint, server or endpoint), key, requests, failures), name="history", daemon=True
    )
    thread.start()
    try:
        for one in wanted:
            for pile, blocks in _piles(one, model):
                for signal, records, body in list(pile.requests(model.place)):  # made first, so that they go together
                    progress.records += records
                    if not failures:
                        requests.put((signal, body))
                progress.spans += len(pile.spans)
                progress.done_s += blocks * BLOCK_S
                show(progress)
                if failures:
                    raise failures[0]
    finally:
        requests.put(None)
        thread.join()
    if failures:
        raise failures[0]
    return progress


def _piles(one: Stretch, model: Model) -> Iterator[tuple[Telemetry, int]]:
    """What belongs into a few requests: a pile, and how many blocks are in it. The newest first, so that nothing is
    missing between what was written and now: a hole would be taken for silence, and learned as usual."""
    pile, blocks = Telemetry(), 0
    for telemetry in model.blocks(one.start_s, one.end_s, newest_first=True):
        if blocks and pile.count() + telemetry.count() > PILE_RECORDS:
            yield pile, blocks
            pile, blocks = Telemetry(), 0
        pile.add(telemetry)
        blocks += 1
    if blocks:
        yield pile, blocks


def _send(
    addresses: tuple[str, str], key: str, requests: "queue.Queue[tuple[str, bytes] | None]", failures: list[SendError]
) -> None:
    endpoint, server = addresses
    with Sender(endpoint, key=key) as sender, Sender(server, key=key) as looker:
        while (request := requests.get()) is not None:
            if failures:
                continue  # whoever makes them must not wait for us
            try:
                sender.send(*request)
                while looker.backlog_bytes() > MOST_BACKLOG_BYTES:
                    time.sleep(_PACE_S)
            except SendError as error:
                failures.append(error)
