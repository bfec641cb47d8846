"""What an older version stored stays readable: its tables gain the columns that came later."""

from __future__ import annotations

import os
import time
from contextlib import closing, contextmanager

import clickhouse_connect
import pytest
from otlp_requests import request_of

from mendline.insight.logs import list_logs
from mendline.insight.traces import get_trace
from mendline.model.signal import Signal
from mendline.model.timerange import parse_range
from mendline.store import ClickHouseStore, Payload, Retention
from mendline.store.engine import ENGINE_OPTIONS
from mendline.store.schema import all_steps, table_text

_FIRST_OF_LATER = 150  # tables of before are numbered below, in each of the signals' hundreds


@pytest.fixture
def older(engine_path):
    """The name of a project as an older version left it, with one span."""
    project = f"older_{os.getpid()}"
    ClickHouseStore.embedded(engine_path, "facade").close()
    with closing(
        clickhouse_connect.get_client(
            dsn=f"chdb:///{(engine_path / 'telemetry').resolve()}", chdb_options=ENGINE_OPTIONS
        )
    ) as client:
        client.command(f"CREATE DATABASE `{project}`")
        client.database = project
        first = [step for step in all_steps("tables") if step.number % 100 < _FIRST_OF_LATER % 100]
        client.command("CREATE TABLE schema_tables (number UInt32, name String, applied DateTime DEFAULT now())"
                       " ENGINE = MergeTree ORDER BY number")  # fmt: skip
        for step in first:
            client.command(table_text(step, Retention()))
            client.command(f"INSERT INTO schema_tables (number, name) VALUES ({step.number}, '{step.name}')")
        client.command(
            "INSERT INTO spans (trace_id, span_id, name, start, resource_id, scope_name, events, links)"
            " SELECT 'tttttttttttttttt', 'ssssssss', 'work', now64(9), 7, 'lib',"
            " [(now64(9), 'e', map('k', 'v'))], [('oooooooooooooooo', 'llllllll', map('l', 'm'))]"
        )
        client.command("INSERT INTO logs (time, body) SELECT now64(9) - 1, 'hello Wörld'")
        client.command("INSERT INTO resources (resource_id, resource, seen) SELECT 7, map('service.name', 's'), now()")
    return project


def test_what_an_older_version_stored_is_read_by_this_one(older, engine_path, now):
    with closing(ClickHouseStore.embedded(engine_path, older)) as store:
        trace = get_trace(store, (b"t" * 16).hex())
        logs = list_logs(store, parse_range("-1h", None, now), text="WÖRLD")
    (span,) = trace.spans
    assert (span.name, span.scope.name, span.scope.attributes, span.dropped_events) == ("work", "lib", {}, 0)
    assert [(event.name, event.attributes, event.attribute_types) for event in span.events] == [("e", {"k": "v"}, {})]
    assert [(link.attributes, link.trace_state, link.flags) for link in span.links] == [({"l": "m"}, "", 0)]
    assert [record.body for record in logs] == ["hello Wörld"]
    assert trace.resources[span.resource_id].attributes == {"service.name": "s"}


BATCH = [
    Payload(
        request_of([{"attributes": {"faas.invocation_id": f"r-{offset}-{number}"}} for number in range(3)]),
        offset,
        time.time_ns(),
    )
    for offset in range(4)
]
COUNTED = {"spans": 12, "execution_halves": 12, "invocations": 12, "function_minutes": 12, "function_days": 12}


def _counts(store):
    told = {"invocations": "sum(sign)", "function_minutes": "sum(invocations)", "function_days": "sum(invocations)"}
    return {table: store.ask(f"SELECT {told.get(table, 'count()')} FROM {table}", {})[0][0] for table in COUNTED}


@contextmanager
def _project(engine_path, name):
    with closing(
        clickhouse_connect.get_client(
            dsn=f"chdb:///{(engine_path / 'telemetry').resolve()}", chdb_options=ENGINE_OPTIONS
        )
    ) as client:
        client.database = name
        yield client


