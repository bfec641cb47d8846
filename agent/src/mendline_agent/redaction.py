"""What must not leave the function: secrets by the name of their key, and by their shape in running text."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

REDACTED = "[redacted]"
MESSAGE_READ = 16 * 1024
"""How much of a message is looked at, in characters: more than any secret whose first half alone would show."""
_MESSAGE_KEPT = 1024

_WORDS = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "credential",
    "authorization",
    "apikey",
    "accesskey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "cookie",
    "sessionid",
    "sessionkey",
    "sessiontoken",
    "securitytoken",
    "cardnumber",
)
_ENDINGS = ("token", "pwd", "signature")
_WHOLE = frozenset(
    ("pwd", "session", "auth", "bearer", "cvv", "cvc", "pin", "ssn", "jwt", "sid", "otp", "passcode", "pan")
)
# Continuation marks of the platform's own APIs; not secrets, and needed to see why a page was read twice.
_HARMLESS = frozenset(("nexttoken", "continuationtoken", "paginationtoken", "startingtoken", "clientrequesttoken"))
_MAX_CACHE = 4096

# In running text: what a secret's name looks like, and what must follow for its value to be one (group 1).
_NAMES = (
    *("password", "passwd", "passphrase", "pwd", "secret", "credential", "authorization", "token", "signature"),
    *("cookie", "session", "api_key", "api-key", "apikey", "access_key", "access-key", "accesskey"),
    *("private_key", "private-key", "privatekey", "signing_key", "encryption_key"),
)  # fmt: skip
_VALUE = r"[\w-]{1,48}(?:=([^&\s\"'\\;,]+)|\\*[\"']\s*:\s*\\*[\"']((?:[^\"'\\]|\\[^\"'])+))"
_SHAPES = (
    ("bearer", r"\w{5,6}\s{1,4}([A-Za-z0-9._~+/=-]{12,})()"),
    ("basic", r"\w{5,6}\s{1,4}([A-Za-z0-9._~+/=-]{12,})()"),
    ("://", r"://([^/\s\"'\\?#]+)@()"),
    ("akia", r"((?:AKIA|ASIA)[0-9A-Z]{16})\b()"),
    ("asia", r"((?:AKIA|ASIA)[0-9A-Z]{16})\b()"),
    ("eyj", r"(?<![\w-])(eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)()"),
    ("-----begin ", r"(?s)(-----BEGIN [A-Z0-9 ]{1,60}-----.*?(?:-----END [A-Z0-9 ]{1,60}-----|\Z))()"),
)
_CARD = re.compile(r"[0-9](?:[ -]?[0-9]){12,}")
_MAX_CARD_GROUPS = 12
_GROUP = r"[0-9]+"
_compiled: dict[str, re.Pattern[str]] = {}


def _pattern(text: str) -> re.Pattern[str]:
    """Compiled when first needed: most functions never meet most of these."""
    pattern = _compiled.get(text)
    if pattern is None:
        pattern = _compiled[text] = re.compile(text)
    return pattern


class Redactor:
    """Knows which keys are secret and blanks secrets in text."""

    __slots__ = ("_known", "_names", "_own", "_words")

    def __init__(self, more_keys: Iterable[str] = ()) -> None:
        self._own = tuple(more_keys)
        self.add()

    def add(self, keys: Iterable[str] = ()) -> None:
        """Have these keys redacted from now on, beside its own; those of an earlier call no longer."""
        more = tuple(key for key in (*self._own, *keys) if _plain(key))
        self._words = _WORDS + tuple(_plain(key) for key in more)
        self._names = _NAMES + tuple(key.lower() for key in more)
        self._known: dict[str, bool] = {}

    def is_secret(self, key: str) -> bool:
        """Whether the value under this key is to be blanked; case, dashes and underscores do not matter."""
        known = self._known.get(key)
        if known is None:
            known = self._judge(_plain(key[:200]))
            if len(self._known) < _MAX_CACHE:
                self._known[key] = known
        return known

    def _judge(self, key: str) -> bool:
        if key in _WHOLE:
            return True
        if key in _HARMLESS:
            return False
        return key.endswith(_ENDINGS) or any(word in key for word in self._words)

    def text(self, text: str) -> str:
        """The text with secrets blanked that show by their shape; linear in its length."""
        # The only letter that becomes two when lowered: positions must be the same in both.
        lowered = text.lower() if "\u0130" not in text else (text := text.replace("\u0130", "I")).lower()
        for name in self._names:
            if name in lowered:
                text, lowered = _blank(text, lowered, name, _VALUE)
        for mark, shape in _SHAPES:
            if mark in lowered:
                text, lowered = _blank(text, lowered, mark, shape)
        return _CARD.sub(_card, text)

    def brief(self, text: str) -> str:
        """A message redacted, then cut to a kilobyte: half a secret shows nothing by which it is known."""
        if len(text) > MESSAGE_READ:  # a secret may lie across the end of what is read: give that up
            return self.text(text[:MESSAGE_READ])[:-_MESSAGE_KEPT][:_MESSAGE_KEPT]
        return self.text(text)[:_MESSAGE_KEPT]


def _blank(text: str, lowered: str, mark: str, shape: str) -> tuple[str, str]:
    """Blank what the pattern's first group finds at each place of the mark; the new text, and that lowered."""
    pattern = _pattern(shape)
    pieces, done, at = [], 0, lowered.find(mark)
    while at >= 0:
        match = pattern.match(text, at)
        if match is None:
            at = lowered.find(mark, at + len(mark))
            continue
        start, end = match.span(1) if match.group(1) else match.span(2)
        pieces += [text[done:start], REDACTED]
        done = end
        at = lowered.find(mark, end)
    if not pieces:
        return text, lowered
    text = "".join(pieces) + text[done:]
    return text, text.lower()


def _plain(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "").replace(" ", "").replace(".", "")


def _card(match: re.Match[str]) -> str:
    """Blank a card number in a run of digit groups; groups that a dash joins stay together."""
    run = match.group()
    groups = [group.span() for group in _pattern(_GROUP).finditer(run)]
    if len(groups) > _MAX_CARD_GROUPS or match.string[match.start() - 1 : match.start()] == ".":
        return run
    for index, (start, _) in enumerate(groups):
        for _, end in groups[index:]:
            if end - start > 38 or run[start - 1 : start] == "-" or run[end : end + 1] == "-":
                continue
            if is_card_number(run[start:end].replace(" ", "").replace("-", "")):
                return run[:start] + REDACTED + _CARD.sub(_card, run[end:])
    return run


def is_card_number(digits: str) -> bool:
    """13 to 19 digits that begin like a payment card and pass the Luhn check (ISO/IEC 7812)."""
    if not 13 <= len(digits) <= 19 or digits[0] not in "23456":
        return False
    total = 0
    for index, digit in enumerate(reversed(digits)):
        number = ord(digit) - 48
        if index % 2:
            number = number * 2 - 9 if number > 4 else number * 2
        total += number
    return total % 10 == 0
