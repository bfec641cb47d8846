"""Chaos experiments as a server orders them: signed, for this function and environment alone, and over by themselves.

Any doubt about an order ends what is pending. What is injected, and how, is in the modules beside this one; they are
loaded when the first experiment is.
"""

from __future__ import annotations

import json
import os
import time
from threading import Lock

from .guard import GUARD
from .operations import ACTIVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from .following import Asked
    from .invocation import Invocation
    from .operations import Operation, Record

_OLDEST_S, _AHEAD_S, _LONGEST_S, _SET_BACK_S = 86_400, 300, 3600, 2
_SHORTEST_KEY = 16
_MOST = 20
_LONGEST_TEXT = 200
_LONGEST_MS = 900_000
_PARTS = 1_000_000
NETWORK = ("latency", "connection_refused", "connection_reset", "dns_failure", "no_answer")
EVENTS = ("duplicate_event", "drop_event", "reorder_event")
_OF_CALLS = (*NETWORK, "http_status", "aws_error", "redis_error", "sql_error")
_OF_INVOCATIONS = (*EVENTS, "out_of_memory", "disk_full", "cold_start", "handler_timeout")


class Experiment:
    """One order: what it touches, how, how often, and until when. Raises where it is none."""

    def __init__(self, order: dict[str, Any], ahead_s: float) -> None:
        target, fault = {"type": "*", "name": "*", "operation": "*", **order["target"]}, order["fault"]
        self.target, self.fault = target, fault
        self.id, self.kind, *_ = map(
            _text, (order["id"], fault["kind"], target["type"], target["name"], target["operation"])
        )
        if self.kind not in (_OF_INVOCATIONS if target["type"] == "invocation" else _OF_CALLS):
            raise ValueError(f"there is no {self.kind} of {target['type']}")
        self._parts = round(_number(order["percent"], 0, 100) * _PARTS / 100)
        self.limit = _number(order["limit"], 0, 1e9)
        self.window_s = _number(order["starts"], 0, 1e11), _number(order["expires"], 0, 1e11)
        if self.window_s[1] - self.window_s[0] > _LONGEST_S:
            raise ValueError("it lasts longer than an hour")
        if self.kind == "latency":
            spread = fault.get("distribution") or {"p50_ms": fault["ms"], "p99_ms": fault["ms"]}
            fault["distribution"] = {name: _number(spread[name], 0.001, _LONGEST_MS) for name in ("p50_ms", "p99_ms")}
        if self.kind == "http_status" or fault.get("status"):
            fault["status"] = int(_number(fault["status"], 100, 599))
        if self.kind.endswith("_error"):
            fault["class"] = name = _text(fault.get("code") or fault["class"])
            if not name.replace(".", "").replace("_", "").isalnum():
                raise ValueError("it names no error")
        self.ends_s = self.window_s[1] + ahead_s
        self._seen = self.used = 0

    def go_on(self, before: Experiment) -> None:
        """The same experiment was ordered before: what it has done counts."""
        self._seen, self.used = before._seen, before.used

    def counts(self) -> bool:
        """Count a matching call; whether it is one to hit. Of n calls just floor(n * percent / 100) are, up to the
        limit."""
        self._seen += 1
        due = self._seen * self._parts // _PARTS > (self._seen - 1) * self._parts // _PARTS
        if due and self.used < self.limit:
            self.used += 1
            return True
        return False


class Hit:
    """A call, or an invocation, that an experiment has chosen."""

    def __init__(self, chaos: Chaos, experiment: Experiment) -> None:
        self.chaos, self.experiment = chaos, experiment
        self.kind, self.fault = experiment.kind, experiment.fault
        self.peer: Any = None
        self.call: Any = None  # `call(hit, original, asked)` makes the call with the fault,
        self.awaited: Any = None  # and this is awaited

    @property
    def why(self) -> str:
        """What injected errors say where they may say anything."""
        return f"injected by chaos experiment {self.experiment.id}"

    def wait_s(self) -> float:
        """How long this call takes longer, at the most until the experiment is over."""
        left_s = self.chaos.left_s(self.experiment)
        return left_s if self.kind == "no_answer" else min(left_s, _drawn_ms(self.fault, self.chaos.entropy) / 1000)


