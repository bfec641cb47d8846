"""Whose fault it is: rules over what is known of an error or a slowness, from status class to other callers. Pure.

Each rule answers a verdict or passes; the first that answers counts. How sure it is follows from how much of the
evidence speaks for it: other functions on the same resource, tries that healed, what is special of the message, what
was changed just before, whether it hits every invocation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mendline.model.error_kinds import ErrorKind
from mendline.model.error_kinds.bugs import is_bug
from mendline.model.party import OURS, PROVIDER
from mendline.model.verdict import Verdict

_MOST_TOGETHER_S = 3600  # a change this long before is "just before"
_FAILS = 0.05  # share of others' calls that fail from which on the resource itself is in trouble
_LEAST_OTHERS = 5
_SETTINGS = frozenset({"permission", "timeout", "memory", "environment", "concurrency", "layers", "runtime", "other"})


@dataclass(frozen=True, slots=True)
class Part:
    """`found` of `of`."""

    found: int
    of: int

    @property
    def share(self) -> float:
        """0.0 of none."""
        return self.found / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Changed:
    """Something that was changed `seconds` before the first case: `kind` as the AWS readers name it, or `version`."""

    kind: str
    text: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known; what is not known is left out.

    `error_kind` is one of model.error_kinds, '' of a slowness; `code` its type or status. `resource` is the call that
    failed or took the time, in words, and `party` whose it is (model.party); both are '' where it was the function's
    own code. `own_time_up`: the invocation ran into its own timeout. `others` are the calls of other functions to the
    same resource meanwhile, and how many of these are bad too; `own` all calls of this function. `healed` counts cases
    that went well when tried again. `special` says what the messages of the cases have that others have not, `sender`
    who sent them, `place` the function and line that prepared or met it. `new_with` is the only version that has it.
    """

    error_kind: str = ""
    code: str = ""
    resource: str = ""
    party: str = ""
    own_time_up: bool = False
    others: Part | None = None
    own: Part | None = None
    healed: Part | None = None
    special: tuple[str, ...] = ()
    sender: str = ""
    place: str = ""
    changed: tuple[Changed, ...] = ()
    new_with: str = ""
    more_traffic: float = 0.0

    @property
    def others_too(self) -> bool:
        """Whether other functions have the same trouble with the resource."""
        return self.others is not None and self.others.of >= _LEAST_OTHERS and self.others.share >= _FAILS

    @property
    def others_fine(self) -> bool:
        """Whether enough of others' calls show that the resource works for them."""
        return self.others is not None and self.others.of >= _LEAST_OTHERS and self.others.share < _FAILS

    def changed_by(self, *kinds: str) -> Changed | None:
        """The latest change of these kinds just before the first case."""
        fitting = [one for one in self.changed if one.kind in kinds and 0 <= one.seconds <= _MOST_TOGETHER_S]
        return min(fitting, key=lambda one: one.seconds, default=None)


def judge(facts: Facts) -> Verdict:
    """The verdict; of the side `unknown` where no rule knows."""
    for rule in _RULES:
        found = rule(facts)
        if found is not None:
            return found
    return _said(facts, "unknown", "unknown", "", "Nothing that is known says whose fault this is", 0)


_DECLINES = ("402", "paymentrequired", "card", "declined", "insufficientfunds")


def _declined(facts: Facts) -> Verdict | None:
    code = facts.code.lower()
    if facts.error_kind != ErrorKind.CONFLICT or not any(word in code for word in _DECLINES):
        return None
    text = f"The payment was declined{_by(facts)}: whoever pays decides, and no code and no service failed"
    return _said(facts, "nobody", "input", "input", text, 2)


def _time_up(facts: Facts) -> Verdict | None:
    if not facts.own_time_up:
        return None
    change = facts.changed_by("timeout")
    if change:
        text = "The function's timeout is too short for what it does"
        return _said(facts, "ours", "configuration", "timeout", text, 2)
    if facts.special:
        return _input(facts, "The function does not finish some messages in its time")
    if facts.resource and facts.party != OURS:
        text = f"The function's time was up while it waited for {facts.resource}"
        return _said(facts, facts.party, facts.party, "resource_slow", text, 1 + facts.others_too - facts.others_fine)
    if facts.new_with or facts.changed_by("deployment", "version"):
        return _said(facts, "ours", "code", "deployment", "Its code takes longer than the function may", 1)
    if facts.resource:
        text = f"The function's time was up while it waited for {facts.resource}, which is ours"
        return _said(facts, "ours", "code", "resource_slow", text, 1)
    text = "The function's own code takes longer than its timeout allows"
    return _said(facts, "ours", "configuration", "timeout", text, 0)


