"""What people, incidents and experiments say of what is learned as usual."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

LEAVE_OUT, ACCEPT = "leave_out", "accept"
BY_EXPERIMENT = "experiment "
"""Whose mark it is (`changed_by`), where the id of a run follows."""
BY_INCIDENT = "incident "
"""Likewise, where the number of an incident follows."""


@dataclass(frozen=True, slots=True)
class LearningMark:
    """`leave_out`: nothing is learned from `start` to `end` (None: until further notice). `accept`: at `start` the
    level of the values before it became the usual one. `function` is the name of the one that it is about, empty for
    all of the project; `reason` says why (a bad deployment, an incident, an experiment), `id` is given where it is
    kept."""

    kind: str
    function: str
    start: datetime
    end: datetime | None
    reason: str
    changed: datetime
    changed_by: str = ""
    id: int = 0

    @property
    def is_of_struck(self) -> bool:
        """Whether a run of an experiment left it out: what it struck is known by the marks of spans, too."""
        return self.kind == LEAVE_OUT and self.changed_by.startswith(BY_EXPERIMENT)

    @property
    def is_of_incident(self) -> bool:
        """Whether it is of an incident, and kept with that."""
        return self.changed_by.startswith(BY_INCIDENT)
