"""The text of a key, `mlk_<scope>_<26 base62><6 checksum>` with a `_` before the checksum: made, and read. Pure.

A prefix and a checksum make a leaked key known for what it is, by a scanner that has never seen our database (the form
that GitHub gave its tokens). 26 characters of base62 are 154 random bits, so that plain SHA-256 is enough to store.
"""

from __future__ import annotations

import hashlib
import re
import string
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from mendline.store.state import Scope

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH = 26
CHECKSUM_LENGTH = 6
_SHOWN = 4
_FORM = re.compile(
    rf"mlk_({'|'.join(Scope)})_([0-9A-Za-z]{{{RANDOM_LENGTH}}})_([0-9A-Za-z]{{{CHECKSUM_LENGTH}}})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class KeyText:
    """What is known of a key from its text. `prefix` is the part that may be shown."""

    scope: Scope
    hash: bytes
    prefix: str


def make_key(scope: Scope, below: Callable[[int], int]) -> str:
    """A new key. `below(n)` answers a random number under n that nobody can guess (`secrets.randbelow`)."""
    rest = f"mlk_{scope}_{''.join(ALPHABET[below(len(ALPHABET))] for _ in range(RANDOM_LENGTH))}"
    return f"{rest}_{checksum(rest)}"


def checksum(rest: str) -> str:
    """The last six characters of a key: CRC-32 of all before them, in base62."""
    number = zlib.crc32(rest.encode("ascii"))
    digits = []
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def read_key(text: str) -> KeyText | None:
    """What a text says, if it is a key that was written down without a slip; else None."""
    match = _FORM.fullmatch(text)
    if not match:
        return None
    rest, _, told = text.rpartition("_")
    if told != checksum(rest):
        return None
    shown = rest[: -(RANDOM_LENGTH - _SHOWN)]
    return KeyText(Scope(match[1]), hashlib.sha256(text.encode("ascii")).digest(), shown)
