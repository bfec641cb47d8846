"""Spans of the modelled shop, as our agent and, for Node, OpenTelemetry's own instrumentation write them.

What is the same for all calls of a kind is encoded once; only times, ids and what an event says is new each time.
"""

import json
from functools import cache, lru_cache

from mendline_playground.host.function import ACCOUNT, REGION
from mendline_playground.model import wire
from mendline_playground.model.call_faults import Outcome
from mendline_playground.model.events import ORDER, STATUS, Event
from mendline_playground.model.invocation import Invocation
from mendline_playground.model.payloads import request, response
from mendline_playground.model.place import source_arn
from mendline_playground.shop.deploy import alias_arn
from mendline_playground.shop.plan import FUNCTIONS, FunctionPlan, Resource, region_of

SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
PRODUCING = ("SendMessage", "Publish", "PutRecord")
_SERVICES = {
    "dynamodb": "DynamoDB", "sqs": "SQS", "sns": "SNS", "kinesis": "Kinesis", "s3": "S3", "lambda": "Lambda",
}  # fmt: skip
_SYSTEMS = {"sqs": "aws_sqs", "sns": "aws.sns", "kinesis": "aws_kinesis"}
_FAAS_TRIGGERS = {"apigateway.v2": "http", "direct": "other", "schedule": "timer", "s3": "datasource",
                  "dynamodb": "datasource", "states": "other"}  # fmt: skip

_REQUEST_ID = wire.Key("faas.invocation_id")
_COLD, _WARM = (
    wire.attributes(wire.IN_SPAN, {"faas.coldstart": True}),
    wire.attributes(wire.IN_SPAN, {"faas.coldstart": False}),
)
_SENT_AT = wire.Key("mendline.trigger.sent_at")
_REQUEST, _RESPONSE = wire.Key("mendline.request"), wire.Key("mendline.response")
_CPU, _USED = wire.Key("mendline.cpu_ms"), wire.Key("mendline.memory.used_bytes")
_REMAINING, _INIT = wire.Key("mendline.remaining_ms"), wire.Key("mendline.init_ms")
_OPERATIONS, _RECORDS = wire.Key("mendline.operations"), wire.Key("mendline.records")
_LINKS_IN, _LINKS_OUT = wire.Key("mendline.links.in"), wire.Key("mendline.links.out")
_ATTEMPT, _MESSAGE_ID = wire.Key("mendline.attempt"), wire.Key("messaging.message.id")
_BATCH = wire.Key("messaging.batch.message_count")
_STATUS, _ERROR = wire.Key("http.response.status_code"), wire.Key("error.type")
_RETRIES, _CONNECTION = wire.Key("mendline.retries"), wire.Key("mendline.connection")
_CONNECT, _TLS = wire.Key("mendline.connect_ms"), wire.Key("mendline.tls_ms")
_TENANT, _CUSTOMER, _REGION = wire.Key("tenant"), wire.Key("customer"), wire.Key("customer.region")
_ORDER_ID, _ITEMS, _CURRENCY = wire.Key("order.id"), wire.Key("order.items"), wire.Key("order.currency")
_UNFINISHED = wire.attributes(wire.IN_SPAN, {"mendline.unfinished": True})
_PENDING = wire.Key("mendline.pending")


@cache
def call_head(resource: Resource, runtime: str) -> bytes:
    """Name and kind of the span of a call."""
    if resource.type == "http":
        return wire.head(resource.operation.partition(" ")[0] if runtime == "node" else resource.operation, CLIENT)
    kind = PRODUCER if resource.operation in PRODUCING else CLIENT
    return wire.head(f"{_SERVICES[resource.type]}.{resource.operation}", kind)


@cache
def call_attributes(resource: Resource, runtime: str) -> bytes:
    """What every span of a call to a resource has: of what our agent tells, that which the server reads."""
    if runtime == "node":
        return wire.attributes(wire.IN_SPAN, _stock_attributes(resource))
    told: dict[str, wire.Value] = {
        "mendline.resource.type": resource.type,
        "mendline.resource.name": resource.name,
        "mendline.resource.operation": resource.operation,
    }
    if resource.type == "http":
        method, _, path = resource.operation.partition(" ")
        told |= {"http.request.method": method, "url.full": f"http://{resource.name}{path}"}
        told["server.address"] = resource.name
    return wire.attributes(wire.IN_SPAN, told)


