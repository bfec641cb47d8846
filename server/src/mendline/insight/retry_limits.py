"""How often the events of functions are tried, from the configuration that the AWS readers stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mendline.model.configuration import facts_of
from mendline.model.retry_limit import (
    Pushed,
    RetryLimit,
    asynchronous_limit,
    pushed_by,
    queue_limit,
    stream_limit,
)
from mendline.store.contract import TelemetryStore

Row = Mapping[str, Any]
TOLD_WITHIN_NS = 3 * 86_400 * 10**9  # what does not change is told once a day, or a little later
_Key = tuple[str, str, str, str]  # account, region, type, name


class RetryLimits:
    """The limits of some invocations (rows of the reads of invocations): asked for together, and only for failures."""

    def __init__(self, store: TelemetryStore, rows: Sequence[Row]) -> None:
        failed = [row for row in rows if row["error"] and pushed_by(row["trigger"]) is not Pushed.SYNCHRONOUSLY]
        self._facts = _configurations(store, failed) if failed else {}

    def of(self, row: Row) -> RetryLimit | None:
        """The limit of one invocation; None where nothing that says it is stored, or not as the readers write it."""
        try:
            return self._of(row)
        except (AttributeError, TypeError):
            return None

    def _of(self, row: Row) -> RetryLimit | None:
        pushed = pushed_by(row["trigger"])
        if pushed is Pushed.BY_QUEUE:
            return queue_limit(self._found(row, "sqs", _queue_of(row)))
        function = self._found(row, "lambda", row["name"])
        if pushed is Pushed.BY_STREAM:
            return stream_limit(function, row["trigger_source"])
        return asynchronous_limit(function, row["version"])

    def _found(self, row: Row, kind: str, name: str) -> Mapping[str, Any]:
        """The facts of a thing, where account and region agree as far as the invocation knows its own."""
        for (account, region, found_kind, found_name), facts in self._facts.items():
            same_place = row["account"] in ("", account) and row["region"] in ("", region)
            if (found_kind, found_name) == (kind, name) and same_place:
                return facts
        return {}


def _configurations(store: TelemetryStore, rows: Sequence[Row]) -> dict[_Key, Mapping[str, Any]]:
    wanted = {
        "functions": sorted({row["name"] for row in rows}),
        "all": False,
        "queues": sorted({_queue_of(row) for row in rows if pushed_by(row["trigger"]) is Pushed.BY_QUEUE}),
        "start_ns": min(row["start_ns"] for row in rows) - TOLD_WITHIN_NS,
    }
    return {
        (found["account"], found["region"], found["type"], found["name"]): facts_of(found["body"])
        for found in store.select("configurations", wanted)
    }


def _queue_of(row: Row) -> str:
    """The name of a queue, from its ARN or URL, or a name alone."""
    return str(row["trigger_source"]).replace("/", ":").rpartition(":")[2]
