"""Writes to files that the system refused and of which the embedded engine says nothing: found out, and made good.

chDB's `WriteBufferFromFileDescriptor::nextImpl` leaves its loop where ClickHouse's raises, so that on a full disk an
insert or a merge is told as done whose part lacks what was not written (docs/adr/0012). Only a counter of the engine
tells. Of a damaged part that a merge made, those that it replaced are kept on the disk for KEPT_S, and are taken again
when the table is attached anew; one that an insert made is dropped, with what the engine remembers of its token, so
that the same insert fills it when it is repeated.
"""

from __future__ import annotations

import logging
import re
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from mendline.errors import StoreDamagedError
from mendline.settings import MIB
from mendline.store.statements import sql_of

KEPT_S = 60  # how long what a merge replaced is kept; to be looked for failed writes much more often
ROOM_BYTES = 4 * MIB  # what dropping a few small parts takes, and more
_MARGIN_S = 2  # times of parts are in whole seconds
_MERGES_END_S, _LOOK_S = 10.0, 0.02
_PART = re.compile(r"[A-Za-z0-9_-]+")
log = logging.getLogger(__name__)


class FailedWrites:
    """Of one project. `command` and `rows` run a statement with parameters on the connection that inserts; not to be
    used by two threads at a time. `folder` is where the engine has its files."""

    def __init__(
        self,
        command: Callable[[str, Mapping[str, Any]], Any],
        rows: Callable[[str, Mapping[str, Any]], Sequence[Sequence[Any]]],
        project: str,
        folder: Path,
    ) -> None:
        self._command, self._rows, self._project, self._folder = command, rows, project, folder
        self._known, self._whole_at = self._count(), time.time()
        self._found = self._held = False
        self._keep_replaced()
        self._tell_lost(self._set_aside())

    def _keep_replaced(self) -> None:
        kept = {"project": self._project, "seconds": str(KEPT_S)}
        for (table,) in self._rows(sql_of("upkeep", "tables_keeping_less"), kept):
            self._command(sql_of("upkeep", "keep_replaced"), {"table": table, "seconds": KEPT_S})

    def _tell_lost(self, parts: Collection[tuple[str, str]]) -> None:
        if parts:
            log.error(
                "Parts of tables were cut short, by a full disk or by the end of a process, and are set aside; what was"
                " merged of late is still there, what one insert brought is missing: %s.",
                ", ".join(f"{table} ({part})" for table, part in list(parts)[:20]),
            )

    def hold_merges(self, held: bool) -> None:
        """Begin no merges and leave those that run, while there is little room; or merge again."""
        if held != self._held:
            self._held = held
            self._stand_still() if held else self._go_on()

    def require_none(self) -> None:
        """Raises StoreDamagedError when a write failed since all was well; what was told as done since is to be
        repeated, after `mend`."""
        now = time.time()
        failed = self._count() - self._known
        if failed:
            self._found = True
            raise StoreDamagedError(
                f"The disk refused {failed} writes of the store; it may be full. Parts of tables may lack rows."
            )
        self._whole_at = now

    def mend(self) -> None:
        """Make good what `require_none` found, if anything. Raises as `look` does."""
        if self._found:
            self.look()

    def look(self) -> None:
        """Look whether a write failed since all was well, and make it good.

        Raises StoreDamagedError where that has to wait, for room on the disk, and the client's errors.
        """
        now, failed = time.time(), self._count()
        if failed != self._known:
            self._mend(failed)
            if self._count() != failed:
                raise StoreDamagedError("The disk takes nothing, so that damaged parts of tables must wait.")
        self._known, self._whole_at, self._found = failed, now, False

    def _count(self) -> int:
        found = self._rows(sql_of("upkeep", "failed_writes"), {})
        return int(found[0][0]) if found else 0

    def _mend(self, failed: int) -> None:
        self._stand_still()  # a merge that runs may lack what was refused, too
        self._until_no_merges()
        self._make_good(failed)
        if not self._held:
            self._go_on()

    def _stand_still(self) -> None:
        for statement in ("stop_merges", "stop_cleanup"):
            self._command(sql_of("upkeep", statement), {})

    def _go_on(self) -> None:
        for statement in ("start_cleanup", "start_merges"):
            self._command(sql_of("upkeep", statement), {})

    def _until_no_merges(self) -> None:
        until = time.monotonic() + _MERGES_END_S
        while self._rows(sql_of("upkeep", "merges"), {"project": self._project})[0][0]:
            if time.monotonic() > until:
                raise StoreDamagedError("Damaged parts of tables wait for merges to end.")
            time.sleep(_LOOK_S)

    def _make_good(self, failed: int) -> None:
        since = {"project": self._project, "since": int(self._whole_at) - _MARGIN_S}
        parts = self._rows(sql_of("upkeep", "parts_since"), since)
        damaged = [
            (str(table), str(part), bool(merged), bool(kept))
            for table, part, folder, merged, kept in parts
            if not self._is_whole(str(table), str(part), Path(str(folder)))
        ]
        inserted = [(table, part) for table, part, merged, _ in damaged if not merged]
        if inserted:
            self._require_room()
        for table, part in inserted:  # before the others: only what is not yet set aside can be dropped
            self._command(sql_of("upkeep", "drop_part"), {"table": table, "part": part})
        self._attach_anew({(table, part): kept for table, part, merged, kept in damaged if merged})
        log.error(
            "The disk refused %d writes of the store. Of %d parts made since, %d were damaged. Merges are done"
            " again, and what was not stored whole is stored again.",
            failed - self._known,
            len(parts),
            len(damaged),
        )

    def _attach_anew(self, merged: Mapping[tuple[str, str], bool]) -> None:
        """Take again what damaged parts replaced. They are let go where that was all kept."""
        before = self._set_aside()
        for table in sorted({table for table, _ in merged}):
            for statement in ("detach_table", "attach_table"):
                self._command(sql_of("upkeep", statement), {"table": table})
        found = [one for one in self._set_aside() if one not in before]
        whole = [(table, part) for table, part in found if merged.get((table, part.partition("_")[2]))]
        for table, part in whole:
            self._command(sql_of("upkeep", "drop_set_aside"), {"table": table, "part": part})
        self._tell_lost([one for one in found if one not in whole])

    def _set_aside(self) -> list[tuple[str, str]]:
        found = self._rows(sql_of("upkeep", "parts_set_aside"), {"project": self._project})
        return [(str(table), str(part)) for table, part in found]

    def _is_whole(self, table: str, part: str, folder: Path) -> bool:
        """By the checksums; some descriptions have none, of which none is empty."""
        if any(not file.stat().st_size for kind in ("*.txt", "*.json") for file in folder.glob(kind)):
            return False
        if not _PART.fullmatch(part):
            raise StoreDamagedError(f"'{part[:80]}' is not a name of a part that can be checked.")
        return bool(self._command(sql_of("upkeep", "check_part").replace("{PART}", f"'{part}'"), {"table": table}))

    def _require_room(self) -> None:
        try:
            with tempfile.TemporaryFile(dir=self._folder, buffering=0) as file:
                written = sum(file.write(bytes(MIB)) for _ in range(ROOM_BYTES // MIB))
        except OSError as error:
            raise StoreDamagedError(f"Damaged parts of tables wait for room on the disk: {error}.") from error
        if written != ROOM_BYTES:
            raise StoreDamagedError("Damaged parts of tables wait for room on the disk, which is full.")
