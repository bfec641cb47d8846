"""The architecture: who calls whom, from the data; what is unlike before; an edge in numbers; a file to take away."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from urllib.parse import quote

import pytest
from web.markup import Markup
from web.shop import LAMBDA, MINUTE, order

from mendline.insight.architecture import architecture, differences, source_name
from mendline.model.architecture import Architecture, Edge
from mendline.model.timerange import parse_range

WRITER = {**LAMBDA, "service.name": "writer", "faas.name": "writer"}
EDGE = "function:checkout > dynamodb:orders"


def _write(number, **more):
    """An invocation of writer by the stream of the table that checkout writes to."""
    root, _ = order(number, **more)
    arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
    root["attributes"] |= {"mendline.trigger": "dynamodb", "mendline.trigger.source": arn}
    return root


@pytest.fixture
def shop(send_spans):
    send_spans(*order(1, fails=True, ago_ns=5 * MINUTE), *order(2, ago_ns=5 * MINUTE), resource=LAMBDA)
    send_spans(_write(3, ago_ns=5 * MINUTE), resource=WRITER)
    send_spans(*order(4, ago_ns=90 * MINUTE), resource=LAMBDA)


def _page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    return Markup(answer.text)


def test_edges_join_entries_functions_tables_and_what_their_streams_invoke(store, shop, now):
    told = architecture(store, parse_range(None, None, now))
    assert [(edge.key, edge.calls, edge.errors) for edge in told.edges] == [
        ("dynamodb:orders > function:writer", 1, 0),
        ("entry:apigateway.v2 > function:checkout", 2, 1),
        (EDGE, 2, 0),
    ]
    assert {node.key: (node.kind, node.calls) for node in told.nodes}["function:checkout"] == ("function", 2)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("arn:aws:sqs:eu-west-1:1:orders", "orders"), ("arn:aws:kinesis:eu-west-1:1:stream/events", "events"),
        ("arn:aws:dynamodb:eu-west-1:1:table/t/stream/2026-01-01T00:00:00.000", "t"),
        ("arn:aws:events:eu-west-1:1:rule/bus/nightly", "nightly"), ("arn:aws:s3:::bucket", "bucket"),
        ("arn:aws:states:eu-west-1:1:stateMachine:nightly", "nightly"), ("GET /orders/{id}", "GET /orders/{id}"),
        ("", ""), ("arn:", "arn:"), ("table/x", "table/x"),
    ],
)  # fmt: skip
def test_source_of_a_trigger_is_named_as_its_callers_name_it(source, name):
    assert source_name(source) == name


def _graph(*edges):
    return Architecture((), edges)


@pytest.mark.parametrize(
    ("now", "before", "state"),
    [
        ((100, 0, 10.0, 20.0), (100, 0, 10.0, 20.0), ""),
        ((100, 0, 16.0, 20.0), (100, 0, 10.0, 20.0), "slower"),
        ((19, 0, 16.0, 20.0), (100, 0, 10.0, 20.0), ""),
        ((100, 5, 10.0, 20.0), (100, 1, 10.0, 20.0), "failing"),
        ((100, 0, 10.0, 20.0), None, "new"),
        (None, (100, 0, 10.0, 20.0), "gone"),
    ],
)
def test_edges_are_compared_with_before(now, before, state):
    graphs = [_graph(Edge("a", "b", *told)) if told else _graph() for told in (now, before)]
    assert differences(*graphs)["a > b"].state == state


def test_clicked_edge_tells_its_numbers_and_leads_to_its_calls(client, shop):
    edges = [url for url in _page(client, "/architecture").links() if "edge=function%3Acheckout" in url]
    page = _page(client, edges[0])
    assert "checkout → orders" in page.text
    (calls,) = [url for url in page.links() if url.endswith("resource.name%3Aorders")]
    assert len(client.get(calls.replace("/explore", "/explore.json")).json()["answer"]["rows"]) == 2
    assert client.get(edges[0].replace("?", ".json?")).json()["edge"]["calls"] == 2
    assert "There is no such edge" in _page(client, "/architecture?edge=x").text


def test_comparison_names_what_is_new(client, shop):
    page = _page(client, "/architecture?compare=before")
    assert "new : orders → writer" in page.text
    since = client.get("/architecture.json?compare=-24h").json()["differences"]
    assert {it["state"] for it in since.values()} == {"new"}
    assert client.get("/architecture?compare=-3h").status_code == 400
    states = client.get("/architecture.json?compare=before").json()["differences"]
    assert states["dynamodb:orders > function:writer"]["state"] == "new"
    assert states["entry:apigateway.v2 > function:checkout"]["state"] == "failing"


def test_drawing_is_a_file_of_its_own_with_nothing_of_telemetry_as_markup(client, shop, send_spans):
    def drawing():
        answer = client.get("/architecture.svg")
        assert answer.headers["content-type"] == "image/svg+xml"
        return [element.tag for element in ElementTree.fromstring(answer.text).iter()]

    root, call = order(9, ago_ns=5 * MINUTE)
    call["attributes"]["mendline.resource.name"] = "harmless"
    send_spans(root, call, resource=LAMBDA)
    harmless = drawing()
    call = {**call, "attributes": {**call["attributes"], "mendline.resource.name": "</title></svg><script>x\x00\x1b"}}
    send_spans(root, call, resource=LAMBDA)
    assert set(drawing()) == set(harmless)
    assert "script" in client.get("/architecture.svg").text


def test_range_without_calls_says_so(client, shop):
    assert "Nothing was called" in _page(client, f"/architecture?start={quote('2020-01-01')}&end=2020-01-02").text
    assert client.get("/architecture.svg?start=2020-01-01&end=2020-01-02").status_code == 200
