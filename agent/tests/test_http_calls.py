"""HTTP calls through the standard library, urllib3 and requests: one span a call, the trace passed on."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import urllib.request

import aiohttp
import httpx
import pytest
import requests
import urllib3

from mendline_agent import operations
from mendline_agent.http_calls import redacted_url
from mendline_agent.paths import templated
from mendline_agent.redaction import Redactor

XRAY = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


def _answer(request):
    return int(request.path.rpartition("/")[2].partition("?")[0]), {}, b"body"


def _http_client(url, headers):
    host = url.partition("://")[2].partition("/")[0]
    connection = http.client.HTTPConnection(host, timeout=5)
    try:
        connection.request("GET", "/" + url.split("/", 3)[3], headers=headers)
        return connection.getresponse().read()
    finally:
        connection.close()


def _urllib(url, headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.read()


def _urllib3(url, headers):
    with urllib3.PoolManager() as pool:
        return pool.request("GET", url, headers=headers, retries=False).data


def _urllib3_pool(url, headers):
    host, _, port = url.partition("://")[2].partition("/")[0].partition(":")
    with urllib3.HTTPConnectionPool(host, int(port)) as pool:
        return pool.urlopen("GET", "/" + url.split("/", 3)[3], None, headers).data


def _requests(url, headers):
    with requests.Session() as session:
        return session.get(url, headers=headers, timeout=5).content


def _httpx(url, headers):
    with httpx.Client() as client:
        return client.get(url, headers=headers).content


def _httpx_request(url, headers):
    """A request of the user's own making has the headers that it had, afterwards too."""
    request = httpx.Request("GET", url, headers=headers)
    before = request.headers.raw
    with httpx.Client() as client:
        content = client.send(request).content
    assert request.headers.raw == before
    return content


def _httpx_async(url, headers):
    async def get():
        async with httpx.AsyncClient() as client:
            return (await client.get(url, headers=headers)).content

    return asyncio.run(get())


def _aiohttp(url, headers):
    async def get():
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
            return await answer.read()

    return asyncio.run(get())


CLIENTS = [
    _http_client, _urllib, _urllib3, _urllib3_pool, _requests, _httpx, _httpx_request, _httpx_async, _aiohttp,
]  # fmt: skip


@pytest.mark.parametrize("call", CLIENTS, ids=lambda call: call.__name__)
def test_a_call_is_one_span_and_carries_the_trace(run, collector, serve, attributes, lambda_env, call):
    lambda_env.setenv("_X_AMZN_TRACE_ID", XRAY)
    server = serve(_answer)
    headers = {"X-Mine": "1"}
    bodies = []
    root = run(lambda event, context: bodies.append(call(f"{server.url}/orders/4711/200?token=abc&q=1", headers)))
    assert bodies == [b"body"]
    assert headers == {"X-Mine": "1"}
    (span,) = collector.operations()
    (request,) = server.requests
    assert request.headers["traceparent"] == f"00-{span.trace_id.hex()}-{span.span_id.hex()}-01"
    assert request.headers["x-amzn-trace-id"] == XRAY
    assert request.headers["x-mine"] == "1"
    assert request.path == "/orders/4711/200?token=abc&q=1"
    found = attributes(span)
    assert (span.kind, span.parent_span_id) == (3, root.span_id)
    assert found["http.request.method"] == "GET"
    assert found["url.full"] == f"{server.url}/orders/4711/200?token=[redacted]&q=1"
    assert found["server.address"] == "127.0.0.1"
    assert found["server.port"] == server.port
    assert found["http.response.status_code"] == 200
    assert [found[f"mendline.resource.{part}"] for part in ("type", "name", "operation")] == [
        "http", "127.0.0.1", "GET /orders/{id}/{id}",
    ]  # fmt: skip
    assert json.loads(attributes(root)["mendline.operations"])[0][:5] == [
        "http",
        "127.0.0.1",
        "GET /orders/{id}/{id}",
        1,
        0,
    ]


