"""The value that follows a secret key in text: JSON at any level of escaping, query strings, headers, flags, XML.

Everything is found from the key on and consumed once, so the work is linear in the text. Text may be cut anywhere.
"""

from __future__ import annotations

import re

from mendline.ingest.redact.site import MARK, Site

_SPACE = rb"(?:[ \t\r\n]|\\+[nrt]){0,40}+"
_QUOTED_KEY = re.compile(rb"(\\*+)([\"'])" + _SPACE + rb"(?::|=>?)" + _SPACE)
_BARE_KEY = re.compile(rb"(?:\]|%5[dD])?[ \t]{0,4}+(:|=(?!=)>?|%3[dD])[ \t]{0,4}+")
_NAME_AND_VALUE = re.compile(
    rb"(\\*+)([\"'])" + _SPACE + rb"," + _SPACE + rb"\\*+[\"']value\\*+[\"']" + _SPACE + rb":" + _SPACE, re.IGNORECASE
)
_PAIR = re.compile(rb"(\\*+)([\"'])" + _SPACE + rb"," + _SPACE + rb"(?=b?\\*+[\"'])")
_OPENING = re.compile(rb"[bu]?(\\*+)([\"'])")
_QUOTES = re.compile(rb"[\"']")
_BRACKETS = re.compile(rb"\\*+[\"']|[\[\]{}]")
_PAIR_ENDS = re.compile(_SPACE + rb"[\])]")
_IN_JSON = re.compile(rb"[^\s,;&\"'\\(){}\[\]<>]++")
_IN_QUERY = re.compile(rb"(?:(?:bearer|basic|digest|token)(?:[ +]|%20))?+[^&\s\"'\\;,<>]++", re.IGNORECASE)
_AFTER_COLON = re.compile(rb"(?:(?:bearer|basic|digest|token)[ ])?+[^\s,;&\"'\\(){}\[\]<>]++", re.IGNORECASE)
_LINE = re.compile(rb"[^\"'\\\r\n]++")
_FLAG = re.compile(rb"[ ]++([^\s\"'\\-][^\s\"'\\]*+)")
_ELEMENT = re.compile(rb"(?:[ \t][^<>]{0,200}+)?>([^<>]++)<")
_TAG_BEGINS = re.compile(rb"<(?:[\w.-]{1,32}+:)?\Z")
_BREAK = rb"(?:\r?\n|\\{0,16}+r?\\{1,16}+n)"
_FORM_FIELD = re.compile(
    rb"\\*+[\"']" + _BREAK + rb"(?:Content-[^\r\n\\]{1,100}" + _BREAK + rb"){0,3}" + _BREAK + rb"([^\r\n\\]++)"
)
_NUMBER = re.compile(rb"[-+]?[0-9.]++(?:[eE][-+]?[0-9]++)?\Z")
_NO_VALUE = frozenset({b"true", b"false", b"null", b"none", b"undefined", b"nil", b"nan"})
_LINES = frozenset({"authorization", "cookie"})
_LONG = 16


def value_after(data: bytes, start: int, end: int, rule: str) -> Site | None:
    """The place of the value that belongs to the key at `start` to `end`; None where no value follows."""
    following = data[end : end + 1]
    if following in (b'"', b"'", b"\\"):
        return _after_quoted_key(data, start, end, rule)
    if following in (b">", b" ", b"\t") and _TAG_BEGINS.search(data[max(0, start - 34) : start]):
        element = _ELEMENT.match(data, end)
        return _unless_none(data, *element.span(1), rule) if element else None
    separator = _BARE_KEY.match(data, end)
    if separator:
        return _after_bare_key(data, start, end, separator, rule)
    flag = _FLAG.match(data, end) if data.startswith(b"--", start) else None
    return _unless_none(data, *flag.span(1), rule) if flag else None


def _after_quoted_key(data: bytes, start: int, end: int, rule: str) -> Site | None:
    found = _QUOTED_KEY.match(data, end) or _NAME_AND_VALUE.match(data, end)
    field = None if found else _FORM_FIELD.match(data, end)
    if field:
        return _unless_none(data, *field.span(1), rule)
    if found is None:
        return _of_pair(data, start, end, rule)
    escape, quote = found[1], found[2]
    marked = escape + quote + MARK + escape + quote
    value = _quoted_or_container(data, found.end(), escape, marked, rule)
    if value is not None:
        return value if value.end > value.start else None
    bare = _IN_JSON.match(data, found.end())
    if bare is None or bare[0].lower() in _NO_VALUE or (_NUMBER.match(bare[0]) and _counts(data[start:end])):
        return None
    return Site(*bare.span(), rule, marked)


