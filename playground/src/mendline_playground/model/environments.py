"""Execution environments of the modelled functions: which one gets an invocation, whether it is cold, what it has.

A function usually has one environment, sometimes a second or third. Each lives about two hours and is cold with its
first invocation; whether it is new is known from the time alone, so that any block of time can be made by itself.
"""

from datetime import UTC, datetime
from hashlib import blake2b

from mendline_playground.host.function import ACCOUNT, REGION
from mendline_playground.model import wire
from mendline_playground.model.dice import Dice
from mendline_playground.model.effects import Effect, Effects
from mendline_playground.model.events import Event
from mendline_playground.model.place import BACKFILLED
from mendline_playground.model.telemetry import Source
from mendline_playground.shop.plan import ORDERS_A_SECOND, FunctionPlan

_LIFE_BLOCKS = 12
_SCALED_OUT = 0.004
_MB = 1024 * 1024
_AGENT = {"telemetry.sdk.name": "mendline", "telemetry.sdk.language": "python", "telemetry.sdk.version": "0.1.0"}
_STOCK = {"telemetry.sdk.name": "opentelemetry", "telemetry.sdk.language": "nodejs", "telemetry.sdk.version": "2.1.0"}
_RUNTIMES = {
    "python": {"process.runtime.name": "cpython", "process.runtime.version": "3.11.7", **_AGENT},
    "node": {"process.runtime.name": "nodejs", "process.runtime.version": "20.20.2", **_STOCK},
}
_SCOPES = {
    "python": wire.scope("mendline_agent", "0.1.0"),
    "node": wire.scope("@opentelemetry/instrumentation-aws-lambda", "0.60.0"),
}


class Environment:
    """What one invocation runs in. `slowness` multiplies its CPU time, `skew_ns` is what its clock is ahead."""

    __slots__ = (
        "init_ns", "instance", "is_cold", "memory_mb", "skew_ns", "slowness", "source", "timeout_ns", "used_mb",
        "version",
    )  # fmt: skip

    def __init__(self, plan: FunctionPlan, version: str, instance: str) -> None:
        self.version = version
        self.instance = instance
        self.is_cold = False
        self.init_ns = self.skew_ns = 0
        self.memory_mb = plan.memory_mb
        self.used_mb = float(plan.used_mb)
        self.timeout_ns = plan.timeout_s * 10**9
        self.slowness = 1.0
        self.source: Source

    @property
    def is_out_of_memory(self) -> bool:
        """Whether it needs more than it has."""
        return self.used_mb >= self.memory_mb


