"""With the agent in front of every handler, one order is one trace, across the queue and the topic."""

import asyncio
import gzip
from collections import defaultdict

import pytest
from needed import emulator_python
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from mendline_playground.playground import Options, Playground
from mendline_playground.wire import HttpServer, Request, Response

ALL = {"checkout", "price", "stock", "order-writer", "payment", "notify"}
OPERATIONS = {
    ("checkout", "lambda", "price"),
    ("checkout", "lambda", "stock"),
    ("checkout", "sqs", "orders"),
    ("price", "dynamodb", "prices"),
    ("stock", "dynamodb", "stock"),
    ("order-writer", "dynamodb", "orders"),
    ("order-writer", "sqs", "payments"),
    ("payment", "http", "api.payfriend.example"),
    ("payment", "dynamodb", "orders"),
    ("payment", "sns", "order-events"),
    ("payment", "kinesis", "shop-events"),
    ("notify", "http", "mail.shop.example"),
}


class Receiver:
    """Takes OTLP over HTTP and keeps the spans by trace and function."""

    def __init__(self) -> None:
        self.traces: dict[bytes, dict[str, list[Span]]] = defaultdict(lambda: defaultdict(list))

    async def receive(self, request: Request) -> Response:
        body = request.body
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if request.path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                attributes = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        self.traces[span.trace_id][attributes["service.name"]].append(span)
        return Response(200, b"", {"Content-Type": "application/x-protobuf"})

    def whole(self) -> dict[str, list[Span]] | None:
        """The spans of a trace in which all functions of an order took part."""
        return next((trace for trace in self.traces.values() if set(trace) >= ALL), None)


@pytest.mark.anyio
async def test_one_order_is_one_trace_with_tables_and_third_parties_as_operations(eventually):
    emulator_python()
    receiver = Receiver()
    server = HttpServer(receiver.receive)
    endpoint = f"http://127.0.0.1:{await server.start()}"
    try:
        # so few that an order comes alone at any hour: those of one second are a batch, which has a trace of its own
        async with Playground(Options(otlp_endpoint=endpoint, rate=0.5)) as playground:
            async with asyncio.timeout(60):
                trace = await eventually(receiver.whole, 40)
                await eventually(lambda: _operations(trace) >= OPERATIONS, 20)
                if playground.shop.has("email"):  # which speaks stock OpenTelemetry
                    await eventually(lambda: "email" in trace, 20)
                tags = _tags(trace)
                assert {"tenant", "customer", "customer.region", "order.id", "order.items", "order.currency"} <= tags
    finally:
        await server.close()


def _operations(trace: dict[str, list[Span]]) -> set[tuple[str, str, str]]:
    return {
        (function, attributes["mendline.resource.type"], attributes["mendline.resource.name"])
        for function, spans in trace.items()
        for attributes in ({pair.key: pair.value.string_value for pair in span.attributes} for span in list(spans))
        if "mendline.resource.type" in attributes
    }


def _tags(trace: dict[str, list[Span]]) -> set[str]:
    return {pair.key for span in trace["payment"] for pair in span.attributes}
