"""A thousand policies every minute on live 10,000 spans a second: what evaluating them costs, and how soon people hear.

The same server is fed at a fixed rate without policies and then with them; what they cost is the difference of its CPU,
read from /proc. Meanwhile errors of a function of their own are sent, one after the other, which a policy tells
of every ten seconds: the time is from when they are acknowledged to when the receiver, on loopback, has the request.
`--rate` and `--seconds` make it smaller.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ingest"))
from bars import Bars
from rate import _request
from served import Served, serving

RATE, SPANS, POLICIES, SECONDS, SETTLE_S, CASES = 10_000, 500, 1000, 75, 15, 5
_GROUPS = ("by function", "by function, version", "by function, error.type", "by entry")
_NUMBERS = ("count()", "p95(duration)", "ratio(error)", "sum(cost)", "max(duration)")
_POLICY = "function:case-{number} error | count() by function | over 5m | where count() > 0"


class Receiver:
    """Listens on loopback, and knows when each function was told of first."""

    def __init__(self) -> None:
        self.told: dict[str, float] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                for name in body["data"]["functions"]:
                    outer.told.setdefault(name, time.monotonic())
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


class Load:
    """Requests at the rate, from `start` to `stop`, by a thread of its own; `sent` counts spans that were taken."""

    def __init__(self, server: Served, rate: int) -> None:
        self._server, self._rate, self._stopping = server, rate, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.sent = 0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, when what is sent just now is acknowledged."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        connection = http.client.HTTPConnection(self._server.otlp.removeprefix("http://"))
        due, number = time.monotonic(), 0
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            post(connection, _request(number, SPANS))
            self.sent += SPANS
            due, number = due + SPANS / self._rate, number + 1


def post(connection: http.client.HTTPConnection, body: bytes) -> None:
    """Send, and be acknowledged."""
    connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status


def documents(receiver: str) -> str:
    """The policies as a file; none of the thousand ever fires."""
    told = []
    for number in range(POLICIES):
        group, value = _GROUPS[number % len(_GROUPS)], _NUMBERS[number // 4 % len(_NUMBERS)]
        query = f"duration > {number}ms | {value} {group} | over 5m | where {value} > 1000000000"
        told.append({"name": f"never {number}", "query": query, "every": "1m"})
    told += [
        {"name": f"case {number}", "query": _POLICY.format(number=number), "every": "10s", "notify": ["hook"]}
        for number in range(CASES)
    ]
    hook = {"name": "hook", "type": "webhook", "url": receiver, "allow_private": True, "default": False}
    return json.dumps({"receivers": [hook], "policies": told})


def failing(number: int) -> bytes:
    """A request with one failed invocation of a case's function. It calls nothing: what is called by several would make
    one incident of all."""
    message = ExportTraceServiceRequest.FromString(_request(10**6 + number, 5))
    (group,) = message.resource_spans
    del group.scope_spans[0].spans[1:]
    for attribute in group.resource.attributes:
        if attribute.key in ("service.name", "faas.name"):
            attribute.value.string_value = f"case-{number}"
    for span in group.scope_spans[0].spans:
        span.start_time_unix_nano = time.time_ns() - 10**7
        span.end_time_unix_nano = time.time_ns()
    group.scope_spans[0].spans[0].status.code = 2
    return message.SerializeToString()


def cores(server: Served, load: Load, seconds: float) -> tuple[float, float]:
    """The CPU that it takes, in cores; and how many spans a second it took, fewer where the machine is busy."""
    cpu, wall, sent = server.cpu_seconds(), time.monotonic(), load.sent
    time.sleep(seconds)
    length = time.monotonic() - wall
    return (server.cpu_seconds() - cpu) / length, (load.sent - sent) / length


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What a thousand policies cost, and how soon people hear.")
    parser.add_argument("--rate", type=int, default=RATE, help="spans a second")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="that are measured, without and with policies")
    asked = parser.parse_args()
    bars, receiver = Bars(), Receiver()
    with serving() as server:
        load = Load(server, asked.rate)
        load.start()
        try:
            time.sleep(SETTLE_S)
            before, rate_before = cores(server, load, asked.seconds)
            folder = server.data / "policies"
            folder.mkdir()
            (folder / "all.yaml").write_text(documents(receiver.url))
            apply = [sys.executable, "-m", "mendline", "policies", "apply", str(folder), "--data", str(server.data)]
            subprocess.run(apply, check=True, stdout=subprocess.DEVNULL)
            time.sleep(SETTLE_S)
            during, rate = cores(server, load, asked.seconds)
            waited = _told_after(server, receiver)
        finally:
            load.stop()
    cost = during - before
    bars.hold(f"{POLICIES:,} policies a minute at {asked.rate:,} spans/s, cores", cost, 0.5, at_most=True)
    bars.hold("from a span's arrival to the receiver's request, s, at most", max(waited), 15, at_most=True)
    print(f"| spans a second | {rate_before:,.0f} without, {rate:,.0f} with policies, of {asked.rate:,} |")
    print(f"| {POLICIES:,} policies every minute | {cost:.2f} cores beside {before:.2f} of the load |")
    print(f"| told after | median {statistics.median(waited):.1f} s, at most {max(waited):.1f} s of {len(waited)} |")
    return bars.status


def _told_after(server: Served, receiver: Receiver) -> list[float]:
    """Seconds from each case's acknowledgement to the first request about it."""
    connection = http.client.HTTPConnection(server.otlp.removeprefix("http://"))
    waited = []
    for number in range(CASES):
        post(connection, failing(number))
        begun, name = time.monotonic(), f"case-{number}"
        while name not in receiver.told and time.monotonic() < begun + 60:
            time.sleep(0.05)
        waited.append(receiver.told.get(name, begun + 60) - begun)
        time.sleep(3.7)  # so that the cases meet different moments of the interval
    return waited


if __name__ == "__main__":
    sys.exit(main())
