"""The first look: every place in some bytes where a secret might be, found in one pass over them.

Bytes are mapped to a smaller alphabet (small letters; all separators alike; all digits alike) without moving
anything, and searched for all marks at once (Aho-Corasick). What has no mark has no secret and costs no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ahocorasick_rs import BytesAhoCorasick, MatchKind

_SEPARATORS = b"\"'\\=:>]%\x12\n"  # \x12 is what stands between key and value in a protobuf KeyValue
_JOINTS = b"_-. \t"
_WINDOW = 256 * 1024


def _table() -> bytes:
    table = bytearray(range(256))
    for byte in range(65, 91):
        table[byte] = byte + 32
    for byte in _SEPARATORS:
        table[byte] = ord('"')
    for byte in _JOINTS:
        table[byte] = ord("_")
    for byte in b"0123456789":
        table[byte] = ord("0")
    return bytes(table)


TABLE = _table()
"""For bytes.translate: marks are written in the alphabet that it maps to."""


class Marks:
    """Finds marks; each has a number, its place in the list it was made from."""

    __slots__ = ("_longest", "_search")

    def __init__(self, marks: Iterable[str]) -> None:
        encoded = [mark.encode().translate(TABLE) for mark in marks]
        self._longest = max(map(len, encoded))
        self._search = BytesAhoCorasick(encoded, matchkind=MatchKind.LeftmostLongest)

    def places(self, data: bytes) -> Iterator[tuple[int, int, int]]:
        """Number, start and end of each mark in the bytes, in order."""
        for begin, found in self.windows(data):
            for number, first, last in found:
                yield number, begin + first, begin + last

    def windows(self, data: bytes) -> Iterator[tuple[int, list[tuple[int, int, int]]]]:
        """The same window by window, counted from where each begins; so many marks take little memory."""
        for begin in range(0, len(data), _WINDOW):
            window = data[begin : begin + _WINDOW + self._longest].translate(TABLE)
            found = self._search.find_matches_as_indexes(window)
            yield begin, found if len(window) <= _WINDOW else [mark for mark in found if mark[1] < _WINDOW]
