"""One file of the spool: records, each behind its length and checksum; a torn or damaged end is found, not trusted.

A record is `u32 length | u32 crc | u8 signal | u32 records | u64 received_ns | 16 B digest | payload`, little-endian;
the CRC-32 covers all after it. The file's name is the offset of its first byte, so that offsets grow across files and
never repeat. The digest is that of the request as the client sent it, by which a repeat is known.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mendline.model.signal import Signal

_HEAD = struct.Struct("<II")
_META = struct.Struct("<BIQ16s")
_SIGNALS = (Signal.TRACES, Signal.LOGS, Signal.METRICS)  # a place in this tuple is what lies on the disk
_NAME = re.compile(r"[0-9]{20}\.segment")
OVERHEAD = _HEAD.size + _META.size
SUFFIX = ".segment"


@dataclass(frozen=True, slots=True)
class Record:
    """One acknowledged request. `start` and `end` are offsets in the spool, `records` the number of what it holds."""

    start: int
    end: int
    signal: Signal
    records: int
    received_ns: int
    digest: bytes
    body: bytes


def head_of(signal: Signal, body: bytes, records: int, received_ns: int, digest: bytes) -> bytes:
    """What stands before the body of a record on the disk: OVERHEAD bytes."""
    meta = _META.pack(_SIGNALS.index(signal), records, received_ns, digest)
    return _HEAD.pack(len(meta) + len(body), zlib.crc32(body, zlib.crc32(meta))) + meta


def path_of(folder: Path, offset: int) -> Path:
    """The file whose first byte has this offset."""
    return folder / f"{offset:020d}{SUFFIX}"


def is_segment(path: Path) -> bool:
    """Whether a file has the name of a segment."""
    return _NAME.fullmatch(path.name) is not None


def first_offset(path: Path) -> int:
    """The offset of a file's first byte."""
    return int(path.name.removesuffix(SUFFIX))


def read_records(path: Path, start: int, stop: int | None = None) -> Iterator[Record]:
    """Whole, undamaged records from offset `start` on, up to `stop`; ends at the first that is neither."""
    base = first_offset(path)
    with path.open("rb") as file:
        file.seek(start - base)
        position = start
        size = os.fstat(file.fileno()).st_size + base
        limit = size if stop is None else min(size, stop)
        while position + OVERHEAD <= limit:
            length, crc = _HEAD.unpack(file.read(_HEAD.size))
            end = position + _HEAD.size + length
            if length < _META.size or end > limit:
                return
            meta, body = file.read(_META.size), file.read(length - _META.size)
            if zlib.crc32(body, zlib.crc32(meta)) != crc:
                return
            signal, count, received_ns, digest = _META.unpack(meta)
            if signal >= len(_SIGNALS):
                return
            yield Record(position, end, _SIGNALS[signal], count, received_ns, digest, body)
            position = end
