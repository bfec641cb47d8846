"""What a server costs where little comes: 10 spans a second with log lines and metrics beside them, as of a demo.

Nearly all of it is what each insert costs whatever is in it. The server is a process of its own, fed over HTTP; CPU is
read from /proc after a warm-up. "idle" is the same server before anything was sent. `--write` writes the figures into
docs/performance.md.
"""

from __future__ import annotations

import http.client
import sys
import time
from pathlib import Path

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bars import Bars
from marked import PERFORMANCE, asked_to_write, rewrite
from rate import _request
from served import Served, serving

EVERY_S, SPANS, LINES, POINTS = 0.5, 5, 2, 5
IDLE_S, WARM_UP_S, SECONDS = 6, 5, 30


def _logs(number: int) -> bytes:
    message = ExportLogsServiceRequest()
    group = message.resource_logs.add()
    group.resource.attributes.add(key="service.name").value.string_value = "checkout"
    scope = group.scope_logs.add()
    for line in range(LINES):
        record = scope.log_records.add(time_unix_nano=time.time_ns(), severity_number=9, severity_text="INFO")
        record.body.string_value = f"order {number}-{line} was taken"
    return message.SerializeToString()


def _metrics(number: int) -> bytes:
    message = ExportMetricsServiceRequest()
    group = message.resource_metrics.add()
    group.resource.attributes.add(key="service.name").value.string_value = "checkout"
    scope = group.scope_metrics.add()
    for index in range(POINTS):
        metric = scope.metrics.add(name=f"orders.{index}", unit="1")
        metric.gauge.data_points.add(time_unix_nano=time.time_ns(), as_double=number + index)
    return message.SerializeToString()


def _feed(server: Served, seconds: float, first: int) -> tuple[int, float]:
    """Send all three signals at each tick; answers the next number, and the longest lag that was told."""
    connection = http.client.HTTPConnection(server.otlp.removeprefix("http://"))
    begun, number, lag = time.monotonic(), first, 0.0
    while time.monotonic() < begun + seconds:
        for path, body in (("traces", _request(number, SPANS)), ("logs", _logs(number)), ("metrics", _metrics(number))):
            connection.request("POST", f"/v1/{path}", body, {"content-type": "application/x-protobuf"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
        number += 1
        if number % 4 == 0:
            lag = max(lag, server.metric("mendline_visible_lag_seconds"))
        time.sleep(max(0.0, begun + (number - first) * EVERY_S - time.monotonic()))
    return number, lag


def main() -> int:
    """Measure and print."""
    write = asked_to_write("What a server costs where little comes.")
    with serving() as server:
        time.sleep(2)
        cpu = server.cpu_seconds()
        time.sleep(IDLE_S)
        idle = (server.cpu_seconds() - cpu) * 60 / IDLE_S
        number, _ = _feed(server, WARM_UP_S, 0)
        cpu, wall = server.cpu_seconds(), time.monotonic()
        inserts = server.metric("mendline_insert_seconds_count")
        _, lag = _feed(server, SECONDS, number)
        minute = (server.cpu_seconds() - cpu) * 60 / (time.monotonic() - wall)
        inserts = (server.metric("mendline_insert_seconds_count") - inserts) / 5  # begun, three signals, completed
    lines = [
        f"| where little comes, {SPANS / EVERY_S:.0f} spans/s with log lines and metrics | |",
        "|---|---|",
        f"| CPU | {minute:.1f} s a minute; {idle:.1f} s when nothing comes |",
        f"| batches | {inserts * 60 / SECONDS:.0f} a minute |",
        f"| visible after | at most {lag:.2f} s |",
    ]
    print("\n".join(lines))
    if write:
        rewrite(PERFORMANCE, "trickle", lines)
    bars = Bars()
    bars.hold("CPU at 10 spans/s, s a minute", minute, CPU_BAR, at_most=True)
    bars.hold("visible after, s", lag, 2, at_most=True)
    return bars.status


CPU_BAR = 20

if __name__ == "__main__":
    sys.exit(main())
