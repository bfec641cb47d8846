"""What must not leave the function: secrets by the name of their key, and by their shape in running text."""

from __future__ import annotations

import re
from json.encoder import encode_basestring as _quote

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
    "ccnumber",
    "creditcard",
    "authkey",
    "authheader",
    "sshkey",
    "subscriptionkey",
    "functionskey",
    "accountkey",
    "sharedkey",
    "masterkey",
)
_ENDINGS = ("token", "pwd", "signature")
_WHOLE = frozenset(
    (
        *("pass", "pwd", "session", "auth", "bearer", "cvv", "cvc", "pin", "ssn", "jwt", "sid", "sig", "otp"),
        *("passcode", "pan", "cardno"),
    )
)
# Continuation marks of the platform's own APIs; not secrets, and needed to see why a page was read twice.
_HARMLESS = frozenset(("nexttoken", "continuationtoken", "paginationtoken", "startingtoken", "clientrequesttoken"))
_SHORTEST = 20  # characters of a secret that is known by its beginning and has letters alone
_MAX_CACHE, _CACHED_CHARACTERS = 2048, 64

# In running text: what a secret's name looks like, by a part that several have in common, and what must follow for its
# value to be one (a group). Short names count as a whole word only.
_NAMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("pass", ("password", "passwd", "passphrase", "pass", "passcode")),
    ("sig", ("signature", "sig")),
    *((name, (name,)) for name in ("pwd", "secret", "credential", "authorization", "token", "cookie", "session")),
    ("key", ("api_key", "api-key", "apikey", "access_key", "access-key", "accesskey", "private_key", "private-key",
             "privatekey", "signing_key", "encryption_key")),
    ("card", ("credit_card", "credit-card", "creditcard", "card_number", "card-number", "cardnumber")),
    *((name, (name,)) for name in ("pin", "sid", "cvv", "cvc", "otp", "ssn", "jwt")),
)  # fmt: skip
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
# What is known by its beginning: how to see at once that it may be there, and what it is.
_BEGINNINGS = (
    *(("_", mark, rf"({mark}[A-Za-z0-9]{{16,}})") for mark in ("ghp_", "gho_", "ghs_", "ghu_", "ghr_")),
    *(("_live_", mark, rf"({mark}[A-Za-z0-9]{{10,}})") for mark in ("sk_live_", "rk_live_")),
    ("_", "github_pat_", r"(github_pat_\w{16,})"),
    ("_", "mlk_", r"(mlk_[a-z]{4,8}_[\w-]{10,})"),
    ("xox", "xox", r"(xox[abprs]-[A-Za-z0-9-]{10,})"),
    ("glpat-", "glpat-", r"(glpat-[\w-]{16,})"),
    ("AIza", "AIza", r"(AIza[\w-]{30,})"),
    ("AKIA", "AKIA", r"(AKIA[0-9A-Z]{16})\b"),
    ("ASIA", "ASIA", r"(ASIA[0-9A-Z]{16})\b"),
    ("eyJ", "eyJ", r"(?<![\w-])(eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"),
    ("-----BEGIN ", "-----BEGIN ", r"(?s)(-----BEGIN [A-Z0-9 ]{1,60}-----.*?(?:-----END [A-Z0-9 ]{1,60}-----|\Z))"),
    ("hooks.slack.com/", "hooks.slack.com/", r"hooks\.slack\.com/(?:services|workflows|triggers)/([^\s\"'\\?#<>]+)"),
    ("/bot", "/bot", r"/bot([0-9]{6,12}(?::|%3[aA])[\w-]{30,})"),
    ("/webhooks/", "/api/webhooks/", r"/api/webhooks/[0-9]+/([\w-]{16,})"),
)
_FIRST = tuple(dict.fromkeys([first for first, _, _ in _BEGINNINGS if first != "_"]))
_SHAPES = (
    ("bearer", r"\w{5,6}\s{1,4}([A-Za-z0-9._~+/=-]{12,})"),
    ("basic", r"\w{5,6}\s{1,4}([A-Za-z0-9._~+/=-]{12,})"),
    ("://", r"://([^/\s\"'\\?#]+)@"),
    *((mark.lower(), shape) for _, mark, shape in _BEGINNINGS),
)
_DIGIT_RUN = r"[0-9]+(?:[ -][0-9]+)*"
# Bytes by what they are in a card number: a first digit (2), another one (0), what joins groups (-), or nothing.
_CARD_CLASSES = b" " * 32 + b"-" + b" " * 12 + b"-  0022222000" + b" " * 198
_FIRST_DIGITS, _MAX_CARD_GROUPS = "23456", 12
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

    __slots__ = ("_keys", "_names", "_own", "_parts", "_words", "plain")

    def __init__(self, more_keys: Iterable[str] = ()) -> None:
        self._own = tuple(more_keys)
        self.add()

    def add(self, keys: Iterable[str] = ()) -> None:
        """Have these keys redacted from now on, beside its own; those of an earlier call no longer."""
        more = tuple(key for key in (*self._own, *keys) if _plain(key))
        self._words = _WORDS + tuple(_plain(key) for key in more)
        self._names = _NAMES + tuple((key, (key,)) for given in more for key in _spelled(given.lower()))
        self._parts = tuple(part for part, _ in self._names)
        self._keys: dict[str, tuple[str, bool, bool]] = {}
        self.plain: dict[str, str] = {}
        """How JSON has those keys that nothing is the matter with, as far as `key` was asked for them."""

    def is_secret(self, key: str) -> bool:
        """Whether the value under this key is to be blanked; case, dashes and underscores do not matter."""
        return self.key(key)[1]

    def key(self, key: str) -> tuple[str, bool, bool]:
        """How JSON has a key, colon included; whether its value is secret; whether `whole` has to look for it."""
        told = self._keys.get(key)
        if told is None:
            secret = self._judge(_plain(key[:200]))
            marked = self._shows([key if secret else key + "=:'"])
            if not marked and not (len(key) < _SHORTEST and key.isalpha()):
                marked = self.text(key) != key
            told = (_quote(key) + ":", secret, marked)
            if len(self._keys) < _MAX_CACHE and len(key) <= _CACHED_CHARACTERS:
                self._keys[key] = told
                if not secret and not told[2]:
                    self.plain[key] = told[0]
        return told

    def _judge(self, key: str) -> bool:
        if key in _WHOLE:
            return True
        if key in _HARMLESS:
            return False
        for word in self._words:
            if word in key:
                return True
        return key.endswith(_ENDINGS)

    def text(self, text: str) -> str:
        """The text with secrets blanked that show by their shape; linear in its length."""
        return self.whole(text, [text])

    def whole(self, text: str, texts: list[str], *, marked: bool = False) -> str:
        """The same for a text made of others: unless it is `marked`, secrets with a name are within one of those."""
        if marked or _has_mark(text) or self._shows(texts):
            text = self._blanked(text)
        return _without_cards(text) if len(text) > 12 else text

    def _shows(self, texts: list[str]) -> bool:
        """Whether one of these may hold a named secret, an authorization or a URL's credentials; no is certain."""
        joined = ",".join(texts)
        if "\u0130" in joined or ("@" in joined and "://" in joined):
            return True
        if "=" in joined or ":" in joined or "</" in joined:
            lowered = ",".join([text for text in texts if "=" in text or ":" in text or "</" in text]).lower()
            if any(map(lowered.__contains__, self._parts)):
                for part, names in self._names:
                    if part in lowered and any(map(lowered.__contains__, names)):
                        return True
        if " " in joined or not joined.isprintable():
            lowered = joined.lower()
            return "bearer" in lowered or "basic" in lowered
        return False

    def _blanked(self, text: str) -> str:
        # The only letter that becomes two when lowered: positions must be the same in both.
        lowered = text.lower() if "\u0130" not in text else (text := text.replace("\u0130", "I")).lower()
        for part, names in self._names:
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

    def brief(self, text: str, kept: int = _MESSAGE_KEPT) -> str:
        """A message redacted, then cut to a kilobyte: half a secret shows nothing by which it is known."""
        if len(text) > MESSAGE_READ:  # a secret may lie across the end of what is read: give that up
            return self.text(text[:MESSAGE_READ])[:-_MESSAGE_KEPT][:kept]
        return self.text(text)[:kept]


def _spelled(key: str) -> set[str]:
    """A key with dashes, underscores or nothing between its words."""
    return {key, key.replace("_", "-"), key.replace("-", "_"), key.replace("-", "").replace("_", "")}


def _has_mark(text: str) -> bool:
    """Whether a text may hold a secret that is known by its beginning."""
    if "_" in text and ("gh" in text or "mlk_" in text or "github" in text):
        return True
    return any(map(text.__contains__, _FIRST))


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


def _without_cards(text: str) -> str:
    """The text without card numbers; an expression looks for them only where there may be one."""
    for digits in text.encode("utf-8", "replace").translate(_CARD_CLASSES).split():
        if len(digits) > 12 and b"2" in digits:
            groups = digits.split(b"-")
            if len(b"".join(groups)) > 12 and any(group[:1] == b"2" for group in groups):
                return _pattern(_DIGIT_RUN).sub(_card, text)
    return text


def _plain(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "").replace(" ", "").replace(".", "")


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
