"""Firehose's HTTP endpoint protocol: what a delivery holds, and how it is answered.

Source: Amazon Data Firehose developer guide, "HTTP endpoint delivery request and response specifications", version 1.0.
Only 200 is success; 413 is final; Firehose tries again after every other answer, until it gives up and puts the
delivery into its backup bucket.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mendline.errors import MalformedError, TooManyRecordsError
from mendline.ingest.admission import Hold
from mendline.ingest.cloudwatch.documents import read_documents
from mendline.ingest.inflate import inflate

REQUEST_ID = "x-amz-firehose-request-id"
ACCESS_KEY = "x-amz-firehose-access-key"
SOURCE_ARN = "x-amz-firehose-source-arn"
_ARN = re.compile(r"arn:[\w-]{1,20}:firehose:([\w-]{1,40}):(\d{1,20}):deliverystream/([\w.-]{1,128})")
_MOST_ERROR = 8000  # characters; Firehose takes 8,192
MOST_RECORDS = 100_000


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery: its id, the base64 texts of its records (None where a record has none), and where it comes from."""

    request_id: str
    records: tuple[str | None, ...]
    region: str = ""
    account: str = ""
    stream: str = ""


def read_delivery(body: bytes, headers: Mapping[str, str], most_bytes: int, hold: Hold) -> Delivery:
    """The delivery in a request. `headers` have lower-case names; `hold` is asked for the memory that it takes.

    Raises MalformedError, BadEncodingError, BodyTooLargeError, TooManyRecordsError.
    """
    documents, whole = read_documents(inflate(body, headers.get("content-encoding", ""), most_bytes, hold))
    delivery = documents[0] if len(documents) == 1 and whole else None
    if not isinstance(delivery, dict) or not isinstance(delivery.get("records"), list):
        raise MalformedError("The body is not a Firehose delivery: JSON with requestId, timestamp and records.")
    if len(delivery["records"]) > MOST_RECORDS:
        raise TooManyRecordsError(
            f"The delivery has more than {MOST_RECORDS:,} records; give its stream a smaller buffer."
        )
    request_id = headers.get(REQUEST_ID) or delivery.get("requestId")
    if not isinstance(request_id, str) or not request_id:
        raise MalformedError("The delivery has no request id (header X-Amz-Firehose-Request-Id).")
    match = _ARN.fullmatch(headers.get(SOURCE_ARN, ""))
    source = match.groups() if match else ("", "", "")
    return Delivery(request_id, tuple(_data(record) for record in delivery["records"]), *source)


def answer(request_id: str, now_ms: int, error: str = "") -> bytes:
    """The body of an answer, whose Content-Type is application/json."""
    told: dict[str, Any] = {"requestId": request_id, "timestamp": now_ms}
    if error:
        told["errorMessage"] = error[:_MOST_ERROR]
    return json.dumps(told).encode()


def _data(record: object) -> str | None:
    data = record.get("data") if isinstance(record, dict) else None
    return data if isinstance(data, str) else None
