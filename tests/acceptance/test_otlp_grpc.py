"""OTLP over gRPC with the stock OpenTelemetry Python SDK, against a server as a process."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from otlp_requests import request_of
from waiting import eventually

from mendline.store.handover import varint

TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def _export(server, body, *metadata):
    with grpc.insecure_channel(server.grpc) as channel:
        return channel.unary_unary(TRACES)(body, timeout=30, metadata=metadata)


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_spans_of_the_stock_sdk_are_shown(server, compression):
    provider = TracerProvider(resource=Resource.create({"service.name": "billing"}))
    exporter = OTLPSpanExporter(endpoint=f"http://{server.grpc}", compression=compression)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("GET /bill") as root:
        pass
    assert provider.force_flush(20_000)
    provider.shutdown()
    trace_id = f"{root.get_span_context().trace_id:032x}"
    (span,) = eventually(lambda: server.get_json(f"/api/v1/traces/{trace_id}"))["spans"]
    assert (span["name"], span["service"]) == ("GET /bill", "billing")


def test_malformed_message_is_refused_and_counted(server):
    before = server.metric("mendline_refused_requests_total", reason="malformed", signal="traces")
    with pytest.raises(grpc.RpcError) as refused:
        _export(server, b"garbage!")
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert server.metric("mendline_refused_requests_total", reason="malformed", signal="traces") == before + 1


def _memory_mib(server, name):
    for line in Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) // 1024
    raise AssertionError(name)


@pytest.mark.thorough
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_many_messages_that_inflate_to_much_take_bounded_memory_and_give_it_back(start_server):
    server = start_server()
    idle = _memory_mib(server, "VmRSS")
    size = 40 * 2**20
    bomb = b"\xfa\x7f" + varint(size) + bytes(size)  # a field that nobody knows; 40 KB as gzip

    def send(_):
        with grpc.insecure_channel(server.grpc, options=[("grpc.max_send_message_length", -1)]) as channel:
            try:
                channel.unary_unary(TRACES)(bomb, timeout=60, compression=grpc.Compression.Gzip)
            except grpc.RpcError as error:
                return error.code()

    with ThreadPoolExecutor(24) as pool:
        answers = Counter(pool.map(send, range(24)))
    assert set(answers) <= {None, grpc.StatusCode.UNAVAILABLE}
    assert answers[None] >= 1
    assert _memory_mib(server, "VmHWM") - idle < 550
    assert _memory_mib(server, "VmRSS") - idle < 200
    _export(server, request_of([{}]))


def test_key_is_asked_for_once_there_is_one(start_server):
    server = start_server()
    made = subprocess.run(
        [
            sys.executable,
            "-m",
            "mendline",
            "keys",
            "create",
            "--project",
            "default",
            "--scope",
            "ingest",
            "--data",
            str(server.data),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    def refusal():
        try:
            _export(server, request_of([{"trace_id": uuid.uuid4().bytes}]))
        except grpc.RpcError as error:
            return error.code()
        return None

    assert eventually(refusal) is grpc.StatusCode.UNAUTHENTICATED
    key = made.stdout.strip()
    assert _export(server, request_of([{}]), ("authorization", f"Bearer {key}")) == b""


def test_acknowledged_span_survives_a_crash(start_server):
    server = start_server()
    trace_id = uuid.uuid4()
    assert _export(server, request_of([{"trace_id": trace_id.bytes}])) == b""
    server.kill()
    again = start_server()
    assert eventually(lambda: again.get_json(f"/api/v1/traces/{trace_id.hex}"))


def test_server_ends_at_once_though_a_client_stays_connected(start_server):
    server = start_server()
    with grpc.insecure_channel(server.grpc) as channel:
        assert channel.unary_unary(TRACES)(request_of([{}]), timeout=30) == b""
        assert server.stop() == 0


def test_taken_port_is_said(start_server):
    first = start_server()
    port = first.grpc.rpartition(":")[2]
    refused = subprocess.run(
        [
            sys.executable,
            "-m",
            "mendline",
            "serve",
            "--port",
            "0",
            "--otlp-http",
            "0",
            "--otlp-grpc",
            port,
            "--data",
            str(first.data) + "-2",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 2
    assert port in refused.stderr
    assert "Traceback" not in refused.stderr
