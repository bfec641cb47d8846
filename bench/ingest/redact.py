"""What redaction costs a span, beside protobuf's own parse of the same bytes: without secrets, with few, with many.

"look-alikes" have a token count and an address in every operation, an empty authorization and a time in every
invocation. "redacted before" are requests whose secrets the agent has already replaced, as most are; they must cost no
more than those without. CPU time of one thread, rounds interleaved in one run.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mendline.ingest.redact import Rules, redact
from mendline.model.signal import Signal

ROUNDS = 9
REQUESTS, SPANS = 20, 500
_EVENT = (
    '{{"version":"2.0","routeKey":"POST /orders","headers":{{"host":"api.example.com","authorization":"{secret}",'
    '"x-forwarded-for":"192.0.2.1","user-agent":"curl/8"}},"requestContext":{{"accountId":"000000000000",'
    '"timeEpoch":1795459200{number:03}}},"body":"{{\\"sku\\":\\"A-{number}\\",\\"quantity\\":2}}"}}'
)


def _request(seed: int, secret_in: Callable[[int], str]) -> bytes:
    """Invocations with four operations each; `secret_in` says what stands as the authorization of the n-th."""
    random_ = random.Random(seed)
    message = ExportTraceServiceRequest()
    for number in range(SPANS // 5):
        group = message.resource_spans.add()
        _set(
            group.resource.attributes,
            {"service.name": "checkout", "faas.name": "checkout", "cloud.region": "us-east-1"},
        )
        scope = group.scope_spans.add()
        trace_id = random_.randbytes(16)
        for index in range(5):
            span = scope.spans.add(
                trace_id=trace_id, span_id=random_.randbytes(8), name="DynamoDB.PutItem", start_time_unix_nano=seed
            )
            if index:
                _set(span.attributes, _operation(random_))
            else:
                event = _EVENT.format(secret=secret_in(number), number=number % 1000)
                _set(
                    span.attributes,
                    {"faas.invocation_id": f"{random_.getrandbits(128):032x}", "mendline.request": event},
                )
    return message.SerializeToString()


def _operation(random_: random.Random) -> dict[str, str]:
    return {
        "rpc.system": "aws-api",
        "rpc.service": "DynamoDB",
        "rpc.method": "PutItem",
        "db.collection.name": "orders",
        "url.full": "https://dynamodb.us-east-1.amazonaws.com/",
        "aws.request_id": f"{random_.getrandbits(128):032x}",
        "gen_ai.usage.input_tokens": "12",
    }


def _without_marks(body: bytes) -> bytes:
    """The same without what looks like a secret from afar: a key called tokens, a header, an address, a long number."""
    for mark, harmless in (
        (b"tokens", b"titles"),
        (b"authorization", b"x-requested-w"),
        (b"://", b"---"),
        (b"17954", b"17.54"),
    ):
        body = body.replace(mark, harmless)
    return body


def _set(attributes: object, values: dict[str, str]) -> None:
    for key, value in values.items():
        attributes.add(key=key).value.string_value = value  # type: ignore[attr-defined]


def _cpu(work: Callable[[bytes], object], bodies: list[bytes]) -> float:
    begun = time.thread_time()
    for body in bodies:
        work(body)
    return (time.thread_time() - begun) / (REQUESTS * SPANS)


def main() -> None:
    """Measure and print a table."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    rules = Rules()
    kinds: dict[str, Callable[[int], str]] = {
        "nothing like it": lambda _: "none",
        "look-alikes": lambda _: "",
        "redacted before": lambda _: "[redacted]",
        "1 span in 500": lambda number: "" if number else "Bearer c4n4ryc4n4ryc4n4ry",
        "1 span in 5": lambda _: "Bearer c4n4ryc4n4ryc4n4ry",
    }
    bodies = {kind: [_request(seed, secret) for seed in range(REQUESTS)] for kind, secret in kinds.items()}
    bodies["nothing like it"] = [_without_marks(body) for body in bodies["nothing like it"]]
    results: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    for number in range(ROUNDS + 1):
        for kind, requests in bodies.items():
            parse = _cpu(ExportTraceServiceRequest.FromString, requests)
            cost = _cpu(lambda body: redact(Signal.TRACES, body, rules), requests)
            if number:  # the first round warms up
                results[kind].append((cost, parse))
    size = sum(map(len, bodies["look-alikes"])) / (REQUESTS * SPANS)
    print(f"redact: {REQUESTS * SPANS:,} spans a round, {size:.0f} B/span, {ROUNDS} rounds, medians")
    print(f"{'':18}{'us/span':>10}{'spans/s per core':>20}{'of a parse':>12}")
    for kind, values in results.items():
        cost, parse = (statistics.median(value[index] for value in values) for index in range(2))
        print(f"{kind:18}{cost * 1e6:>10.2f}{1 / cost:>20,.0f}{cost / parse:>11.1f}x")


if __name__ == "__main__":
    main()
