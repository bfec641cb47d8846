"""How many stored errors have no kind: counted for `/metrics`, now and then. `/api/v1/errors` lists them."""

from __future__ import annotations

import math

from mendline.app.projects import Projects
from mendline.clock import Clock
from mendline.errors import MendlineError
from mendline.insight.errors import count_unclassified

EVERY_SECONDS = 30.0


class Unclassified:
    """Counts errors without a kind, asking the store every half minute at most."""

    def __init__(self, projects: Projects, clock: Clock) -> None:
        self._projects, self._clock = projects, clock
        self._asked = -math.inf
        self._errors = 0.0

    def count(self) -> float:
        """Those of all open projects; NaN where a store does not answer."""
        now = self._clock.now().timestamp()
        if now - self._asked >= EVERY_SECONDS:
            self._asked = now
            try:
                self._errors = float(sum(count_unclassified(project.store) for project in self._projects.opened()))
            except MendlineError:
                self._errors = math.nan
        return self._errors
