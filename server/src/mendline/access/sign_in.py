"""Sessions of browsers: begun with a key, or a link that works once; ended by time, by hand, or with the key."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from mendline.access.authorise import Access
from mendline.access.key_text import read_key
from mendline.access.tries import Tries
from mendline.errors import ForbiddenError, UnauthenticatedError
from mendline.store.state import (
    Key,
    Scope,
    Session,
    SignInLink,
    add_link,
    add_session,
    end_session,
    find_link,
    find_session,
    forget_expired,
    touch_key,
    touch_session,
    use_link,
)

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)
LINK_LASTS = timedelta(days=1)
LINK_IS_OVER = (
    "This link was used already, or is over: it signs in once, within a day. An administrator makes a new one on the"
    " settings page; whoever runs the server makes one with `mendline keys link ID`."
)
_TOKEN_BYTES = 32
_MOST_TOKEN = 100


@dataclass(frozen=True, slots=True)
class SignIn:
    """Sign-in, sign-out, and whose a session is. `token_bytes` makes what goes into the cookie: 256 random bits."""

    access: Access
    tries: Tries
    token_bytes: Callable[[int], bytes] = secrets.token_bytes

    def begin(self, text: str, address: str, old: str | None = None) -> str:
        """Begin a session with a read or admin key; answers the cookie's value. `old` is the session before, ended.

        Raises TooManyTriesError, UnauthenticatedError, ForbiddenError for a key that can only ingest, StateError.
        """
        self.tries.take(address, self.access.clock.monotonic())
        return self._begin(self._key(text.strip()), address, old)

    def _begin(self, key: Key, address: str, old: str | None) -> str:
        token = self.token_bytes(_TOKEN_BYTES).hex()
        now = self.access.clock.now()
        with self.access.state.writing() as connection:
            if old:
                end_session(connection, _hash(old))
            forget_expired(connection, now, now - IDLE)
            add_session(connection, Session(_hash(token), key.id, now, now, now + LONGEST))
            touch_key(connection, key.id, now)
        self.tries.forgive(address)
        return token

    def link_to(self, key_id: int, lasting: timedelta = LINK_LASTS) -> str:
        """A new token that signs in once as a key, in place of the one before. Raises StateError."""
        token, now = self.token_bytes(_TOKEN_BYTES).hex(), self.access.clock.now()
        with self.access.state.writing() as connection:
            add_link(connection, SignInLink(_hash(token), key_id, now, now + lasting))
        return token

    def named_by(self, token: str) -> Key | None:
        """The key that a link would sign in as; None where it is over. Looking uses nothing up. Raises StateError."""
        with self.access.state.reading() as connection:
            link = find_link(connection, _hash(token[:_MOST_TOKEN]))
        if link is None or self.access.clock.now() >= link.expires:
            return None
        return self.access.book.look_again().by_id.get(link.key_id)

    def begin_by_link(self, token: str, address: str, old: str | None = None) -> str:
        """Begin a session with a link, which is over with that; else as `begin`."""
        self.tries.take(address, self.access.clock.monotonic())
        now = self.access.clock.now()
        with self.access.state.writing() as connection:
            key_id = use_link(connection, _hash(token[:_MOST_TOKEN]), now)
        key = self.access.book.look_again().by_id.get(key_id) if key_id is not None else None
        if key is None:
            raise UnauthenticatedError(LINK_IS_OVER)
        return self._begin(key, address, old)

    def key_of(self, token: str) -> Key | None:
        """The key of a session that is still valid. Raises StateError."""
        if len(token) > _MOST_TOKEN:
            return None
        hashed, now = _hash(token), self.access.clock.now()
        with self.access.state.reading() as connection:
            session = find_session(connection, hashed)
        if session is None or not hmac.compare_digest(session.hash, hashed):
            return None
        if now >= session.expires or now - session.last_seen >= IDLE:
            return None
        if now - session.last_seen >= SEEN_EVERY:
            self.access.note(touch_session, hashed, now)
        return self.access.book.key_numbered(session.key_id)

    def end(self, token: str) -> None:
        """End a session, if there is one. Raises StateError."""
        with self.access.state.writing() as connection:
            end_session(connection, _hash(token))

    def _key(self, text: str) -> Key:
        told = read_key(text)
        if told is None:
            raise UnauthenticatedError(
                "That is not a key, or not a whole one. Paste all of it: mlk_, the scope, and what follows."
            )
        key = self.access.book.key_with(told.hash)
        if key is None:
            raise UnauthenticatedError("That key is not known here, or has been revoked.")
        if not key.scope.allows(Scope.READ):
            raise ForbiddenError(
                f"That key can only {key.scope}. Paste one with scope read or admin; `mendline keys create` makes one."
            )
        return key


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
