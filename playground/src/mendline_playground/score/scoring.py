"""From the incidents that a server's API tells, its messages, and the truth of a scenario, to a score. Pure.

Incidents are those of `GET /api/v1/incidents`: `{id, opened_at, detected_at, notifications, causes: [{rank, kind,
function, resource, attribute, value, version, owner}], …}`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from mendline_playground.scenario import Cause, Scenario
from mendline_playground.score.mailbox import Letter

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Score:
    """How one scenario went. `cause_rank` is 1 when the first cause that was named is right, None when none is;
    `told_rank` the same of the first message, `most_messages` how many there were of one incident.

    `seconds_to_detection` is told also when it was too late to count as detected. `owner_is_right` is of the cause.
    """

    scenario: str
    kind: str
    truth: Mapping[str, Any]
    detected: bool
    seconds_to_detection: float | None
    notifications: int
    cause_rank: int | None
    false_alarms: int
    incidents: int = 0
    most_messages: int = 0
    told_rank: int | None = None
    owner_is_right: bool | None = None

    def document(self) -> dict[str, Any]:
        """The score as `score.json` has it."""
        told = asdict(self)
        del told["owner_is_right"]
        return told


def score(
    scenario: Scenario,
    incidents: Iterable[Told],
    letters: Sequence[Letter] = (),
    *,
    since_s: float,
    versions: Mapping[str, str] | None = None,
    explained: Sequence[Told] = (),
) -> Score:
    """The score of a run in which there was something to detect from `since_s` on (Unix time).

    What was opened before that, or at all in a quiet control, is a false alarm; everything later is about the scenario.
    `letters` are the messages of the run, in order: those of other incidents (opened before it) do not count.
    `versions` are the scenario's as they were in a live run; `explained` the causes that count where no incident names
    any.
    """
    truth, told = scenario.truth, list(incidents)
    ours = [one for one in told if truth.detected and opened_s(one) >= since_s]
    delays = [opened_s(one) - since_s for one in ours]
    counts = Counter(one.incident for one in letters)
    messages = {one["id"]: counts[one["id"]] for one in told}
    first = next((one for one in letters if one.incident in {each["id"] for each in ours}), None)
    named = [causes for one in ours if (causes := one.get("causes"))] or [explained]
    rank, owner_is_right = _named(scenario, named, versions or {})
    return Score(
        scenario=scenario.name,
        kind=scenario.kind,
        truth=asdict(truth),
        detected=any(delay_s <= truth.within_s for delay_s in delays),
        seconds_to_detection=round(min(delays), 1) if delays else None,
        notifications=sum(messages.values()),
        cause_rank=rank,
        false_alarms=len(told) - len(ours),
        incidents=len(told),
        most_messages=max(messages.values(), default=0),
        told_rank=_named(scenario, [first.causes], versions or {})[0] if first else None,
        owner_is_right=owner_is_right,
    )


def _named(
    scenario: Scenario, named: Iterable[Sequence[Told]], versions: Mapping[str, str]
) -> tuple[int | None, bool | None]:
    """The best rank of a right cause in any list of causes, and whether its owner is right too."""
    if scenario.truth.cause is None:
        return None, None
    wanted = (scenario.truth.cause, *scenario.truth.accepted)
    best: tuple[int, bool] | None = None
    for causes in named:
        for place, cause in enumerate(causes, 1):
            right = [one for one in wanted if is_right(cause, one, versions)]
            if right:
                found = (int(cause.get("rank") or place), any(one.owner == cause.get("owner") for one in right))
                best = found if best is None or found[0] < best[0] else best
    return best or (None, None)


def is_right(told: Told, truth: Cause, versions: Mapping[str, str] | None = None) -> bool:
    """Whether a cause that was named is this one: its kind, and every field that the truth names but the owner."""
    version = (versions or {}).get(truth.version, truth.version)
    wanted = {"function": truth.function, "attribute": truth.attribute, "value": truth.value, "version": version}
    if told.get("kind") != truth.kind or any(value and told.get(name) != value for name, value in wanted.items()):
        return False
    return not truth.resource or _overlaps(str(told.get("resource") or ""), truth.resource)


def _overlaps(told: str, truth: str) -> bool:
    return bool(told) and (f"{told}/".startswith(f"{truth}/") or f"{truth}/".startswith(f"{told}/"))


def opened_s(incident: Told) -> float:
    """When it was opened (Unix time)."""
    moment = datetime.fromisoformat(str(incident.get("detected_at") or incident["opened_at"]))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