def _insert(store, payloads, first, end):
    store.begin(first, end)
    store.insert(Signal.TRACES, payloads, f"{first}-{end}")
    store.complete(first, end)


@pytest.mark.thorough
def test_a_batch_that_an_older_version_stored_counts_once_when_this_one_repeats_it(engine_path):
    project = f"views_{os.getpid()}"
    with closing(ClickHouseStore.embedded(engine_path, project)) as store:
        _insert(store, BATCH, 0, 4)
        views = len(store.ask("SELECT name FROM schema_views", {}))
    with _project(engine_path, project) as client:  # as if all views had another text then
        client.command("INSERT INTO schema_views (name, digest) SELECT DISTINCT name, 'older' FROM schema_views")
    with closing(ClickHouseStore.embedded(engine_path, project)) as store:
        made_anew = store.ask("SELECT count() FROM schema_views WHERE digest != 'older'", {})[0][0]
        assert made_anew >= views
        _insert(store, BATCH, 0, 4)
        assert _counts(store) == COUNTED


@pytest.mark.thorough
@pytest.mark.parametrize(("then", "now"), [(0, 2**40), (2**40, 0)], ids=["by the database first", "by Python first"])
def test_a_batch_is_repeated_in_the_way_that_it_went_before(engine_path, then, now):
    project = f"ways_{os.getpid()}_{now}"
    for few_bytes in (then, now):
        with closing(ClickHouseStore.embedded(engine_path, project, few_bytes=few_bytes)) as store:
            _insert(store, BATCH, 0, 4)
            assert _counts(store) == COUNTED
            assert store.last_batch() == (0, 4)


@pytest.mark.thorough
def test_halves_of_an_older_layout_are_brought_over_with_all_that_is_known(engine_path):
    project = f"halves_{os.getpid()}"
    with closing(ClickHouseStore.embedded(engine_path, project)) as store:
        columns = store.ask("SELECT name, type || if(default_kind = '', '', ' DEFAULT ' || default_expression)"
                            " FROM system.columns WHERE database = currentDatabase() AND table = 'execution_halves'"
                            " AND default_kind IN ('', 'DEFAULT') ORDER BY position", {})  # fmt: skip
    with _project(engine_path, project) as client:
        client.command("DROP TABLE execution_halves")
        client.command("CREATE TABLE execution_halves (key UInt64 ALIAS cityHash64(function, if(request_id != '',"
                       f" request_id, hex(span_id))), {', '.join(f'{name} {kind}' for name, kind in columns)})"
                       " ENGINE = MergeTree PARTITION BY toDate(start) ORDER BY (toStartOfHour(start),"
                       " cityHash64(function, if(request_id != '', request_id, hex(span_id))))")  # fmt: skip
        client.command("CREATE TABLE execution_halves_anew (x UInt8) ENGINE = MergeTree ORDER BY x")  # cut short
    with closing(ClickHouseStore.embedded(engine_path, project)) as store:
        _insert(store, BATCH, 0, 4)
        halves = "SELECT key, batch, request_id, start FROM execution_halves ORDER BY ALL"
        before = store.ask(halves, {})
        store.renew()
        assert store.ask(halves, {}) == before
        assert store.ask(
            "SELECT name, sorting_key FROM system.tables WHERE database = currentDatabase() AND name LIKE 'execution%'",
            {},
        ) == [("execution_halves", "toStartOfHour(start), key")]
        assert _counts(store) == COUNTED
        again = Payload(BATCH[0].body, 4, time.time_ns())  # the same executions, told again
        _insert(store, [again], 4, 5)
        assert _counts(store) == {**COUNTED, "spans": 15, "execution_halves": 15}
        store.renew()
        assert len(store.ask(halves, {})) == 15


def test_no_two_tables_have_the_same_number():
    """What was made is known by its number: of two, one would be left out where the other was made before."""
    numbers = [step.number for step in all_steps("tables")]
    of_before = {157}
    assert {number for number in numbers if numbers.count(number) > 1} <= of_before
