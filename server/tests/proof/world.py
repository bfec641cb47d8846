"""Random telemetry of a small shop: nested transactions, batches, reports, logs, metrics, with all that is awkward in
values (missing, other names, lists, numbers as texts, other alphabets). The same for the same seed and moment."""

from __future__ import annotations

import json

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from otlp_requests import any_value, pairs, request_of

from mendline.model.signal import Signal
from mendline.store import Payload

MS, S, MINUTE = 10**6, 10**9, 60 * 10**9
LENGTH_NS = 150 * MINUTE
_ARN = "arn:aws:lambda:eu-west-1:1:function:f"
FUNCTIONS = ("checkout", "price", "Größe", "check%out_", "a\\b", "stock")
TYPES = ("TimeoutError", "CardDeclined", "ThrottlingException", "Function.Timeout", "Runtime.OutOfMemory", "")
WORDS = ("card declined", "Card, DECLINED!", "discarded", "größe XL", "GRÖSSE xl", "decline", "all is well", "")
NUMBERS = (7, 42, -3, 2.5, 1e3, "42", "7.5", " 7", "nan", "inf", "abc", "", True)
RESOURCES = (
    {
        "mendline.resource.type": "dynamodb",
        "mendline.resource.name": "orders",
        "mendline.resource.operation": "PutItem",
    },
    {"mendline.resource.type": "sqs", "mendline.resource.name": "payments", "mendline.resource.operation": "Send"},
    {"http.request.method": "GET", "server.address": "api.stripe.com", "url.template": "/v1/charges/{id}"},
    {"http.method": "POST", "net.peer.name": "api.stripe.com", "http.target": "/v1/charges"},
    {"db.system": "dynamodb", "aws.dynamodb.table_names": ["orders", "stock"], "rpc.method": "BatchGetItem"},
)
METRICS = (
    ("sqs.messages_visible", "{message}"),
    ("sqs.age_of_oldest_message", "s"),
    ("shop.latency", "ms"),
    ("odd", ""),
)


