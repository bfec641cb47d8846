"""What must not leave the function: secrets by the name of their key, and by their shape in running text."""

from __future__ import annotations

from json.encoder import encode_basestring as _quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

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
_MOST_SEEN = 128
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
# By what is seen at once that a text may hold what `blanking` knows by its beginning; `_` apart.
_FIRST = (
    "_live_", "xox", "glpat-", "AIza", "AKIA", "ASIA", "eyJ", "-----BEGIN ", "hooks.slack.com/", "/bot", "/webhooks/",
)  # fmt: skip
# Bytes by what they are in a card number: a first digit (2), another one (0), what joins groups (-), or nothing.
_CARD_CLASSES = b" " * 32 + b"-" + b" " * 12 + b"-  0022222000" + b" " * 198


class Redactor:
    """Knows which keys are secret and blanks secrets in text."""

    __slots__ = ("_keys", "_names", "_own", "_parts", "_words", "plain", "seen")

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
        self.seen: dict[Any, Any] = {}
        """What others have made of texts that come again, with these keys."""

    def keep(self, key: Any, made: Any) -> None:
        """Put something among what is `seen`; of which little is kept."""
        if len(self.seen) >= _MOST_SEEN:
            self.seen.clear()
        self.seen[key] = made

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
            from .blanking import blanked  # most functions never meet a secret

            text = blanked(text, self._names)
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


def _without_cards(text: str) -> str:
    """The text without card numbers; an expression looks for them only where there may be one."""
    for digits in text.encode("utf-8", "replace").translate(_CARD_CLASSES).split():
        if len(digits) > 12 and b"2" in digits:
            groups = digits.split(b"-")
            if len(b"".join(groups)) > 12 and any(group[:1] == b"2" for group in groups):
                from .blanking import without_cards

                return without_cards(text)
    return text


def _plain(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "").replace(" ", "").replace(".", "")
