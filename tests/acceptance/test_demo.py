"""The demo as a newcomer runs it: real functions, joined in one trace, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import urllib.request
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from browsing import browser, page, photograph
from running import Server
from waiting import eventually

__all__ = ["browser", "page"]
FUNCTIONS = {"checkout", "price", "stock", "order-writer", "payment", "notify"}
ON_NODE = {"thumbnail", "email"} if all(map(shutil.which, ("node", "npm", "cmake", "make", "g++"))) else set()
OPERATIONS = {
    ("checkout", "lambda", "price"), ("checkout", "lambda", "stock"), ("checkout", "sqs", "orders"),
    ("price", "dynamodb", "prices"), ("stock", "dynamodb", "stock"),
    ("order-writer", "dynamodb", "orders"), ("order-writer", "sqs", "payments"),
    ("payment", "http", "api.payfriend.example"), ("payment", "dynamodb", "orders"),
    ("payment", "sns", "order-events"), ("payment", "kinesis", "shop-events"),
    ("notify", "http", "mail.shop.example"),
}  # fmt: skip
TAGS = {"tenant", "customer", "customer.region", "order.id", "order.items", "order.currency"}
LISTED = FUNCTIONS | {"analytics", "search-sync", "report", "nightly"} | ON_NODE


def _descendants(pid):
    """Process ids below a process, by /proc."""
    children = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, pending = [], [pid]
    while pending:
        for child in children.get(pending.pop(), ()):
            found.append(child)
            pending.append(child)
    return found


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


SHOP = ("--rate", "1", "--history", "0", "--no-incidents", "--playground-port", "0")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """One demo for all tests of this file, open to everybody; the last of them stops it."""
    data = tmp_path_factory.mktemp("demo") / "data"
    running = Server(data, *SHOP, "--public", "--host", "0.0.0.0", command="demo", first=True)
    running.page = running.notice()
    yield running
    running.close()


def _whole_order(server):
    """A trace that went through every function of the shop, with all that these call, or None yet."""
    whole = (_whole(server, summary) for summary in server.get_json("/traces.json?start=-15m")["traces"])
    return next(filter(None, whole), None)


def _whole(server, summary):
    if summary["services"] < len(FUNCTIONS):
        return None
    trace = server.get_json(f"/api/v1/traces/{summary['trace_id']}")
    return trace if set(trace["services"]) >= FUNCTIONS and _operations(trace) >= OPERATIONS else None


def _first_order(server):
    """The first order of all, whose messages were taken with no other's, so that it went through in one trace."""
    orders = [one for one in server.get_json("/traces.json?start=-15m")["traces"] if one["entry"] == "POST /orders"]
    return _whole(server, min(orders, key=lambda one: one["start"])) if orders else None


def _operations(trace):
    return {(span["service"], span["resource_type"], span["resource_name"]) for span in trace["spans"]}


def _listed(server):
    return {row["id"]["name"] for row in server.get_json("/api/v1/functions?start=-15m")["functions"]}


@pytest.mark.timeout(180)
def test_all_functions_appear_joined_across_queue_and_topic(demo):
    trace = eventually(lambda: _first_order(demo), 60)
    called = {(span["resource_type"], span["operation"]) for span in trace["spans"]}
    assert {("sqs", "SendMessage"), ("sns", "Publish"), ("dynamodb", "PutItem"), ("lambda", "Invoke")} <= called
    assert ("kinesis", "PutRecord") in called
    assert {name for span in trace["spans"] if span["function"] == "payment" for name in span["attributes"]} >= TAGS
    roots = [span for span in trace["spans"] if span["depth"] == 0]
    assert [span["function"] for span in roots] == ["checkout"]
    eventually(lambda: _listed(demo) >= LISTED)  # invocations are completed a moment after their spans are there


