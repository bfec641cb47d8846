"""What the agent costs: its import after what the runtime loads, and each invocation beside the bare handler.

Run it with the repository's Python: `.venv/bin/python bench/agent/cost.py [--rounds N]`. Pairs are interleaved, the
answering side (collector and stub in one) is another process, and medians of the differences are what to look at.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bars import at_least_one

RUNTIME = "import json, logging, threading, traceback, functools, time, os, decimal, re"
START = "import mendline_agent; mendline_agent.instrument(lambda event, context: None)"
EVENT = {
    "version": "2.0",
    "routeKey": "POST /orders/{id}",
    "rawPath": "/orders/42",
    "headers": {f"x-header-{i}": f"value {i}" for i in range(20)} | {"authorization": "Bearer abc"},
    "requestContext": {
        "domainName": "abc.execute-api.eu-west-1.amazonaws.com",
        "http": {"method": "POST", "path": "/orders/42", "userAgent": "bench"},
        "timeEpoch": 1795413002090,
    },
    "body": json.dumps({"items": [{"sku": f"sku-{i}", "count": i} for i in range(10)], "password": "x"}),
}


def serve() -> None:
    """Answer everything with 200 and an empty JSON object; print the port."""
    import asyncio

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                writer.write(b"HTTP/1.1 200 OK\r\nx-amzn-requestid: r\r\nContent-Length: 2\r\n\r\n{}")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(client, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(main())


OPTED_IN = {"MENDLINE_CHAOS": "1", "MENDLINE_CHAOS_KEY": "0123456789abcdef"}


class Context:
    """As much of a Lambda context as an agent asks for."""

    function_name = "bench"
    aws_request_id = "8f5ad1f2-0000-4000-8000-000000000001"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:bench"
    client_context = None

    def __init__(self) -> None:
        self._ends = time.time() + 30

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left."""
        return int((self._ends - time.time()) * 1000)


def import_cost(rounds: int) -> None:
    """Fresh interpreters, one with and one without the agent in turn."""
    measure = (
        f"{RUNTIME}\na, c = time.perf_counter(), time.process_time()\n%s\n"
        "print((time.perf_counter() - a) * 1e3, (time.process_time() - c) * 1e3,"
        " int(open('/proc/self/statm').read().split()[1]) * 4)"
    )
    found: dict[str, list[list[float]]] = {"without": [], "with": [], "boto3": []}
    for _ in range(rounds):
        for name, code in (("without", "pass"), ("with", START), ("boto3", "import boto3; boto3.client")):
            out = subprocess.run([sys.executable, "-c", measure % code], capture_output=True, text=True, check=True)
            found[name].append([float(number) for number in out.stdout.split()])
    wall, cpu, rss = ([row[i] for row in found["with"]] for i in range(3))
    bare_rss = statistics.median(row[2] for row in found["without"])
    print(f"import and wrap, {rounds} fresh interpreters")
    print(f"  wall ms   median {statistics.median(wall):6.2f}   p10 {_quantile(wall, 0.1):6.2f}")
    print(f"  cpu ms    median {statistics.median(cpu):6.2f}   p10 {_quantile(cpu, 0.1):6.2f}")
    print(f"  RSS       +{(statistics.median(rss) - bare_rss) / 1024:.2f} MiB")
    boto_wall, boto_cpu, boto_rss = (statistics.median(row[i] for row in found["boto3"]) for i in range(3))
    print(
        f"  of `import boto3` in the same run: wall {statistics.median(wall) / boto_wall:.1%},"
        f" cpu {statistics.median(cpu) / boto_cpu:.1%},"
        f" RSS {(statistics.median(rss) - bare_rss) / (boto_rss - bare_rss):.1%}\n"
    )


