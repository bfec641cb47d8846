"""`/digest`: the last day or week in numbers: incidents, noise, cost against budgets, what is slow, fails, drifts."""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request

from mendline.alerting.digest import SPANS, digest_of, handled_words
from mendline.alerting.digests import known
from mendline.errors import UsageError
from mendline.model.timerange import TimeRange
from mendline.web.context import WebContext
from mendline.web.page import Page
from mendline.web.struck import looked_at


def digest_page(context: WebContext, request: Request) -> Page:
    """The same that receivers get by mail."""
    now, asked = context.clock.now(), request.query_params.get("days", "1")
    if asked not in map(str, SPANS.values()):
        raise UsageError(f"days is '{asked[:20]}'; a digest is of 1 day or of 7.")
    incidents = context.incidents
    span = timedelta(days=int(asked))
    looked = looked_at(context, request, TimeRange(now - 2 * span, now))
    told = digest_of(looked.context.store, known(incidents.state, incidents.project, now), now, int(asked))
    return Page(
        "digest.html",
        "incidents",
        "Digest",
        told,
        {"spans": SPANS, "struck": looked.said, "handled_words": handled_words},
    )