class Chaos:
    """The experiments of this process: none in force unless an order that holds says so.

    `clock` is a module as `time` is one; `resource` has attributes, for experiments on a tag.
    """

    def __init__(self, env: Mapping[str, str], resource: dict[str, str], clock: Any = time) -> None:
        self.clock, self.entropy, self.resource = clock, os.urandom, resource
        self.function = env.get("AWS_LAMBDA_FUNCTION_NAME", "")
        self.version = env.get("AWS_LAMBDA_FUNCTION_VERSION", "")
        self.environment = os.urandom(8).hex()
        self._key = env.get("MENDLINE_CHAOS_KEY", "").encode()
        self.pending: list[Experiment] = []
        self._known: dict[str, Experiment] = {}
        self._issued_s = self._taken_s = 0.0
        self._said: set[str] = set()
        self._lock = Lock()
        self._of: Record | None = None
        self._counted: dict[str, int] = {}
        self.refusal = self._refusal(env)
        self._say(self.refusal)

    def _refusal(self, env: Mapping[str, str]) -> str:
        stage = self.resource.get("deployment.environment.name") or env.get("MENDLINE_STAGE", "")
        refused = [one.strip() for one in env.get("MENDLINE_CHAOS_REFUSE", "").split(",") if one.strip()]
        if len(self._key) < _SHORTEST_KEY:
            return f"MENDLINE_CHAOS_KEY has less than {_SHORTEST_KEY} bytes"
        if refused and (not stage or stage in refused):
            return f"MENDLINE_CHAOS_REFUSE is set, and the stage is {stage or 'not named'}"
        return "" if self.function else "AWS_LAMBDA_FUNCTION_NAME is not set"

    def header(self) -> bytes:
        """The header line that asks for orders, with what was injected so far."""
        if self.refusal:
            return b""
        used = "".join([f";{one.id}={one.used}" for one in self._known.values() if one.used])
        return f"mendline-chaos: {self.environment}/{self.function}/{self.version}{used}\r\n".encode()

    def take(self, part: Any) -> None:
        """Take over what a configuration says of chaos; what does not hold leaves nothing pending, and is told."""
        self.pending, self._taken_s = [], self.clock.time()
        try:
            self.pending = self._read(part) if part is not None else []
        except ValueError as error:
            self._say(f"an order is refused: {error}"[:_LONGEST_TEXT])
        except Exception as error:
            self._say(f"an order is refused: it cannot be read ({type(error).__name__})")
        for experiment in self.pending:
            before = self._known.pop(experiment.id, None)
            if before is not None:
                experiment.go_on(before)
            self._known[experiment.id] = experiment
        for forgotten in list(self._known)[:-_MOST]:
            del self._known[forgotten]
        self.arm()

    def _read(self, part: dict[str, Any]) -> list[Experiment]:
        import hmac
        from binascii import a2b_base64

        if self.refusal:
            raise ValueError(self.refusal)
        document = a2b_base64(part["document"])
        signature = hmac.new(self._key, document, "sha256").hexdigest()
        if not hmac.compare_digest(signature.encode(), part["signature"].encode()):
            raise ValueError("it is not signed with this function's MENDLINE_CHAOS_KEY")
        order, now_s = json.loads(document), self._taken_s
        issued_s, orders = _number(order["issued"], 0, 1e11), order["experiments"]
        if order["environment"] != self.environment:
            raise ValueError("it was made for another environment")
        if not now_s - _OLDEST_S <= issued_s <= now_s + _AHEAD_S:
            raise ValueError("it was issued too long ago or in the future, or this clock is wrong")
        if issued_s < self._issued_s:
            raise ValueError("it is older than one that was taken before")
        self._issued_s = issued_s
        if any(one["function"] != self.function or one.get("version") not in ("", self.version) for one in orders):
            raise ValueError("it is for another function or version")
        ahead_s = self.clock.monotonic() - now_s
        return [Experiment(one, ahead_s) for one in orders[:_MOST]]

    def arm(self) -> None:
        """Have the calls pass here, if there is something to inject; else they are as they were."""
        if self.pending or ACTIVE.chaos is not None:
            from .chaos_peer import install, remove

            ACTIVE.chaos = self if self.pending else None
            (install if self.pending else remove)()

    def renew(self, ask: Callable[[], Any]) -> None:
        """Before an invocation: ask whether the orders still stand, and drop what is over."""
        self.leave_sockets()  # of a call whose end was never told
        ask()
        if self.clock.time() < self._taken_s - _SET_BACK_S:
            self._say("the clock was set back; what was pending is dropped")
        self.pending = [one for one in self.pending if self.left_s(one)]
        self.arm()

    def left_s(self, one: Experiment) -> float:
        """Seconds until an experiment is over, by the clock and by the time since it was ordered; none if the clock was
        set back."""
        now_s = self.clock.time()
        if now_s < self._taken_s - _SET_BACK_S:
            return 0.0
        left_s: float = min(one.window_s[1] - now_s, one.ends_s - self.clock.monotonic())
        return max(0.0, left_s)

    def touch(self, operation: Operation, asked: Asked) -> Hit | None:
        """Whether a call that begins is one to hit, and how; one that has begun already goes on as it did."""
        if operation.asked is not None:
            return operation.asked.hit  # type: ignore[no-any-return]
        from .chaos_calls import awaited, call, kinds_of

        hit = self._choose(operation, kinds_of(operation, asked))
        if hit is not None:
            hit.call, hit.awaited = call, awaited
        return hit

    def touch_sockets(self, operation: Operation) -> None:
        """The same of a call that is told of just before it is made; `leave_sockets` ends it."""
        from .chaos_peer import HIT, Peer

        hit = self._choose(operation, NETWORK)
        HIT.set(Peer(hit, b"") if hit is not None else None)

    def leave_sockets(self) -> None:
        """The call has ended."""
        from .chaos_peer import HIT

        HIT.set(None)

    def _choose(self, operation: Operation, kinds: tuple[str, ...]) -> Hit | None:
        span = operation.span
        given: dict[str, Any] = {**span.given, **span.attributes}
        of = [str(given.get(f"mendline.resource.{part}")) for part in ("type", "name", "operation")]
        families = ["aws" if "rpc.system" in given else "sql" if "sql_error" in kinds else of[0], of[0]]
        hit = self._first(operation.record, families, of[1], of[2], (given, kinds))
        if hit is not None:
            span.attributes["mendline.chaos.id"], span.attributes["mendline.chaos.fault"] = hit.experiment.id, hit.kind
        return hit

    def _first(self, record: Record, families: list[str], name: str, operation: str, more: Any) -> Hit | None:
        from fnmatch import fnmatchcase

        given, kinds = more
        for one in self.pending:
            target = one.target
            if (
                one.kind in kinds
                and any(fnmatchcase(family, target["type"]) for family in families)
                and fnmatchcase(name, target["name"])
                and fnmatchcase(operation, target["operation"])
                and self._is_tagged(target.get("tag"), record, given)
                and self.clock.time() >= one.window_s[0]
                and self.left_s(one)
            ):
                with self._lock:
                    if one.counts():
                        self._mark(record, one)
                        return Hit(self, one)
        return None

    def _is_tagged(self, tag: Any, record: Record, given: dict[str, Any]) -> bool:
        """Whether the call, its invocation or the function has this tag, if there is one to have."""
        root: Any = record.root
        if not tag:
            return True
        for place in (given, root.attributes, root.given, self.resource):
            for key in (tag["key"], f"tags.{tag['key']}"):
                if key in place:
                    return str(place[key]) == str(tag["value"])
        return False

    def _mark(self, record: Record, one: Experiment) -> None:
        """Say on the invocation how often it was touched."""
        if record is not self._of:
            self._of, self._counted = record, {}
        self._counted[one.id] = self._counted.get(one.id, 0) + 1
        root: Any = record.root
        root.attributes.setdefault("mendline.chaos.id", one.id)
        root.attributes["mendline.chaos.injected"] = json.dumps(self._counted)

    def run(self, handler: Any, invocation: Invocation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the handler, if an experiment does not keep it from being called."""
        hit = None
        try:
            from .chaos_invocation import kinds_of

            kinds = kinds_of(invocation, args, kwargs)
            hit = self._first(invocation.record, ["invocation"], self.function, invocation.trigger.kind, ({}, kinds))
        except Exception as error:
            GUARD.failed("chaos", error)
        if hit is None:
            return handler(*args, **kwargs)
        from .chaos_invocation import run

        invocation.span.attributes["mendline.chaos.fault"] = hit.kind
        return run(hit, handler, invocation, args, kwargs)

    def _say(self, why: str) -> None:
        """Once for each reason."""
        if why and why not in self._said and len(self._said) < _MOST:
            self._said.add(why)
            GUARD.tell(f"no chaos: {why}")


def _number(value: Any, least: float, most: float) -> float:
    if type(value) not in (int, float) or not least <= value <= most:
        raise ValueError(f"{str(value)[:20]} is not from {least} to {most:g}")
    return float(value)


def _text(value: Any) -> str:
    if type(value) is not str or len(value) > _LONGEST_TEXT:
        raise ValueError("a name is no text, or too long")
    return value


def _drawn_ms(fault: dict[str, Any], entropy: Callable[[int], bytes]) -> float:
    """A draw from the log-normal distribution with these percentiles (Box and Muller 1958); alike, they are it."""
    from math import cos, exp, log, pi, sqrt

    median, high = fault["distribution"]["p50_ms"], fault["distribution"]["p99_ms"]
    one, two = ((int.from_bytes(entropy(7), "big") + 1) / ((1 << 56) + 1) for _ in range(2))
    drawn: float = median * exp(log(high / median) / 2.3263 * sqrt(-2 * log(one)) * cos(2 * pi * two))
    return min(_LONGEST_MS, drawn)
