"""Faults that an experiment injects: their kinds, what each needs to be told, and what of a function it strikes."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mendline.errors import UsageError
from mendline.model.told import require_known

MOST_MS = 900_000  # as long as a function may run
_MOST_CLASS = 64


@dataclass(frozen=True, slots=True)
class FaultKind:
    """`mode` is the failure mode of the coverage matrix, `needs` the members that it may have beside `kind`, `of` the
    types of resources that it can strike (none: every operation); `is_whole`: it strikes the invocation itself."""

    mode: str
    text: str
    needs: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    is_whole: bool = False


MODES = ("slow", "errors", "refused", "no answer", "events", "environment")
FAULTS: Mapping[str, FaultKind] = {
    "latency": FaultKind("slow", "takes longer", ("ms", "distribution")),
    "http_status": FaultKind("errors", "answers with a status", ("status",), ("http",)),
    "connection_refused": FaultKind("refused", "refuses connections"),
    "connection_reset": FaultKind("refused", "breaks connections"),
    "dns_failure": FaultKind("refused", "has a name that nobody knows"),
    "no_answer": FaultKind("no answer", "does not answer until the client gives up"),
    "aws_error": FaultKind("errors", "answers with an error of AWS", ("code", "status")),
    "redis_error": FaultKind("errors", "answers with an error of Redis", ("class",), ("redis",)),
    "sql_error": FaultKind("errors", "answers with an error of the database", ("class",)),
    "out_of_memory": FaultKind("environment", "runs out of memory", is_whole=True),
    "disk_full": FaultKind("environment", "finds /tmp full", is_whole=True),
    "cold_start": FaultKind("environment", "starts cold", is_whole=True),
    "handler_timeout": FaultKind("environment", "runs into its timeout", is_whole=True),
    "duplicate_event": FaultKind("events", "gets its event twice", is_whole=True),
    "drop_event": FaultKind("events", "does not get its event", is_whole=True),
    "reorder_event": FaultKind("events", "gets records in another order", is_whole=True),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """`kind` is one of FAULTS, `options` what it is told: `ms` or `distribution` {p50_ms, p99_ms}, `status`, `code`,
    `class`."""

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether it strikes the invocation itself, and no call of it."""
        return FAULTS[self.kind].is_whole

    @property
    def mode(self) -> str:
        """The failure mode."""
        return FAULTS[self.kind].mode

    @property
    def words(self) -> str:
        """It in words, behind the name of what is struck."""
        told = dict(self.options)
        if self.kind == "latency":
            spread = told.get("distribution")
            more = f"{spread['p50_ms']:g} ms at the median, {spread['p99_ms']:g} ms at p99" if spread else ""
            return f"takes {more or format(told['ms'], 'g') + ' ms'} longer"
        said = " ".join(str(value) for value in told.values())
        return f"{FAULTS[self.kind].text}{f' ({said})' if said else ''}"


def read_fault(told: Any) -> Fault:
    """A fault from what a file, a form or a request says. Raises UsageError."""
    if isinstance(told, str):
        told = {"kind": told}
    if not isinstance(told, Mapping):
        raise UsageError("fault is to be an object, such as {kind: latency, ms: 800}.")
    kind = told.get("kind")
    if not isinstance(kind, str) or kind not in FAULTS:
        near = difflib.get_close_matches(str(kind), FAULTS, 1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(FAULTS)}."
        raise UsageError(f"fault.kind is {f'{kind!r:.42}' if kind else 'missing'}. {hint}")
    require_known(told, ("kind", *FAULTS[kind].needs), f"A fault {kind}")
    options = {name: value for name, value in told.items() if name != "kind" and value is not None}
    _CHECKS.get(kind, lambda _: None)(options)
    return Fault(kind, options)


def fault_document(fault: Fault) -> dict[str, Any]:
    """A fault as `read_fault` reads it, and as agents are told it."""
    return {"kind": fault.kind, **fault.options}


def _check_latency(options: Mapping[str, Any]) -> None:
    if ("ms" in options) == ("distribution" in options):
        raise UsageError("fault latency needs ms, such as ms: 800, or distribution: {p50_ms: 200, p99_ms: 2000}.")
    if "ms" in options:
        _number(options, "ms")
        return
    spread = options["distribution"]
    if not isinstance(spread, Mapping) or set(spread) != {"p50_ms", "p99_ms"}:
        raise UsageError("fault.distribution is to be {p50_ms: 200, p99_ms: 2000}.")
    if _number(spread, "p50_ms") > _number(spread, "p99_ms"):
        raise UsageError("fault.distribution: p50_ms is more than p99_ms.")


def _number(told: Mapping[str, Any], name: str) -> float:
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= MOST_MS:
        raise UsageError(f"fault.{name} is to be a number of milliseconds, more than 0 and at most {MOST_MS:,}.")
    return float(value)


def _status(options: Mapping[str, Any], least: int, *, required: bool) -> None:
    value = options.get("status")
    if value is None and not required:
        return
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 599:
        raise UsageError(f"fault.status is to be an HTTP status, {least} to 599.")


def _check_http(options: Mapping[str, Any]) -> None:
    _status(options, 100, required=True)


def _check_aws(options: Mapping[str, Any]) -> None:
    _word(options, "code", "ThrottlingException")
    _status(options, 400, required=False)


def _check_class(options: Mapping[str, Any]) -> None:
    _word(options, "class", "OperationalError")


def _word(options: Mapping[str, Any], name: str, such: str) -> None:
    value = options.get(name)
    if not isinstance(value, str) or not value.isascii() or not value.isidentifier() or len(value) > _MOST_CLASS:
        raise UsageError(f"fault.{name} is to be a name of at most {_MOST_CLASS} letters, such as {such}.")


_CHECKS = {
    "latency": _check_latency,
    "http_status": _check_http,
    "aws_error": _check_aws,
    "redis_error": _check_class,
    "sql_error": _check_class,
}
