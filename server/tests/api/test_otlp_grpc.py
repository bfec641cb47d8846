"""OTLP over gRPC: stock exporters are understood, and every refusal has the status that OTLP clients act upon."""

from __future__ import annotations

import asyncio
import threading
import uuid
from concurrent.futures import Future, ThreadPoolExecutor

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from otlp_requests import request_of
from waiting import eventually

from mendline.api.otlp_grpc import GrpcDoor, serve_grpc
from mendline.api.workers import Workers
from mendline.clock import SystemClock
from mendline.errors import (
    ForbiddenError,
    PortTakenError,
    ProjectNotServedError,
    SpoolFullError,
    UnauthenticatedError,
)
from mendline.ingest.admission import Admission
from mendline.ingest.cardinality import Cardinality
from mendline.ingest.counters import Counters
from mendline.ingest.rates import Rates
from mendline.ingest.receive import Bounds, Receiver
from mendline.ingest.redact import Rules
from mendline.ingest.spool import Spool
from mendline.model.signal import Signal
from mendline.store.handover import varint

TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
METRICS = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
MIB = 1024 * 1024


class Served:
    """A gRPC server on a loop of its own, with a real spool in a temporary directory."""

    def __init__(self, folder, *, rate=0, most_records=1000, receiver_of=None, spool_bytes=64 * MIB, slow=None):
        self.clock, self.counters, self.admission = SystemClock(), Counters(), Admission(64 * MIB)
        self.bounds = Bounds(MIB, MIB, most_records)
        self.spool = Spool(folder / "spool", self.clock, most_bytes=spool_bytes)
        taken = slow or self.spool
        rates = Rates(rate, self.clock)
        self.receiver = Receiver(
            taken, self.counters, self.admission, rates, Rules, self.bounds, self.clock, Cardinality(self.clock)
        )
        self.metadata = []
        self._receiver_of = receiver_of
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        door = GrpcDoor(self._allow, self.admission, self.bounds, self.counters, Workers())
        self.server = self.run(serve_grpc(door, "127.0.0.1", 0))
        self.address = self.server.address

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    async def _allow(self, metadata):
        self.metadata.append(dict(metadata))
        if self._receiver_of:
            self._receiver_of(metadata)
        return self.receiver, 7

    def call(self, path, body, *, metadata=(), compression=None, timeout=20):
        with grpc.insecure_channel(self.address, options=[("grpc.max_send_message_length", -1)]) as channel:
            export = channel.unary_unary(path)
            return export(body, timeout=timeout, metadata=metadata, compression=compression)

    def refusal(self, body, path=TRACES, **options):
        with pytest.raises(grpc.RpcError) as refused:
            self.call(path, body, **options)
        return refused.value

    def stored(self, signal=Signal.TRACES):
        records = self.spool.read(0, most_records=10_000, most_bytes=64 * MIB)
        return [record.body for record in records if record.signal is signal]

    def count(self, name, **labels):
        return self.counters.registry.get_sample_value(name, labels) or 0

    def close(self):
        self.run(self.server.stop(0))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()
        self.spool.close()


@pytest.fixture
def serve(tmp_path):
    opened = []

    def start(**options):
        opened.append(Served(tmp_path / str(len(opened)), **options))
        return opened[-1]

    yield start
    for served in opened:
        served.close()


def _status(error):
    trailers = dict(error.trailing_metadata())
    status = Status.FromString(trailers["grpc-status-details-bin"])
    assert status.code == error.code().value[0]
    assert status.message == error.details()
    found = {}
    for detail in status.details:
        for kind in (RetryInfo, ErrorInfo):
            if detail.Is(kind.DESCRIPTOR):
                found[kind] = kind.FromString(detail.value)
    return found


def _logs():
    message = ExportLogsServiceRequest()
    message.resource_logs.add().scope_logs.add().log_records.add().body.string_value = "line"
    return message.SerializeToString()


def _metrics():
    message = ExportMetricsServiceRequest()
    metric = message.resource_metrics.add().scope_metrics.add().metrics.add(name="m")
    metric.gauge.data_points.add(as_int=5)
    return message.SerializeToString()


@pytest.mark.parametrize(
    ("path", "signal", "make"),
    [
        (TRACES, Signal.TRACES, lambda: request_of([{}])),
        (LOGS, Signal.LOGS, _logs),
        (METRICS, Signal.METRICS, _metrics),
    ],
)
@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_each_signal_is_in_the_spool_when_it_is_answered(serve, path, signal, make, compression):
    served, body = serve(), make()
    assert served.call(path, body, compression=compression) == b""
    assert served.stored(signal) == [body]
    assert served.count("mendline_received_records_total", signal=signal) == 1


