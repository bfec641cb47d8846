"""Reads the shards of a Kinesis stream or of a table's stream, and makes Lambda's records of them."""

import time
from dataclasses import dataclass
from typing import Any, Protocol

from mendline_playground.host.function import ACCOUNT, REGION
from mendline_playground.sources.aws_json import AwsJson
from mendline_playground.sources.mapping import Mapping


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One record: its place in the shard, when it arrived (Unix time), and what the function is given."""

    sequence: str
    arrived_s: float
    event: dict[str, Any]


class Shards(Protocol):
    """What a poller asks of a stream."""

    async def ids(self) -> list[str]:
        """The shards there are."""

    async def read(self, shard: str, after: str, *, from_horizon: bool, limit: int) -> list[StreamRecord]:
        """Records of a shard behind a sequence number; with none, from the beginning or those that still come."""


def shards_of(mapping: Mapping, aws: AwsJson) -> Shards:
    """The stream behind a mapping."""
    return KinesisShards(mapping, aws) if mapping.service == "kinesis" else TableShards(mapping, aws)


class _ByIterator:
    """What both services have in common: an iterator by sequence number, and records from there."""

    service, prefix = "", ""

    def __init__(self, mapping: Mapping, aws: AwsJson) -> None:
        self._mapping = mapping
        self._aws = aws
        self._newest: dict[str, str] = {}

    def _named(self) -> dict[str, Any]:
        raise NotImplementedError

    def _record(self, shard: str, told: dict[str, Any]) -> StreamRecord:
        raise NotImplementedError

    async def _call(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        return await self._aws.call(self.service, f"{self.prefix}.{operation}", body)

    async def read(self, shard: str, after: str, *, from_horizon: bool, limit: int) -> list[StreamRecord]:
        """As `Shards.read`."""
        if after:
            iterator = await self._iterator(shard, "AFTER_SEQUENCE_NUMBER", after)
        elif from_horizon:
            iterator = await self._iterator(shard, "TRIM_HORIZON", "")
        else:  # what is there when it is first asked is old; what comes later is not
            iterator = self._newest.pop(shard, "") or await self._iterator(shard, "LATEST", "")
        answer = await self._call("GetRecords", {"ShardIterator": iterator, "Limit": limit})
        if not after and not from_horizon:
            self._newest[shard] = str(answer.get("NextShardIterator") or "")
        return [self._record(shard, told) for told in answer.get("Records") or ()]

    async def _iterator(self, shard: str, kind: str, sequence: str) -> str:
        body = {**self._named(), "ShardId": shard, "ShardIteratorType": kind}
        if sequence:
            key = "StartingSequenceNumber" if self.service == "kinesis" else "SequenceNumber"
            body[key] = sequence
        return str((await self._call("GetShardIterator", body))["ShardIterator"])


class KinesisShards(_ByIterator):
    """A Kinesis stream."""

    service, prefix = "kinesis", "Kinesis_20131202"

    def _named(self) -> dict[str, Any]:
        return {"StreamName": self._mapping.resource.partition("/")[2]}

    async def ids(self) -> list[str]:
        """As `Shards.ids`."""
        answer = await self._call("ListShards", self._named())
        return [shard["ShardId"] for shard in answer.get("Shards") or ()]

    def _record(self, shard: str, told: dict[str, Any]) -> StreamRecord:
        arrived_s = float(told["ApproximateArrivalTimestamp"])
        event = {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": told["PartitionKey"],
                "sequenceNumber": told["SequenceNumber"],
                "data": told["Data"],
                "approximateArrivalTimestamp": arrived_s,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard}:{told['SequenceNumber']}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": f"arn:aws:iam::{ACCOUNT}:role/shop",
            "awsRegion": REGION,
            "eventSourceARN": self._mapping.source_arn,
        }
        return StreamRecord(str(told["SequenceNumber"]), arrived_s, event)


class TableShards(_ByIterator):
    """The stream of a DynamoDB table."""

    service, prefix = "dynamodb", "DynamoDBStreams_20120810"

    def _named(self) -> dict[str, Any]:
        return {"StreamArn": self._mapping.source_arn}

    async def ids(self) -> list[str]:
        """As `Shards.ids`."""
        answer = await self._call("DescribeStream", self._named())
        return [shard["ShardId"] for shard in answer["StreamDescription"].get("Shards") or ()]

    def _record(self, shard: str, told: dict[str, Any]) -> StreamRecord:
        change = told["dynamodb"]
        event = {**told, "eventSourceARN": self._mapping.source_arn}
        arrived_s = float(change.get("ApproximateCreationDateTime") or time.time())
        return StreamRecord(str(change["SequenceNumber"]), arrived_s, event)
