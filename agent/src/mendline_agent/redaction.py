"""What must not leave the function: secrets by the name of their key, and by their shape in running text."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

REDACTED = "[redacted]"

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

_NAMES = (
    r"pass(?:word|wd|phrase)|pwd|secret|credential|authorization|token|signature|cookie|session"
    r"|(?:api|access|private|signing|encryption)[_-]?key"
)
_SCREEN = ("pass", "pwd", "secret", "credential", "authorization", "token", "signature", "cookie", "session", "key")
_ASSIGNED = re.compile(rf"(?i)((?:{_NAMES})[\w-]{{0,24}}=)[^&\s\"'\\;,]+")
_QUOTED = re.compile(rf"(?i)((?:{_NAMES})[\w-]{{0,24}}\\*[\"']\s*:\s*\\*[\"'])(?:[^\"'\\]|\\[^\"'])+")
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]{1,60}-----.*?(?:-----END [A-Z0-9 ]{1,60}-----|\Z)", re.DOTALL)
_USERINFO = re.compile(r"://[^/\s\"'\\?#]+@")
_SCHEME = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{12,}")
_AWS_KEY = re.compile(r"\bA(?:KIA|SIA)[0-9A-Z]{16}\b")
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
_CARD = re.compile(r"(?<![\d.])(?<!\d-)(?:\d[ -]?){12,18}\d(?!-?\d)")


class Redactor:
    """Knows which keys are secret and blanks secrets in text."""

    __slots__ = ("_known", "_words")

    def __init__(self, more_keys: Iterable[str] = ()) -> None:
        self._words = _WORDS + tuple(_plain(key) for key in more_keys if _plain(key))
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
        lowered = text.lower()
        if any(word in lowered for word in _SCREEN):
            text = _ASSIGNED.sub(r"\1" + REDACTED, text)
            text = _QUOTED.sub(r"\1" + REDACTED, text)
        if "-----begin " in lowered:
            text = _PEM.sub(REDACTED, text)
        if "://" in lowered and "@" in lowered:
            text = _USERINFO.sub(f"://{REDACTED}@", text)
        if "bearer" in lowered or "basic" in lowered:
            text = _SCHEME.sub(rf"\1 {REDACTED}", text)
        if "akia" in lowered or "asia" in lowered:
            text = _AWS_KEY.sub(REDACTED, text)
        if "eyj" in lowered:
            text = _JWT.sub(REDACTED, text)
        return _CARD.sub(_card, text)


def _plain(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "").replace(" ", "").replace(".", "")


def _card(match: re.Match[str]) -> str:
    digits = match.group().replace(" ", "").replace("-", "")
    return REDACTED if is_card_number(digits) else match.group()


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
