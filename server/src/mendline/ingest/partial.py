"""What was left out of requests that were kept in part, for a day: a repeat of one is answered as the first was.

Few requests are such; of more than a hundred thousand the newest are known. They lie in a file of lines `HOUR DIGEST
{"reason": count}`, which is not synced: what a crash takes from it costs a word in an answer, and no record.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

from mendline.ingest.durable import replace_file

HOURS, MOST = 24, 100_000
_HOUR_NS = 3600 * 10**9
_NOTHING: Mapping[str, int] = {}
log = logging.getLogger(__name__)


class Partial:
    """Kept in a file. Not safe for several threads: its owner has the lock. Nothing here raises OSError."""

    def __init__(self, path: Path, now_ns: int) -> None:
        self._path = path
        self._known: dict[bytes, tuple[int, Mapping[str, int]]] = {}  # hour and reasons, oldest first
        self._lines = 0
        self._load()
        self._forget(now_ns // _HOUR_NS)

    def left_out(self, digest: bytes) -> Mapping[str, int]:
        """How many records of a request were left out, by reason; none of one that was kept whole."""
        return self._known[digest][1] if digest in self._known else _NOTHING

    def add(self, digest: bytes, left_out: Mapping[str, int], now_ns: int) -> None:
        """Remember a request that is kept in part."""
        hour = now_ns // _HOUR_NS
        self._known.pop(digest, None)
        self._known[digest] = (hour, dict(left_out))
        self._forget(hour)
        try:
            if self._lines > 2 * len(self._known) + 1000:
                replace_file(self._path, "".join(map(self._line, self._known)).encode())
                self._lines = len(self._known)
            else:
                with self._path.open("a") as file:
                    file.write(self._line(digest))
                self._lines += 1
        except OSError as error:
            log.warning("What was left out of a request could not be written down (%s): known until a restart.", error)

    def _line(self, digest: bytes) -> str:
        hour, left_out = self._known[digest]
        return f"{hour} {digest.hex()} {json.dumps(left_out)}\n"

    def _forget(self, hour: int) -> None:
        while self._known:
            oldest = next(iter(self._known))
            if len(self._known) <= MOST and self._known[oldest][0] >= hour - HOURS:
                return
            del self._known[oldest]

    def _load(self) -> None:
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("What was left out of requests could not be read (%s).", error)
            return
        self._lines, unreadable = len(lines), 0
        for line in lines:
            try:
                hour, digest, told = line.split(b" ", 2)
                left_out = {str(reason): int(count) for reason, count in json.loads(told).items()}
                self._known[bytes.fromhex(digest.decode())] = (int(hour), left_out)
            except (ValueError, AttributeError, TypeError):
                unreadable += 1
        if unreadable:
            log.warning("Of %d lines in %s %d cannot be read.", len(lines), self._path, unreadable)
