"""Pages that leave out what experiments struck, unless their URL asks for it (`experiments=with`)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.requests import Request

from mendline.insight.unstruck import unstruck, wants_struck
from mendline.model.timerange import TimeRange
from mendline.web.context import WebContext

PARAMETER = "experiments"


@dataclass(frozen=True, slots=True)
class Looked:
    """What a page looks at: `context` has the store. `said`: `with` where all was asked for, `without` where something
    is left out, else empty."""

    context: WebContext
    said: str

    @property
    def with_struck(self) -> bool:
        """Whether all was asked for."""
        return self.said == "with"


def looked_at(context: WebContext, request: Request, time_range: TimeRange) -> Looked:
    """As the URL asks. Raises UsageError."""
    if wants_struck(request.query_params.get(PARAMETER, "")):
        return Looked(context, "with")
    experiments = context.experiments
    store = unstruck(context.store, experiments.state, experiments.project, time_range)
    return Looked(replace(context, store=store), "" if store is context.store else "without")