def test_the_api_takes_and_answers_what_its_openapi_document_says(demo):
    document = httpx.get(f"{demo.web}/api/v1/openapi.json").json()
    example = {name: one["example"] for name, one in document["components"]["parameters"].items() if name != "explain"}
    asked = 0
    for path, operations in document["paths"].items():
        operation = operations.get("get")
        if operation is None or "{" in path or "/test/" in path or "`ingest`" in operation["description"]:
            continue
        names = [one["$ref"].rpartition("/")[2] for one in operation["parameters"]]
        wanted = {name: example[name] for name in names if name in example}
        told = httpx.get(demo.web + path, params=wanted, timeout=60)
        assert told.status_code == 200, (path, told.text)
        assert {*told.json()} <= _answered(operation), path
        refused = httpx.get(demo.web + path, params={"nonsense": "1"}).json()
        if refused.get("code") == "usage" and "there are " in refused["message"]:
            known = refused["message"].partition("there are ")[2].rstrip(".").split(", ")
            assert sorted({*known} - {"project"}) == sorted(names), path
            asked += 1
    assert asked > 10
    for path in ("/api/v1/query", "/api/v1/explain", "/api/v1/explain/change"):
        operation = document["paths"][path]["post"]
        body = operation["requestBody"]["content"]["application/json"]["schema"]["example"]
        told = httpx.post(demo.web + path, json=body, timeout=60)
        assert told.status_code == 200, told.text
        assert {*told.json()} == _answered(operation), path


def _answered(operation):
    return {*operation["responses"]["200"]["content"]["application/json"]["schema"].get("properties", ())}


@pytest.mark.browser
@pytest.mark.timeout(180)
def test_an_order_through_real_functions_is_opened_in_a_browser(demo, page):
    order = eventually(lambda: _whole_order(demo), 60)
    page.goto(f"{demo.web.replace('0.0.0.0', '127.0.0.1')}/traces/{order['trace_id']}")
    rows = page.get_by_role("treeitem")
    assert all(name in " ".join(rows.all_inner_texts()) for name in FUNCTIONS)
    rows.first.click()
    panel = page.get_by_label("Selected span")
    panel.get_by_text("faas.invocation_id").wait_for()
    assert panel.get_by_role("region", name="Request").inner_text()


SHOWN = {
    "now": ("/", "Unlike the period before"),
    "findings": ("/findings", "Taken out"),
    "messages": ("/ledger", "Taken after"),
    "costs": ("/costs", "For nothing"),
    "timeouts": ("/timeouts", "Near it"),
    "memory": ("/memory", "Most used"),
    "functions": ("/functions", "order-writer"),
    "function": ("/functions/checkout", "What it calls"),
    "dependencies": ("/dependencies", "api.payfriend.example"),
    "resource": ("/dependencies/resource?type=http&name=api.payfriend.example", "Callers"),
    "service-report": ("/dependencies/report?type=http&name=api.payfriend.example", "By month"),
    "architecture": ("/architecture", "search-sync"),
    "queues": ("/queues", "Queues and streams"),
    "transactions": ("/transactions", "POST /orders"),
    "transaction": ("/transactions/entry?entry=POST+/orders", "Slowest"),
    "traces": ("/traces", "POST /orders"),
    "heatmap": ("/heatmap?start=-15m&min_ms=50", "selected against"),
    "change": ("/change?q=function:checkout", "What changed"),
    "errors": ("/errors?state=all", "Errors"),
    "logs": ("/logs", "REPORT RequestId"),
    "explore": ("/explore?q=|+count(),p95(duration)+by+function", "checkout"),
    "boards": ("/boards", "Boards"),
}


@pytest.mark.thorough
@pytest.mark.browser
@pytest.mark.timeout(400)
def test_every_page_shows_the_living_shop_in_both_themes(demo, page, tmp_path):
    order = eventually(lambda: _whole_order(demo), 60)
    traces = {f"trace{name}": (f"/traces/{order['trace_id']}{view}", "payment") for name, view in
              (("", ""), ("-map", "?view=map"))}  # fmt: skip
    page.set_viewport_size({"width": 1280, "height": 900})
    for name, (path, told) in {**SHOWN, **traces}.items():
        page.goto(demo.web.replace("0.0.0.0", "127.0.0.1") + path)
        page.get_by_text(told).first.wait_for(state="attached")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        photograph(page, name, tmp_path)


def test_the_shop_has_a_page_of_its_own_that_the_demo_announces(demo):
    name, address = demo.page.split(" ")
    assert name == "playground"
    with urllib.request.urlopen(address) as page:
        assert demo.web.replace("0.0.0.0", "127.0.0.1") in page.read().decode()


