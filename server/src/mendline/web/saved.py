"""The saved queries that a page offers, as its visitor sees them."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from mendline.access import owner_of
from mendline.insight.saved_queries import MOST_OF, PAGES, default_of
from mendline.store.state import SavedQuery
from mendline.web.context import WebContext


@dataclass(frozen=True, slots=True)
class SavedView:
    """Of one page, and of what it is about: one's own, what others share, and the default."""

    page: str
    of: str
    mine: tuple[SavedQuery, ...]
    shared: tuple[SavedQuery, ...]
    default: SavedQuery | None


def saved_view(context: WebContext, request: Request, page: str, of: str = "") -> SavedView | None:
    """None where a page has no query bar, or nothing is saved anywhere. `of` is told where it is about one thing."""
    if context.saved is None or (not of and page not in PAGES) or len(of) > MOST_OF:
        return None
    owner = owner_of(request.scope, keeps=False).id
    saved = context.saved.visible(context.store.project, owner)
    of_page = tuple(each for each in saved if (each.page, each.of) == (page, of))
    mine = tuple(each for each in of_page if each.owner == owner)
    shared = tuple(each for each in of_page if each.owner != owner)
    return SavedView(page, of, mine, shared, default_of(of_page, owner))
