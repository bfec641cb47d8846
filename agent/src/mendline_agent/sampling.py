"""Which invocations send the spans inside them: decided at the end, when it is known how it went.

Failed and slow ones always do. Of the others a share does, chosen by the trace id, so that all functions of a trace
choose alike (OpenTelemetry, "TraceState: Probability Sampling": a span is kept when the last 56 bits of its trace id
reach the threshold; `ot=th:` in the trace state carries it, so that whoever counts can weigh). The invocation's own
span always goes, with exact counts of its operations.
"""

from __future__ import annotations

_BITS, _HEX = 56, 14
_ENOUGH = 20
_STEP = 0.05
_SLOW = 0.95
_DIGITS = 4


class Slowness:
    """A moving estimate of the 95th percentile of durations (stochastic approximation, Robbins and Monro 1951)."""

    __slots__ = ("_seen", "_value")

    def __init__(self) -> None:
        self._seen = 0
        self._value = 0.0

    def is_slow(self, duration_ns: int) -> bool:
        """Whether this one is slower than the estimate; it counts from then on. The first ones are never slow."""
        if not self._seen:
            self._value = float(duration_ns)
        slow = self._seen >= _ENOUGH and duration_ns > self._value
        self._seen += 1
        step = self._value * max(_STEP, 1 / self._seen)
        self._value = max(1.0, self._value + step * (_SLOW if duration_ns > self._value else _SLOW - 1))
        return slow


class Sampler:
    """The decision for as long as the share stays the same, with what it has to know of those before."""

    __slots__ = ("_slowness", "_threshold", "ratio")

    def __init__(self, ratio: float, before: Sampler | None) -> None:
        self.ratio = ratio
        self._threshold = threshold_of(ratio)
        self._slowness: Slowness = before._slowness if before is not None else Slowness()

    def state(self, trace_id: bytes, existing: str, duration_ns: int, *, failed: bool) -> str | None:
        """The trace state of the spans inside, with their weight where it is by the share that they are sent; None
        where they stay behind."""
        if self._slowness.is_slow(duration_ns) or failed:
            return existing
        return trace_state(existing, self._threshold) if is_kept(trace_id, self._threshold) else None


def threshold_of(ratio: float) -> int:
    """The least random value of a kept trace, so that this share of all is kept."""
    exact = round((1.0 - ratio) * (1 << _BITS))
    return int(_digits(exact).ljust(_HEX, "0"), 16) if exact < 1 << _BITS else exact


def is_kept(trace_id: bytes, threshold: int) -> bool:
    """Whether a trace is among the share."""
    return int.from_bytes(trace_id[-7:], "big") >= threshold


def trace_state(existing: str, threshold: int) -> str:
    """The trace state with the threshold in its `ot` member, in as many digits as matter; none where all is kept."""
    others, own = [], [f"th:{_digits(threshold)}"] if threshold > 0 else []
    for member in existing.split(",") if existing else ():
        key, _, value = member.strip().partition("=")
        if key == "ot":
            own += [part for part in value.split(";") if part and not part.startswith("th:")]
        else:
            others.append(member.strip())
    return ",".join([f"ot={';'.join(own)}", *others] if own else others)


def _digits(threshold: int) -> str:
    """The threshold's leading hexadecimal digits: those that are all ones, and as many more as matter."""
    digits = f"{threshold:014x}"
    leading = len(digits) - len(digits.lstrip("f"))
    return digits[: leading + _DIGITS].rstrip("0") or "0"
