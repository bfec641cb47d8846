"""How many spans a second one core takes in, against what ClickHouse itself can do with the same bytes.

Rounds of the three are interleaved in one run, on one thread of ClickHouse; CPU time of the whole process counts.
"parse" inserts into a Null table without views; "bare" into one MergeTree table of spans and nothing else; "store" is
what the writer does with a batch, in every table; "ingest" is a gzip body through inflate, check, spool (with
fdatasync), writer and store, until it is queryable. Bars are said to be met or missed; exit status 1 where one is
missed by more than a fifth. `--write` writes the figures into docs/performance.md.
"""

from __future__ import annotations

import argparse
import gzip
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import md5
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mendline.clock import SystemClock
from mendline.ingest import writer as writing
from mendline.ingest.admission import Admission
from mendline.ingest.cardinality import Cardinality
from mendline.ingest.counters import Counters
from mendline.ingest.quarantine import Quarantine
from mendline.ingest.rates import Rates
from mendline.ingest.receive import Bounds, Receiver
from mendline.ingest.redact import Rules
from mendline.ingest.spool import Spool
from mendline.ingest.writer import Writer
from mendline.model.signal import Signal
from mendline.store import ClickHouseStore, Payload
from mendline.store.contract import Retention
from mendline.store.handover import insert_through_memory
from mendline.store.retention import kept_days

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bars import Bars, at_least_one
from marked import PERFORMANCE, rewrite

ROUNDS, REQUESTS, SPANS = 7, 60, 500
_BARE_VIEWS = (
    "otlp_traces_to_traces_flat",
    "traces_flat_to_spans_in",
    "spans_in_to_spans_told",
    "spans_told_to_spans",
)


def _set(attributes: object, values: dict[str, object]) -> None:
    for key, value in values.items():
        pair = attributes.add(key=key)  # type: ignore[attr-defined]
        if isinstance(value, bool):
            pair.value.bool_value = value
        elif isinstance(value, int):
            pair.value.int_value = value
        elif isinstance(value, float):
            pair.value.double_value = value
        else:
            pair.value.string_value = str(value)


