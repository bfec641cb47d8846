"""Requests and responses as bounded, redacted JSON text: the value is only read, and never further than needed.

No code of the user's runs: types are judged by `type(x)`, not by what `__class__` says, and what a dict or a list of
the user's own class holds is read with the methods of `dict` and `list`.
"""

from __future__ import annotations

from json import loads
from json.encoder import encode_basestring as _quote

from .redaction import REDACTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .redaction import Redactor

LIMIT_BYTES = 16 * 1024
CUT = "…[cut]"
_SLACK = 1024
_TAIL = 256
_SHORT = 1024
_FEW = 8
_TOO_SHORT = 13  # for a card number, a token or a key to be in it
_OPENING = ("{", "[")
_MAX_DEPTH = 16
_SPECIAL = frozenset(("isBase64Encoded", "partitionKey", "value", "Value"))
_INFINITY = float("inf")
_MAX_NESTED_TEXT = 32 * 1024
_MAX_PARSED = 64 * 1024
_PLAIN_TYPES = (
    "datetime.datetime",
    "datetime.date",
    "datetime.time",
    "datetime.timedelta",
    "uuid.UUID",
    "decimal.Decimal",
)
_FIT = ("bytes", "Decimal", "RawJSON")  # of what is no JSON


class _FullError(Exception):
    """The text is long enough."""


class Capture:
    """Renders values for one process."""

    __slots__ = ("_redactor",)

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def render(self, value: Any, limit: int = LIMIT_BYTES, unfit: list[str] | None = None) -> str:
        """JSON text of at most 16 KiB or less, redacted before it is cut; work is bounded by that, not by the value.

        `unfit` gets the types in it of which Lambda's runtime cannot make JSON.
        """
        if type(value) is dict and len(value) <= _FEW and _SPECIAL.isdisjoint(value):
            small = self._small(value)
            if small is not None:
                return small if len(small) * 3 <= limit else cut(small, limit)
        writer = _Writer(self._redactor, limit + _SLACK)
        whole = True
        try:
            writer.write(value, 0)
        except _FullError:
            whole = False
        if unfit is not None:
            unfit += writer.unfit
        text = self._redactor.whole("".join(writer.out), writer.texts, marked=writer.marked)
        # A secret that lies across the writer's limit would show its first half: give up the end.
        return cut(text, limit) if whole else cut(text[:-_TAIL], limit, force=True)

    def _small(self, value: dict[Any, Any]) -> str | None:
        """A dict of few items that are all as harmless as can be, at once; None for any other."""
        plain, pieces = self._redactor.plain, []
        for key, item in value.items():
            head = plain.get(key) if type(key) is str else None
            if head is None:
                return None
            if type(item) is str and len(item) < _TOO_SHORT and item.isascii():
                if "=" in item or ":" in item or item[:1] in _OPENING:
                    return None
                pieces.append(head + _quote(item))
            elif item is True or item is False:
                pieces.append(head + ("true" if item else "false"))
            elif type(item) is int and -_SHORT < item < _SHORT:
                pieces.append(f"{head}{item}")
            else:
                return None
        return f"{{{','.join(pieces)}}}"


def cut(text: str, limit: int = LIMIT_BYTES, *, force: bool = False) -> str:
    """At most `limit` bytes of UTF-8, with a mark where something is missing."""
    if not force and len(text) * 3 <= limit:
        return text
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit and not force:
        return text
    room = limit - len(CUT.encode())
    return raw[:room].decode("utf-8", "ignore") + CUT


