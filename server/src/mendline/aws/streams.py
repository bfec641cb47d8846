"""Kinesis streams, and DynamoDB tables with their streams."""

from __future__ import annotations

from typing import Any

from mendline.aws.calls import Calls, Refusal
from mendline.aws.configuration import Thing


def list_streams(calls: Calls) -> dict[str, Thing] | None:
    """Every Kinesis stream of the region by its name, and no more than that; None when AWS does not allow it."""
    names = calls.every("kinesis", "ListStreams", "StreamNames")
    return None if names is None else {str(name): Thing("kinesis", str(name), {}) for name in names}


def stream_details(calls: Calls, thing: Thing) -> dict[str, Any]:
    """Retention, shards and mode of a stream; nothing when AWS does not allow it or the stream is gone."""
    answer = calls.one("kinesis", "DescribeStreamSummary", thing.name, StreamName=thing.name)
    if isinstance(answer, Refusal):
        return {}
    summary = answer["StreamDescriptionSummary"]
    return {
        "arn": summary.get("StreamARN"),
        "consumers": summary.get("ConsumerCount"),
        "encryption_key": summary.get("KeyId"),
        "mode": (summary.get("StreamModeDetails") or {}).get("StreamMode", "PROVISIONED"),
        "retention_h": summary.get("RetentionPeriodHours"),
        "shards": summary.get("OpenShardCount"),
    }


def list_tables(calls: Calls) -> dict[str, Thing] | None:
    """Every DynamoDB table of the region by its name, and no more than that; None when AWS does not allow it."""
    names = calls.every("dynamodb", "ListTables", "TableNames")
    return None if names is None else {str(name): Thing("dynamodb", str(name), {}) for name in names}


def table_details(calls: Calls, thing: Thing) -> dict[str, Any]:
    """Capacity, indexes and stream of a table; nothing when AWS does not allow it or the table is gone."""
    answer = calls.one("dynamodb", "DescribeTable", thing.name, TableName=thing.name)
    if isinstance(answer, Refusal):
        return {}
    table = answer["Table"]
    stream = table.get("StreamSpecification") or {}
    enabled = bool(stream.get("StreamEnabled"))
    return {
        "arn": table.get("TableArn"),
        "billing": (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED"),
        "capacity": _capacity(table),
        "indexes": {index["IndexName"]: _capacity(index) for index in table.get("GlobalSecondaryIndexes") or ()},
        "stream": table.get("LatestStreamArn") if enabled else None,
        "stream_view": stream.get("StreamViewType") if enabled else None,
    }


def _capacity(entry: dict[str, Any]) -> dict[str, int]:
    """Provisioned capacity units; zeros where the table is billed on demand."""
    throughput = entry.get("ProvisionedThroughput") or {}
    return {
        "read": int(throughput.get("ReadCapacityUnits") or 0),
        "write": int(throughput.get("WriteCapacityUnits") or 0),
    }