def _after_bare_key(data: bytes, start: int, end: int, separator: re.Match[bytes], rule: str) -> Site | None:
    at = separator.end()
    value = _quoted_or_container(data, at, b"", MARK, rule)
    if value is not None:
        is_cut = value.end == len(data) and data[at : at + 1] in (b"[", b"{")  # prose: `unexpected token: {`
        return value if value.end > value.start and not is_cut else None
    if separator[1] != b":":
        return _unless_none(data, *_span(_IN_QUERY, data, at), rule, data[start:end])
    if data[start - 1 : start] in (b":", b"/") or data.startswith(b"//", at):
        return None  # part of an ARN, a path or an address: `…:secret:name`, `/app/token.js:10`
    if rule in _LINES and (start == 0 or at > end + 1):
        return _unless_none(data, *_span(_LINE, data, at), rule)
    first, last = _span(_AFTER_COLON, data, at)
    word = data[first:last]
    if rule != "password" and len(word) < _LONG and not any(48 <= byte <= 57 for byte in word):
        return None  # prose: `invalid token: expired`
    return _unless_none(data, first, last, rule, data[start:end])


def _of_pair(data: bytes, start: int, end: int, rule: str) -> Site | None:
    """The second of exactly two texts in a list, as some servers hand on their headers."""
    pair = _PAIR.match(data, end)
    if pair is None:
        return None
    before = data[max(0, start - 20) : start].rstrip(b"\"'\\b").rstrip()
    value = _quoted_or_container(data, pair.end(), b"", MARK, rule)
    if value is None or before[-1:] not in (b"[", b"(") or value.end <= value.start:
        return None
    close = _OPENING.match(data, value.end) or _QUOTES.match(data, value.end)
    return value if close and _PAIR_ENDS.match(data, close.end()) else None


def _quoted_or_container(data: bytes, at: int, escape: bytes, marked: bytes, rule: str) -> Site | None:
    """A text in quotes (its inside) or a list or object (all of it) that begins here; empty where nothing is in it."""
    opening = _OPENING.match(data, at)
    if opening:
        first, last = opening.end(), _closing(data, opening.end(), len(opening[1]), opening[2])
        return Site(first, first if data[first:last] == MARK else last, rule)
    if data[at : at + 1] not in (b"[", b"{"):
        return None
    if data.startswith(MARK, at):
        return Site(at, at, rule)
    last, inside = _container_end(data, at, len(escape))
    return Site(at, last if inside else at, rule, marked)


def _closing(data: bytes, first: int, level: int, quote: bytes) -> int:
    """Where the inside of a text ends that was opened by a quote after `level` backslashes.

    A quote closes it when as many backslashes stand before it, escaped backslashes left aside; one with fewer closes
    a text around it. Ends with the data when nothing closes it.
    """
    done = first
    for found in _QUOTES.finditer(data, first):
        at = found.start()
        before = data[done:at]
        run = len(before) - len(before.rstrip(b"\\"))
        done = at + 1
        if run < level or (found[0] == quote and (run - level) % (2 * level + 2) == 0):
            return at - min(run, level)
        if found[0] != quote and not run and quote == b"'" and data[at + 1 : at + 2] in (b"", b",", b"}", b"]", b":"):
            return at
    return len(data)


def _container_end(data: bytes, at: int, level: int) -> tuple[int, bool]:
    """Where a list or object ends, and whether anything is in it; strings in it may hold brackets."""
    depth = 0
    inside = at
    for found in _BRACKETS.finditer(data, at):
        token, start = found[0], found.start()
        if start < inside:
            continue
        if token in (b"[", b"{"):
            depth += 1
        elif token in (b"]", b"}"):
            depth -= 1
            if not depth:
                return found.end(), bool(data[at + 1 : start].strip())
        elif len(token) - 1 < level:
            return start, True
        else:
            inside = _closing(data, found.end(), len(token) - 1, token[-1:]) + len(token)
    return len(data), True


def _unless_none(data: bytes, first: int, last: int, rule: str, key: bytes = b"") -> Site | None:
    value = data[first:last]
    if not value.strip() or value.startswith(MARK) or value.lower() in _NO_VALUE:
        return None
    return None if key and _NUMBER.match(value) and _counts(key) else Site(first, last, rule)


def _counts(key: bytes) -> bool:
    """Whether a number under this key counts things: plural keys do (`tokens: 12`)."""
    return key[-1:] in b"sS" and key[-2:-1] not in b"sS"


def _span(pattern: re.Pattern[bytes], data: bytes, at: int) -> tuple[int, int]:
    found = pattern.match(data, at)
    return found.span() if found else (at, at)