def _memory(facts: Facts) -> Verdict | None:
    if facts.error_kind != ErrorKind.OOM:
        return None
    if facts.special and not facts.changed_by("memory"):
        return _input(facts, "Memory does not suffice for some messages")
    change = facts.changed_by("deployment", "version")
    if change and not facts.changed_by("memory"):
        return _said(facts, "ours", "code", "memory", "The new version needs more memory than the function has", 1)
    sure = 2 if facts.changed_by("memory") else 1
    return _said(facts, "ours", "configuration", "memory", "The function has less memory than it needs", sure)


def _permission(facts: Facts) -> Verdict | None:
    if facts.error_kind != ErrorKind.PERMISSION:
        return None
    where = f" {facts.resource} refuses the call" if facts.resource else " a call is refused"
    text = f"A permission, key or role is missing, wrong or expired:{where}"
    sure = 1 + bool(facts.changed_by("permission", "environment") or facts.others_fine)
    return _said(facts, "ours", "configuration", "permission", text, sure)


def _throttled(facts: Facts) -> Verdict | None:
    if facts.error_kind != ErrorKind.THROTTLED:
        return None
    where = facts.resource or "A rate, a quota or a pool"
    change = facts.changed_by("concurrency")
    if change:
        return _said(facts, "ours", "configuration", "throttled", f"{where} is limited by a setting of ours", 2)
    text = f"More is asked of {where} than it may be" if facts.resource else f"{where} is used up"
    return _said(facts, "ours", "load", "throttled", text, 1 + (facts.more_traffic >= 1.5 or facts.others_too))


def _their_side(facts: Facts) -> Verdict | None:
    """What failed, did not answer, or was slow on the other side."""
    kinds = {ErrorKind.PROVIDER, ErrorKind.NETWORK, ErrorKind.TIMEOUT, ""}
    if not facts.resource or facts.error_kind not in kinds or (facts.error_kind == "" and facts.code):
        return None
    if facts.special and facts.others_fine:
        return _input(facts, f"{facts.resource} fails for some of our messages only")
    what = "is slower than usual" if not facts.error_kind else _FAILED[ErrorKind(facts.error_kind)]
    kind = "resource_slow" if not facts.error_kind or facts.error_kind == ErrorKind.TIMEOUT else "resource_error"
    text = f"{facts.resource} {what}"
    if facts.party == OURS:
        owner = "code" if facts.changed_by("deployment", "version") else "unknown"
        return _said(facts, "ours", owner, kind, f"{text}, and is one of ours", facts.others_too)
    if facts.others_fine and (facts.new_with or facts.changed_by("deployment", "version")):
        text = f"{text} for this function alone, since its new version"
        return _said(facts, "ours", "code", "deployment", text, 1)
    kind = "provider_error" if facts.party == PROVIDER and facts.error_kind == ErrorKind.PROVIDER else kind
    sure = 1 + facts.others_too + (facts.error_kind == ErrorKind.PROVIDER) - facts.others_fine
    return _said(facts, facts.party, facts.party, kind, text, sure)


_FAILED = {
    ErrorKind.PROVIDER: "failed on its own side",
    ErrorKind.NETWORK: "could not be reached, or broke the connection",
    ErrorKind.TIMEOUT: "did not answer in the time it was given",
}


def _refused_message(facts: Facts) -> Verdict | None:
    if facts.error_kind not in (ErrorKind.VALIDATION, ErrorKind.INPUT):
        return None
    if facts.special:
        return _input(facts, f"{facts.resource or 'The function'} cannot use some messages")
    if facts.resource:
        text = f"{facts.resource} refuses what our code sends"
        return _said(facts, "ours", "code", "code_error", text, 1 + bool(facts.new_with))
    if facts.error_kind == ErrorKind.INPUT and not facts.new_with:
        return _input(facts, "What came in could not be read")
    text = "Our code makes a call that is not allowed"
    return _said(facts, "ours", "code", "code_error", text, bool(facts.new_with))


def _not_there(facts: Facts) -> Verdict | None:
    if facts.error_kind != ErrorKind.NOT_FOUND:
        return None
    if facts.special:
        return _input(facts, f"Some messages name what is not there{_by(facts)}")
    change = facts.changed_by(*_SETTINGS)
    if change or (facts.own and facts.own.of >= _LEAST_OTHERS and facts.own.share > 0.9):
        text = f"What {facts.resource or 'the function'} is asked for is gone, or was named wrongly in a setting"
        return _said(facts, "ours", "configuration", "configuration", text, bool(change))
    text = f"{facts.resource or 'Something'} was asked for what is not there"
    return _said(facts, "ours", "input", "input", text, 0)


def _state_there(facts: Facts) -> Verdict | None:
    if facts.error_kind != ErrorKind.CONFLICT:
        return None
    text = (
        f"The state of {facts.resource or 'what was called'} did not allow it: two wanted the same, or one came twice"
    )
    return _said(facts, "ours", "code", "code_error", text, bool(facts.new_with))


