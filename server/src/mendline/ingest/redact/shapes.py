"""Secrets that show by their own shape, whatever they are called: credentials in URLs, bearer tokens, JWTs, AWS keys.

Each function looks at one place of a text where its mark was found. In `raw` bytes (protobuf, before it is parsed) the
byte before may be a length and the bytes after a tag, so borders are not asked for: a yes there is only a suspicion.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable

from mendline.ingest.redact import names
from mendline.ingest.redact.cards import cards_around
from mendline.ingest.redact.site import MARK, Site

Shape = Callable[[bytes, int, bool], "list[Site]"]

_USERINFO = re.compile(rb"://([^/\s\"'\\?#<>]++)")
_BEARER = re.compile(rb"bearer[ \t]{1,4}+([A-Za-z0-9._~+/=-]{8,}+)", re.IGNORECASE)
_BASIC = re.compile(rb"basic[ \t]{1,4}+([A-Za-z0-9+/]{6,}+={0,2}+)", re.IGNORECASE)
_WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_JWT = re.compile(rb"eyJ[\w-]{8,}+\.[\w-]{8,}+\.[\w-]*+")
_AWS_ID = re.compile(rb"(?:AKIA|ASIA)[0-9A-Z]{16}([0-9A-Za-z]?)")
_AWS_SECRET = re.compile(rb"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_AWS_TOKEN = re.compile(rb"(?:%s)[A-Za-z0-9/+=%%]{40,}+" % "|".join(names.AWS_TOKEN_STARTS).encode())
_TOKEN = re.compile(rb"(?:%s)[A-Za-z0-9_-]{16,}+" % "|".join(names.TOKEN_STARTS).encode())
_IN_PATH = re.compile(
    rb"hooks\.slack\.com/(?:services|workflows|triggers)/([^\s\"'\\?#<>]++)"
    rb"|/bot([0-9]{6,12}+(?::|%3[aA])[\w-]{30,}+)"
    rb"|/api/webhooks/[0-9]++/([\w-]{16,}+)"
)
_PEM_BEGIN = re.compile(rb"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_PEM_REST = re.compile(rb"(?:[^\"'-]++|-(?!----END ))*+")
_PEM_END = re.compile(rb"-----END [A-Z0-9 ]{1,60}-----")


def url_userinfo(data: bytes, at: int, _raw: bool) -> list[Site]:
    """User and password between `://` and `@`."""
    found = _USERINFO.match(data, at)
    last = data.rfind(b"@", found.start(1), found.end(1)) if found else -1
    return [Site(at + 3, last, "url_userinfo")] if last > at + 3 and data[at + 3 : last] != MARK else []


def bearer(data: bytes, at: int, _raw: bool) -> list[Site]:
    """The token after `Bearer`; a plain word there is prose."""
    found = _BEARER.match(data, at)
    return [Site(*found.span(1), "bearer")] if found and _is_no_word(found[1]) else []


def basic(data: bytes, at: int, raw: bool) -> list[Site]:
    """What follows `Basic` and is the base64 of `user:password`."""
    found = _BASIC.match(data, at)
    if not found or len(found[1]) > 4096:
        return []
    if raw:
        return [Site(*found.span(1), "authorization")]
    padded = found[1].rstrip(b"=")
    try:
        is_pair = b":" in b64decode(padded + b"=" * (-len(padded) % 4), validate=True)
    except Base64Error:
        return []
    return [Site(*found.span(1), "authorization")] if is_pair else []


def jwt(data: bytes, at: int, raw: bool) -> list[Site]:
    """A JSON Web Token: three parts in base64, the first an object."""
    before = data[max(0, at - (2 if raw else 1)) : at]
    glued = len(before) == (2 if raw else 1) and _WORD_BYTES.issuperset(before)
    found = None if glued else _JWT.match(data, at)
    return [Site(*found.span(), "jwt")] if found else []


def aws_id(data: bytes, at: int, raw: bool) -> list[Site]:
    """An access key id of AWS."""
    found = _AWS_ID.match(data, at)
    return [Site(*found.span(), "aws_keys")] if found and (raw or not found[1]) else []


def secrets_of_aws(data: bytes) -> list[Site]:
    """Texts of 40 characters that could be secret access keys; only worth asking where an access key id was found."""
    return [Site(*found.span(), "aws_keys") for found in _AWS_SECRET.finditer(data) if _is_mixed(found[0])]


def aws_token(data: bytes, at: int, _raw: bool) -> list[Site]:
    """A session token of AWS."""
    found = _AWS_TOKEN.match(data, at)
    return [Site(*found.span(), "aws_keys")] if found else []


def known_token(data: bytes, at: int, _raw: bool) -> list[Site]:
    """A token of a service that marks its tokens."""
    found = _TOKEN.match(data, at)
    return [Site(*found.span(), "token")] if found else []


def token_in_path(data: bytes, at: int, _raw: bool) -> list[Site]:
    """What an address of Slack, Telegram or Discord has in its path, by which anybody may post there."""
    found = _IN_PATH.match(data, at)
    return [Site(*found.span(found.lastindex or 0), "token")] if found else []


def private_key(data: bytes, at: int, _raw: bool) -> list[Site]:
    """A private key in PEM, from its first line to its last, or to the end of the text or the quotes it stands in."""
    begin = _PEM_BEGIN.match(data, at)
    rest = _PEM_REST.match(data, begin.end()) if begin else None
    if rest is None:
        return []
    last = rest.end()
    ended = _PEM_END.match(data, last)
    if ended:
        last = ended.end()
    elif data[last : last + 1] in (b'"', b"'"):
        last -= len(rest[0]) - len(rest[0].rstrip(b"\\"))  # the quote may be an escaped one
    return [Site(at, last, "private_key")]


def cards(data: bytes, at: int, _raw: bool) -> list[Site]:
    """Numbers of payment cards; in raw bytes, ask `may_be_card`."""
    return [Site(first, last, "card") for first, last in cards_around(data, at)]


def _is_no_word(text: bytes) -> bool:
    return len(text) >= 16 or _is_mixed(text) or not text.isalpha()


def _is_mixed(text: bytes) -> bool:
    return any(map(_UPPER.__contains__, text)) and any(map(_LOWER.__contains__, text))


_UPPER = frozenset(range(65, 91))
_LOWER = frozenset(range(97, 123))


MARKS: dict[str, Shape] = {
    '"//': url_userinfo,
    "bearer_": bearer,
    "basic_": basic,
    "eyj": jwt,
    "akia": aws_id,
    "asia": aws_id,
    **dict.fromkeys(names.AWS_TOKEN_STARTS, aws_token),
    **dict.fromkeys(names.TOKEN_STARTS, known_token),
    **dict.fromkeys(("hooks.slack.com/", "/bot0", "/api/webhooks/"), token_in_path),
    "_____begin_": private_key,
    "0" * 13: cards,
    "0000_0000_0000": cards,
    "0000_000000_0": cards,
}
"""Where to look for which shape, written as `marks.TABLE` maps bytes."""
