"""`/digest`: the last day or week in numbers: incidents, noise, cost against budgets, what is slow, fails, drifts."""

from __future__ import annotations

from starlette.requests import Request

from mendline.alerting.digest import SPANS, digest_of
from mendline.alerting.digests import known
from mendline.errors import UsageError
from mendline.web.context import WebContext
from mendline.web.page import Page


def digest_page(context: WebContext, request: Request) -> Page:
    """The same that receivers get by mail."""
    now, asked = context.clock.now(), request.query_params.get("days", "1")
    if asked not in map(str, SPANS.values()):
        raise UsageError(f"days is '{asked[:20]}'; a digest is of 1 day or of 7.")
    incidents = context.incidents
    told = digest_of(context.store, known(incidents.state, incidents.project, now), now, int(asked))
    return Page("digest.html", "incidents", "Digest", told, {"spans": SPANS})
