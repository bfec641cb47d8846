"""The saved queries that a page offers, as its visitor sees them."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from mendline.access import owner_of
from mendline.insight.saved_queries import PAGES, default_of
from mendline.store.state import SavedQuery
from mendline.web.context import WebContext


@dataclass(frozen=True, slots=True)
class SavedView:
    """Of one page: one's own, what others share, and the default. `owner` is who looks."""

    page: str
    mine: tuple[SavedQuery, ...]
    shared: tuple[SavedQuery, ...]
    default: SavedQuery | None


def saved_view(context: WebContext, request: Request, page: str) -> SavedView | None:
    """None where a page has no query bar, or nothing is saved anywhere."""
    if context.saved is None or page not in PAGES:
        return None
    owner = owner_of(request.scope, keeps=False).id
    saved = context.saved.visible(context.store.project, owner)
    of_page = [each for each in saved if each.page == page]
    mine = tuple(each for each in of_page if each.owner == owner)
    shared = tuple(each for each in of_page if each.owner != owner)
    return SavedView(page, mine, shared, default_of(saved, page, owner))