def _stock_attributes(resource: Resource) -> dict[str, wire.Value]:
    method, _, path = resource.operation.partition(" ")
    if resource.type == "http":
        told: dict[str, wire.Value] = {"http.request.method": method, "url.full": f"http://{resource.name}{path}"}
        return told | {"server.address": resource.name, "server.port": 80}
    told = {"rpc.system": "aws-api", "rpc.service": _SERVICES[resource.type], "rpc.method": resource.operation}
    return told | {"aws.s3.bucket": resource.name, "cloud.region": REGION}


@lru_cache(maxsize=1024)
def _ended(status: int, error_type: str, message: str) -> bytes:
    out = _STATUS.number(status) if status else b""
    return out + (_ERROR.text(error_type.encode()) + wire.failed(message) if error_type else b"")


def call_rest(resource: Resource, runtime: str, outcome: Outcome, link: str) -> bytes:
    """Attributes and status of the span of one call; `link` names the message that it sent."""
    rest = call_attributes(resource, runtime) + _ended(outcome.status, outcome.error_type, outcome.error_message)
    if runtime == "node":
        return rest
    if link:
        rest += _LINKS_OUT.texts([link])
        if resource.type in ("sqs", "sns"):
            rest += _MESSAGE_ID.text(link.partition(":")[2].encode())
    if outcome.retries:
        rest += _RETRIES.number(outcome.retries)
    if resource.type == "http":
        if not outcome.connect_ns:
            return rest + _REUSED
        rest += (
            _CONNECTION.text(b"new") + _CONNECT.real(outcome.connect_ns / 3e6) + _TLS.real(outcome.connect_ns / 1.5e6)
        )
    return rest


_REUSED = _CONNECTION.text(b"reused")


@cache
def invocation_head(plan: FunctionPlan) -> bytes:
    """Name and kind of the span of an invocation."""
    kind = CONSUMER if plan.trigger in ("sqs", "sns", "kinesis", "dynamodb") else SERVER
    return wire.head(plan.name, kind)


@cache
def _fixed(plan: FunctionPlan, source: str, timeout_ms: int) -> bytes:
    told: dict[str, wire.Value] = {"cloud.resource_id": alias_arn(plan.name)}
    if plan.runtime == "node":
        told["cloud.account.id"] = ACCOUNT
    else:
        told["faas.trigger"] = _FAAS_TRIGGERS.get(plan.trigger, "pubsub")
        told |= {"mendline.trigger": plan.trigger, "mendline.timeout_ms": timeout_ms}
        if source:
            told["mendline.trigger.source"] = source
        if plan.trigger in _SYSTEMS:
            told |= {"messaging.system": _SYSTEMS[plan.trigger], "messaging.destination.name": plan.source}
            told["messaging.operation.type"] = "process"
        if plan.trigger == "dynamodb":
            told["aws.dynamodb.table_names"] = [plan.source]
    if plan.trigger == "apigateway.v2" and plan.runtime == "python":
        method, _, route = (source or plan.source).partition(" ")
        told |= {"http.request.method": method, "http.route": route}
    return wire.attributes(wire.IN_SPAN, told)


