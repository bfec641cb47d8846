"""JSON documents out of untrusted bytes: one after the other without a separator, or gzip, or base64, within bounds."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from mendline.errors import BodyTooLargeError, MalformedError, TooManyRecordsError
from mendline.ingest.inflate import inflate

GZIP = b"\x1f\x8b"
MOST_MESSAGE_BYTES = 16 * 1024 * 1024  # of one message of AWS, inflated; it writes at most some 10 MB
# Objects are what costs memory: a byte of `{}` or `[]` becomes some fifty. Log lines of any kind stay far below.
MOST_OBJECTS, ALWAYS_OBJECTS, BYTES_AN_OBJECT = 1_000_000, 50_000, 8
_SPACE = re.compile(r"[\s\x1e]*")
_decoder = json.JSONDecoder()


def unpack_base64(text: str | bytes) -> bytes:
    """The bytes that a base64 text stands for. Raises MalformedError."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("The data is not base64; it was cut or is something else.") from None


def unpack_gzip(data: bytes, most_bytes: int = MOST_MESSAGE_BYTES) -> bytes:
    """The data itself, decompressed where it is gzip. No message may be larger than MOST_MESSAGE_BYTES, whatever
    `most_bytes` (setting max_inflated_bytes) is. Raises BadEncodingError, BodyTooLargeError."""
    most = min(most_bytes, MOST_MESSAGE_BYTES)
    try:
        return inflate(data, "gzip" if data.startswith(GZIP) else "", most)
    except BodyTooLargeError:
        whose = "setting max_inflated_bytes" if most == most_bytes else "no setting; AWS writes at most some 10 MB"
        raise BodyTooLargeError(
            f"The message is larger than {most:,} bytes when inflated ({whose}); send it in smaller parts."
        ) from None


def read_documents(data: bytes) -> tuple[list[Any], bool]:
    """All JSON documents that stand one after the other, and whether that was all there is.

    What follows a broken document is not read. Raises TooManyRecordsError before a bomb of braces is built.
    """
    most = min(MOST_OBJECTS, ALWAYS_OBJECTS + len(data) // BYTES_AN_OBJECT)
    if data.count(b"{") + data.count(b"[") > most:
        raise TooManyRecordsError(f"The JSON holds more than {most:,} objects; send it in smaller parts.")
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    found: list[Any] = []
    position = _after_space(text, 0)
    while position < len(text):
        try:
            document, position = _decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return found, False
        found.append(document)
        position = _after_space(text, position)
    return found, True


def as_json(value: Any) -> str:
    """A value that came out of a document, as JSON text again."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "[a value that lies too deep]"


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
