"""Secrets taken out of running text: what follows a name, what shows by its form, and card numbers.

Loaded when the redactor has seen a mark of one: by then expressions have to be compiled, too.
"""

from __future__ import annotations

import re

from .redaction import REDACTED

_WORDS_ALONE = frozenset(("pass", "passcode", "sig", "pin", "sid", "cvv", "cvc", "otp", "ssn", "jwt"))
_BREAK = r"(?:\r?\n|\\{0,16}r?\\{1,16}n)"  # in JSON too
# As people print it: `name=value`, `name = "value"`, `name: value`. As JSON has it: `"name": "value"`, or both side by
# side as values. An element of XML; a field of a form in parts.
_FOLLOWS = (
    r"(?:\s{0,3}=\s{0,3}(?:\\*[\"']([^\"'\\\r\n]+)|([^&\s\"'\\;,]+))|\s?:\s{0,3}([^&\s\"'\\;,{}\[\]:]+)"
    r"|\\*[\"']\s*:\s*\\*[\"']((?:[^\"'\\]|\\[^\"'])+)"
    r"|\\*[\"']\s*,\s*\\*[\"'][Vv]alue\\*[\"']\s*:\s*\\*[\"']((?:[^\"'\\]|\\[^\"'])+)"
    r"|(?:\s[^<>]{0,200})?>([^<>]+)</"
    rf"|\\*[\"']{_BREAK}(?:Content-[^\r\n\\]{{1,100}}{_BREAK}){{0,3}}{_BREAK}([^\r\n\\]+))"
)
_VALUE = r"[\w-]{1,48}" + _FOLLOWS
_LINE = r"[\w-]{1,48}\s?:\s{1,3}([^\r\n\"'\\]+)"  # headers whose value has blanks, as they are printed
_LINES = ("authorization", "cookie")
# What is known by its beginning: that, and what it is.
_BEGINNINGS = (
    *((mark, rf"({mark}[A-Za-z0-9]{{16,}})") for mark in ("ghp_", "gho_", "ghs_", "ghu_", "ghr_")),
    *((mark, rf"({mark}[A-Za-z0-9]{{10,}})") for mark in ("sk_live_", "rk_live_")),
    ("github_pat_", r"(github_pat_\w{16,})"),
    ("mlk_", r"(mlk_[a-z]{4,8}_[\w-]{10,})"),
    ("xox", r"(xox[abprs]-[A-Za-z0-9-]{10,})"),
    ("glpat-", r"(glpat-[\w-]{16,})"),
    ("AIza", r"(AIza[\w-]{30,})"),
    ("AKIA", r"(AKIA[0-9A-Z]{16})\b"),
    ("ASIA", r"(ASIA[0-9A-Z]{16})\b"),
    ("eyJ", r"(?<![\w-])(eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"),
    ("-----BEGIN ", r"(?s)(-----BEGIN [A-Z0-9 ]{1,60}-----.*?(?:-----END [A-Z0-9 ]{1,60}-----|\Z))"),
    ("hooks.slack.com/", r"hooks\.slack\.com/(?:services|workflows|triggers)/([^\s\"'\\?#<>]+)"),
    ("/bot", r"/bot([0-9]{6,12}(?::|%3[aA])[\w-]{30,})"),
    ("/api/webhooks/", r"/api/webhooks/[0-9]+/([\w-]{16,})"),
)
_SHAPES = (
    ("bearer", r"\w{5,6}\s{1,4}([A-Za-z0-9._~+/=-]{12,})"),
    ("basic", r"\w{5,6}\s{1,4}([A-Za-z0-9._~+/=-]{12,})"),
    ("://", r"://([^/\s\"'\\?#]+)@"),
    *((mark.lower(), shape) for mark, shape in _BEGINNINGS),
)
_DIGIT_RUN = r"[0-9]+(?:[ -][0-9]+)*"
_FIRST_DIGITS, _MAX_CARD_GROUPS = "23456", 12
_GROUP = r"[0-9]+"
_compiled: dict[str, re.Pattern[str]] = {}


def _pattern(text: str) -> re.Pattern[str]:
    """Compiled when first needed: most functions never meet most of these."""
    pattern = _compiled.get(text)
    if pattern is None:
        pattern = _compiled[text] = re.compile(text)
    return pattern


def blanked(text: str, all_names: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """A text without the secrets that follow one of these names, each by a part of it, or show by their form."""
    # The only letter that becomes two when lowered: positions must be the same in both.
    lowered = text.lower() if "\u0130" not in text else (text := text.replace("\u0130", "I")).lower()
    for part, names in all_names:
        for name in names if part in lowered else ():
            if name in lowered:
                if name in _LINES:
                    text, lowered = _blank(text, lowered, name, _LINE)
                shape = rf"(?<![a-z0-9_]){name}{_FOLLOWS}" if name in _WORDS_ALONE else _VALUE
                text, lowered = _blank(text, lowered, name, shape)
    for mark, shape in _SHAPES:
        if mark in lowered:
            text, lowered = _blank(text, lowered, mark, shape)
    return text


def _blank(text: str, lowered: str, mark: str, shape: str) -> tuple[str, str]:
    """Blank what a group of the pattern finds at each place of the mark; the new text, and that lowered."""
    pattern = _pattern(shape)
    pieces, done, at = [], 0, lowered.find(mark)
    while at >= 0:
        match = pattern.match(text, at)
        if match is None:
            at = lowered.find(mark, at + len(mark))
            continue
        start, end = match.span(match.lastindex or 0)
        pieces += [text[done:start], REDACTED]
        done = end
        at = lowered.find(mark, end)
    if not pieces:
        return text, lowered
    text = "".join(pieces) + text[done:]
    return text, text.lower()


def without_cards(text: str) -> str:
    """The text without card numbers."""
    return _pattern(_DIGIT_RUN).sub(_card, text)


def _card(match: re.Match[str]) -> str:
    """Blank a card number in a run of digit groups; groups that a dash joins stay together."""
    run = match.group()
    if len(run) < 13:
        return run
    groups = [group.span() for group in _pattern(_GROUP).finditer(run)]
    if len(groups) > _MAX_CARD_GROUPS or match.string[match.start() - 1 : match.start()] == ".":
        return run
    for index, (start, _) in enumerate(groups):
        for _, end in groups[index:]:
            if end - start > 38 or run[start - 1 : start] == "-" or run[end : end + 1] == "-":
                continue
            if is_card_number(run[start:end].replace(" ", "").replace("-", "")):
                return run[:start] + REDACTED + _pattern(_DIGIT_RUN).sub(_card, run[end:])
    return run


def is_card_number(digits: str) -> bool:
    """13 to 19 digits that begin like a payment card and pass the Luhn check (ISO/IEC 7812)."""
    if not 13 <= len(digits) <= 19 or digits[0] not in _FIRST_DIGITS:
        return False
    total = 0
    for index, digit in enumerate(reversed(digits)):
        number = ord(digit) - 48
        if index % 2:
            number = number * 2 - 9 if number > 4 else number * 2
        total += number
    return total % 10 == 0