@pytest.mark.parametrize("call", CLIENTS, ids=lambda call: call.__name__)
def test_a_refusal_is_an_error_of_its_status(run, collector, serve, attributes, call):
    server = serve(_answer)
    run(lambda event, context: call(f"{server.url}/503", {}))
    (span,) = collector.operations()
    assert (span.status.code, attributes(span)["error.type"]) == (2, "503")


@pytest.mark.parametrize("call", CLIENTS, ids=lambda call: call.__name__)
def test_a_call_that_fails_raises_what_it_raised(traced, collector, make_context, attributes, call):
    with pytest.raises(Exception) as bare:
        call("http://127.0.0.1:1/x", {})
    with pytest.raises(type(bare.value)):
        traced(lambda event, context: call("http://127.0.0.1:1/x", {}))({}, make_context())
    collector.wait(collector.roots)
    (span,) = collector.operations()
    assert span.status.code == 2
    assert attributes(span)["error.type"]


@pytest.mark.parametrize("call", CLIENTS, ids=lambda call: call.__name__)
def test_a_trace_header_of_the_user_s_own_stays(run, serve, call):
    server = serve(_answer)
    run(lambda event, context: call(f"{server.url}/200", {"TraceParent": "own"}))
    assert server.requests[0].headers["traceparent"] == "own"


def test_retries_of_urllib3_are_one_call(run, collector, serve, attributes):
    answers = [503, 503, 200]
    server = serve(lambda request: (answers[len(server.requests) - 1], {}, b""))
    retry = urllib3.Retry(total=5, status_forcelist=[503], backoff_factor=0)

    def handler(event, context):
        with urllib3.PoolManager() as pool:
            pool.request("GET", server.url, retries=retry)

    run(handler)
    (span,) = collector.operations()
    assert attributes(span)["mendline.retries"] == 2
    assert attributes(span)["http.response.status_code"] == 200


def test_headers_of_a_pool_are_kept(run, serve):
    server = serve(lambda request: (200, {}, b""))

    def handler(event, context):
        with urllib3.PoolManager(headers={"Authorization": "mine"}) as pool:
            pool.request("GET", server.url)

    run(handler)
    assert server.requests[0].headers["authorization"] == "mine"


PATHS = [
    ("/orders/42", "/orders/{id}"), ("/", "/"), ("", "/"), ("/v1/charges", "/v1/charges"),
    ("/v1/charges?id=1", "/v1/charges"),
    ("/users/8f5ad1f2-0000-4000-8000-000000000001/x", "/users/{id}/x"), ("/a/bob@example.com", "/a/{id}"),
    ("/items/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/items/{id}"), ("/c/ch_3MmlLrLkdIwHu7ix0snN0B15", "/c/{id}"),
    ("/oauth2/token", "/oauth2/token"), ("/deadbeef", "/deadbeef"), ("/deadbee5", "/{id}"),
    ("/api-v2/s3", "/api-v2/s3"),
    ("/" + "a/" * 30, "/" + "a/" * 11 + "…"), ("/2015-03-31/functions/price", "/{id}/functions/price"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "template"), PATHS)
def test_ids_in_paths_become_one_template(path, template):
    assert templated(path) == template


URLS = [
    ("/a?X-Amz-Signature=s&X-Amz-Credential=c&ok=1", "/a?X-Amz-Signature=[redacted]&X-Amz-Credential=[redacted]&ok=1"),
    ("/a?sig=x&api_key=k&flag&pass=p", "/a?sig=[redacted]&api_key=[redacted]&flag&pass=[redacted]"),
    ("/a?tax-id=12&taxes=1", "/a?tax-id=[redacted]&taxes=1"),
    ("/hook/Zm9vYmFyYmF6cXV4MTIz/run", "/hook/[redacted]/run"),
    ("/session/4f1c0d22/items", "/session/[redacted]/items"),
    ("/oauth/token/revoke", "/oauth/token/revoke"),
    ("/orders/8f5ad1f2-1111-4111-8111-111111111111", "/orders/8f5ad1f2-1111-4111-8111-111111111111"),
]


