"""How the modelled shop is configured and what changes there, as the server's readers of AWS tell it
(docs/reference/aws-readers.md, "Configuration")."""

import json
from collections.abc import Iterator
from hashlib import sha256

from mendline_playground.host.function import ACCOUNT, REGION
from mendline_playground.model import wire
from mendline_playground.model.effects import Effect, Effects
from mendline_playground.model.place import function_arn, source_arn
from mendline_playground.model.telemetry import Record, Source
from mendline_playground.shop.plan import FUNCTIONS, MAX_RECEIVES, QUEUES, VISIBILITY_S, FunctionPlan

_SCOPE = wire.scope("mendline.aws", "")
_PLACE: dict[str, wire.Value] = {"cloud.provider": "aws", "cloud.account.id": ACCOUNT, "cloud.region": REGION}
_MB = 1024 * 1024
_DEAD_LETTERS_KEPT_S = 14 * 86400
Facts = dict[str, object]


def seen(at_ns: int) -> Iterator[Record]:
    """Every function and queue as it is when it is first seen."""
    reason = wire.attributes(wire.IN_LOG, {"mendline.configuration.reason": "first_seen"})
    for plan in FUNCTIONS.values():
        yield _record(at_ns, _of_function(plan.name), "mendline.configuration", function_facts(plan), reason)
    for queue in QUEUES:
        for name in (queue, f"{queue}-dlq"):
            yield _record(at_ns, _of_thing("sqs", name), "mendline.configuration", queue_facts(name), reason)


def changed(effects: Effects, begin_ns: int, end_ns: int) -> Iterator[Record]:
    """The changes that injections make in a block of time, when they begin and when they end."""
    for effect in effects.own:
        told = _change(effect)
        if told is None:
            continue
        source, kind, before, after = told
        if begin_ns <= effect.start_ns < end_ns:
            yield _changed(effect.start_ns, source, kind, before, after)
        if begin_ns <= effect.end_ns < end_ns:
            yield _changed(effect.end_ns, source, kind, after, before)


def function_facts(plan: FunctionPlan) -> Facts:
    """What is known of a function."""
    return {
        "arn": function_arn(plan.name),
        "architecture": "x86_64",
        "code_sha256": _code(plan.name, "1"),
        "environment": ["AWS_LAMBDA_EXEC_WRAPPER", "OTEL_EXPORTER_OTLP_ENDPOINT"],
        "event_sources": [_mapping(plan, "Enabled")] if _is_mapped(plan) else [],
        "handler": f"{plan.name.replace('-', '_')}.handler",
        "memory_mb": plan.memory_mb,
        "role": f"arn:aws:iam::{ACCOUNT}:role/shop-{plan.name}",
        "role_permissions": sorted(
            {_permission(call.resource.id) for call in plan.calls if call.resource.type != "http"}
        ),
        "runtime": "python3.11" if plan.runtime == "python" else "nodejs20.x",
        "timeout_s": plan.timeout_s,
        "version": "1",
    }


def queue_facts(queue: str) -> Facts:
    """What is known of a queue, or of that of its dead letters."""
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"
    if queue.endswith("-dlq"):
        return {
            "arn": arn,
            "dead_letter_of": [queue.removesuffix("-dlq")],
            "dead_letter_queue": None,
            "max_receives": None,
            "retention_s": _DEAD_LETTERS_KEPT_S,
            "visibility_timeout_s": VISIBILITY_S,
        }
    return {
        "arn": arn,
        "dead_letter_queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}-dlq",
        "max_receives": MAX_RECEIVES,
        "retention_s": 345600,
        "visibility_timeout_s": VISIBILITY_S,
    }


