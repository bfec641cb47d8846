"""A finding: something that an analysis says is wrong or waits to be, in one shape whatever found it.

People read it on `/findings`, policies group by its key: what is found again has the same key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

CONFIDENCES = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Finding:
    """`kind` and `owner` are of the lists of incidents' causes (docs/scenarios.md); `what` says which of its kind it
    is, one of mendline.insight.findings.WHATS. `text` is a sentence, `next_step` what to do about it.

    `since` is when it began, as far back as was looked; None for what nothing dates. `count` is how many `counted` it
    hit, 0 for what waits to hit somebody. `cost_usd` is what it cost in the range; None where nothing tells. `resource`
    is `TYPE/NAME`. `ids` are those of what it hit (trace ids, or message ids), a few of many."""

    kind: str
    what: str
    owner: str
    text: str
    next_step: str
    confidence: str
    since: datetime | None = None
    count: int = 0
    counted: str = ""
    cost_usd: float | None = None
    function: str = ""
    resource: str = ""
    evidence: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()

    @property
    def counted_words(self) -> str:
        """`counted`, of one the singular."""
        plural = "es" if self.counted == "processes" else "s"
        return self.counted.removesuffix(plural) if self.count == 1 else self.counted

    @property
    def key(self) -> str:
        """The same each time it is found."""
        return "|".join((self.what, self.function, self.resource))