@pytest.mark.parametrize(("target", "shown"), URLS)
def test_urls_are_redacted(target, shown):
    assert redacted_url(Redactor(["Tax_Id"]), "https", "h", 443, target) == f"https://h{shown}"


KEYS = ["sk_live_abcdefghijklmnop1234", "AKIAIOSFODNN7EXAMPLE", "4111111111111111"]


def test_a_key_in_a_path_is_in_no_byte_that_leaves_the_function(run, collector, serve, attributes):
    server = serve(lambda request: (200, {}, b""))
    path = "/".join(["/hooks", *KEYS])
    event = {
        "version": "2.0",
        "rawPath": path,
        "requestContext": {"domainName": "a.lambda-url.eu-west-1.on.aws", "http": {"method": "GET", "path": path}},
    }
    authorizer = {"methodArn": f"arn:aws:execute-api:eu-west-1:1:a/b/GET{path}", "requestContext": {}}
    root = run(lambda event, context: _urllib3(f"{server.url}{path}", {}), event)
    run(lambda event, context: _urllib3_pool(f"{server.url}{path}", {}), authorizer)
    assert server.requests[0].path == path
    assert not [key for body in collector._bodies(logs=False) for key in KEYS if key.encode() in body]
    assert collector.operations()[0].name == "GET /hooks/[redacted]/[redacted]/{id}"
    assert attributes(root)["mendline.trigger.source"] == "GET /hooks/[redacted]/[redacted]/{id}"


def test_keys_of_the_user_s_are_redacted_in_urls(run, collector, serve, attributes, lambda_env):
    lambda_env.setenv("MENDLINE_REDACT_KEYS", "tax-id")
    server = serve(_answer)
    run(lambda event, context: _urllib3(f"{server.url}/a/b/200?tax_id=12", {}))
    assert attributes(collector.operations()[0])["url.full"].endswith("/a/b/200?tax_id=[redacted]")


def test_a_url_seen_before_is_redacted_by_keys_that_come_later(run, collector, serve, attributes, lambda_env):
    server = serve(_answer)
    run(lambda event, context: [_urllib3(f"{server.url}/a/200?tax_id={one}", {}) for one in (1, 2, 1)])
    assert [attributes(span)["url.full"][-1] for span in collector.operations()] == ["1", "2", "1"]
    operations.ACTIVE.redactor.add(["tax-id"])
    run(lambda event, context: _urllib3(f"{server.url}/a/200?tax_id=1", {}))
    assert attributes(collector.operations()[3])["url.full"].endswith("tax_id=[redacted]")


def test_concurrent_calls_are_each_a_span_of_their_own(run, collector, serve, attributes):
    server = serve(_answer)

    async def all_at_once():
        async with httpx.AsyncClient() as client, aiohttp.ClientSession() as session:
            first = [client.get(f"{server.url}/a/200") for _ in range(3)]
            second = [session.get(f"{server.url}/b/503") for _ in range(3)]
            await asyncio.gather(*first, *second)

    root = run(lambda event, context: asyncio.run(all_at_once()))
    spans = collector.operations()
    assert sorted(attributes(span)["http.response.status_code"] for span in spans) == [200] * 3 + [503] * 3
    assert {span.parent_span_id for span in spans} == {root.span_id}
    sent = {request.headers["traceparent"] for request in server.requests}
    assert sent == {f"00-{span.trace_id.hex()}-{span.span_id.hex()}-01" for span in spans}


@pytest.mark.parametrize("library", ["httpx", "aiohttp"])
def test_a_call_that_is_cancelled_ends(run, collector, hostile, attributes, library):
    server = hostile(lambda connection: connection.recv(1) and connection.recv(1_000_000) and connection.recv(1))

    async def ask():
        if library == "httpx":
            async with httpx.AsyncClient() as client:
                await client.get(server.url)
        else:
            async with aiohttp.ClientSession() as session:
                await session.get(server.url)

    async def cancelled():
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(ask(), 0.2)

    run(lambda event, context: asyncio.run(cancelled()))
    (span,) = collector.operations()
    assert (span.status.code, attributes(span)["error.type"].rpartition(".")[2]) == (2, "CancelledError")
