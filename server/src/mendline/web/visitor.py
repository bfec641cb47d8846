"""Who looks at a page, as far as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from mendline.access import Scope, grant_of
from mendline.web.context import WebContext


@dataclass(frozen=True, slots=True)
class Visitor:
    """`project` is the one that the page shows; `open_access` says that everybody may do everything, `public` that
    everybody may look."""

    project: str
    open_access: bool
    signed_in: bool
    public: bool = False
    is_admin: bool = True


def visitor_of(request: Request, context: WebContext) -> Visitor:
    """From the grant of the request; where no gate gave one, from what the app told the pages."""
    grant = grant_of(request.scope)
    if grant is None:
        return Visitor(context.store.project, context.open_access, False)
    is_admin = grant.scope.allows(Scope.ADMIN)
    keyless = grant.key_id is None
    return Visitor(grant.project, keyless and is_admin, grant.signed_in, keyless and not is_admin, is_admin)