def test_stock_python_exporter_of_traces_is_understood(serve):
    served = serve()
    provider = TracerProvider()
    exporter = OTLPSpanExporter(
        endpoint=served.address,
        insecure=True,
        headers={"authorization": "Bearer secret"},
        compression=grpc.Compression.Gzip,
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("GET /bill"):
        pass
    assert provider.force_flush(20_000)
    provider.shutdown()
    (body,) = served.stored()
    message = ExportTraceServiceRequest.FromString(body)
    assert message.resource_spans[0].scope_spans[0].spans[0].name == "GET /bill"
    assert served.metadata[0]["authorization"] == "Bearer secret"


def test_stock_python_exporter_of_metrics_is_understood(serve):
    served = serve()
    exporter = OTLPMetricExporter(endpoint=served.address, insecure=True)
    provider = MeterProvider([PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)])
    provider.get_meter("test").create_counter("bills").add(3)
    assert provider.force_flush(20_000)
    provider.shutdown()
    message = ExportMetricsServiceRequest.FromString(served.stored(Signal.METRICS)[0])
    assert message.resource_metrics[0].scope_metrics[0].metrics[0].name == "bills"


def test_invalid_spans_are_partial_success(serve):
    served = serve()
    answer = served.call(TRACES, request_of([{}, {"trace_id": b"short"}]))
    told = ExportTraceServiceResponse.FromString(answer).partial_success
    assert told.rejected_spans == 1
    assert told.error_message
    assert served.count("mendline_left_out_records_total", signal="traces", reason="invalid_ids") == 1


def test_empty_request_is_ok(serve):
    assert serve().call(TRACES, b"") == b""


def _raising(error):
    def receiver_of(metadata):
        raise error

    return receiver_of


REFUSALS = [
    ("malformed", "INVALID_ARGUMENT", b"garbage!", {}),
    ("malformed", "INVALID_ARGUMENT", request_of([{}])[:-3], {}),
    ("too_many_records", "INVALID_ARGUMENT", request_of([{"name": str(number)} for number in range(11)]), {}),
    ("unauthenticated", "UNAUTHENTICATED", b"", {"receiver_of": _raising(UnauthenticatedError("Send a key."))}),
    ("forbidden", "PERMISSION_DENIED", b"", {"receiver_of": _raising(ForbiddenError("Another scope."))}),
    ("project_not_served", "UNAVAILABLE", b"", {"receiver_of": _raising(ProjectNotServedError("Not yet."))}),
    ("internal", "UNAVAILABLE", b"", {"receiver_of": _raising(RuntimeError("secret detail"))}),
    ("spool_full", "UNAVAILABLE", b"", {"receiver_of": _raising(SpoolFullError("The spool is full, wärmstens."))}),
    ("spool_full", "UNAVAILABLE", request_of([{}]), {"spool_bytes": 10}),
]


@pytest.mark.parametrize(
    ("reason", "code", "body", "options"), REFUSALS, ids=[f"{row[0]}-{number}" for number, row in enumerate(REFUSALS)]
)
def test_refusal_has_the_status_that_clients_act_upon(serve, reason, code, body, options):
    served = serve(**{"most_records": 10, **options})
    refused = served.refusal(body)
    assert refused.code().name == code
    assert "secret" not in refused.details()
    told = _status(refused)
    assert told[ErrorInfo].reason == reason
    assert (RetryInfo in told) == (code == "UNAVAILABLE")
    assert served.count("mendline_refused_requests_total", signal="traces", reason=reason) == 1


def test_rate_limit_says_when_to_come_again(serve):
    served = serve(rate=5)
    served.call(TRACES, request_of([{"name": str(number)} for number in range(10)]))
    refused = served.refusal(request_of([{"name": "more"}] * 5))
    assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert _status(refused)[RetryInfo].retry_delay.seconds == 1


def test_message_over_the_limit_is_refused_for_good_and_counted_and_the_next_is_taken(serve):
    served = serve()
    refused = served.refusal(bytes(5 * MIB))
    assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "grpc-status-details-bin" not in dict(refused.trailing_metadata())  # without RetryInfo it is final
    too_large = {"signal": "traces", "reason": "too_large"}
    eventually(lambda: served.count("mendline_refused_requests_total", **too_large) == 1)
    assert served.call(TRACES, request_of([{}])) == b""