def invocation_rest(played: Invocation) -> bytes:
    """Attributes, events, links and status of the span of an invocation that has ended."""
    plan, start, event = played.plan, played.start, played.start.event
    source = event.source if plan.name == "checkout" else source_arn(plan)
    out = [
        _fixed(plan, source, played.environment.timeout_ns // 10**6),
        _REQUEST_ID.text(played.request_id.encode()),
        _COLD if played.environment.is_cold else _WARM,
    ]
    if plan.runtime == "python":
        out += _agent_facts(played)
        if len(start.messages) < 2 and plan.trigger not in ("kinesis", "dynamodb"):
            out += _tags(event)
        if played.status:
            out.append(_STATUS.number(played.status))
    if played.has_timed_out:
        out += (_UNFINISHED, _PENDING.text(played.pending.encode())) if played.pending else (_UNFINISHED,)
    elif played.has_failed:
        out += _failure(played)
    out += [wire.link(trace, own) for trace, own in start.links]
    return b"".join(out)


def _agent_facts(played: Invocation) -> list[bytes]:
    """What our agent tells of an invocation beside the conventions."""
    plan, start, environment = played.plan, played.start, played.environment
    messages = start.messages
    ids = [message.id for message in messages]
    events = [message.event for message in messages] or [start.event]
    left_ms = max(0, (played.limit_ns - played.now_ns) // 10**6)
    out = [
        _REQUEST.text(request(plan.name, events, ids).encode()),
        _CPU.real(2.2 + 0.6 * len(played.calls)),
        _USED.number(int(environment.used_mb * 1048576)),
        _REMAINING.number(left_ms),
    ]
    if environment.is_cold:
        out.append(_INIT.real(environment.init_ns / 1e6))
    if played.calls:
        out.append(_OPERATIONS.text(_sums(played)))
    if played.links_out:
        out.append(_LINKS_OUT.texts(played.links_out[:200]))
    if messages:
        out.append(_SENT_AT.number(messages[0].sent_ns))
        out.append(_LINKS_IN.texts([message.link for message in messages]))
        out.append(_RECORDS.text(_batch(played)))
        if len(messages) == 1 and plan.trigger in ("sqs", "sns"):
            out.append(_MESSAGE_ID.text(messages[0].id.encode()))
            if plan.trigger == "sqs":
                out.append(_ATTEMPT.number(messages[0].attempt))
        elif len(messages) > 1 and plan.trigger != "dynamodb":
            out.append(_BATCH.number(len(messages)))
    elif start.event.kind in (ORDER, STATUS) and plan.name == "checkout":
        out.append(_SENT_AT.number(start.at_ns - 4 * 10**6))
    if not played.has_failed and not played.has_timed_out:
        out.append(_RESPONSE.text(response(plan.name, start.event, played.status or 200).encode()))
    return out


def _tags(event: Event) -> list[bytes]:
    if not event.tenant:
        return []
    out = [_TENANT.text(event.tenant.encode())]
    if event.customer:
        out.append(_CUSTOMER.text(event.customer.encode()))
    if event.kind == ORDER:
        out += [
            _REGION.text(region_of(event.customer).encode()),
            _ORDER_ID.text(event.id.encode()),
            _ITEMS.number(len(event.items)),
            _CURRENCY.text(event.currency.encode()),
        ]
    return out


def _sums(played: Invocation) -> bytes:
    rows = []
    for resource, (count, errors, total_ns, longest_ns) in played.calls.items():
        kind, name, operation = resource.split("/", 2)
        rows.append(f'["{kind}","{name}","{operation}",{count},{errors},{total_ns / 1e6:.3f},{longest_ns / 1e6:.3f}]')
    return f"[{','.join(rows)}]".encode()


def _batch(played: Invocation) -> bytes:
    size, failed = len(played.start.messages), [message.id for message in played.failed]
    if played.has_failed and not failed:
        failed = [message.id for message in played.start.messages][:100]
    if not failed:
        return b'{"size":%d,"failed":[]}' % size
    told = {"size": size, "failed": failed} | ({"failing": failed[0]} if len(failed) == 1 else {})
    return json.dumps(told, separators=(",", ":")).encode()


def _failure(played: Invocation) -> list[bytes]:
    error, message = played.error_type, played.error_message
    exception: dict[str, wire.Value] = {
        "exception.type": error,
        "exception.message": message,
        "exception.stacktrace": stack(played.plan.name, error, message),
    }
    event = wire.event(played.now_ns + played.environment.skew_ns, "exception", exception)
    return [_ERROR.text(error.encode()), event, wire.failed(message)]


_LINES = {name: 31 + 7 * number for number, name in enumerate(FUNCTIONS)}


def stack(function: str, error: str, message: str) -> str:
    """The stack of an error as Python prints it."""
    module = function.replace("-", "_")
    line = _LINES[function]
    return (
        "Traceback (most recent call last):\n"
        f'  File "/var/task/{module}.py", line {line}, in handler\n    {module}_of(event)\n'
        f'  File "/var/task/{module}.py", line {line + 18}, in {module}_of\n    raise\n'
        f"{error}: {message}\n"
    )
