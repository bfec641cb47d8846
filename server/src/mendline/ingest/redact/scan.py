"""Secrets in a text: where they are, and the text without them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

from mendline.ingest.redact import shapes
from mendline.ingest.redact.cards import MOST_BEHIND, MOST_LEFT, may_be_card, so_many_digits
from mendline.ingest.redact.following import value_after
from mendline.ingest.redact.keys import Keys
from mendline.ingest.redact.marks import Marks
from mendline.ingest.redact.site import MARK, Site

_KEY_BYTES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$-"
_MOST_KEY = 64  # on either side of the mark
_MOST_KNOWN = 8192
_MOST_LEVELS = 8  # of JSON within JSON: each doubles the backslashes, so more do not occur
_JSON_BEGINS = re.compile(rb"\A\s*+[\"{\[]|[\[{]\s{0,64}+(?:[\"{\[0-9-]|null|true|false)")
_STRING = re.compile(rb'"((?:[^"\\]++|\\.)*+)("|\\?\Z)', re.DOTALL)  # the last may be cut
_BEFORE_NUMBER = re.compile(rb"[:,\[]\s{0,8}\Z")
_AFTER_NUMBER = re.compile(rb"\s{0,8}+[,}\]]")
_PROTOBUF = (b"\x12", b"\n")  # what follows a key: the tag of its value, or of the next value or pair in a list
_QUOTES = (b'"', b"'", b"\\")
_REDACTED_VALUE = (b"\x12\x0c\x0a\x0a" + MARK, b"\n\x0c\x0a\x0a" + MARK)


class Scanner:
    """Finds and blanks secrets by the names of keys and by their shapes; linear in the text."""

    __slots__ = ("_keys", "_marks", "_raw_keys", "_shapes")

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._raw_keys: dict[bytes, str] = {}
        names = keys.marks()
        self._marks = Marks([*names, *shapes.MARKS])
        self._shapes: list[shapes.Shape | None] = [*([None] * len(names)), *shapes.MARKS.values()]

    def suspicious(self, raw: bytes) -> bool:
        """Whether protobuf bytes may hold a secret. No is certain; yes is nearly so."""
        checked = 0
        all_shapes, cards = self._shapes, shapes.cards
        for begin, found in self._marks.windows(raw):
            for number, first, last in found:
                shape = all_shapes[number]
                if shape is cards:  # the most frequent of all marks
                    at = begin + first
                    around = at - MOST_LEFT if at > MOST_LEFT else 0
                    if so_many_digits(raw, around, at + MOST_BEHIND) and may_be_card(raw, at):
                        return True
                elif shape is not None:
                    if shape(raw, begin + first, True):
                        return True
                elif begin + last > checked:
                    start, checked = _key_around(raw, begin + first, begin + last)
                    if self._may_be_secret(raw, start, checked):
                        return True
        return False

    def clean(self, text: bytes, replaced: Counter[str], level: int = 0) -> bytes:
        """The text with each secret replaced by `[redacted]`; counts them by rule."""
        pieces: list[bytes] = []
        done = 0
        for site in self._sites(text, replaced, level):
            if site.start < done:
                continue
            pieces += (text[done : site.start], site.text)
            done = site.end
            if site.rule:
                replaced[site.rule] += 1
        return b"".join((*pieces, text[done:])) if pieces else text

    def _may_be_secret(self, raw: bytes, start: int, end: int) -> bool:
        key = raw[start:end]
        rule = self._raw_keys.get(key)
        if rule is None:
            # The byte before a text is its length, and may look like a letter that belongs to the key.
            rule = self._rule(key) or self._rule(key[1:])
            if len(self._raw_keys) < _MOST_KNOWN:
                self._raw_keys[key] = rule
        if not rule:
            return False
        if raw[end : end + 1] in _PROTOBUF:
            return not raw.startswith(_REDACTED_VALUE, end)
        if value_after(raw, start, end, rule):
            return True
        return raw[end : end + 1] not in _QUOTES and value_after(raw, start + 1, end, rule) is not None

    def _rule(self, key: bytes) -> str:
        return self._keys.rule(key.decode("latin-1"))

    def _sites(self, text: bytes, replaced: Counter[str], level: int) -> Iterator[Site]:
        """Where something is to be replaced, in order; sites of strings in JSON hold their cleaned text."""
        strings = _Strings(text)
        done = checked = 0
        for number, first, last in self._marks.places(text):
            if first < done:
                continue
            inside = strings.around(first) if level < _MOST_LEVELS else None
            if inside:
                site = self._in_string(text, *inside, replaced, level)
                found = [site] if site else []
                done = inside[1]
            elif (shape := self._shapes[number]) is not None:
                found = [_as_json(text, site) for site in shape(text, first, False)]
            elif last > checked:
                start, checked = _key_around(text, first, last)
                rule = self._rule(text[start:checked])
                site = value_after(text, start, checked, rule) if rule else None
                found = [site] if site else []
            else:
                continue
            yield from found
            done = max(done, found[-1].end) if found else done

    def _in_string(self, text: bytes, first: int, last: int, replaced: Counter[str], level: int) -> Site | None:
        """What a string of JSON asks for: it is a secret's name, so that its value goes; or it holds secrets itself."""
        content = text[first:last]
        plain = _unescaped(content)
        if len(plain) <= 2 * _MOST_KEY:
            rule = self._rule(plain)
            value = value_after(text, first, last, rule) if rule else None
            if value:
                return value
        cleaned = self.clean(plain, replaced, level + 1)
        if cleaned is plain:
            return None
        return Site(first, last, "", cleaned if plain is content else _escaped(cleaned, content))


class _Strings:
    """The strings of a text that is, or holds, or begins like JSON; asked about places in ascending order."""

    __slots__ = ("_current", "_found")

    def __init__(self, text: bytes) -> None:
        begins = _JSON_BEGINS.search(text)
        self._found = _STRING.finditer(text, begins.start()) if begins else iter(())
        self._current: tuple[int, int] | None = (-1, -1)

    def around(self, place: int) -> tuple[int, int] | None:
        """The inside of the string in which this place lies, without its quotes."""
        while self._current and self._current[1] <= place:
            found = next(self._found, None)
            self._current = found.span(1) if found and found[2] == b'"' else None
        return self._current if self._current and self._current[0] <= place else None


def _key_around(text: bytes, first: int, last: int) -> tuple[int, int]:
    """Where the key begins and ends in which a mark was found."""
    if text[last - 1] not in _KEY_BYTES:
        last -= 1  # the mark of a whole key includes the separator after it
    before = text[max(0, first - _MOST_KEY) : first]
    after = text[last : last + _MOST_KEY]
    return first - len(before) + len(before.rstrip(_KEY_BYTES)), last + len(after) - len(after.lstrip(_KEY_BYTES))


def _as_json(text: bytes, site: Site) -> Site:
    """In the place of a number in JSON the mark needs quotes."""
    number = text[site.start : site.end]
    bare = number.isdigit() and _BEFORE_NUMBER.search(text[max(0, site.start - 9) : site.start])
    if not bare or not _AFTER_NUMBER.match(text, site.end):
        return site
    return Site(site.start, site.end, site.rule, b'"' + MARK + b'"')


def _unescaped(content: bytes) -> bytes:
    if b"\\" not in content:
        return content
    try:
        return str(json.loads(f'"{content.decode()}"', strict=False)).encode()
    except ValueError:  # no JSON after all, or no Unicode
        return content


def _escaped(cleaned: bytes, before: bytes) -> bytes:
    return json.dumps(cleaned.decode(), ensure_ascii=b"\\u" in before)[1:-1].encode()
