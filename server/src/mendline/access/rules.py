"""Which path needs what. One table, looked through from the top; what is not in it is a page. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mendline.store.state import Scope


class Kind(Enum):
    """How a path is guarded, and how a refusal is said there."""

    OPEN = "open"  # everybody, always
    OWN = "own"  # its handler asks for the key itself
    SIGN_IN = "sign_in"  # everybody, but no other site's page
    INGEST = "ingest"  # keys only, never a session
    METRICS = "metrics"
    API = "api"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Rule:
    """`needed` is the scope for reads; `changes` the one for methods that are not safe."""

    kind: Kind
    needed: Scope = Scope.READ
    changes: Scope = Scope.ADMIN


_INGEST = Rule(Kind.INGEST, Scope.INGEST, Scope.INGEST)
_EXACT = {
    "/healthz": Rule(Kind.OPEN),
    "/readyz": Rule(Kind.OPEN),
    "/sign-in": Rule(Kind.SIGN_IN),
    "/sign-out": Rule(Kind.SIGN_IN),
    "/sign-in/link": Rule(Kind.SIGN_IN),
    "/metrics": Rule(Kind.METRICS),
    "/aws/firehose": Rule(Kind.OWN),
    "/api/v1/agent/config": Rule(Kind.API, Scope.INGEST),
    # questions that are too long for a URL
    "/api/v1/explain": Rule(Kind.API, changes=Scope.READ),
    "/api/v1/explain/change": Rule(Kind.API, changes=Scope.READ),
    "/api/v1/query": Rule(Kind.API, changes=Scope.READ),
    # who reads may save what was read
    "/api/v1/queries": Rule(Kind.API, changes=Scope.READ),
    "/queries": Rule(Kind.PAGE, changes=Scope.READ),
    # what people decide together
    "/boards": Rule(Kind.PAGE, changes=Scope.EDIT),
    "/policies": Rule(Kind.PAGE, changes=Scope.EDIT),
    "/api/v1/policies": Rule(Kind.API, changes=Scope.EDIT),
    "/experiments": Rule(Kind.PAGE, changes=Scope.EDIT),
    "/api/v1/experiments": Rule(Kind.API, changes=Scope.EDIT),
    "/api/v1/experiment-runs": Rule(Kind.API, changes=Scope.EDIT),
    "/api/v1/experiment-halt": Rule(Kind.API, changes=Scope.EDIT),
    "/game-days": Rule(Kind.PAGE, changes=Scope.EDIT),
    "/api/v1/game-days": Rule(Kind.API, changes=Scope.EDIT),
    "/api/v1/game-day-runs": Rule(Kind.API, changes=Scope.EDIT),
    "/silences": Rule(Kind.PAGE, changes=Scope.EDIT),
    "/api/v1/silences": Rule(Kind.API, changes=Scope.EDIT),
    "/removals": Rule(Kind.PAGE, changes=Scope.EDIT),
    "/api/v1/removals": Rule(Kind.API, changes=Scope.EDIT),
    "/settings": Rule(Kind.PAGE, Scope.ADMIN),
    "/settings.json": Rule(Kind.PAGE, Scope.ADMIN),
}
_BELOW = (
    ("/static/", Rule(Kind.OPEN)),
    ("/v1/", _INGEST),
    ("/aws/firehose/", Rule(Kind.OWN)),
    ("/aws/", _INGEST),
    ("/api/v1/queries/", Rule(Kind.API, changes=Scope.READ)),
    ("/queries/", Rule(Kind.PAGE, changes=Scope.READ)),
    ("/boards/", Rule(Kind.PAGE, changes=Scope.EDIT)),
    ("/policies/", Rule(Kind.PAGE, changes=Scope.EDIT)),
    ("/api/v1/policies/", Rule(Kind.API, changes=Scope.EDIT)),
    ("/incidents/", Rule(Kind.PAGE, changes=Scope.EDIT)),
    ("/api/v1/incidents/", Rule(Kind.API, changes=Scope.EDIT)),
    ("/experiments/", Rule(Kind.PAGE, changes=Scope.EDIT)),
    ("/api/v1/experiments/", Rule(Kind.API, changes=Scope.EDIT)),
    ("/api/v1/experiment-runs/", Rule(Kind.API, changes=Scope.EDIT)),
    ("/game-days/", Rule(Kind.PAGE, changes=Scope.EDIT)),
    ("/api/v1/game-days/", Rule(Kind.API, changes=Scope.EDIT)),
    ("/api/v1/game-day-runs/", Rule(Kind.API, changes=Scope.EDIT)),
    ("/silences/", Rule(Kind.PAGE, changes=Scope.EDIT)),
    ("/api/v1/silences/", Rule(Kind.API, changes=Scope.EDIT)),
    ("/errors/", Rule(Kind.PAGE, changes=Scope.EDIT)),
    ("/functions/", Rule(Kind.PAGE, changes=Scope.EDIT)),
    ("/removals/", Rule(Kind.PAGE, changes=Scope.EDIT)),
    ("/api/v1/removals/", Rule(Kind.API, changes=Scope.EDIT)),
    ("/settings/", Rule(Kind.PAGE, Scope.ADMIN)),
    ("/api/", Rule(Kind.API)),
)
_PAGE = Rule(Kind.PAGE)


def rule_for(path: str) -> Rule:
    """The rule of a path, as decoded as the routes see it."""
    found = _EXACT.get(path)
    if found is None:
        found = next((rule for start, rule in _BELOW if path.startswith(start)), _PAGE)
    return found
