"""The table of secret names: which words in a key say that its value is a secret, and which words beside them deny it.

A name is written with `|` between its words; `api|key` stands for api_key, api-key, apiKey, API Key and apikey.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


RULES = (
    "password",
    "secret",
    "token",
    "authorization",
    "cookie",
    "api_key",
    "private_key",
    "card",
    "url_userinfo",
    "aws_keys",
    "bearer",
    "jwt",
    "custom",
)
"""Every rule by name; `custom` holds the keys that the setting `redact_extra_keys` adds."""

ANYWHERE = {
    "aws_keys": ("access|key",),
    "private_key": ("private|key", "signing|key", "encryption|key", "ssh|key"),
    "api_key": ("api|key", "subscription|key", "functions|key", "account|key", "shared|key", "auth|key", "master|key"),
    "card": ("card|number", "cc|number"),
    "password": ("password", "passwd", "passphrase", "passwort"),
    "authorization": ("authorization", "auth|header"),
    "cookie": ("cookie",),
    "secret": ("secret", "credential"),
    "token": ("session|id", "session|key"),
}
"""Names that count wherever they stand in a key, also inside one long word (`dbpassword`, `clientsecret`)."""

AT_THE_END = {"token": ("token",), "password": ("pwd",), "secret": ("signature",)}
"""Names that count only where their word ends with them: `accesstoken`, but not `tokenizer`."""

WORDS = {"card": ("cvv", "cvc"), "secret": ("ssn", "otp", "passcode"), "token": ("jwt",)}
"""Names that count only as a word of their own: `card_cvv`."""

WHOLE = {
    "password": ("pass",),
    "secret": ("pin", "sig"),
    "card": ("pan", "card|no", "credit|card"),
    "token": ("session", "sid"),
    "authorization": ("auth", "bearer"),
}
"""Names that count only as a whole key, or as the last part of one that is dotted: `pin` and `user.pin`."""

KNOWN_HARMLESS = frozenset({"session.id", "session.previous_id"})
"""Attributes of OpenTelemetry that look like secrets by their name and are none."""

AFTER_IT_IS_NONE = _words(
    """
    accepted age ago algorithm alias arn attempt attempts banner budget cc changed cjs consent context
    controller cost count counter counts cpp created cs date days deleted disabled domain duration enabled
    endpoint enforcement error errors exception exists expiration expire expired expires expiry failed failure
    field fields filter format func function generator go groovy handler html invalid is issuer jar java js jsx
    kind kt label last len length level limit limits list location malformed manager manifest max mechanism menu
    message metadata method min mismatch missing mjs mode name names notice number option options page parser
    path per permission php pipeline policies policy position preference preferences present price property
    provider py quota rate rates ratio rb reason refreshed region remaining repository request required
    requirement requirements reset resolver response result retries rotated rotation rs rule rules santa santas
    scala schema scheme scope scopes screen seconds sent settings size source state stats status step store
    strategy strength time timeout timestamp total ts tsx ttl type types updated uri url usage usages use used
    valid validation validator verified verifier version versions
    """
)
"""Words after a name that make the key speak about the secret, not hold it: `password_length`, `secret_santa`."""

REST_IS_NONE = _words(
    "arial ariat ariats aries ary cutter cutters ed ful ing ion ions ive ization izer less ly smanager"
)
"""Ends of words that begin like a name and mean something else: `secretary`, `passwordless`, `secretsmanager`."""

MARKS_OF_PLACE = _words(
    """
    bos continuation cursor eos first idempotency last max min next page pagination per prev previous request resume
    resumption scroll start starting stop sync unexpected
    """
)
"""Words before `token` that make it a place in a list, a count or a request's name: `NextToken`, `max_token`."""

HOLDERS = _words(
    """
    access api app auth bearer csrf device id jwt oauth personal push refresh secret security session user xsrf
    """
)
"""Words before the plural `tokens` that make them credentials; other tokens are those of a language model."""

VALUE_ENDS = _words("id value hash code string key data text raw secret header bytes")
"""What may be grown onto `token` in one word without changing what it is: `tokenvalue`."""

AWS_TOKEN_STARTS = ("IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz")
"""How the session tokens of AWS's security token service begin (base64 of fixed first fields)."""

TOKEN_STARTS = (
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxr-",
    "xoxs-",
    "sk_live_",
    "rk_live_",
    "AIza",
    "mlk_",
)
"""How well-known tokens begin: GitHub, GitLab, Slack, Stripe, Google, and the keys of this server."""


def spellings(name: str) -> tuple[str, ...]:
    """Every way to write a name in small letters with `_` or nothing between its words (at most 16 ways)."""
    words = name.split("|")
    found = [words[0]]
    for word in words[1:]:
        joints = ("", "_") if len(found) < 16 else ("_",)
        found = [head + joint + word for head in found for joint in joints]
    return tuple(found)