def _start(facts: Facts) -> Verdict | None:
    if facts.error_kind not in (ErrorKind.INIT, ErrorKind.CRASH):
        return None
    begins = "could not be started" if facts.error_kind == ErrorKind.INIT else "ended before its work was done"
    setting = facts.changed_by(*_SETTINGS)
    if setting and not facts.changed_by("deployment", "version"):
        text = f"The function {begins} since a setting was changed"
        return _said(facts, "ours", "configuration", "configuration", text, 1)
    sure = 1 + bool(facts.changed_by("deployment", "version") or facts.new_with)
    return _said(facts, "ours", "code", "code_error", f"The function {begins}", sure)


def _own_code(facts: Facts) -> Verdict | None:
    """An error that our code raised itself, or time that it took."""
    if facts.error_kind not in (ErrorKind.UNHANDLED, "") or facts.resource:
        return None
    slow = not facts.error_kind and not facts.code
    if facts.new_with or facts.changed_by("deployment", "version"):
        version = f" of version {facts.new_with}" if facts.new_with else ""
        what = f"The code{version} is slower" if slow else f"The code{version} fails"
        return _said(facts, "ours", "code", "deployment", what, 1 + bool(facts.new_with))
    if facts.special and is_bug(facts.code):
        text = "A mistake in our own code shows on some messages"
        return _said(facts, "ours", "code", "code_error", text, 1)
    if facts.special:
        return _input(facts, "The code is slow on some messages" if slow else "The code fails on some messages")
    setting = facts.changed_by("memory", "environment", "layers", "runtime")
    if setting:
        return _said(facts, "ours", "configuration", setting.kind, "A setting of the function was changed", 1)
    if slow:
        return _said(facts, "ours", "code", "code_error", "The time is spent in our own code", 0)
    return _said(facts, "ours", "code", "code_error", "Our own code raised it", 1)


_RULES: tuple[Callable[[Facts], Verdict | None], ...] = (
    _declined, _time_up, _memory, _permission, _throttled, _their_side, _refused_message, _not_there, _state_there,
    _start, _own_code,
)  # fmt: skip


def _input(facts: Facts, what: str) -> Verdict:
    sure = 1 + bool(facts.special and not facts.new_with)
    return _said(facts, "ours", "input", "input", f"{what}{_by(facts)}", sure if facts.special else 0)


def _by(facts: Facts) -> str:
    return f", sent by {facts.sender}" if facts.sender else ""


def _said(facts: Facts, side: str, owner: str, kind: str, text: str, sure: int) -> Verdict:
    """`sure` counts: 2 or more is high, 1 medium."""
    confidence = ("low", "medium", "high")[max(0, min(2, int(sure)))]
    evidence, against = _evidence(facts, side, owner)
    return Verdict(side, owner, kind or "unknown", f"{text}.", confidence, evidence, against)


def _evidence(facts: Facts, side: str, owner: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What speaks for a verdict, and what against, as sentences without their end."""
    told: list[tuple[bool, str]] = []
    theirs = side in ("provider", "third_party")
    if facts.error_kind:
        code = f" ({facts.code})" if facts.code and facts.code != facts.error_kind else ""
        told.append((True, f"the error is of the kind {facts.error_kind}{code}"))
    if facts.others is not None and facts.others.of:
        words = f"{facts.others.found:,} of {facts.others.of:,} calls of other functions to it are bad too"
        told.append((facts.others_too == theirs or facts.others.of < _LEAST_OTHERS, words))
    if facts.own is not None and facts.own.of:
        told.append((True, f"{facts.own.found:,} of {facts.own.of:,} calls of this function are bad"))
    if facts.healed is not None and facts.healed.of:
        healed = f"{facts.healed.found:,} of {facts.healed.of:,} went well when tried again"
        told.append((bool(facts.healed.found) == (theirs or owner == "load") or not facts.healed.found, healed))
    told += [(owner == "input", one) for one in facts.special[:3]]
    if facts.new_with:
        told.append((owner in ("code", "configuration"), f"only version {facts.new_with} has it"))
    for one in sorted(facts.changed, key=lambda it: it.seconds)[:3]:
        is_code = one.kind in ("deployment", "version")
        words = f"{_minutes(one.seconds)} before the first case: {one.text}"
        told.append((owner == ("code" if is_code else "configuration"), words))
    if facts.more_traffic >= 1.5:
        told.append((owner == "load", f"there is {facts.more_traffic:.1f} times as much traffic as before"))
    if facts.place:
        told.append((True, f"it was met in {facts.place}"))
    return tuple(words for is_for, words in told if is_for), tuple(words for is_for, words in told if not is_for)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
