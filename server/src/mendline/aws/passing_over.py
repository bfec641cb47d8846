"""Lets a stream pass a record that it cannot process: AWS has no call that deletes one, so that what is changed is the
mapping of the function that takes from it; and the mapping is set back.

Sources: AWS Lambda Developer Guide, "Using Lambda with Kinesis" (BisectBatchOnFunctionError, MaximumRetryAttempts: -1
is without end) and "Lambda event filtering" (patterns of one mapping are alternatives; `sequenceNumber` of Kinesis and
`eventID` of DynamoDB streams stand at the top of what is filtered)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mendline.aws.sessions import Sessions
from mendline.aws.sources import Source
from mendline.errors import NotFoundError, UsageError

TRIES = 3
_UNLIMITED = -1
_KEYS = {"kinesis": "sequenceNumber", "dynamodb": "eventID"}
_SETTINGS = ("BisectBatchOnFunctionError", "MaximumRetryAttempts", "FilterCriteria")
Settings = dict[str, Any]


def find_mapping(
    sources: Sequence[tuple[Source, Sessions]], function: str, stream: str
) -> tuple[Any, str, Mapping[str, Any]]:
    """A client that reaches the mapping of a function and a stream (its name, or `kinesis/NAME`), the region, and what
    AWS tells of it. Raises NotFoundError."""
    name = stream.rpartition("/")[2]
    tried = []
    for source, sessions in sources:
        for region in source.regions:
            try:
                client = sessions.client("lambda", region)
                found = client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
            except (ClientError, BotoCoreError) as error:
                tried.append(f"{source.name} in {region}: {error}"[:200])
                continue
            for mapping in found:
                if name in mapping.get("EventSourceArn", "").partition("/")[2].split("/")[:1]:
                    return client, region, mapping
    why = "; ".join(tried)[:600] or "no account has one"
    raise NotFoundError(f"No mapping of {function[:80]} and {name[:80]} can be reached ({why}).")


def settings_of(mapping: Mapping[str, Any]) -> Settings:
    """What may be changed, as it is, so that it can be set back."""
    told = {name: mapping.get(name) for name in _SETTINGS}
    return {
        "BisectBatchOnFunctionError": bool(told["BisectBatchOnFunctionError"]),
        "MaximumRetryAttempts": _UNLIMITED if told["MaximumRetryAttempts"] is None else told["MaximumRetryAttempts"],
        "FilterCriteria": {"Filters": list((told["FilterCriteria"] or {}).get("Filters") or ())},
    }


def changed(action: str, before: Settings, record: str, source_arn: str) -> Settings:
    """What to set, of `before`. Raises UsageError where it is so already, or cannot be."""
    wanted = _ACTIONS[action](before, record, source_arn)
    after = {name: value for name, value in wanted.items() if before[name] != value}
    if not after:
        raise UsageError(f"The mapping is set like that already; {action} changes nothing.")
    return after


def _bisect(before: Settings, _: str, __: str) -> Settings:
    tries = before["MaximumRetryAttempts"]
    return {"BisectBatchOnFunctionError": True, "MaximumRetryAttempts": TRIES if tries == _UNLIMITED else tries}


def _skip(_: Settings, __: str, ___: str) -> Settings:
    return {"MaximumRetryAttempts": 0}


def _filter(before: Settings, record: str, source_arn: str) -> Settings:
    """Each pattern, with the record left out: patterns are alternatives, and what stands in one must all be so."""
    key = _KEYS[source_arn.split(":")[2]]
    without = {key: [{"anything-but": [record.rpartition("/")[2]]}]}
    filters = list(_with(before["FilterCriteria"]["Filters"], key, without))
    return {"FilterCriteria": {"Filters": filters or [{"Pattern": json.dumps(without)}]}}


def _with(filters: Sequence[Mapping[str, str]], key: str, without: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for one in filters:
        pattern = json.loads(one["Pattern"])
        if key in pattern:
            raise UsageError(f"A filter of the mapping names {key} already; undo what was filtered before, or edit it.")
        yield {"Pattern": json.dumps({**pattern, **without})}


_ACTIONS: Mapping[str, Callable[[Settings, str, str], Settings]] = {
    "bisect": _bisect,
    "skip": _skip,
    "filter": _filter,
}