class Environments:
    """The environments of all functions during one block of time."""

    def __init__(self, effects: Effects, seed: int, *, backfilled: bool) -> None:
        self._effects = effects
        self._seed = seed
        self._more = {BACKFILLED: True} if backfilled else {}
        self._sources: dict[tuple[str, str, str, int], Source] = {}
        self._names: dict[tuple[str, str, int, int], str] = {}
        self._seen: set[tuple[str, str, int, int]] = set()
        self._block, self._begin_ns = 0, 0

    def begin(self, block: int, begin_ns: int) -> None:
        """Go on with another block of time."""
        self._block, self._begin_ns = block, begin_ns
        self._seen.clear()
        if len(self._sources) > 2000:
            self._sources.clear()
            self._names.clear()

    def pick(self, plan: FunctionPlan, now_ns: int, event: Event, dice: Dice) -> Environment:
        """The environment for one invocation."""
        version, deployed = self._version(plan, now_ns, event, dice)
        draw = dice.random()
        slot = 0 if draw < 0.86 else 1 if draw < 0.97 else 2
        life = (self._block + _number(plan.name, slot) % _LIFE_BLOCKS) // _LIFE_BLOCKS
        name = self._instance(plan, version, slot, life)
        environment = Environment(plan, version, name)
        first = (plan.name, version, slot, life) not in self._seen
        self._seen.add((plan.name, version, slot, life))
        is_new = (self._block + _number(plan.name, slot) % _LIFE_BLOCKS) % _LIFE_BLOCKS == 0
        is_new = is_new or (deployed is not None and deployed.start_ns >= self._begin_ns)
        factor = 1.0
        if dice.random() < _SCALED_OUT:
            environment.is_cold = True
        for effect in self._effects.at_function(plan.name, "cold"):
            if effect.touches(now_ns, event, version, dice):
                environment.is_cold, factor = True, effect.say.number("factor", 1.0)
        if environment.is_cold:
            environment.instance = f"{name[: name.index(']') + 1]}{dice.bits(128):032x}"
        environment.is_cold |= first and is_new
        self._settle(environment, plan, now_ns, event, dice)
        if environment.is_cold:
            environment.init_ns = int(dice.latency_ns(plan.init_ms, 0.12) * factor * environment.slowness**0.5)
        environment.source = self._source(plan, environment)
        return environment

    def _version(self, plan: FunctionPlan, now_ns: int, event: Event, dice: Dice) -> tuple[str, Effect | None]:
        version, deployed = "1", None
        for effect in self._effects.at_function(plan.name, "deploy"):
            if effect.touches(now_ns, event, version, dice):
                version, deployed = effect.say.text("version"), effect
        return version, deployed

    def _settle(self, environment: Environment, plan: FunctionPlan, now_ns: int, event: Event, dice: Dice) -> None:
        for effect in self._effects.at_function(plan.name, "configure"):
            if effect.strength(now_ns):
                memory_bytes, timeout_s = effect.say.number("memory"), effect.say.number("timeout")
                if memory_bytes:
                    environment.memory_mb = int(memory_bytes / _MB)
                    environment.slowness = plan.memory_mb / environment.memory_mb
                if timeout_s:
                    environment.timeout_ns = int(timeout_s * 1e9)
        environment.used_mb += dice.random() * 3 + 0.02 * len(event.items)
        for effect in self._effects.at_function(plan.name, "leak"):
            if effect.strength(now_ns) and effect.touches(now_ns, event, environment.version, dice):
                environment.used_mb += _leaked_mb(effect, plan, now_ns)
        for effect in self._effects.at_function(plan.name, "skew"):
            share = effect.say.number("share", 1.0)
            if effect.strength(now_ns) and _number(environment.instance, 0) % 1000 < share * 1000:
                environment.skew_ns = int(effect.say.number("by") * 1e9)

    def _instance(self, plan: FunctionPlan, version: str, slot: int, life: int) -> str:
        key = (plan.name, version, slot, life)
        name = self._names.get(key)
        if name is None:
            digest = blake2b(repr((self._seed, *key)).encode(), digest_size=16).hexdigest()
            day = datetime.fromtimestamp(self._begin_ns // 10**9, UTC)
            name = self._names[key] = f"{day:%Y/%m/%d}/[{version}]{digest}"
        return name

    def _source(self, plan: FunctionPlan, environment: Environment) -> Source:
        key = (plan.name, environment.version, environment.instance, environment.memory_mb)
        source = self._sources.get(key)
        if source is None:
            source = self._sources[key] = self._encode(plan, environment)
        return source

    def _encode(self, plan: FunctionPlan, environment: Environment) -> Source:
        who: dict[str, wire.Value] = {
            "service.name": plan.name,
            "faas.name": plan.name,
            "faas.version": environment.version,
            "faas.instance": environment.instance,
            "cloud.provider": "aws",
            "cloud.platform": "aws_lambda",
            "cloud.region": REGION,
            "cloud.account.id": ACCOUNT,
            **self._more,
        }
        memory_bytes = environment.memory_mb * _MB
        logs: dict[str, wire.Value] = {
            **who,
            "aws.log.group.names": [f"/aws/lambda/{plan.name}"],
            "aws.log.stream.names": [environment.instance],
        }
        return Source(
            wire.attributes(wire.IN_RESOURCE, {**who, **_RUNTIMES[plan.runtime], "faas.max_memory": memory_bytes}),
            wire.attributes(wire.IN_RESOURCE, logs),
            _SCOPES[plan.runtime],
        )


def _leaked_mb(effect: Effect, plan: FunctionPlan, now_ns: int) -> float:
    """What an environment has kept since it began, when it is replaced each time that nothing is left."""
    each_mb = effect.say.number("each") / _MB
    lasts = max(1.0, (plan.memory_mb - plan.used_mb) / each_mb + 1)
    invocations = (now_ns - effect.start_ns) / 1e9 * ORDERS_A_SECOND
    return (invocations % lasts) * each_mb


def _number(name: str, slot: int) -> int:
    return int.from_bytes(blake2b(f"{name}/{slot}".encode(), digest_size=4).digest(), "big")
