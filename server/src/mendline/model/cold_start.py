"""Cold starts by why each was needed."""

from __future__ import annotations

from dataclasses import dataclass

CAUSES = {
    "at_once": "more at once: another invocation was under way",
    "version": "the first of a version",
    "idle": "nothing ran for a while",
    "configuration": "its configuration was changed",
    "timeout": "the one before it timed out",
    "crash": "the one before it crashed, ran out of memory or never ended",
    "replaced": "AWS replaced an environment that was in use",
    "first": "nothing earlier is known",
}


@dataclass(frozen=True, slots=True)
class ColdStarts:
    """`cause` is one of CAUSES. `cost_usd` is what their initialisations cost. `mean_init_ms` is how long they
    initialised, `idle_s` for how long nothing had run, in the median."""

    cause: str
    times: int
    cost_usd: float
    mean_init_ms: float
    idle_s: float


@dataclass(frozen=True, slots=True)
class Import:
    """A module that is imported at cold starts: how long it takes by itself and with what it imports, in the median, of
    so many cold starts."""

    module: str
    own_ms: float
    whole_ms: float
    times: int
