"""What became of each record of a batch, so that a poison record can be named.

Rules as Lambda documents them for partial batch responses: an identifier that is missing, empty or not of this batch
fails the whole batch, as an exception and what is no list of them do. A stream is tried again from its first failed
record on.
"""

from __future__ import annotations

import sys

from .frames import OUTERMOST, locals_of
from .triggers import dig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from .triggers import Trigger

_MOST_IDS = 100
_MOST_BYTES = 8 * 1024
_MOST_FRAMES = 100
_MOST_LOOKED = 20_000
# Kind of trigger → where a record has the id by which its failure is reported.
_ID_AT: dict[str, tuple[str, ...]] = {
    "sqs": ("messageId",),
    "kinesis": ("kinesis", "sequenceNumber"),
    "dynamodb": ("dynamodb", "SequenceNumber"),
}
_OTHER_IDS: dict[str, tuple[str, ...]] = {
    "sns": ("Sns", "MessageId"),
    "firehose": ("recordId",),
    "ses": ("ses", "mail", "messageId"),
}


def batch_outcome(trigger: Trigger, event: Any, result: Any, error: BaseException | None) -> dict[str, Any]:
    """`size`, `failed` (ids), `failed_count` when not all are listed, `failing` when it is certainly one.

    `at` is the record that the failing code had in a local variable when it raised: most likely the poison one.
    """
    outcome: dict[str, Any] = {"size": trigger.records}
    if error is not None:
        records = _records(event)
        failed = _all_ids(trigger, records[:_MOST_IDS])
        outcome["failed"], count = _bounded(failed), trigger.records
        if trigger.records > 1:
            outcome.update(_at(trigger, _frames_of(error), records))
    else:
        failed, count = _reported(trigger, event, result)
        outcome["failed"] = _bounded(failed)
        if count and not failed:
            outcome["failed"] = _bounded(_all_ids(trigger, _records(event)[:_MOST_IDS]))
            outcome["invalid"] = True
    if count > len(outcome["failed"]):
        outcome["failed_count"] = count
    if count == 1 and outcome["failed"]:
        outcome["failing"] = outcome["failed"][0]
    return outcome


def going_on(trigger: Trigger, event: Any, thread: int) -> dict[str, Any]:
    """`size`, and `at` as above: of the thread that has the batch in hand and has not come to an end."""
    frames: list[FrameType] = []
    frame = sys._current_frames().get(thread)
    while frame is not None and frame.f_code.co_filename != OUTERMOST and len(frames) < _MOST_FRAMES:
        frames.append(frame)
        frame = frame.f_back
    return {"size": trigger.records, **_at(trigger, frames[::-1], _records(event))}


def _path(trigger: Trigger) -> tuple[str, ...]:
    return _ID_AT.get(trigger.kind) or _OTHER_IDS.get(trigger.kind) or ("",)


def _records(event: Any) -> list[Any]:
    if type(event) is list or not issubclass(type(event), dict):
        return event if type(event) is list else []
    records = dict.get(event, "Records", dict.get(event, "records"))
    return records if type(records) is list else []


def _all_ids(trigger: Trigger, records: list[Any]) -> list[str]:
    path = _path(trigger)
    found = (dig(record, *path) for record in records)
    return [identity for identity in found if type(identity) is str and identity]


def _bounded(ids: list[str]) -> list[str]:
    room, kept = _MOST_BYTES, []
    for identity in ids[:_MOST_IDS]:
        room -= len(identity)
        if room < 0:
            break
        kept.append(identity)
    return kept


def _reported(trigger: Trigger, event: Any, result: Any) -> tuple[list[str], int]:
    """The ids that the handler reported and how many; no ids but a number when Lambda takes the whole batch as failed.

    Only read, and nothing of the user's own types is run.
    """
    if trigger.kind == "firehose":
        return _not_transformed(result)
    failures = dict.get(result, "batchItemFailures") if issubclass(type(result), dict) else None
    if type(failures) is not list or not failures:
        sound = failures is None or issubclass(type(failures), (list, tuple)) or trigger.kind not in _ID_AT
        return [], 0 if sound else trigger.records
    ids = [
        dict.get(item, "itemIdentifier") if issubclass(type(item), dict) else None for item in failures[:_MOST_LOOKED]
    ]
    path = _ID_AT.get(trigger.kind)
    if path is None:
        return [identity for identity in ids if type(identity) is str], len(ids)
    records = _records(event)
    known = set(_all_ids(trigger, records)) if len(records) <= _MOST_LOOKED else set()
    if any(type(identity) is not str or not identity or (known and identity not in known) for identity in ids):
        return [], trigger.records
    unique = list(dict.fromkeys(str(identity) for identity in ids))
    return unique, len(unique)


def _not_transformed(result: Any) -> tuple[list[str], int]:
    records = dict.get(result, "records") if issubclass(type(result), dict) else None
    if type(records) is not list:
        return [], 0
    failed = [
        r.get("recordId") for r in records[:_MOST_LOOKED] if type(r) is dict and r.get("result") == "ProcessingFailed"
    ]
    return [identity for identity in failed if type(identity) is str], len(failed)


def _frames_of(error: BaseException) -> list[FrameType]:
    frames: list[FrameType] = []
    # behind our own: a look at its local variables would make them hold the error, and that the event
    entry = error.__traceback__ and error.__traceback__.tb_next
    while entry is not None and len(frames) < _MOST_FRAMES:
        frames.append(entry.tb_frame)
        entry = entry.tb_next
    return frames


def _at(trigger: Trigger, frames: list[FrameType], records: list[Any]) -> dict[str, Any]:
    """The record, itself and no copy, that the innermost frame with one has in a local variable."""
    wanted = {id(record): record for record in records[:_MOST_LOOKED] if type(record) is dict}
    held = None
    for frame in frames if wanted else ():
        for value in locals_of(frame).values():
            held = wanted.get(id(value), held)
    return {} if held is None else {"at": dig(held, *_path(trigger)) or None}
