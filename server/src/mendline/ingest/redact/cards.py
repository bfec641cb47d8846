"""Numbers of payment cards in text: by issuer, length and check digit (ISO/IEC 7812), with blanks or dashes or none."""

from __future__ import annotations

import re

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

_RUN = re.compile(rb"[0-9]++(?:[ -][0-9]++)*+")
_GROUP = re.compile(rb"[0-9]++")
MOST_LEFT = 24
_MARKED = 14  # bytes that a mark covers; cards that begin after them have a mark of their own
_LEAST_CARD = 13
_MOST_BESIDE = 2  # a tag and a length
_FIRST_DIGITS = b"23456"
_MOST_CARD = 23  # 19 digits and 4 joints
MOST_BEHIND = _MARKED + _MOST_CARD + 2
so_many_digits = re.compile(rb"[2-6](?:[ -]?[0-9]){12}").search
"""Finds what any card number has at least; to be asked from MOST_LEFT before a mark to MOST_BEHIND behind it, before
`may_be_card`: mostly there is none."""
_DIGITS = b"0123456789"
_GLUED_BEFORE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/+")
_NO_TAG = _GLUED_BEFORE - {LogRecord.DESCRIPTOR.fields_by_name["event_name"].number << 3 | 2}
_GLUED_AFTER = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=")

_ISSUERS = (
    # first and last prefix, lengths
    (b"4", b"4", (13, 16, 19)),  # Visa
    (b"51", b"55", (16,)),  # Mastercard
    (b"2221", b"2720", (16,)),
    (b"34", b"34", (15,)),  # American Express
    (b"37", b"37", (15,)),
    (b"300", b"305", (14,)),  # Diners Club
    (b"36", b"36", (14,)),
    (b"38", b"39", (14,)),
    (b"6011", b"6011", (16, 17, 18, 19)),  # Discover
    (b"644", b"659", (16, 17, 18, 19)),
    (b"3528", b"3589", (16, 17, 18, 19)),  # JCB
    (b"62", b"62", (16, 17, 18, 19)),  # UnionPay
    (b"5018", b"5018", (13, 14, 15, 16, 17, 18, 19)),  # Maestro
    (b"5020", b"5020", (13, 14, 15, 16, 17, 18, 19)),
    (b"6304", b"6304", (13, 14, 15, 16, 17, 18, 19)),
    (b"6759", b"6763", (13, 14, 15, 16, 17, 18, 19)),
)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def cards_around(data: bytes, at: int) -> list[tuple[int, int]]:
    """Where card numbers begin in the digit groups around `at`, up to where another mark may stand."""
    found: list[tuple[int, int]] = []
    while card := _next_card(data, at):
        found.append(card)
        at = card[1] + 1
    return found


def may_be_card(raw: bytes, at: int) -> bool:
    """Whether a card number may stand around `at` in protobuf, where the bytes beside a text can look like digits."""
    groups = _groups(raw, at)
    starts = [first for first, _ in groups] + [first + 1 for first, _ in groups[:1]]
    for first in starts:
        if raw[first] in _FIRST_DIGITS and not _is_inside(raw, first):
            for _, last in groups:
                for end in range(max(first, last - _MOST_BESIDE), last + 1):
                    if _LEAST_CARD <= end - first <= _MOST_CARD and is_card(raw[first:end].translate(None, b" -")):
                        return True
    return False


def _is_inside(raw: bytes, first: int) -> bool:
    """Whether a text goes on to the left of this place, as ids in hexadecimal digits do: before a text stand its tag,
    which is no letter but for one, and its length."""
    return first > 1 and raw[first - 1] in _GLUED_BEFORE and raw[first - 2] in _NO_TAG


def _groups(data: bytes, at: int) -> list[tuple[int, int]]:
    left = data[max(0, at - MOST_LEFT) : at]
    start = at - len(left) + len(left.rstrip(_DIGITS))
    run = _RUN.match(data, start, at + MOST_BEHIND)
    return [group.span() for group in _GROUP.finditer(data, start, run.end())] if run else []


def _next_card(data: bytes, at: int) -> tuple[int, int] | None:
    groups = _groups(data, at)
    for index, (first, _) in enumerate(groups):
        if first >= at + _MARKED:
            return None
        glued = first and data[first - 1] in _GLUED_BEFORE
        last = 0 if glued else _card_end(data, first, groups[index:])
        if last:
            return first, last
    return None


def _card_end(data: bytes, first: int, groups: list[tuple[int, int]]) -> int:
    for _, last in groups:
        if last - first > _MOST_CARD:
            break
        if is_card(data[first:last].translate(None, b" -")) and _ends(data, last):
            return last
    return 0


def is_card(digits: bytes) -> bool:
    """Whether these digits have the prefix and the length of an issuer, and a right check digit."""
    if digits[:1] not in _FIRST_DIGITS or not _LEAST_CARD <= len(digits) <= 19:
        return False
    for first, last, lengths in _ISSUERS:
        if first <= digits[: len(first)] <= last and len(digits) in lengths:
            return _has_check_digit(digits)
    return False


def _has_check_digit(digits: bytes) -> bool:
    """Luhn's formula."""
    total = 0
    for index, byte in enumerate(reversed(digits)):
        number = byte - 48
        total += _DOUBLED[number] if index % 2 else number
    return total % 10 == 0


def _ends(data: bytes, last: int) -> bool:
    following = data[last : last + 2]
    if following[:1] in (b".", b"-"):
        return not following[1:].isdigit() and following[:1] != b"-"
    return not following or following[0] not in _GLUED_AFTER
