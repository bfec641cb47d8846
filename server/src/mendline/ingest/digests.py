"""Digests of requests as they lie on the disk: each with a checksum, so that damage costs no more than what it touched.

One wrong bit in a digest or its checksum is found and put right, since CRC-32 tells which it is.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

DIGEST_BYTES = 16
_ENTRY = struct.Struct("<16sI")  # a digest and its CRC-32
ENTRY_BYTES = _ENTRY.size
_TRAILER = struct.Struct("<8sQ")  # behind digests in order: a mark, and the CRC-32 of all before it
_MARK = b"digests2"
_MOST_MENDED = 1000  # of one file; more than that is no matter of bits, and a start must not wait for it


class DamagedDigestsError(ValueError):
    """A file of digests in order is damaged; `digests` is what it still tells."""

    def __init__(self, message: str, digests: set[bytes]) -> None:
        super().__init__(message)
        self.digests = digests


def entries_of(digests: Iterable[bytes]) -> bytes:
    """Digests with their checksums, to be appended to a file."""
    return b"".join(_ENTRY.pack(digest, zlib.crc32(digest)) for digest in digests)


def checked(entries: bytes) -> tuple[set[bytes], str]:
    """The digests of whole entries, and what is wrong with some (empty: nothing)."""
    digests: set[bytes] = set()
    wrong: list[bytes] = []
    for digest, crc in _ENTRY.iter_unpack(entries):
        if zlib.crc32(digest) == crc:
            digests.add(digest)
        else:
            wrong.append(_ENTRY.pack(digest, crc))
    if not wrong:
        return digests, ""
    mended = {digest for entry in wrong[:_MOST_MENDED] if (digest := _mended(entry))}
    lost = len(wrong) - len(mended)
    return digests | mended, (
        f"Of its digests {len(wrong)} were damaged, and {len(mended)} of these could be mended."
        + (f" {lost} requests may be kept twice when they come again." if lost else "")
    )


def put_in_order(digests: Iterable[bytes]) -> bytes:
    """A file of digests sorted by their first half: all first halves, all second ones, all checksums, the trailer."""
    given = [*digests]
    words = np.frombuffer(b"".join(given), "<u8").reshape(-1, 2)
    crcs = np.fromiter((zlib.crc32(digest) for digest in given), "<u4", len(given))
    order = np.argsort(words[:, 0], kind="stable")
    data: bytes = words[order, 0].tobytes() + words[order, 1].tobytes() + crcs[order].tobytes()
    return data + _TRAILER.pack(_MARK, zlib.crc32(data))


class DigestsInOrder:
    """A file of `put_in_order`, mapped and not loaded. Raises DamagedDigestsError, OSError."""

    def __init__(self, path: Path) -> None:
        size = path.stat().st_size
        count, odd = divmod(size - _TRAILER.size, ENTRY_BYTES)
        if count < 0 or odd:
            raise DamagedDigestsError(f"It is {size} bytes long, which is no number of digests.", set())
        data = np.memmap(path, dtype="u1", mode="r")
        self._first, self._second = data[: count * 8].view("<u8"), data[count * 8 : count * 16].view("<u8")
        crcs, end = data[count * 16 : count * ENTRY_BYTES], count * ENTRY_BYTES
        if data[end:].tobytes() != _TRAILER.pack(_MARK, zlib.crc32(data[:end].data)):
            words = np.stack((self._first, self._second), axis=1).view("u1").reshape(-1, DIGEST_BYTES)
            digests, trouble = checked(np.hstack((words, crcs.reshape(-1, 4))).tobytes())
            raise DamagedDigestsError(trouble or "Its end is damaged; its digests are not.", digests)

    def __contains__(self, digest: bytes) -> bool:
        first, second = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
        left = int(np.searchsorted(self._first, np.uint64(first), "left"))
        while left < len(self._first) and self._first[left] == first:
            if self._second[left] == second:
                return True
            left += 1
        return False


def _mended(entry: bytes) -> bytes | None:
    """The digest of an entry in which one bit is wrong; None where more is."""
    number = int.from_bytes(entry, "little")
    digest: bytes
    for bit in range(ENTRY_BYTES * 8):
        digest, crc = _ENTRY.unpack((number ^ 1 << bit).to_bytes(ENTRY_BYTES, "little"))
        if zlib.crc32(digest) == crc:
            return digest
    return None