class _Writer:
    """Writes JSON piece by piece until there is enough."""

    __slots__ = ("_left", "_parsable", "_redactor", "marked", "out", "texts", "unfit")

    def __init__(self, redactor: Redactor, limit: int, parsable: int = _MAX_PARSED) -> None:
        self._redactor = redactor
        self._left = limit
        self._parsable = parsable
        self.out: list[str] = []
        self.texts: list[str] = []  # all that is text in it but keys
        self.marked = False  # a key is like that of a secret
        self.unfit: list[str] = []

    def _put(self, piece: str) -> None:
        self.out.append(piece)
        self._left -= len(piece)
        if self._left <= 0:
            raise _FullError

    def write(self, value: Any, depth: int, before: str = "") -> None:
        """Write any value after what comes before it; what JSON has no word for becomes a short text in its place."""
        kind = type(value)
        if kind is str:
            self._text(value, depth, before)
        elif value is None or value is True or value is False:
            self._put(before + ("null" if value is None else "true" if value else "false"))
        elif kind is int or kind is float:
            self._put(before + _number(value))
        elif depth >= _MAX_DEPTH:
            self._put(before + '"[too deep]"')
        elif kind is dict or issubclass(kind, dict):
            self._dict(value, depth, before)
        elif kind is list or issubclass(kind, (list, tuple, set, frozenset)):
            self._list(value, depth, before)
        else:
            self._other(value, before)

    def _dict(self, value: dict[Any, Any], depth: int, before: str) -> None:
        special = _special(value, self._redactor) if not _SPECIAL.isdisjoint(dict.keys(value)) else None
        plain = {} if special else self._redactor.plain
        comma = before + "{"
        for key, item in dict.items(value):
            head = plain.get(key) if type(key) is str else None
            if head is None:
                self._odd(key, item, depth, comma, special)
            elif type(item) is str and len(item) < _SHORT and item[:1] not in "{[":  # what most are
                self.texts.append(item)
                self._put(f"{comma}{head}{_quote(item)}")
            elif type(item) is int and -_SHORT < item < _SHORT:
                self._put(f"{comma}{head}{item}")
            else:
                self.write(item, depth + 1, comma + head)
            comma = ","
        self._put("}" if comma == "," else before + "{}")

    def _odd(self, key: Any, item: Any, depth: int, comma: str, special: Any) -> None:
        """One item of a dict, by a key that may be a secret's or that was not seen before."""
        name = key if type(key) is str else _key(key)
        if issubclass(type(key), (tuple, frozenset)):
            self.unfit.append("key")
        head, secret, marked = self._redactor.key(name if len(name) <= 512 else name[:512] + CUT)
        self.marked = self.marked or marked
        how = special.get(name) if special else None
        if secret or how is REDACTED:
            self._put(f'{comma}{head}"{REDACTED}"')
        elif how:
            self._base64(item, depth, comma + head)
        else:
            self.write(item, depth + 1, comma + head)

    def _list(self, value: Any, depth: int, before: str) -> None:
        comma = before + "["
        if issubclass(type(value), (set, frozenset)):
            self.unfit.append("set")
        for item in value if type(value) is list else _iterate(value):
            self.write(item, depth + 1, comma)
            comma = ","
        self._put("]" if comma == "," else before + "[]")

    def _text(self, value: str, depth: int, before: str) -> None:
        if len(value) > 1 and value[0] in "{[" and value[-1] in "}]" and depth < _MAX_DEPTH:
            nested = self._nested(value, depth, before)
            if nested is not None:
                self._put(before + nested)
                return
        if len(value) > self._left:
            self.texts.append(value[: self._left])
            self._put(before + _quote(value[: self._left])[:-1])
            raise _FullError
        self.texts.append(value)
        self._put(before + _quote(value))

    def _nested(self, value: str, depth: int, before: str) -> str | None:
        """JSON inside a text (an HTTP body, an SQS body), redacted by key as if it stood outside."""
        if len(value) > min(_MAX_NESTED_TEXT, self._parsable):
            return None
        self._parsable -= len(value)
        try:
            parsed = loads(value)
        except (ValueError, RecursionError):
            return None
        inner = _Writer(self._redactor, self._left + 1, self._parsable)
        inner.texts = self.texts
        try:
            inner.write(parsed, depth + 1)
        except _FullError:
            self.out.append(before + _quote("".join(inner.out))[:-1])
            raise
        finally:
            self.marked = self.marked or inner.marked
        return _quote("".join(inner.out))

    def _base64(self, value: Any, depth: int, before: str) -> None:
        """Text behind base64 is shown as the text, so that what is secret in it can be seen and blanked."""
        from binascii import a2b_base64

        if type(value) is not str or len(value) > _MAX_NESTED_TEXT:
            self._put(before + '"[base64]"')
            return
        try:
            self._text(a2b_base64(value).decode(), depth, before)
        except ValueError:
            self._put(f'{before}"[binary, {len(value) * 3 // 4} bytes]"')

    def _other(self, value: Any, before: str) -> None:
        kind = type(value)
        if issubclass(kind, str):
            self._text(str.__str__(value), _MAX_DEPTH, before)
            return
        if not (
            kind.__name__ in _FIT
            or issubclass(kind, (int, float))
            or any("_asdict" in vars(base) for base in kind.__mro__)
        ):
            self.unfit.append(kind.__name__)
        if issubclass(kind, (bytes, bytearray, memoryview)):
            own = next(base for base in (bytes, bytearray, memoryview) if issubclass(kind, base))
            self._put(f'{before}"[binary, {own.__len__(value)} bytes]"')
        elif f"{kind.__module__}.{kind.__qualname__}" in _PLAIN_TYPES:
            self._text(str(value), _MAX_DEPTH, before)
        else:
            # Not repr(): it is the user's code, may be slow (a query set asks its database) and may fail.
            self._put(before + _quote(f"[{kind.__module__}.{kind.__qualname__}]"))


def _number(value: Any) -> str:
    if -(10**12) < value < 10**12:
        return repr(value)
    if value != value or value in (_INFINITY, -_INFINITY):
        return '"NaN"' if value != value else '"Infinity"' if value > 0 else '"-Infinity"'  # JSON has no word
    if type(value) is int and value.bit_length() > 4096:
        return '"[huge number]"'
    from .blanking import is_card_number

    digits = repr(value)
    return f'"{REDACTED}"' if is_card_number(digits) else digits


def _special(value: dict[Any, Any], redactor: Redactor) -> dict[str, str]:
    """Keys of this dict whose values need more care: what another one names a secret, and what is in base64."""
    get, special = dict.get, {}
    if get(value, "isBase64Encoded") is True:
        special["body"] = "base64"
    if dict.__contains__(value, "partitionKey"):
        special["data"] = "base64"
    for name in ("name", "key", "Name", "Key"):
        named = get(value, name)
        if type(named) is str and redactor.is_secret(named):
            special["value"] = special["Value"] = REDACTED
    return special


def _key(key: Any) -> str:
    kind = type(key)
    if kind is int or kind is float or kind is bool:
        return str(key)
    return str.__str__(key) if issubclass(kind, str) else "[key]"


def _iterate(value: Any) -> Iterator[Any]:
    """What a list, tuple or set holds, whatever the `__iter__` of its own class would say."""
    for base in (list, tuple, set, frozenset):
        if issubclass(type(value), base):
            return base.__iter__(value)
    return iter(())
