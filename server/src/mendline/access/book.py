"""Every key and project, as this process knows them: never more than a second behind the database."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from mendline.clock import Clock
from mendline.store.state import Key, KeyCensus, State, find_key, key_census, list_keys, list_projects

FRESH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Known:
    """The keys that are valid, by hash and by id, and the projects."""

    census: KeyCensus
    by_hash: Mapping[bytes, Key]
    by_id: Mapping[int, Key]
    projects: frozenset[str]


class KeyBook:
    """Reads all keys when they changed, looked at once a second; a key it does not know is looked for at once.

    So a new key works immediately, a revoked one at most a second longer, and a request costs no read of the database.
    """

    def __init__(self, state: State, clock: Clock) -> None:
        self._state, self._clock = state, clock
        self._lock = Lock()
        self._known: Known | None = None
        self._looked = 0.0

    def known(self) -> Known:
        """All of them. Raises StateError."""
        now = self._clock.monotonic()
        known = self._known
        if known is not None and 0 <= now - self._looked < FRESH_SECONDS:
            return known
        return self._look(now)

    def look_again(self) -> Known:
        """All of them as they are now, after a change by this process. Raises StateError."""
        return self._look(self._clock.monotonic())

    def key_with(self, hashed: bytes) -> Key | None:
        """The valid key with this hash. Raises StateError."""
        key = self.known().by_hash.get(hashed)
        if key is None:
            with self._state.reading() as connection:
                if find_key(connection, hashed) is None:
                    return None
            key = self._look(self._clock.monotonic()).by_hash.get(hashed)
        return key if key is not None and hmac.compare_digest(key.hash, hashed) else None

    def key_numbered(self, key_id: int) -> Key | None:
        """The valid key with this id. Raises StateError."""
        return self.known().by_id.get(key_id)

    def _look(self, now: float) -> Known:
        with self._lock, self._state.reading() as connection:
            census = key_census(connection)
            if self._known is None or self._known.census != census:
                keys = list_keys(connection, with_revoked=False)
                self._known = Known(
                    census,
                    {key.hash: key for key in keys},
                    {key.id: key for key in keys},
                    frozenset(project.name for project in list_projects(connection)),
                )
            self._looked = now
            return self._known
