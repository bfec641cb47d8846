"""What an older version stored stays readable: its tables gain the columns that came later."""

from __future__ import annotations

import os
from contextlib import closing

import clickhouse_connect
import pytest

from mendline.insight.logs import list_logs
from mendline.insight.traces import get_trace
from mendline.model.timerange import parse_range
from mendline.store import ClickHouseStore, Retention
from mendline.store.schema import all_steps, table_text

_FIRST_OF_LATER = 150  # tables of before are numbered below, in each of the signals' hundreds


@pytest.fixture
def older(engine_path):
    """The name of a project as an older version left it, with one span."""
    project = f"older_{os.getpid()}"
    ClickHouseStore.embedded(engine_path, "facade").close()
    with closing(clickhouse_connect.get_client(dsn=f"chdb:///{(engine_path / 'telemetry').resolve()}")) as client:
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