def _request(number: int, spans: int = SPANS) -> bytes:
    """A request of invocations with four operations each, as our agent sends them."""
    random_ = random.Random(number)
    message = ExportTraceServiceRequest()
    now = time.time_ns()
    for _ in range(spans // 5):
        function = random_.choice(["checkout", "payment", "notify", "price", "inventory"])
        group = message.resource_spans.add()
        _set(
            group.resource.attributes,
            {
                "service.name": function,
                "faas.name": function,
                "cloud.provider": "aws",
                "cloud.platform": "aws_lambda",
                "cloud.region": "us-east-1",
                "cloud.account.id": "000000000000",
                "faas.instance": f"2026/11/23/[$LATEST]{md5(bytes([random_.getrandbits(3)])).hexdigest()}",
            },
        )
        scope = group.scope_spans.add()
        trace_id, root = random_.randbytes(16), random_.randbytes(8)
        invoked = now - random_.randrange(10**9)
        for index in range(5):
            start = invoked + index * random_.randrange(10**7)
            span = scope.spans.add(
                trace_id=trace_id,
                span_id=random_.randbytes(8) if index else root,
                parent_span_id=root if index else b"",
                name="DynamoDB.PutItem" if index else function,
                kind=3 if index else 2,
                start_time_unix_nano=start,
                end_time_unix_nano=start + random_.randrange(10**8),
            )
            _set(span.attributes, _operation(random_) if index else _invocation(random_))
    return message.SerializeToString()


def _invocation(random_: random.Random) -> dict[str, object]:
    return {
        "faas.invocation_id": f"{random_.getrandbits(128):032x}",
        "faas.coldstart": False,
        "faas.trigger": "http",
        "mendline.timeout_ms": 3000,
        "mendline.remaining_ms": 2000.5,
        "mendline.request": f'{{"sku": "A-1", "quantity": {random_.randrange(100)}}}',
    }


def _operation(random_: random.Random) -> dict[str, object]:
    return {
        "rpc.system": "aws-api",
        "rpc.service": "DynamoDB",
        "rpc.method": "PutItem",
        "db.collection.name": "orders",
        "http.response.status_code": 200,
        "aws.request_id": f"{random_.getrandbits(128):032x}",
        "mendline.retries": 0,
    }


def _merge_s() -> float:
    """CPU time of the threads in which ClickHouse merges parts. They work whenever there is time, for all that was
    stored before, so that what they do says nothing of the step which is measured just then."""
    total = 0
    for task in Path("/proc/self/task").iterdir():
        try:
            if (task / "comm").read_text().strip() == "MergeMutate":
                total += int((task / "schedstat").read_text().split()[0])
        except OSError:
            continue
    return total / 1e9


def _measure(work: Callable[[], None]) -> tuple[float, float]:
    cpu, merges, wall = time.process_time(), _merge_s(), time.perf_counter()
    work()
    own = time.process_time() - cpu - (_merge_s() - merges)
    return own, time.perf_counter() - wall


def _bare(folder: Path) -> ClickHouseStore:
    """A store of spans alone: from protobuf straight into one MergeTree table."""
    store = ClickHouseStore.embedded(folder, "bare")
    for setting in ("max_threads", "max_insert_threads"):
        store._writer.command(f"SET {setting} = 1")
    for (name,) in store._rows("SELECT name FROM schema_views"):
        if name not in _BARE_VIEWS:
            store._writer.command(f"DROP VIEW `{name}`")
    return store


def _wait_until_stored(spool: Spool) -> None:
    while spool.pending_bytes:
        time.sleep(0.01)


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="How many spans a second one core takes in.")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    parser.add_argument("--rounds", type=at_least_one, default=ROUNDS, help=f"after one to warm up (default: {ROUNDS})")
    parser.add_argument(
        "--requests", type=at_least_one, default=REQUESTS, help=f"of 500 spans, a round (default: {REQUESTS})"
    )
    asked = parser.parse_args()
    rounds, requests, write = asked.rounds, asked.requests, asked.write
    bodies = [_request(number) for number in range(requests)]
    payloads = [Payload(body, number, time.time_ns()) for number, body in enumerate(bodies)]
    total = requests * SPANS
    with tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder:
        store = ClickHouseStore.embedded(Path(folder))
        bare = _bare(Path(folder))
        command = store._writer.command
        for setting in ("max_threads", "max_insert_threads"):
            command(f"SET {setting} = 1")
        command("CREATE TABLE nothing AS otlp_traces ENGINE = Null")
        spool, counters = Spool(Path(folder) / "spool", SystemClock(), most_bytes=2**31), Counters()
        writer = Writer(spool, store, counters, Quarantine(Path(folder) / "quarantine"))
        writer.start()
        clock = SystemClock()
        bounds = Bounds(2**24, 2**26, 50_000)
        rates, cardinality = Rates(0, clock), Cardinality(clock)
        rules = Rules()
        receiver = Receiver(spool, counters, Admission(2**31), rates, lambda: rules, bounds, clock, cardinality)

        def ingest(zipped: list[bytes], size: int) -> None:
            # one insert of all of them, as it is when they come at this rate: not sooner, and not a part
            writing.STEADY_SECONDS = writing.SOON_SECONDS = 30.0
            writing.MUCH_BYTES = size - size // requests // 2
            for future in [receiver.accept(Signal.TRACES, body, "gzip").durable for body in zipped]:
                future.result() if future else None
            _wait_until_stored(spool)

        def keep(first: int, fresh: list[bytes]) -> None:
            batch = [Payload(body, first + n, time.time_ns()) for n, body in enumerate(fresh)]
            store.insert(Signal.TRACES, batch, f"s{first}")
            store.complete(first, first + len(fresh))

        results: dict[str, list[tuple[float, float]]] = {"parse": [], "bare": [], "store": [], "ingest": []}
        for number in range(rounds + 1):
            # other requests in each round: a repeat is not stored again
            first = number * requests
            fresh = [_request(first + n) for n in range(requests)]
            sent = [_request(2**20 + first + n) for n in range(requests)]
            zipped, size = [gzip.compress(body, 1) for body in sent], sum(map(len, sent))
            measured = {
                "parse": _measure(
                    lambda n=number: insert_through_memory(command, Signal.TRACES, "nothing", payloads, f"p{n}")
                ),
                "bare": _measure(lambda n=number: bare.insert(Signal.TRACES, payloads, f"b{n}")),
                "store": _measure(lambda n=first, bodies=fresh: keep(n, bodies)),
                "ingest": _measure(lambda bodies=zipped, size=size: ingest(bodies, size)),
            }
            if number:  # the first round warms up
                for name, value in measured.items():
                    results[name].append(value)
        merges = _merge_s() / (3 * total * (rounds + 1)) * 1e6
        size = _print_sizes(store)
        writer.stop()
        spool.close()
        store.close()
        bare.close()
    _print(results, total, sum(map(len, bodies)) / total)
    print(f"merges in the background, not in these figures: {merges:.1f} µs of CPU for each span stored")
    bars = Bars()
    parse_s, bare_s, store_s, whole_s = (
        statistics.median(cpu for cpu, _ in results[name]) for name in ("parse", "bare", "store", "ingest")
    )
    bars.hold("bytes a span, all tables", size, 65, at_most=True)
    bars.hold("spans/s per core of the writer", total / store_s, 50_000, at_most=False)
    bars.hold("the writer, of the bare insert's rate", bare_s / store_s, 0.5, at_most=False)
    bars.hold("the whole way, of the bare insert's rate", bare_s / whole_s, 0.5, at_most=False)
    if write:
        of_core = [f"{total / cpu_s:,.0f} spans/s of a core" for cpu_s in (parse_s, bare_s, store_s, whole_s)]
        lines = [
            "| ingest, 30,000 spans an insert | |",
            "|---|---|",
            f"| ClickHouse's parse of protobuf into a Null table | {of_core[0]} |",
            f"| ClickHouse's bare protobuf to one table | {of_core[1]} ({parse_s / bare_s:.0%} of parse) |",
            f"| our whole schema, with invocations completed | {of_core[2]} ({bare_s / store_s:.0%} of bare) |",
            f"| from gzip on the wire through check, redaction, spool and store | {of_core[3]}"
            f" ({bare_s / whole_s:.0%} of bare, {parse_s / whole_s:.0%} of parse) |",
            f"| merges in the background, not in the rows above | {merges:.0f} µs of CPU for each span |",
            f"| on the disk, once the retention is reached | {size:.0f} bytes a span, all tables |",
        ]
        rewrite(PERFORMANCE, "ingest", lines)
    return bars.status


