"""What a scenario file says, as types. Durations are in seconds, offsets from the beginning of the run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = (
    "resource_slow", "resource_error", "throttled", "permission", "connection_renewal", "cold_start", "deployment",
    "configuration", "memory", "timeout", "input", "poison_record", "backlog", "consumer_stopped", "lost_downstream",
    "partial_batch", "retry_storm", "recursion", "n_plus_one", "pool_exhausted", "provider_error", "load", "drift",
    "code_error", "log_flood", "clock_skew",
)  # fmt: skip
"""The kinds of causes that an incident of the server's API can have."""

NO_KIND = "none"
"""The kind of a quiet control: nothing is wrong, and nothing should be said."""

OWNERS = ("code", "input", "configuration", "provider", "third_party", "load", "unknown")
"""Whose a cause can be."""

MODES = ("model", "live")


class ScenarioError(ValueError):
    """A scenario file that cannot be used; the message says what is wrong, where, and what to write."""


@dataclass(frozen=True, slots=True)
class Only:
    """Which events an injection touches; an empty text or tuple touches all."""

    tenant: str = ""
    customer: str = ""
    version: str = ""
    item: str = ""
    currency: str = ""
    route: str = ""


@dataclass(frozen=True, slots=True)
class Injection:
    """One fault at a place, from `at_s` for `for_s` (None: to the end), reaching its strength after `ramp_s`."""

    fault: str
    at_s: float
    for_s: float | None
    ramp_s: float
    only: Only
    parameters: Mapping[str, object] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A parameter that is a text; empty when it was not given."""
        return str(self.parameters.get(name, ""))

    def number(self, name: str, default: float = 0.0) -> float:
        """A parameter that is a number: seconds, bytes, a share, a factor."""
        value = self.parameters.get(name, default)
        return float(value) if isinstance(value, int | float) else default


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause as the incidents of the server's API name it; an empty field is not said."""

    kind: str
    owner: str = ""
    function: str = ""
    resource: str = ""
    attribute: str = ""
    value: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Truth:
    """What should be detected: from `since_s` on, within `within_s`, with this cause or one of those accepted."""

    detected: bool
    since_s: float = 0.0
    within_s: float = 0.0
    cause: Cause | None = None
    accepted: tuple[Cause, ...] = ()
    most_notifications: int = 2


@dataclass(frozen=True, slots=True)
class Live:
    """How long a live run takes: seconds before the faults, with them, and after."""

    before_s: float = 60.0
    during_s: float = 300.0
    after_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario: what happens in the shop, and the truth about it."""

    name: str
    title: str
    about: str
    kind: str
    modes: tuple[str, ...]
    begins: str
    history_s: float
    run_s: float
    rate: float
    injections: tuple[Injection, ...]
    truth: Truth
    live: Live = field(default_factory=Live)

    @property
    def is_control(self) -> bool:
        """Whether nothing is wrong in it."""
        return not self.truth.detected
