"""What the agent's tests share: a real collector, real stubs of the outside world, and a Lambda context."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import shutil
import socket
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from chaos_orders import KEY, experiment, header, signed
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lambda_runtime import runner
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mendline_agent import agent as agent_module
from mendline_agent import instrument
from mendline_agent.operations import ACTIVE

DEADLINE_S = 10


class Request:
    def __init__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.path, self.body = method, path, body
        self.headers = {name.lower(): value for name, value in headers.items()}


class Server:
    """A local HTTP server that keeps what it got; `answer(request)` gives (status, headers, body)."""

    def __init__(self, answer: Callable[[Request], tuple[int, dict[str, str], bytes]]) -> None:
        self.requests: list[Request] = []
        self._came = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def log_message(self, *args: Any) -> None:
                pass

            def any_method(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                request = Request(self.command, self.path, dict(self.headers), body)
                with outer._came:
                    outer.requests.append(request)
                    outer._came.notify_all()
                status, headers, out = answer(request)
                self.send_response(status)
                for name, value in {"content-length": str(len(out)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(out)

            do_GET = do_POST = do_PUT = do_DELETE = any_method  # noqa: N815

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def wait(self, enough: Callable[[], bool]) -> None:
        with self._came:
            assert self._came.wait_for(enough, DEADLINE_S), f"in vain; got {len(self.requests)} requests"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(DEADLINE_S)


class Collector(Server):
    """An OTLP receiver that decodes with the official messages. As our server does, it takes a body that comes again,
    because its answer was not waited for, for the same one; `requests` has them all."""

    def __init__(self) -> None:
        super().__init__(lambda request: (200, {"content-type": "application/x-protobuf"}, b""))

    def _bodies(self, *, logs: bool) -> list[bytes]:
        bodies = []
        for request in self.requests:
            if request.path.endswith("/v1/logs") is logs:
                gzipped = request.headers.get("content-encoding") == "gzip"
                bodies.append(zlib.decompress(request.body, 31) if gzipped else request.body)
        return list(dict.fromkeys(bodies))

    def exports(self) -> list[ExportTraceServiceRequest]:
        return [ExportTraceServiceRequest.FromString(body) for body in self._bodies(logs=False)]

    def log_exports(self) -> list[ExportLogsServiceRequest]:
        return [ExportLogsServiceRequest.FromString(body) for body in self._bodies(logs=True)]

    def log_records(self) -> list[Any]:
        return [
            record
            for export in self.log_exports()
            for resource in export.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]

    def spans(self) -> list[Any]:
        return [
            span
            for export in self.exports()
            for resource in export.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def roots(self) -> list[Any]:
        return [span for span in self.spans() if "faas.trigger" in attributes_of(span)]

    def root(self) -> Any:
        (root,) = self.roots()
        return root

    def operations(self) -> list[Any]:
        return [span for span in self.spans() if "mendline.resource.type" in attributes_of(span)]

    def resource(self) -> dict[str, Any]:
        return attributes_of(self.exports()[-1].resource_spans[0].resource)


def value_of(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [value_of(item) for item in value.array_value.values]
    return getattr(value, kind) if kind else None


def attributes_of(message: Any) -> dict[str, Any]:
    return {pair.key: value_of(pair.value) for pair in message.attributes}


class LambdaContext:
    """What awslambdaric passes to a handler, as far as anybody looks."""

    function_name = "shop-orders"
    aws_request_id = "8f5ad1f2-0000-4000-8000-000000000001"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:shop-orders"
    client_context: Any = None

    def __init__(self, remaining_ms: float = 30_000, *, request_id: str = "") -> None:
        self._ends = time.monotonic() + remaining_ms / 1000
        self.aws_request_id = request_id or self.aws_request_id

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._ends - time.monotonic()) * 1000))


@pytest.fixture(scope="session")
def interpreter_of() -> Callable[[int], str]:
    """A Python 3.minor on the PATH or among those of pyenv; skips the test where there is none."""

    def find(minor: int) -> str:
        kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"3.{minor}.*/bin/python"))
        found = str(kept[-1]) if kept else shutil.which(f"python3.{minor}")
        if found is None:
            pytest.skip(f"there is no Python 3.{minor} on this machine")
        return found

    return find


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file of a certificate for localhost, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(made.public_bytes(pem) + private)
    return str(file)


@pytest.fixture
def attributes() -> Callable[[Any], dict[str, Any]]:
    return attributes_of


@pytest.fixture
def make_context() -> type[LambdaContext]:
    return LambdaContext


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    yield server
    server.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(answer: Callable[[Request], tuple[int, dict[str, str], bytes]]) -> Server:
        servers.append(Server(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def lambda_env(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The environment of one function, and an agent that nobody used before."""
    for name in list(os.environ):
        if name.startswith(("MENDLINE_", "OTEL_", "AWS_", "_X_AMZN")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "shop-orders")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "7")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
    monkeypatch.setenv("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/23/[7]0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    forget_agent()
    # a run of tests may take longer than an environment may to start, from when on it tells no such time
    monkeypatch.setattr(agent_module, "age_ms", lambda: 120.5)
    yield monkeypatch
    forget_agent()


def forget_agent() -> None:
    for agent in agent_module._agents:
        behind = getattr(agent.exporter, "_exporter", agent.exporter)  # of an extension
        for exporter in (behind, getattr(behind, "_records", None)):
            if hasattr(exporter, "_client"):
                exporter._client.close()
        os.close(agent.memory._file)
    agent_module._agents.clear()
    ACTIVE.record = None
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "mendline_agent.hooks"]


