"""Run by test_failed_writes.py: a store whose files may not grow beyond some bytes now and then, and what it says."""

from __future__ import annotations

import os
import resource
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

from otlp_requests import request_of

from mendline.errors import StoreError
from mendline.model.signal import Signal
from mendline.store import ClickHouseStore, clickhouse
from mendline.store.contract import Payload

EACH = 20
DATA, MOST_BYTES = Path(sys.argv[1]), int(sys.argv[2])
said: list[str] = []


@contextmanager
def refusing():
    """No file of this process may be longer."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def payload(number):
    """A request with EACH invocations of a function, each with a trace of its own."""
    spans = [
        {"trace_id": os.urandom(16), "span_id": os.urandom(8), "kind": 2, "attributes": {"faas.invocation_id": str(k)}}
        for k in range(number * EACH, (number + 1) * EACH)
    ]
    return Payload(request_of(spans, {"faas.name": "f", "cloud.platform": "aws_lambda"}), number, time.time_ns())


def told(what, change):
    """Say how a change ends."""
    try:
        said.append(f"{what}: {change() or 'done'}")
    except StoreError as error:
        said.append(f"{what}: {error.code}")


def count(store, table):
    """Rows that can be read whole, of a table in which nothing stands twice."""
    try:
        return store.ask(f"SELECT count() FROM (SELECT * FROM {table}) AS rows WHERE NOT ignore(*)", {})[0][0]
    except StoreError:
        return "unreadable"


with closing(ClickHouseStore.embedded(DATA)) as store:
    payloads = {number: payload(number) for number in range(1, 5)}

    def insert(number):
        store.insert(Signal.TRACES, [payloads[number]], f"{number}")

    def insert_refused(number):
        """The engine is refused, and not we, who hand the request over by a file in memory."""
        really = clickhouse.insert_rows_through_memory

        def handed_over(command, *rest):
            def refused(sql):
                with refusing():
                    command(sql)

            really(refused, *rest)

        clickhouse.insert_rows_through_memory = handed_over
        try:
            insert(number)
        finally:
            clickhouse.insert_rows_through_memory = really

    for number in (1, 2):
        insert(number)
        store.complete(number, number + 1)
    with refusing():
        store._writer.command("OPTIMIZE TABLE spans FINAL")
    told("spans while a merge is damaged", lambda: count(store, "spans"))
    store.look_at_disk(low=False)
    told("spans after a look at the disk", lambda: count(store, "spans"))
    with refusing():
        store._writer.command("OPTIMIZE TABLE spans FINAL")
    told("refused insert", lambda: insert_refused(3))
    with refusing():
        told("still full", lambda: store.look_at_disk(low=True))
    store.look_at_disk(low=False)
    insert(3)
    told("spans after it was repeated", lambda: count(store, "spans"))
    store.complete(3, 4)
    told("invocations", lambda: count(store, "invocations"))
    insert(4)
    with refusing():
        told("refused completion", lambda: store.complete(4, 5))
    store.complete(4, 5)
    told("invocations after it was repeated", lambda: count(store, "invocations"))
    told("invocations of every minute", lambda: store.ask("SELECT sum(invocations) FROM function_minutes", {})[0][0])
with closing(ClickHouseStore.embedded(DATA)) as again:
    kept = "engine LIKE '%MergeTree' AND NOT position(create_table_query, 'old_parts_lifetime = 60')"
    told(
        "tables that keep nothing",
        lambda: again._rows(f"SELECT name FROM system.tables WHERE database='default' AND {kept}"),
    )
    told("set aside", lambda: again._rows("SELECT table, name FROM system.detached_parts"))
sys.stdout.write("\n".join(said) + "\n")
