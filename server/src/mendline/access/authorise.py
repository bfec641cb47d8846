"""Who may: from the key of a request to a grant, or to an error that says what is missing."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from mendline.access.book import KeyBook
from mendline.access.credentials import key_in
from mendline.access.grant import Grant
from mendline.access.key_text import read_key
from mendline.clock import Clock
from mendline.errors import ForbiddenError, NotFoundError, ProjectNotServedError, StateError, UnauthenticatedError
from mendline.store.state import DEFAULT_PROJECT, Key, Scope, State, touch_key

log = logging.getLogger(__name__)
USED_EVERY_SECONDS = 60.0
_HOW = "Send one as 'Authorization: Bearer mlk_…'; `mendline keys create` makes one."


class Access:
    """Every decision about who may do what. `loopback` says that only this machine reaches the server; `required`
    that keys are asked for even so; `serves` which projects' telemetry this server has. Safe to use from several
    threads."""

    def __init__(
        self,
        state: State,
        clock: Clock,
        *,
        loopback: bool,
        required: bool = False,
        serves: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self.state, self.clock = state, clock
        self.loopback, self.required = loopback, required
        self._serves = serves
        self.book = KeyBook(state, clock)
        self._used: dict[int, float] = {}
        self._lock = Lock()
        self._notes = ThreadPoolExecutor(1, "access-notes")

    def is_open(self) -> bool:
        """Whether everybody is admin of project `default`: on loopback, until the first key was made.

        A key that was revoked counts: revoking the last one does not open the server. Raises StateError.
        """
        return self.loopback and not self.required and not self.book.known().census.keys

    def authorise(
        self, headers: Mapping[str, str], needed: Scope, project: str | None = None, *, key: str | None = None
    ) -> Grant:
        """What the sender of a request may do.

        `headers` have names in small letters (gRPC metadata as they are); `key` is given where the key came another
        way, as from Firehose; `project` is the one that the request asks for, if it asks. Raises UnauthenticatedError
        (401), ForbiddenError (403), NotFoundError for a project that a key for all of them asks for,
        ProjectNotServedError, StateError.
        """
        text = key if key is not None else key_in(headers)
        found = self._key(text) if text else None
        if found is None:
            if self.is_open():
                return _granted_openly(needed, project)
            raise _unauthenticated(text)
        return self.grant(found, needed, project)

    def grant(self, key: Key, needed: Scope, project: str | None, *, signed_in: bool = False) -> Grant:
        """What a valid key may do; notes that it was used. Raises as `authorise` does."""
        grant = Grant(self._project_of(key, project), key.scope, key.id, signed_in)
        grant.require(needed)
        if not self._serves(grant.project):
            raise ProjectNotServedError(
                f"This server holds no telemetry of project '{grant.project}' yet; nothing was read or written."
            )
        self._note_use(key)
        return grant

    def note(self, change: Callable[..., None], *arguments: object) -> None:
        """Run a small change of the state soon, outside the request; failing is logged and nothing else."""
        with contextlib.suppress(RuntimeError):  # closed: the last requests of a server that stops
            self._notes.submit(self._run, change, *arguments)

    def close(self) -> None:
        """Finish the notes; the state stays open, as it belongs to the one who opened it."""
        self._notes.shutdown()

    def _key(self, text: str) -> Key | None:
        told = read_key(text)
        return self.book.key_with(told.hash) if told else None

    def _project_of(self, key: Key, asked: str | None) -> str:
        if key.project is not None:
            if asked is not None and asked != key.project:
                raise ForbiddenError(
                    f"Your key is for project '{key.project}', and the request asks for another."
                    " Leave project= away, or use a key of that project."
                )
            return key.project
        name = DEFAULT_PROJECT if asked is None else asked
        if name not in self.book.known().projects:
            raise NotFoundError(f"There is no project '{name[:80]}'; `mendline projects list` shows all.")
        return name

    def _note_use(self, key: Key) -> None:
        now = self.clock.monotonic()
        with self._lock:
            last = self._used.get(key.id)
            if last is not None and now - last < USED_EVERY_SECONDS:
                return
            self._used[key.id] = now
        self.note(touch_key, key.id, self.clock.now())

    def _run(self, change: Callable[..., None], *arguments: object) -> None:
        try:
            with self.state.writing() as connection:
                change(connection, *arguments)
        except StateError as error:
            log.warning("A use of a key or session was not noted: %s", error.message)


def _granted_openly(needed: Scope, project: str | None) -> Grant:
    if project not in (None, DEFAULT_PROJECT):
        raise ForbiddenError(
            f"Without keys there is only project '{DEFAULT_PROJECT}'. Make a key for the other one:"
            " mendline keys create --project NAME --scope read"
        )
    grant = Grant(DEFAULT_PROJECT, Scope.ADMIN, None)
    grant.require(needed)
    return grant


def _unauthenticated(text: str | None) -> UnauthenticatedError:
    if not text:
        return UnauthenticatedError(f"This server asks for a key, and none came with the request. {_HOW}")
    if read_key(text) is None:
        return UnauthenticatedError(
            f"What came as a key is none, or was not copied whole: a key is mlk_, its scope, and 33 more. {_HOW}"
        )
    return UnauthenticatedError(f"The key is not known here, or has been revoked. {_HOW}")