def _change(effect: Effect) -> tuple[Source, str, Facts, Facts] | None:
    """Whose change it is, its kind, and the facts that differ; None for an injection that no configuration shows."""
    say, name = effect.say, effect.say.text("function")
    plan = FUNCTIONS.get(name)
    if effect.fault == "set":
        return _set(effect, plan)
    if effect.fault == "configure" and say.text("queue"):
        before = {key: queue_facts(say.text("queue"))[key] for key in ("dead_letter_queue", "max_receives")}
        return _of_thing("sqs", say.text("queue")), "other", before, dict.fromkeys(before)
    if plan is None:
        return None
    source, facts = _of_function(name), function_facts(plan)
    if effect.fault == "deploy":
        after: Facts = {"code_sha256": _code(name, say.text("version")), "version": say.text("version")}
        return source, "deployment", {key: facts[key] for key in after}, after
    if effect.fault == "configure" and say.number("memory"):
        return source, "memory", {"memory_mb": plan.memory_mb}, {"memory_mb": int(say.number("memory") / _MB)}
    if effect.fault == "configure":
        return source, "timeout", {"timeout_s": plan.timeout_s}, {"timeout_s": int(say.number("timeout"))}
    if effect.fault == "deny":
        gone = [
            _permission(call.resource.id) for call in plan.calls if call.resource.id.startswith(say.text("resource"))
        ]
        return source, "permission", {"role_permissions": gone}, {"role_permissions": []}
    if effect.fault == "stop" and _is_mapped(plan):
        states = [{"event_sources": [_mapping(plan, state)]} for state in ("Enabled", "Disabled")]
        return source, "event_source", dict(states[0]), dict(states[1])
    if effect.fault == "change":
        return source, say.text("what"), {"environment": []}, {"environment": ["LOG_FORMAT"]}
    return None


def _set(effect: Effect, plan: FunctionPlan | None) -> tuple[Source, str, Facts, Facts]:
    """A setting that the model does not act on."""
    say = effect.say
    if plan is None:
        told = {"visibility_timeout_s": say.number("visibility"), "retention_s": say.number("retention")}
        after: Facts = {name: int(value) for name, value in told.items() if value}
        queue = say.text("queue")
        return _of_thing("sqs", queue), "other", {name: queue_facts(queue)[name] for name in after}, after
    if say.text("destination"):
        target = None if say.text("destination") == "none" else say.text("destination")
        after = {"async": {"$LATEST": {"max_retries": 2, "on_failure": target}}, "dead_letter_target": None}
        return _of_function(plan.name), "other", dict.fromkeys(after), after
    mapping = _mapping(plan, "Enabled")
    limits = {"bisect": True, "max_record_age_s": 3600, "max_retries": 5, "on_failure": f"{plan.name}-failed"}
    return (
        _of_function(plan.name),
        "event_source",
        {"event_sources": [mapping]},
        {"event_sources": [mapping | (limits if say.text("limits") == "set" else {})]},
    )


def _is_mapped(plan: FunctionPlan) -> bool:
    return plan.trigger in ("sqs", "kinesis", "dynamodb")


def _mapping(plan: FunctionPlan, state: str) -> Facts:
    unlimited: Facts = {"bisect": False, "max_record_age_s": -1, "max_retries": -1, "on_failure": None}
    return {
        **(unlimited if plan.trigger != "sqs" else {}),
        "batch_size": plan.batch_size,
        "batching_window_s": int(plan.window_s),
        "partial_batch": plan.trigger == "sqs" and plan.batch_size > 1,
        "source": source_arn(plan),
        "state": state,
    }


def _permission(resource: str) -> str:
    kind, name, operation = resource.split("/", 2)
    return f"Allow {kind}:{operation} on {name}"


def _code(name: str, version: str) -> str:
    return sha256(f"{name} {version}".encode()).hexdigest()


def _of_function(name: str) -> Source:
    about = _PLACE | {
        "cloud.resource_id": function_arn(name),
        "cloud.platform": "aws_lambda",
        "faas.name": name,
        "faas.version": "$LATEST",
        "service.name": name,
    }
    return Source(b"", wire.attributes(wire.IN_RESOURCE, about), _SCOPE)


def _of_thing(kind: str, name: str) -> Source:
    about = _PLACE | {"mendline.resource.type": kind, "mendline.resource.name": name}
    return Source(b"", wire.attributes(wire.IN_RESOURCE, about), _SCOPE)


def _changed(at_ns: int, source: Source, kind: str, before: Facts, after: Facts) -> Record:
    told: dict[str, wire.Value] = {
        "mendline.change.kind": kind,
        "mendline.change.before": _text(before),
        "mendline.change.after": _text(after),
    }
    return _record(at_ns, source, "mendline.configuration.changed", after, wire.attributes(wire.IN_LOG, told))


def _record(at_ns: int, source: Source, name: str, facts: Facts, rest: bytes) -> Record:
    return at_ns, source, wire.log_record(at_ns, _text(facts).encode(), rest, event_name=name)


def _text(facts: Facts) -> str:
    return json.dumps(facts, separators=(",", ":"), sort_keys=True)
