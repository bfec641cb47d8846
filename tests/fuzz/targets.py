"""What is fuzzed: each target takes bytes and may raise nothing but our own errors.

The corpus of a target lies in `corpus/TARGET/`; every input that ever broke something is added there and stays.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from mendline.errors import MendlineError
from mendline.ingest.check import check
from mendline.ingest.cloudwatch.convert import from_firehose, from_subscription
from mendline.ingest.cloudwatch.lines import parse_line
from mendline.ingest.inflate import inflate
from mendline.ingest.otlp_json import to_protobuf
from mendline.ingest.redact import Rules, redact
from mendline.model.signal import Signal

MOST_BYTES = 1024 * 1024
MOST_RECORDS = 10_000
_RULES = Rules()


def fuzz_protobuf(data: bytes) -> None:
    """Any bytes as a request of each signal; what is accepted can be redacted and is accepted again."""
    for signal in Signal:
        with contextlib.suppress(MendlineError):
            checked = check(signal, data, MOST_RECORDS)
            cleaned = redact(signal, checked.body, _RULES)
            assert check(signal, cleaned.body, MOST_RECORDS).records == checked.records


def fuzz_json(data: bytes) -> None:
    """Any bytes as OTLP/JSON of each signal; what is decoded is a protobuf request that passes the check."""
    for signal in Signal:
        try:
            body = to_protobuf(signal, data, MOST_RECORDS)
        except MendlineError:
            continue
        check(signal, body, MOST_RECORDS)


def fuzz_inflate(data: bytes) -> None:
    """Any bytes under each encoding; never more comes out than is allowed."""
    for encoding in ("gzip", "deflate", "zstd"):
        with contextlib.suppress(MendlineError):
            assert len(inflate(data, encoding, MOST_BYTES)) <= MOST_BYTES


def fuzz_lines(data: bytes) -> None:
    """Any text as a log line; nothing raises."""
    parse_line(data.decode("utf-8", "surrogateescape"))
    parse_line(data.decode("latin-1"))


def fuzz_cloudwatch(data: bytes) -> None:
    """Any bytes as a subscription payload and as a delivery of Firehose."""
    headers = {"x-amz-firehose-request-id": "r", "x-amz-firehose-access-key": "k"}
    for convert in (
        lambda: from_subscription(data, region="us-east-1", most_bytes=MOST_BYTES),
        lambda: from_firehose(data, headers, most_bytes=MOST_BYTES),
    ):
        with contextlib.suppress(MendlineError):
            for export in convert().exports:
                check(export.signal, export.body, 10**6)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "protobuf": fuzz_protobuf,
    "json": fuzz_json,
    "inflate": fuzz_inflate,
    "lines": fuzz_lines,
    "cloudwatch": fuzz_cloudwatch,
}
