"""One function under AWS's own runtime client: its invocation, its calls and its failure are there to be seen."""

from __future__ import annotations

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from waiting import eventually

from mendline_playground.host import Function, Host
from mendline_playground.playground import telemetry_variables

CODE = """
import os
import http.client

def handler(event, context):
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["THIRD_PARTY_PORT"]))
    connection.request("GET", "/rates/42")
    rate = connection.getresponse().read().decode()
    if event.get("fail"):
        raise LookupError("no rate for " + event["fail"])
    return {"rate": rate, "password": "hunter2"}
"""


@pytest.fixture
def third_party():
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.headers.get("traceparent"))
            self.send_response(200)
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"1.5")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, seen
        server.shutdown()
        thread.join()


def _invoke(folder, server, port, *events):
    """Deploy the function and invoke it once for each event; answers the results."""
    (folder / "handler.py").write_text(CODE)

    async def run():
        async with Host(max_environments=1) as host:
            variables = {**telemetry_variables(server.otlp, print), "THIRD_PARTY_PORT": str(port)}
            host.deploy(Function(name="rates", handler="handler.handler", code_dir=folder, env=variables))
            return [await host.invoke("rates", json.dumps(event).encode()) for event in events]

    return asyncio.run(run())


def test_function_is_seen_as_it_ran(server, third_party, tmp_path):
    port, traceparents = third_party
    good, bad = _invoke(tmp_path, server, port, {"card": "4111 1111 1111 1111"}, {"fail": "EUR"})
    assert json.loads(good.payload) == {"rate": "1.5", "password": "hunter2"}
    assert bad.function_error == "Unhandled"
    assert json.loads(bad.payload)["errorType"] == "LookupError"

    first = eventually(lambda: server.get_json(f"/api/v1/invocations/{good.request_id}~1"))
    second = eventually(lambda: server.get_json(f"/api/v1/invocations/{bad.request_id}~1"))
    assert (first["cold_start"], first["error"], first["function"]["name"]) == (True, False, "rates")
    assert first["init_ms"] > 0
    assert (second["cold_start"], second["error"], second["error_type"]) == (False, True, "LookupError")
    assert second["error_message"] == "no rate for EUR"

    trace = server.get_json(f"/api/v1/traces/{first['trace_id']}")
    invocation, call = trace["spans"]
    assert (call["resource_type"], call["operation"], call["parent_id"]) == (
        "http",
        "GET /rates/{id}",
        invocation["span_id"],
    )
    assert traceparents[0] == f"00-{first['trace_id']}-{call['span_id']}-01"
    assert "hunter2" not in json.dumps(trace)
    assert "4111" not in json.dumps(trace)
    failed = server.get_json(f"/api/v1/traces/{second['trace_id']}")["spans"][0]
    (exception,) = [event for event in failed["events"] if event["name"] == "exception"]
    assert 'raise LookupError("no rate for "' in exception["attributes"]["exception.stacktrace"]
