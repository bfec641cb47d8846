"""A living server at 10,000 spans a second: what it costs, how soon it answers, how soon spans can be seen.

The server is a process of its own, fed over HTTP at a fixed rate for some seconds; CPU and memory are read from /proc,
after a warm-up. "idle" is the same server before anything was sent.
"""

from __future__ import annotations

import http.client
import json
import statistics
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bars import Bars
from rate import _request
from served import Served, serving

RATE, SPANS, SECONDS, WARM_UP, CLIENTS = 10_000, 500, 24, 4, 4


def _client(url: str, bodies: list[bytes], first: float, every: float, latencies: list[tuple[float, float]]) -> None:
    """Send one body at each tick; latency counts from the tick, so that a slow answer is not hidden by waiting."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    for number, body in enumerate(bodies):
        due = first + number * every
        time.sleep(max(0.0, due - time.monotonic()))
        connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        latencies.append((due, time.monotonic() - due))


def main() -> int:
    """Measure and print a table."""
    requests = RATE * (SECONDS + WARM_UP) // SPANS
    bodies = [_request(number) for number in range(requests)]
    with serving() as server:
        return _measure(server, bodies)


def _measure(server: Served, bodies: list[bytes]) -> int:
    time.sleep(2)
    idle = server.rss_mib()
    latencies: list[tuple[float, float]] = []
    lags: list[float] = []
    start = time.monotonic() + 0.5
    every = SPANS * CLIENTS / RATE
    clients = [
        threading.Thread(
            target=_client, args=(server.otlp, bodies[n::CLIENTS], start + n * every / CLIENTS, every, latencies)
        )
        for n in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    time.sleep(WARM_UP + 0.5)
    cpu, wall = server.cpu_seconds(), time.monotonic()
    while time.monotonic() < start + WARM_UP + SECONDS - 1:
        lags.append(server.metric("mendline_visible_lag_seconds"))
        time.sleep(0.5)
    cpu, wall = server.cpu_seconds() - cpu, time.monotonic() - wall
    for client in clients:
        client.join()
    measured = sorted(latency for due, latency in latencies if due > start + WARM_UP)
    result = {
        "spans_per_s": RATE,
        "spans_per_request": SPANS,
        "cpu_of_one_core_percent": round(100 * cpu / wall, 1),
        "ack_ms_p50": round(1000 * statistics.median(measured), 1),
        "ack_ms_p99": round(1000 * measured[int(len(measured) * 0.99)], 1),
        "visible_lag_s_median": round(statistics.median(lags), 2),
        "visible_lag_s_max": round(max(lags), 2),
        "rss_mib_idle": round(idle),
        "rss_mib_peak": round(server.rss_mib("VmHWM")),
    }
    print("live:", json.dumps(result, indent=1))
    bars = Bars()
    bars.hold("CPU, % of one core", result["cpu_of_one_core_percent"], 40, at_most=True)
    bars.hold("acknowledgement p99, ms", result["ack_ms_p99"], 100, at_most=True)
    bars.hold("visible after, s", result["visible_lag_s_max"], 2, at_most=True)
    bars.hold("RSS when idle, MB", result["rss_mib_idle"] * 1.048576, 600, at_most=True)
    bars.hold("RSS at most, MB", result["rss_mib_peak"] * 1.048576, 1300, at_most=True)
    return bars.status


if __name__ == "__main__":
    sys.exit(main())