def test_a_public_demo_is_looked_at_by_everybody_and_takes_nothing(demo):
    port = demo.web.rpartition(":")[2]
    assert demo.web == f"http://0.0.0.0:{port}"
    assert {address.rpartition(":")[0] for address in (demo.otlp, demo.grpc)} == {"http://127.0.0.1", "127.0.0.1"}
    shown = httpx.get(f"{demo.web}/functions", headers={"host": "demo.example"}, timeout=60)
    assert (shown.status_code, "public, read only" in shown.text) == (200, True)
    for method, path in (("POST", "/v1/traces"), ("POST", "/aws/firehose"), ("PUT", "/api/v1/agent/config")):
        assert httpx.request(method, demo.web + path, content=b"{}", timeout=60).status_code == 403


@pytest.mark.thorough
@pytest.mark.timeout(180)
def test_the_local_aws_is_read_as_a_real_one_would_be(demo):
    eventually(lambda: any("12 lambda" in said or "10 lambda" in said for said in _read_of_aws(demo)), 60)
    assert not [said for said in _read_of_aws(demo) if "fails" in said or "may not" in said]
    asked = 'logs event.name:"mendline.configuration" | count()'
    eventually(lambda: demo.get_json(f"/api/v1/query?q={quote(asked)}&start=-15m")["rows"][0][0] >= 12)


@pytest.mark.timeout(180)
def test_what_stock_opentelemetry_calls_on_aws_are_resources_of_aws(demo):
    if eventually(lambda: any("10 lambda" in said for said in _read_of_aws(demo)) or _called(demo), 60) is True:
        pytest.skip("the shop has no functions on Node.js here")
    called = eventually(lambda: len(rows := _called(demo)) >= 2 and rows, 60)
    assert {tuple(row) for row in called} == {("s3", "shop-images"), ("s3", "shop-thumbnails")}


def _called(server):
    asked = quote("operations function:thumbnail | count() by resource.type, resource.name")
    return [row[:2] for row in server.get_json(f"/api/v1/query?q={asked}&start=-15m")["rows"]]


def _read_of_aws(server):
    return server.get_json("/api/v1/status")["aws"]


@pytest.mark.timeout(180)
def test_invocations_are_completed_by_the_reports_of_the_platform_and_have_their_logs(demo):
    reported = eventually(lambda: _reported(demo), 60)
    assert reported["billed_ms"] >= reported["duration_ms"] > 0
    assert 0 < reported["memory_used_bytes"] <= reported["memory_size_bytes"]
    logs = demo.get_json(f"/api/v1/invocations/{reported['id']}/logs")["logs"]
    assert any(record["body"].startswith("REPORT RequestId") for record in logs)


def _reported(server):
    """The invocation behind some span, once the platform has reported on it, or None yet."""
    for summary in server.get_json("/traces.json?start=-15m")["traces"]:
        for span in server.get_json(f"/api/v1/traces/{summary['trace_id']}")["spans"]:
            request_id = span["attributes"].get("faas.invocation_id")
            found = request_id and server.get_json(f"/api/v1/invocations/{request_id}")
            if found and found["billed_ms"]:
                return found
    return None


@pytest.mark.thorough
@pytest.mark.timeout(180)
def test_killed_demo_takes_its_functions_with_it(start_server):
    demo = start_server(*SHOP, command="demo")
    eventually(lambda: len(_descendants(demo.process.pid)) > 3, 60)
    processes = _descendants(demo.process.pid)
    demo.kill()
    eventually(lambda: not any(_alive(pid) for pid in processes), 30)


def test_second_demo_beside_it_is_told_which_port_and_which_flag(demo):
    port = demo.web.rpartition(":")[2]
    refused = subprocess.run(
        ["make", "-s", "demo", f"ARGS=--port {port} --otlp-http 0 --data {demo.data}-2"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ,
        check=False,
    )
    assert refused.returncode != 0
    assert port in refused.stderr
    assert "--port" in refused.stderr


@pytest.mark.timeout(180)
def test_stopped_demo_leaves_nothing_behind(demo):
    eventually(lambda: len(_descendants(demo.process.pid)) > 3, 60)
    processes = _descendants(demo.process.pid)
    assert demo.stop() == 0
    eventually(lambda: not any(_alive(pid) for pid in processes))
    for address in (demo.web, demo.otlp, demo.page.split(" ")[1]):
        with socket.create_server(("127.0.0.1", int(address.rpartition(":")[2]))):
            pass
