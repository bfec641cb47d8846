"""What the page of settings is told of the server by the app."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mendline.access import Members
from mendline.insight.keeping import Keeping
from mendline.store.state import State


@dataclass(frozen=True, slots=True)
class Redacted:
    """Whether redaction is on, the keys that the settings add to it, and how often each rule has replaced a secret
    since the server began."""

    enabled: bool
    extra_keys: tuple[str, ...] = ()
    replaced: Callable[[], Mapping[str, int]] = dict


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """The keys that the people of the project named secret: those of now, and a change of them."""

    now: Callable[[], tuple[str, ...]] = tuple
    set: Callable[[Sequence[str]], object] = tuple


@dataclass(frozen=True, slots=True)
class Arrivals:
    """`stored` is how much of what came in is stored, a number that only grows; `is_over` whether the server stops."""

    stored: Callable[[], int]
    is_over: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """`keeping` is how long what is kept. `problems` are sentences about what the server cannot do just now, `aws`
    about what AWS does not let it read; `quarantined` is how many things of the project the store refused. All are
    asked for when somebody looks. `members` makes and ends keys; `redacted` is whether secrets are replaced in what
    comes in, and which keys are secret beside the known ones, `own_keys` those of the project; `arrivals` tells of
    what is stored."""

    state: State
    keeping: Keeping
    problems: Callable[[], Sequence[str]]
    quarantined: Callable[[], int]
    aws: Callable[[], Sequence[str]]
    members: Members
    redacted: Redacted
    own_keys: OwnKeys = OwnKeys()
    arrivals: Arrivals = Arrivals(lambda: 0, lambda: True)