@pytest.mark.parametrize("compression", [grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_message_over_the_limit_after_decompression_is_refused_for_good_and_counted(serve, compression):
    served = serve()
    refused = served.refusal(bytes(5 * MIB), compression=compression)
    assert refused.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert _status(refused)[ErrorInfo].reason == "too_large"
    assert served.count("mendline_refused_requests_total", signal="traces", reason="too_large") == 1
    assert served.call(TRACES, request_of([{}]), compression=compression) == b""


def test_message_is_not_inflated_before_it_is_known_to_have_room(serve):
    served = serve()
    body = b"\xfa\x7f" + varint(MIB - 16) + bytes(MIB - 16)  # of one field that nobody knows
    with served.admission.hold(63 * MIB):
        refused = served.refusal(body, compression=grpc.Compression.Gzip)
    assert refused.code() is grpc.StatusCode.UNAVAILABLE
    assert _status(refused)[ErrorInfo].reason == "busy"
    assert served.admission.in_hand == 0
    assert served.call(TRACES, body, compression=grpc.Compression.Gzip) == b""


@pytest.mark.parametrize(
    "path", ["/opentelemetry.proto.collector.trace.v1.TraceService/Import", "/grpc.health.v1.Health/Check", "/x"]
)
def test_unknown_method_is_unimplemented_and_counted(serve, path):
    served = serve()
    assert served.refusal(b"", path).code() is grpc.StatusCode.UNIMPLEMENTED
    assert served.count("mendline_refused_requests_total", signal="other", reason="not_found") == 1


def test_calls_beyond_those_that_are_taken_at_once_are_refused_and_counted(serve, monkeypatch):
    monkeypatch.setattr("mendline.api.otlp_grpc._MOST_CALLS", 1)
    slow = HeldSpool()
    served = serve(slow=slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(served.call, TRACES, request_of([{}]))
        eventually(lambda: slow.futures)
        refused = served.refusal(request_of([{"name": "second"}]))
        assert _status(refused)[ErrorInfo].reason == "busy"
        slow.futures[0].set_result(True)
        assert first.result(20) == b""


def test_call_without_a_message_is_refused(serve):
    served = serve()
    with grpc.insecure_channel(served.address) as channel, pytest.raises(grpc.RpcError) as refused:
        channel.stream_unary(TRACES)(iter(()), timeout=20)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_message_of_a_stranger_is_not_awaited(serve):
    served = serve(receiver_of=_raising(UnauthenticatedError("Send a key.")))
    never = threading.Event()

    def messages():
        never.wait(20)
        yield b""

    with grpc.insecure_channel(served.address) as channel:
        with pytest.raises(grpc.RpcError) as refused:
            channel.stream_unary(TRACES)(messages(), timeout=10)
        never.set()
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


class HeldSpool:
    """A spool whose data is durable when the test says so."""

    def __init__(self):
        self.futures = []

    def require_room(self, size=0):
        pass

    def repeat(self, digest):
        return None

    def append_all(self, arrivals):
        self.futures.extend(Future() for _ in arrivals)
        return self.futures[-len(arrivals) :]


def test_answer_waits_until_the_data_is_durable(serve):
    slow = HeldSpool()
    served = serve(slow=slow)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(served.call, TRACES, request_of([{}]))
        eventually(lambda: slow.futures)
        assert not answer.done()
        slow.futures[0].set_result(True)
        assert answer.result(20) == b""


def test_client_that_goes_away_is_counted_when_its_data_is_durable(serve):
    slow = HeldSpool()
    served = serve(slow=slow)
    assert served.refusal(request_of([{}]), timeout=1).code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert served.count("mendline_received_requests_total", signal="traces") == 0
    slow.futures[0].set_result(True)
    assert served.count("mendline_received_requests_total", signal="traces") == 1
    eventually(lambda: served.admission.in_hand == 0)


def test_data_that_could_not_be_written_is_unavailable(serve):
    slow = HeldSpool()
    served = serve(slow=slow)
    with ThreadPoolExecutor(1) as pool:
        refused = pool.submit(served.refusal, request_of([{}]))
        eventually(lambda: slow.futures)
        slow.futures[0].set_exception(SpoolFullError("The disk is full."))
        assert refused.result(20).code() is grpc.StatusCode.UNAVAILABLE


def test_many_calls_at_once_are_all_kept(serve):
    served = serve()
    with (
        grpc.insecure_channel(served.address) as channel,
        ThreadPoolExecutor(32) as pool,
    ):
        export = channel.unary_unary(TRACES)
        bodies = [request_of([{"trace_id": uuid.uuid4().bytes}]) for _ in range(200)]
        assert list(pool.map(lambda body: export(body, timeout=30), bodies)) == [b""] * 200
    assert sorted(served.stored()) == sorted(bodies)


def test_taken_port_is_said_and_never_shared(serve):
    served = serve()
    port = int(served.address.rpartition(":")[2])
    door = GrpcDoor(served._allow, served.admission, served.bounds, served.counters, Workers())
    with pytest.raises(PortTakenError):
        served.run(serve_grpc(door, "127.0.0.1", port))
