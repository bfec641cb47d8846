"""A living server at 10,000 spans a second: what it costs, how soon it answers, how soon spans can be seen.

The server is a process of its own, fed over HTTP at a fixed rate for some seconds; CPU and memory are read from /proc,
after a warm-up. "idle" is the same server before anything was sent; "full" is when it gets as many as it takes, until
they are stored. `--write` writes the figures into docs/performance.md.
"""

from __future__ import annotations

import http.client
import statistics
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bars import Bars
from marked import PERFORMANCE, asked_to_write, rewrite
from rate import _request
from served import Served, serving

RATE, SPANS, SECONDS, WARM_UP, CLIENTS = 10_000, 500, 24, 4, 4
FULL_REQUESTS = 300


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


def _flood(server: Served, bodies: list[bytes]) -> float:
    """Send all bodies as fast as they are taken, and wait until they are stored; answers the spans a second."""

    def send(own: list[bytes]) -> None:
        connection = http.client.HTTPConnection(server.otlp.removeprefix("http://"))
        for body in own:
            status = 0
            while status != 200:
                connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
                answer = connection.getresponse()
                answer.read()
                status = answer.status
                assert status in (200, 429, 503), status
                time.sleep(0.05 if status != 200 else 0)

    begun = time.monotonic()
    clients = [threading.Thread(target=send, args=(bodies[n::CLIENTS],)) for n in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    while server.metric("mendline_spool_bytes"):
        time.sleep(0.1)
    return len(bodies) * SPANS / (time.monotonic() - begun)


def main() -> int:
    """Measure and print."""
    write = asked_to_write("What a living server costs at 10,000 spans a second.")
    requests = RATE * (SECONDS + WARM_UP) // SPANS
    bodies = [_request(number) for number in range(requests + FULL_REQUESTS)]
    bars = Bars()
    with serving() as server:
        lines = _measure(server, bodies[:requests], bars)
        taken = _flood(server, bodies[requests:])
        peak = server.rss_mib("VmHWM")
    bars.hold("RSS at full ingest, MB", peak * 1.048576, 1300, at_most=True)
    lines.append(f"| memory while it gets as many as it takes ({taken:,.0f} spans/s here) | at most {peak:,.0f} MiB |")
    print("\n".join(lines))
    if write:
        rewrite(PERFORMANCE, "live", lines)
    return bars.status


def _measure(server: Served, bodies: list[bytes], bars: Bars) -> list[str]:
    """What it costs at the rate, as lines of a table; bars are held."""
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
    p50, p99 = (1000 * measured[int(len(measured) * share)] for share in (0.5, 0.99))
    percent, live = 100 * cpu / wall, server.rss_mib("VmHWM")
    bars.hold("CPU at 10,000 spans/s, % of one core", percent, 40, at_most=True)
    bars.hold("acknowledgement p99, ms", p99, 100, at_most=True)
    bars.hold("visible after, s", max(lags), 2, at_most=True)
    bars.hold("RSS when idle, MB", idle * 1.048576, 600, at_most=True)
    return [
        "| live, at 10,000 spans/s | |",
        "|---|---|",
        f"| CPU | {percent:.0f} % of one core |",
        f"| acknowledged after | median {p50:.0f} ms, 99th percentile {p99:.0f} ms |",
        f"| visible after | median {statistics.median(lags):.2f} s, at most {max(lags):.2f} s |",
        f"| memory | {idle:,.0f} MiB idle, at most {live:,.0f} MiB at this rate |",
    ]


if __name__ == "__main__":
    sys.exit(main())