@pytest.fixture
def anew() -> Callable[[], None]:
    """Has the next handler that is instrumented get an agent that nobody used before."""
    return forget_agent


@pytest.fixture
def traced(lambda_env: pytest.MonkeyPatch, collector: Collector) -> Callable[..., Callable[..., Any]]:
    """Instruments a handler with an agent that sends to `collector`."""
    lambda_env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    return instrument


@pytest.fixture
def run(traced: Callable[..., Any], collector: Collector) -> Callable[..., Any]:
    """Runs `body` as a handler once and answers the invocation's span."""

    def once(body: Callable[..., Any] = lambda event, context: None, event: Any = None) -> Any:
        before = len(collector.roots())
        traced(body)({} if event is None else event, LambdaContext())
        collector.wait(lambda: len(collector.roots()) > before)
        return collector.roots()[-1]

    return once


@pytest.fixture
def under(
    traced: Callable[..., Any], lambda_env: pytest.MonkeyPatch, make_context: type[LambdaContext], collector: Collector
) -> Iterator[Callable[..., Any]]:
    """Runs `body` in a handler, some times, under a chaos experiment; answers what it returned or raised."""
    lambda_env.setenv("MENDLINE_CHAOS", "1")
    lambda_env.setattr("mendline_agent.export._MAX_FLUSH_S", 5.0)  # also on a busy machine
    lambda_env.setenv("MENDLINE_CHAOS_KEY", KEY)

    def run(body: Callable[[], Any], kind: str, times: int = 1, **more: Any) -> Any:
        kept: list[Any] = []

        def handler(event: Any, context: Any) -> None:
            for _ in range(times):
                try:
                    kept.append(body())
                except Exception as error:
                    kept.append(error)

        followed = traced(handler)
        config: Any = agent_module.the_agent().config
        now_s = time.time()
        config.head()
        order = signed(config.chaos.environment, [experiment(kind, now_s=now_s, **more)], issued=now_s)
        config.take(header(order))
        followed({}, make_context())
        collector.wait(collector.roots)
        config.take(header(None, "2"))
        return kept[0] if times == 1 else kept

    yield run
    assert ACTIVE.chaos is None


@pytest.fixture
def lambda_run(serve: Callable[..., Server], collector: Collector, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Runs user code `{file: text}` under awslambdaric for some events; answers what the Runtime API was told."""
    with runner(serve, collector, tmp_path) as run:
        yield run


class Hostile:
    """A raw TCP server that treats each connection as `behave(connection)` says."""

    def __init__(self, behave: Callable[[socket.socket], None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self._ended = threading.Event()
        self._behave = behave
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        with connection, contextlib.suppress(OSError):
            self._behave(connection)

    def close(self) -> None:
        self._ended.set()
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(DEADLINE_S)


@pytest.fixture
def hostile() -> Iterator[Callable[..., Hostile]]:
    started: list[Hostile] = []

    def start(behave: Callable[[socket.socket], None]) -> Hostile:
        started.append(Hostile(behave))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def json_answer() -> Callable[..., tuple[int, dict[str, str], bytes]]:
    def answer(body: Any, status: int = 200) -> tuple[int, dict[str, str], bytes]:
        headers = {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "REQUEST-1"}
        return status, headers, json.dumps(body).encode()

    return answer
