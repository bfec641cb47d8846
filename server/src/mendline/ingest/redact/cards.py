"""Numbers of payment cards in text: by issuer, length and check digit (ISO/IEC 7812), with blanks or dashes or none."""

from __future__ import annotations

import re

_RUN = re.compile(rb"[0-9]++(?:[ -][0-9]++)*+")
_GROUP = re.compile(rb"[0-9]++")
_MOST_RUN = 120
_MOST_LEFT = 24
_MOST_CARD = 23  # 19 digits and 4 joints
_DIGITS = b"0123456789"
_GLUED_BEFORE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/+=")
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


def cards_around(data: bytes, at: int, *, raw: bool = False) -> list[tuple[int, int]]:
    """Where card numbers stand in the run of digit groups around `at`.

    In `raw` bytes what stands before may be a length and no text, so it counts neither as a border nor as a digit.
    """
    left = data[max(0, at - _MOST_LEFT) : at]
    start = at - len(left) + len(left.rstrip(_DIGITS))
    run = _RUN.match(data, start, start + _MOST_RUN)
    groups = [group.span() for group in _GROUP.finditer(data, start, run.end())] if run else []
    if raw and groups and groups[0][1] - groups[0][0] > 1:
        groups.insert(0, (groups[0][0] + 1, groups[0][1]))
    found: list[tuple[int, int]] = []
    for index, (first, _) in enumerate(groups):
        glued = not raw and first and data[first - 1] in _GLUED_BEFORE
        if glued or (found and first < found[-1][1]):
            continue
        last = _card_end(data, first, groups[index:])
        if last:
            found.append((first, last))
    return found


def _card_end(data: bytes, first: int, groups: list[tuple[int, int]]) -> int:
    for _, last in groups:
        if last - first > _MOST_CARD:
            break
        if is_card(data[first:last].translate(None, b" -")) and _ends(data, last):
            return last
    return 0


def is_card(digits: bytes) -> bool:
    """Whether these digits have the prefix and the length of an issuer, and a right check digit."""
    for first, last, lengths in _ISSUERS:
        if len(digits) in lengths and first <= digits[: len(first)] <= last:
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
