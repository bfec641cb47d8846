"""Saved queries: private to who saved them or shared by the project, one default for each page of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mendline.clock import Clock
from mendline.errors import ForbiddenError, NotFoundError, UsageError
from mendline.store.state import (
    SavedQuery,
    State,
    add_query,
    change_query,
    clear_defaults,
    count_queries,
    delete_query,
    visible_queries,
)

PAGES = ("explore", "functions", "traces", "logs", "errors", "dependencies", "queues", "transactions")
PAGES_OF_ONE = ("function", "resource", "entry")
"""Pages that are each about one thing, told by `of`: the filter that holds for it."""
MOST_NAME, MOST_OF, MOST_QUERIES = 100, 4000, 1000
_SAYS = {"name": str, "text": str, "page": str, "of": str, "is_shared": bool, "is_default": bool}


class SavedQueries:
    """Those of all projects. `owner` is the id of a key, and 0 where no keys are asked for."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._state, self._clock = state, clock

    def visible(self, project: str, owner: int) -> tuple[SavedQuery, ...]:
        """An owner's own and those that are shared, by name. Raises StateError."""
        with self._state.reading() as connection:
            return visible_queries(connection, project, owner)

    def add(self, project: str, owner: int, says: Mapping[str, Any]) -> SavedQuery:
        """Save one; `text` is a canonical query. Raises UsageError, StateError."""
        values = {"page": "explore", "of": "", "is_shared": False, "is_default": False, **_checked(says)}
        for name in ("name", "text"):
            if name not in values:
                raise UsageError(f"A query is saved with a name and a text; {name} is missing.")
        _require_place(values)
        with self._state.writing() as connection:
            if count_queries(connection, project) >= MOST_QUERIES:
                raise UsageError(
                    f"The project has {MOST_QUERIES:,} saved queries, as many as there may be. Delete some."
                )
            if values["is_default"]:
                clear_defaults(connection, project, owner, _place(values), shared=values["is_shared"])
            number = add_query(connection, project, {"owner": owner, **values}, self._clock.now())
        return SavedQuery(id=number, owner=owner, **values)

    def change(self, project: str, owner: int, number: int, says: Mapping[str, Any], *, is_admin: bool) -> SavedQuery:
        """Change one's own; an administrator changes shared ones, too. Raises NotFoundError, ForbiddenError."""
        kept = self._own(project, owner, number, is_admin=is_admin)
        told = {name: getattr(kept, name) for name in _SAYS} | _checked(says)
        _require_place(told)
        with self._state.writing() as connection:
            if told["is_default"]:
                clear_defaults(connection, project, kept.owner, _place(told), shared=told["is_shared"])
            change_query(connection, project, number, told, self._clock.now())
        return SavedQuery(id=number, owner=kept.owner, **told)

    def delete(self, project: str, owner: int, number: int, *, is_admin: bool) -> None:
        """Forget one, as `change` changes it."""
        self._own(project, owner, number, is_admin=is_admin)
        with self._state.writing() as connection:
            delete_query(connection, project, number)

    def _own(self, project: str, owner: int, number: int, *, is_admin: bool) -> SavedQuery:
        found = next((each for each in self.visible(project, owner) if each.id == number), None)
        if found is None:
            raise NotFoundError(f"There is no saved query {number} that you can see.")
        if found.owner != owner and not is_admin:
            raise ForbiddenError("Somebody else saved this query. Who saved it, or an administrator, can change it.")
        return found


def default_of(of_page: tuple[SavedQuery, ...], owner: int) -> SavedQuery | None:
    """The default of a page, of all that is saved for it: one's own private one, else the one that is shared."""
    defaults = [each for each in of_page if each.is_default and (each.is_shared or each.owner == owner)]
    return min(defaults, key=lambda each: each.is_shared, default=None)


def _checked(says: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in says.items():
        if name not in _SAYS:
            raise UsageError(f"A saved query has no '{name[:40]}'; it has {', '.join(_SAYS)}.")
        if not isinstance(value, _SAYS[name]):
            raise UsageError(f"{name} is to be {'a text' if _SAYS[name] is str else 'true or false'}.")
    told = dict(says)
    if "name" in told:
        told["name"] = " ".join(told["name"].split())
        if not 0 < len(told["name"]) <= MOST_NAME or not told["name"].isprintable():
            raise UsageError(f"The name of a saved query has 1 to {MOST_NAME} characters that can be seen.")
    if told.get("page", PAGES[0]) not in PAGES + PAGES_OF_ONE:
        there = ", ".join(PAGES + PAGES_OF_ONE)
        raise UsageError(f"'{told['page'][:40]}' is no page with a query bar; there are {there}.")
    return told


def _place(values: Mapping[str, Any]) -> tuple[str, str]:
    return values["page"], values["of"]


def _require_place(values: Mapping[str, Any]) -> None:
    page, of = _place(values)
    if page in PAGES and of:
        raise UsageError(f"The page '{page}' is not about one thing, so that its queries have no `of`.")
    if page in PAGES_OF_ONE and not 0 < len(of) <= MOST_OF:
        raise UsageError(
            f"The page '{page}' is about one thing: `of` is the filter that holds for it, such as function:checkout,"
            f" of at most {MOST_OF:,} characters."
        )