def _print_sizes(store: ClickHouseStore) -> float:
    """What is on the disk after merges, by table: of one day, and of all days where each table keeps its own number."""
    spans = store.select("receipt")[0]["spans"]
    for table in store.select("sizes"):
        store._writer.command(f"OPTIMIZE TABLE {table['name']} FINAL")
    sizes = {table["name"]: table["bytes"] / spans for table in store.select("sizes")}
    told = ", ".join(f"{name} {size:.1f}" for name, size in sizes.items() if size >= 0.1)
    days = kept_days(Retention())
    lasting = sum(size * min(days.get(name, 30) / days["spans"], 1) for name, size in sizes.items())
    print(f"size: {lasting:.1f} B/span in all tables, once the retention is reached; of the first days {told}")
    return lasting


def _print(results: dict[str, list[tuple[float, float]]], total: int, bytes_per_span: float) -> None:
    parse, bare = (statistics.median(cpu for cpu, _ in results[name]) for name in ("parse", "bare"))
    rounds = len(results["bare"])
    print(f"ingest: {total:,} spans a round, {bytes_per_span:.0f} B/span, {rounds} rounds, medians [range]")
    print(f"{'':8}{'spans/s per core':>20}{'range':>22}{'of parse':>10}{'of bare':>10}{'wall s':>9}")
    for name, values in results.items():
        cpus = [cpu for cpu, _ in values]
        median = statistics.median(cpus)
        spread = f"[{total / max(cpus):,.0f}-{total / min(cpus):,.0f}]"
        wall = statistics.median(wall for _, wall in values)
        print(f"{name:8}{total / median:>20,.0f}{spread:>22}{parse / median:>10.0%}{bare / median:>10.0%}{wall:>9.2f}")


if __name__ == "__main__":
    sys.exit(main())