class World:
    """What is sent, made from a source of chance; everything began between `start_ns` and `start_ns` + LENGTH_NS."""

    def __init__(self, random, start_ns):
        self.random, self.start_ns, self.number = random, start_ns, 0
        self.spans = {}
        self.sent = []
        self.requests = []

    def fill(self, transactions):
        """Makes transactions, logs and points of metrics."""
        for _ in range(transactions):
            self._transaction()
        self._batches(transactions // 6)
        self.metrics = [self._point() for _ in range(transactions)]
        self.logs = [self._log() for _ in range(2 * transactions)] + [self._report() for _ in range(transactions // 3)]

    def store_in(self, store):
        """Stores it as the writer does, in two batches, so that the second completes what the first told."""
        traces = [
            (Signal.TRACES, request_of([span for _, span in group], dict(resource)))
            for resource, group in self.spans.items()
        ]
        half = len(traces) // 2
        logs, metrics = (Signal.LOGS, self._log_request()), (Signal.METRICS, self._metric_request())
        for first, batch in ((1, traces[:half]), (10_000, [*traces[half:], logs, metrics])):
            for signal in Signal:
                own = [
                    Payload(body, first + n, self.start_ns + LENGTH_NS)
                    for n, (kind, body) in enumerate(batch)
                    if kind == signal
                ]
                if own:
                    store.insert(signal, own, f"{first}")
            store.complete(first, first + len(batch))

    # -- spans ---------------------------------------------------------------------------------------------------

    def _id(self, length):
        self.number += 1
        return self.number.to_bytes(length, "big")

    def _maybe(self, share, value):
        return value if self.random.random() < share else None

    def _resource(self, function):
        chance = self.random
        found = {
            "service.name": chance.choice([function, function, "shop"]),
            "faas.name": function,
            "cloud.platform": "aws_lambda",
            "faas.version": chance.choice(["$LATEST", "42", ""]),
            "cloud.account.id": chance.choice(["123456789012", "123456789012", "210987654321"]),
            "cloud.region": chance.choice(["eu-west-1", "ap-east-1"]),
            "faas.instance": chance.choice(["2026/11/29/[$LATEST]a", "2026/11/29/[$LATEST]b"]),
            "faas.max_memory": self._maybe(0.8, 128 * 2**20),
            "process.runtime.name": self._maybe(0.6, "cpython"),
            "process.runtime.version": "3.12",
            "service.namespace": self._maybe(0.3, "shop"),
            "project": self._maybe(0.3, "core"),
            "team": self._maybe(0.2, "red"),
            "tags.team": self._maybe(0.3, "blue"),
            "deployment.environment": self._maybe(0.5, "test"),
        }
        return tuple((key, value) for key, value in found.items() if value is not None)

    def _add(self, resource, **span):
        span["attributes"] = {key: value for key, value in span["attributes"].items() if value is not None}
        self.spans.setdefault(resource, []).append((span["start"], span))
        return span

    def _attributes(self):
        chance = self.random
        return {
            "user.id": self._maybe(0.6, chance.choice(["42", 42, "ada", "größe"])),
            "tags.plan": self._maybe(0.3, "free"),
            "plan": self._maybe(0.3, chance.choice(["free", "gold"])),
            "amount": self._maybe(0.7, chance.choice(NUMBERS)),
            "note": self._maybe(0.4, chance.choice(WORDS)),
            "mendline.chaos.id": self._maybe(0.1, "exp-1"),
            "http.response.status_code": self._maybe(0.3, chance.choice([200, 404, 503])),
            "http.status_code": self._maybe(0.3, chance.choice([200, 500])),
            "aws.dynamodb.consistent_read": self._maybe(0.2, chance.choice([True, False])),
            "mendline.cpu_ms": self._maybe(0.3, chance.choice([1.5, 20, 300])),
            "faas.max_memory": self._maybe(0.2, chance.choice([2**20, 2**27])),
        }

    def _failure(self, share):
        if self.random.random() >= share:
            return {"error.type": self._maybe(0.1, "Handled")}, {}
        kind, words = self.random.choice(TYPES), self.random.choice(WORDS)
        way = self.random.choice(["attribute", "event", "bare"])
        events = [("exception", {"exception.type": kind, "exception.message": words})] if way == "event" else []
        attributes = {"error.type": kind} if way == "attribute" else {}
        return attributes, {"status": 2, "message": self.random.choice([words, ""]), "events": events}

    def _transaction(self):
        trace_id = self._id(16)
        start = self.start_ns + self.random.randrange(LENGTH_NS // S) * S + self.random.choice([0, 1, 500 * MS])
        entry = {"http.request.method": "POST", "http.route": "/orders"} if self.random.random() < 0.4 else {}
        entry = entry or ({"http.request.method": "GET", "url.path": "/orders/1"} if self.random.random() < 0.3 else {})
        self._invocation(trace_id, b"", start, self.random.randrange(1, 4000) * MS, 3, entry)

    def _invocation(self, trace_id, parent, start, length, depth, more, **span_more):
        chance, function = self.random, self.random.choice(FUNCTIONS)
        failed, outcome = self._failure(0.35)
        span_id, request_id = self._id(8), self._request_id()
        attributes = {
            **self._attributes(),
            **failed,
            **more,
            "faas.invocation_id": request_id,
            "faas.coldstart": chance.random() < 0.2,
            "mendline.init_ms": self._maybe(0.3, 250.5),
            "mendline.timeout_ms": self._maybe(0.8, 3000),
            "mendline.remaining_ms": self._maybe(0.5, 1000.25),
            "mendline.trigger.sent_at": self._maybe(0.3, start - chance.randrange(-1, 90) * S),
            "mendline.attempt": self._maybe(0.1, 2),
            "mendline.memory.used_bytes": self._maybe(0.7, chance.randrange(30, 120) * 2**20),
            "mendline.trigger": self._maybe(0.9, chance.choice(["apigateway.v2", "sqs", "s3", "kinesis"])),
            "mendline.trigger.source": self._maybe(0.5, "arn:aws:sqs:eu-west-1:1:orders-queue"),
            "mendline.degraded": self._maybe(0.1, True),
            "mendline.buffered": self._maybe(0.1, True),
            "mendline.breaker.rejected": self._maybe(0.1, 2),
            "aws.lambda.invoked_arn": self._maybe(0.3, f"{_ARN}:live"),
            "cloud.resource_id": self._maybe(0.7, _ARN + chance.choice(["", ":7", ":$LATEST", ":canary"])),
            "mendline.request": self._maybe(0.6, json.dumps(self._document())),
            "mendline.response": self._maybe(0.4, json.dumps({"statusCode": chance.choice([200, 503]), "body": None})),
        }
        resource = self._resource(function)
        self._add(
            resource,
            trace_id=trace_id,
            span_id=span_id,
            parent_id=parent,
            name=function,
            kind=2,
            start=start,
            duration=length,
            attributes=attributes,
            trace_state=self._maybe(0.3, "ot=th:c") or "",
            **outcome,
            **span_more,
        )
        self.requests.append((request_id, start, length, resource, trace_id, span_id))
        for _ in range(chance.randrange(3)):
            self._operation(resource, trace_id, span_id, start, length, depth, request_id)

    def _request_id(self):
        """One that nothing had before, or, of an event that is tried again, one that something had."""
        if self.requests and self.random.random() < 0.15:
            return self.random.choice(self.requests)[0]
        return f"request-{len(self.requests)}"

    def _document(self):
        chance = self.random
        return {
            "sku": chance.choice(["A-17", 'B"2']),
            "n": chance.choice([1, 7.5, None]),
            "items": [{"sku": "A-17"}, {"sku": 9}],
            "body": chance.choice([{"id": 5}, '{"id": 5, "note": "card declined"}', "no json"]),
            "deep": [[1, 2], {"a": True}],
        }

    def _operation(self, resource, trace_id, parent, start, length, depth, request_id):
        chance = self.random
        failed, outcome = self._failure(0.2)
        span_id, called = self._id(8), chance.choice(RESOURCES)
        begun = start + chance.randrange(max(1, length // MS // 4)) * MS
        lasted = (length - (begun - start)) * chance.randrange(1, 9) // 10
        sends = called.get("mendline.resource.type") == "sqs"
        attributes = {
            **self._attributes(),
            **failed,
            **called,
            "faas.execution": self._maybe(0.0, request_id),
            "mendline.retries": self._maybe(0.3, chance.choice([0, 2])),
            "mendline.connection": self._maybe(0.5, chance.choice(["new", "reused"])),
            "mendline.dns_ms": self._maybe(0.3, 1.25),
            "mendline.connect_ms": self._maybe(0.3, 30),
        }
        state = chance.choice(["", "", "", "ot=th:8", "x=y,ot=rv:1;th:c", "ot=th:0", "ot=th:zz"])
        self._add(
            resource,
            trace_id=trace_id,
            span_id=span_id,
            parent_id=parent,
            name="call",
            kind=4 if sends else 3,
            start=begun,
            duration=lasted,
            attributes=attributes,
            trace_state=state,
            **outcome,
        )
        if sends:
            self.sent.append((trace_id, span_id, begun, lasted))
        if depth and chance.random() < 0.5:
            self._invocation(trace_id, span_id, begun, max(lasted, 1), depth - 1, {})

    def _batches(self, count):
        """Consumers of several messages: traces of their own, members of those of the producers."""
        for _ in range(count):
            taken = self.random.sample(self.sent, min(len(self.sent), self.random.randrange(1, 4)))
            start = max(begun + lasted for _, _, begun, lasted in taken) + S
            links = [(trace, span) for trace, span, _, _ in taken]
            names = json.dumps([f"sqs:{span.hex()}" for _, span in links])
            for tried in range(self.random.choice([1, 1, 2])):
                self._invocation(
                    self._id(16), b"", start + tried * MINUTE, 20 * MS, 1, {"mendline.links.in": names}, links=links
                )

    # -- logs and metrics ----------------------------------------------------------------------------------------

    def _log(self):
        chance = self.random
        request_id, start, length, resource, trace_id, span_id = chance.choice(self.requests)
        joined = chance.random() < 0.8
        attributes = {
            "faas.invocation_id": request_id if joined else None,
            "exception.type": self._maybe(0.2, chance.choice(TYPES)),
            "error.type": self._maybe(0.1, "Logged"),
            "exception.message": self._maybe(0.2, chance.choice(WORDS)),
            "note": self._maybe(0.3, chance.choice(WORDS)),
            "amount": self._maybe(0.3, chance.choice(NUMBERS)),
        }
        ids = (trace_id, span_id) if joined else (b"", b"")
        return (
            resource,
            start + chance.randrange(length + 1),
            chance.choice(WORDS),
            chance.choice([0, 1, 5, 9, 13, 17, 21]),
            attributes,
            ids,
        )

    def _report(self):
        chance = self.random
        request_id, start, length, resource, _, _ = chance.choice(self.requests)
        if chance.random() < 0.2:
            request_id = self._id(4).hex()
        attributes = {
            "mendline.platform": "report",
            "faas.invocation_id": request_id,
            "mendline.duration_ms": length / MS,
            "mendline.billed_ms": -(-length // MS),
            "mendline.memory.size_bytes": 256 * 2**20,
            "mendline.memory.used_bytes": 70 * 2**20,
            "mendline.restore_ms": self._maybe(0.2, 120.5),
        }
        return resource, start + length, "report", 9, attributes, (b"", b"")

    def _log_request(self):
        message = ExportLogsServiceRequest()
        for resource, time_ns, body, severity, attributes, (trace_id, span_id) in self.logs:
            group = message.resource_logs.add()
            group.resource.attributes.extend(pairs(dict(resource)))
            record = group.scope_logs.add().log_records.add(
                time_unix_nano=time_ns,
                severity_number=severity,
                trace_id=trace_id,
                span_id=span_id,
                event_name=self.random.choice(["", "order.placed"]),
            )
            record.body.CopyFrom(any_value(body))
            record.attributes.extend(pairs({key: value for key, value in attributes.items() if value is not None}))
        return message.SerializeToString()

    def _point(self):
        chance = self.random
        name, unit = chance.choice(METRICS)
        attributes = {
            "queue": self._maybe(0.7, chance.choice(["orders", "payments"])),
            "faas.name": self._maybe(0.2, "price"),
            "stream": self._maybe(0.2, "clicks"),
            "amount": self._maybe(0.2, chance.choice(NUMBERS)),
        }
        value = chance.choice([0, 5, 700, 2.5, -1.0, float("nan")])
        return (
            name,
            unit,
            self.start_ns + chance.randrange(LENGTH_NS),
            value,
            attributes,
            chance.choice(["gauge", "sum", "histogram"]),
        )

    def _metric_request(self):
        message = ExportMetricsServiceRequest()
        for name, unit, time_ns, value, attributes, kind in self.metrics:
            group = message.resource_metrics.add()
            group.resource.attributes.extend(pairs(dict(self._resource(self.random.choice(FUNCTIONS)))))
            metric = group.scope_metrics.add().metrics.add(name=name, unit=unit)
            point = getattr(metric, kind).data_points.add(time_unix_nano=time_ns)
            point.attributes.extend(pairs({key: each for key, each in attributes.items() if each is not None}))
            if kind == "histogram":
                point.count, point.sum = abs(int(value)) if value == value else 0, 12.5
            elif isinstance(value, int):
                point.as_int = value
            else:
                point.as_double = value
        return message.SerializeToString()
