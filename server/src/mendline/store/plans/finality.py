"""Whether a failed invocation was the last attempt at its event: by what triggered it, and as AWS is configured.

The same that model/attempts.py says of one invocation, as SQL over rows `r` and their attempts `a`. How often things
are tried comes as parameters: `limited` are texts of what (in the words of `limit_of`, with account and region, or
without where an invocation does not know its own), beside them `limits` (-1: no number ends it) and `limit_ages_s`
(0: no age).
"""

from __future__ import annotations

from typing import Any

from mendline.model.retry_limit import ASYNCHRONOUS_ATTEMPTS, Pushed, triggers_of

LIMITED, LIMITS, AGES = "limited", "limits", "limit_ages_s"
ATTEMPT = "greatest(toInt64(r.attempt), toInt64(a.earlier + 1))"
"""Which attempt at its event an invocation is."""
_UNKNOWN = -2
_QUEUE, _STREAM, _ASYNCHRONOUS, _ANY_VERSION = "queue", "stream", "asynchronous", "*"
_PULLED = "r.trigger IN ({by_queue:Array(String)}) OR r.trigger IN ({by_stream:Array(String)})"


def limit_of(kind: Pushed, account: str, region: str, name: str, which: str = "") -> str:
    """The text that stands for a queue, or for a function with a version or with the stream that it takes. The version
    `*` is every other."""
    word = {Pushed.BY_QUEUE: _QUEUE, Pushed.BY_STREAM: _STREAM}.get(kind, _ASYNCHRONOUS)
    return "\t".join((word, account, region, name, which))


def _text(word: str, name: str, which: str) -> str:
    return f"concat('{word}', '\\t', r.account, '\\t', r.region, '\\t', {name}, '\\t', {which})"


_WHAT = (
    "multiIf(r.trigger IN ({by_queue:Array(String)}), "
    + _text(_QUEUE, "splitByChar(':', replaceAll(r.trigger_source, '/', ':'))[-1]", "''")
    + ", r.trigger IN ({by_stream:Array(String)}), "
    + _text(_STREAM, "r.function", "r.trigger_source")
    + ", "
    + _text(_ASYNCHRONOUS, "r.function", "r.version")
    + ")"
)


def _known(what: str, values: str) -> str:
    return f"transform({what}, {{{LIMITED}:Array(String)}}, {{{values}:Array(Int64)}}, toInt64({_UNKNOWN}))"


def _limit(values: str) -> str:
    """The value for what an invocation came by; of a version that is not named, that of any. It has a name from then
    on, since reading a long text again and again is most of what a short query costs."""
    any_version = _text(_ASYNCHRONOUS, "r.function", f"'{_ANY_VERSION}'")
    own, name = f"own_{values}", f"final_{values}"
    told = f"({_known(_WHAT, values)} AS {own})"
    return f"(if({told} = {_UNKNOWN} AND NOT ({_PULLED}), {_known(any_version, values)}, {own}) AS {name})"


_BEGAN_NS = "toUnixTimestamp64Nano(r.start)"
_AGE_S = f"({_BEGAN_NS} + toInt64(r.duration_ns) - if(a.first_ns = 0, {_BEGAN_NS}, a.first_ns)) / 1e9"
_TOO_OLD = f"{_limit(AGES)} > 0 AND {_AGE_S} + if({ATTEMPT} >= 2, 120, 60) > final_{AGES}"
_MOST = f"if(final_{LIMITS} < 0, {ASYNCHRONOUS_ATTEMPTS}, final_{LIMITS})"
FINAL = (
    "r.error AND a.later = 0 AND multiIf("
    "r.trigger IN ({synchronous:Array(String)}), true, "
    f"{_PULLED}, {_limit(LIMITS)} >= 0 AND {ATTEMPT} >= final_{LIMITS}, "
    f"r.trigger IN ({{asynchronous:Array(String)}}) OR a.alike > 1, {ATTEMPT} >= {_MOST} OR {_TOO_OLD}, false)"
)
"""Whether it failed and no attempt is left, as far as that is known."""


def parameters() -> dict[str, Any]:
    """The parameters that FINAL needs, where no limits are known."""
    return {
        "synchronous": sorted(triggers_of(Pushed.SYNCHRONOUSLY)),
        "asynchronous": sorted(triggers_of(Pushed.ASYNCHRONOUSLY)),
        "by_queue": sorted(triggers_of(Pushed.BY_QUEUE)),
        "by_stream": sorted(triggers_of(Pushed.BY_STREAM)),
        LIMITED: [""],
        LIMITS: [_UNKNOWN],
        AGES: [_UNKNOWN],
    }
