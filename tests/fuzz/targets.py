"""What is fuzzed: each target takes bytes and may raise nothing but our own errors.

The corpus of a target lies in `corpus/TARGET/`; every input that ever broke something is added there and stays.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from mendline.errors import MendlineError, QueryTextError
from mendline.ingest.check import check
from mendline.ingest.cloudwatch.convert import from_firehose, from_subscription
from mendline.ingest.cloudwatch.lines import parse_line
from mendline.ingest.inflate import inflate
from mendline.ingest.otlp_json import to_protobuf
from mendline.ingest.redact import Rules, redact
from mendline.model.signal import Signal
from mendline.query import parse, read_query
from mendline.query.completion import complete

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


def fuzz_query(data: bytes) -> None:
    """Any text as a query: what is parsed prints as what parses to the same, and what is offered instead works."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        query = parse(text)
        assert parse(str(query)) == query
        read_query(read_query(text).text)
    except QueryTextError as error:
        with contextlib.suppress(QueryTextError):
            read_query(text)
        assert error.message
    complete(text, len(text) // 2)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "protobuf": fuzz_protobuf,
    "json": fuzz_json,
    "inflate": fuzz_inflate,
    "lines": fuzz_lines,
    "cloudwatch": fuzz_cloudwatch,
    "query": fuzz_query,
}