def invocation_cost(name: str, handler: Any, agents: dict[str, Any], rounds: int) -> None:
    """Bare and instrumented handlers in turn; medians, and the median of the paired differences."""
    variants = {"bare": handler, **agents}
    wall: dict[str, list[float]] = {variant: [] for variant in variants}
    cpu: dict[str, list[float]] = {variant: [] for variant in variants}
    for turn in range(rounds + 50):
        for variant, call in variants.items():
            context, event = Context(), dict(EVENT)
            started, used = time.perf_counter_ns(), time.thread_time_ns()
            call(event, context)
            ended, spent = time.perf_counter_ns(), time.thread_time_ns()
            if turn >= 50:
                wall[variant].append((ended - started) / 1e3)
                cpu[variant].append((spent - used) / 1e3)
    print(f"{name}, {rounds} interleaved rounds (µs)")
    for variant in variants:
        added = statistics.median(a - b for a, b in zip(wall[variant], wall["bare"], strict=True))
        added_cpu = statistics.median(a - b for a, b in zip(cpu[variant], cpu["bare"], strict=True))
        print(
            f"  {variant:24} median {statistics.median(wall[variant]):8.1f}   p90 {_quantile(wall[variant], 0.9):8.1f}"
            f"   added {added:+8.1f}   added cpu {added_cpu:+8.1f}"
            f"   of bare {statistics.median(wall[variant]) / statistics.median(wall['bare']):6.1f} x"
        )
    print()


def breaker_cost(rounds: int) -> None:
    """What a call costs more behind a closed circuit breaker, and behind one with a fallback; bar: 5 µs."""
    from mendline_agent.resilience import circuit_breaker, fallback

    def call(order: int) -> int:
        return order

    breaker = circuit_breaker("bench")
    variants = {"bare": call, "breaker": breaker(call), "breaker and fallback": fallback(0)(breaker(call))}
    spent: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(max(20, rounds // 10)):
        for name, function in variants.items():
            began = time.thread_time_ns()
            for order in range(1000):
                function(order)
            spent[name].append((time.thread_time_ns() - began) / 1e6)
    print("one call, closed (µs of CPU)")
    for name in variants:
        added = statistics.median(a - b for a, b in zip(spent[name], spent["bare"], strict=True))
        print(f"  {name:24} added {added:6.2f}")


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


def _instrumented(handler: Any, endpoint: str, **env: str) -> Any:
    """The handler under an agent of its own with this endpoint."""
    from mendline_agent import agent, instrument

    os.environ.update(env, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)
    agent._agents.clear()
    return instrument(handler)


def three_calls(port: int) -> Any:
    """A handler that makes one call each through botocore, urllib3 and http.client."""
    import boto3
    import urllib3

    url = f"http://127.0.0.1:{port}"
    table = boto3.client(
        "dynamodb", endpoint_url=url, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="y"
    )
    pool = urllib3.PoolManager()
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def handler(event: Any, context: Any) -> Any:
        table.put_item(TableName="orders", Item={"id": {"S": "1"}})
        pool.request("GET", f"{url}/price/42")
        connection.request("GET", "/stock/42")
        connection.getresponse().read()
        return {"statusCode": 200, "body": "{}"}

    return handler


def wire_bytes(handler: Any) -> int:
    """Bytes of one invocation's request body."""
    from mendline_agent import agent

    sent: list[int] = []
    exporter = agent._agents[0].exporter
    exporter._breaker.succeeded()
    exporter.outbox.take()

    def post(body: bytes, *rest: Any, **more: Any) -> tuple[int, dict[str, str]]:
        sent.append(len(body))
        return 200, {}

    exporter._client = SimpleNamespace(post=post, delivered=False, answer=b"")
    handler(dict(EVENT), Context())
    return sent[0]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=at_least_one, default=1500)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve()
        return
    os.environ["AWS_LAMBDA_FUNCTION_NAME"] = "bench"
    import_cost(max(11, arguments.rounds // 50))
    with subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True) as server:
        try:
            compare(int(server.stdout.readline() if server.stdout else 0), arguments.rounds)
        finally:
            server.terminate()


def compare(port: int, rounds: int) -> None:
    """Both workloads, against the answering side at this port."""
    for name, handler in (("(a) empty handler", lambda event, context: None), ("(b) three calls", three_calls(port))):
        agents = {
            "agent, local collector": _instrumented(handler, f"http://127.0.0.1:{port}"),
            "agent, breaker open": _instrumented(handler, "http://127.0.0.1:1"),
            "agent, chaos opted in": _instrumented(handler, f"http://127.0.0.1:{port}", **OPTED_IN),
        }
        os.environ.pop("MENDLINE_CHAOS")
        invocation_cost(name, handler, agents, rounds)
        print(f"  one export: {wire_bytes(agents['agent, chaos opted in'])} bytes on the wire\n")
    breaker_cost(rounds)


if __name__ == "__main__":
    main()
