"""Cold starts by why each was needed."""

from __future__ import annotations

from dataclasses import dataclass

CAUSES = {
    "at_once": "more at once: another invocation was under way",
    "version": "the first of a version",
    "idle": "nothing ran for a while",
    "broken": "the one before it timed out, ran out of memory or never ended",
    "replaced": "AWS replaced an environment that was in use",
    "first": "nothing earlier is known",
}


@dataclass(frozen=True, slots=True)
class ColdStarts:
    """`cause` is one of CAUSES. `mean_init_ms` is how long they initialised, `idle_s` for how long nothing had run, in
    the median."""

    cause: str
    times: int
    mean_init_ms: float
    idle_s: float
