"""Faults of calls through the real clients: each sees what it would see of the real thing, by its own timeouts."""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl

import aiohttp
import boto3
import botocore.exceptions
import httpx
import pytest
import redis
import redis.asyncio
import requests
import urllib3
from botocore.config import Config
from chaos_orders import KEY, FakeTime, experiment, header, signed

from mendline_agent import operations
from mendline_agent.agent import the_agent


@pytest.fixture
def server(serve):
    return serve(lambda request: (200, {}, b"{}"))


def _aws(url, service="dynamodb", retries=2, **config):
    settings = Config(
        retries={"total_max_attempts": retries, "mode": "standard"}, s3={"addressing_style": "path"}, **config
    )
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=settings,
    )


CALLS = {
    "dynamodb": lambda client: client.put_item(TableName="orders", Item={"id": {"S": "1"}}),
    "sqs": lambda client: client.list_queues(),
    "sns": lambda client: client.list_topics(),
    "s3": lambda client: client.get_object(Bucket="b", Key="k"),
    "lambda": lambda client: client.list_functions(),
    "ec2": lambda client: client.describe_regions(),
    "cloudwatch": lambda client: client.list_metrics(),
    "route53": lambda client: client.list_hosted_zones(),
}


@pytest.mark.parametrize("service", CALLS)
def test_an_error_of_aws_is_botocore_s_own_after_its_own_retries(under, server, attributes, collector, service):
    client = _aws(server.url, service)
    error = under(lambda: CALLS[service](client), "aws_error", code="ServiceUnavailable", status=503)
    assert type(error) is botocore.exceptions.ClientError
    assert error.response["Error"]["Code"] == "ServiceUnavailable"
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert error.response["ResponseMetadata"]["RetryAttempts"] == 1
    assert "exp-1" in str(error)
    assert server.requests == []
    (span,) = collector.operations()
    found = attributes(span)
    assert (found["mendline.chaos.id"], found["mendline.chaos.fault"]) == ("exp-1", "aws_error")
    assert (found["error.type"], found["mendline.retries"]) == ("ServiceUnavailable", 1)
    root = attributes(collector.root())
    assert (root["mendline.chaos.id"], root["mendline.chaos.injected"]) == ("exp-1", '{"exp-1": 1}')
    client.close()


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ConditionalCheckFailedException", 400),
        ("ProvisionedThroughputExceededException", 400),
        ("InternalServerError", 500),
        ("ThrottlingException", 400),
        ("AccessDeniedException", 400),
        ("RequestLimitExceeded", 400),
    ],
)
def test_an_error_that_the_service_has_is_of_its_class_and_status(under, server, code, status):
    client = _aws(server.url, retries=1)
    error = under(lambda: CALLS["dynamodb"](client), "aws_error", code=code)
    assert type(error) is getattr(client.exceptions, code, botocore.exceptions.ClientError)
    assert (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    client.close()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("connection_refused", botocore.exceptions.EndpointConnectionError),
        ("dns_failure", botocore.exceptions.EndpointConnectionError),
        ("connection_reset", botocore.exceptions.ConnectionClosedError),
        ("no_answer", botocore.exceptions.ReadTimeoutError),
        ("latency", botocore.exceptions.ReadTimeoutError),
    ],
)
def test_what_botocore_makes_of_a_network_that_fails(under, server, kind, expected):
    client = _aws(server.url, read_timeout=0.02)
    CALLS["dynamodb"](client)  # has a connection from now on
    fault = {"ms": 5000} if kind == "latency" else {}
    error = under(lambda: CALLS["dynamodb"](client), kind, target={"type": "dynamodb", "name": "ord*"}, **fault)
    assert type(error) is expected
    assert len(server.requests) == 1
    assert CALLS["dynamodb"](client)["ResponseMetadata"]["HTTPStatusCode"] == 200
    client.close()


def _http_client(url, read_s=5):
    connection = http.client.HTTPConnection(url.partition("//")[2], timeout=read_s)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def _urllib3(url, read_s=5, **trust):
    with urllib3.PoolManager(**trust) as pool:
        return pool.request("GET", url, timeout=urllib3.Timeout(connect=5, read=read_s), retries=False).status


def _requests(url, read_s=5):
    with requests.Session() as session:
        return session.get(url, timeout=(5, read_s)).status_code


def _httpx(url, read_s=5, **trust):
    with httpx.Client(timeout=httpx.Timeout(5, read=read_s), **trust) as client:
        return client.get(url).status_code


def _httpx_async(url, read_s=5, **trust):
    async def get():
        async with httpx.AsyncClient(timeout=httpx.Timeout(5, read=read_s), **trust) as client:
            return (await client.get(url)).status_code

    return asyncio.run(get())


def _aiohttp(url, read_s=5):
    async def get():
        limit = aiohttp.ClientTimeout(sock_read=read_s)
        async with aiohttp.ClientSession(timeout=limit) as session, session.get(url) as answer:
            return answer.status

    return asyncio.run(get())


SHORT_S = 0.02
REFUSED, DNS, RESET, NOTHING = "connection_refused", "dns_failure", "connection_reset", "no_answer"
ERRORS = {
    _http_client: {REFUSED: ConnectionRefusedError, DNS: OSError, RESET: ConnectionResetError, NOTHING: TimeoutError},
    _urllib3: {
        REFUSED: urllib3.exceptions.NewConnectionError,
        DNS: urllib3.exceptions.NameResolutionError,
        RESET: urllib3.exceptions.ProtocolError,
        NOTHING: urllib3.exceptions.ReadTimeoutError,
    },
    _requests: {
        REFUSED: requests.exceptions.ConnectionError,
        DNS: requests.exceptions.ConnectionError,
        RESET: requests.exceptions.ConnectionError,
        NOTHING: requests.exceptions.ReadTimeout,
    },
    _httpx: {REFUSED: httpx.ConnectError, DNS: httpx.ConnectError, RESET: httpx.ReadError, NOTHING: httpx.ReadTimeout},
    _httpx_async: {
        REFUSED: httpx.ConnectError,
        DNS: httpx.ConnectError,
        RESET: httpx.ReadError,
        NOTHING: httpx.ReadTimeout,
    },
    _aiohttp: {
        REFUSED: aiohttp.ClientConnectorError,
        DNS: aiohttp.ClientConnectorError,
        RESET: aiohttp.ClientOSError,
        NOTHING: TimeoutError,
    },
}


@pytest.mark.parametrize("call", ERRORS, ids=lambda call: call.__name__)
@pytest.mark.parametrize("kind", [REFUSED, DNS, RESET, NOTHING, "http_status"])
def test_each_client_raises_its_own_error(under, server, call, kind, collector, attributes):
    url = server.url.replace("127.0.0.1", "localhost") if kind == DNS else server.url
    if kind == "http_status":
        assert under(lambda: call(url), kind, target={"type": "http"}, status=503) == 503
        assert attributes(collector.operations()[0])["http.response.status_code"] == 503
    else:
        read_s = SHORT_S if kind == NOTHING else 5
        error = under(lambda: call(url, read_s), kind, target={"type": "http"})
        assert isinstance(error, ERRORS[call][kind]), repr(error)
    assert server.requests == []
    assert [attributes(span)["mendline.chaos.fault"] for span in collector.operations()] == [kind]


@pytest.mark.parametrize("call", [_urllib3, _httpx, _httpx_async])  # aiohttp closes TLS after its loop has ended
@pytest.mark.parametrize("kind", [RESET, NOTHING, "http_status", "latency"])
def test_within_tls_it_is_the_same(under, server, certificate, call, kind):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
    fault = {"status": 429} if kind == "http_status" else {"ms": 1} if kind == "latency" else {}
    trust = {"verify": ssl.create_default_context(cafile=certificate)}
    if call is _urllib3:
        trust = {"ca_certs": certificate}
    read_s = SHORT_S if kind == NOTHING else 5
    url = server.url.replace("http", "https")
    answer = under(lambda: call(url, read_s, **trust), kind, **fault)
    if isinstance(answer, int):
        assert (answer, len(server.requests)) == ((429, 0) if kind == "http_status" else (200, 1))
    else:
        assert isinstance(answer, ERRORS[call].get(kind, ())), repr(answer)


@pytest.mark.parametrize("call", ERRORS, ids=lambda call: call.__name__)
@pytest.mark.parametrize("ms", [1, 5000])
def test_a_late_answer_comes_unless_the_client_gives_up_first(under, server, call, ms):
    answer = under(lambda: call(server.url, 5 if ms == 1 else SHORT_S), "latency", ms=ms)
    if ms == 1:
        assert (answer, len(server.requests)) == (200, 1)
    else:
        assert isinstance(answer, ERRORS[call][NOTHING]), repr(answer)
        assert server.requests == []


def test_the_percentage_and_the_limit_hold_and_calls_that_do_not_match_do_not_count(
    under, server, collector, attributes
):
    def both():
        _urllib3(f"{server.url}/other")
        return _urllib3(f"{server.url}/price/42")

    target = {"type": "http", "name": "127.*", "operation": "GET /price/*"}
    answers = under(both, "http_status", times=12, percent=50, limit=4, target=target, status=500)
    assert answers == [200, 500] * 4 + [200] * 4
    assert json.loads(attributes(collector.root())["mendline.chaos.injected"]) == {"exp-1": 4}
    touched = [span for span in collector.operations() if "mendline.chaos.id" in attributes(span)]
    assert {attributes(span)["mendline.resource.operation"] for span in touched} == {"GET /price/{id}"}
    assert len(server.requests) == 20


@pytest.mark.parametrize(("value", "answer"), [("gold", 503), ("lead", 200)])
def test_a_tag_of_the_function_is_matched(under, server, lambda_env, value, answer):
    lambda_env.setenv("OTEL_RESOURCE_ATTRIBUTES", "tier=gold")
    tag = {"key": "tier", "value": value}
    assert under(lambda: _urllib3(server.url), "http_status", target={"tag": tag}, status=503) == answer


@pytest.mark.parametrize("target", [{"type": "redis"}, {"type": "http", "name": "elsewhere"}, {"type": "aws"}])
def test_what_the_target_is_not_goes_on_as_ever(under, server, target):
    assert under(lambda: _urllib3(server.url), "connection_reset", target=target) == 200


def _redis(url, read_s=5, work=lambda client: client.get("a")):
    port, limits = int(url.rpartition(":")[2]), {"socket_timeout": read_s, "socket_connect_timeout": 5}
    with redis.Redis(port=port, retry=None, protocol=2, **limits) as client:
        return work(client)


def _redis_async(url, read_s=5):
    async def get():
        port, limits = int(url.rpartition(":")[2]), {"socket_timeout": read_s, "socket_connect_timeout": 5}
        async with redis.asyncio.Redis(port=port, retry=None, protocol=2, **limits) as client:
            return await client.get("a")

    return asyncio.run(get())


@pytest.mark.parametrize("way", [_redis, _redis_async])
@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("redis_error", "BusyLoadingError", redis.exceptions.BusyLoadingError),
        ("redis_error", "ReadOnlyError", redis.exceptions.ReadOnlyError),
        ("redis_error", "OutOfMemoryError", redis.exceptions.OutOfMemoryError),
        ("redis_error", "ConnectionError", redis.exceptions.ConnectionError),
        ("redis_error", "TimeoutError", redis.exceptions.TimeoutError),
        (REFUSED, None, redis.exceptions.ConnectionError),
        (NOTHING, None, redis.exceptions.TimeoutError),
    ],
)
def test_redis_says_what_it_would_say(under, hostile, way, kind, name, expected):
    url = hostile(_answer_redis).url
    fault = {"class": name} if name else {}
    read_s = SHORT_S if expected is redis.exceptions.TimeoutError else 5
    error = under(lambda: way(url, read_s), kind, target={"type": "redis"}, **fault)
    assert type(error) is expected, repr(error)
    assert way(url) is None


def _answer_redis(connection):
    stream = connection.makefile("rwb")
    while line := stream.readline():
        words = [stream.read(int(stream.readline()[1:]) + 2)[:-2] for _ in range(int(line[1:]))]
        stream.write(b"$-1\r\n" if words[0] == b"GET" else b"+OK\r\n")
        stream.flush()


def test_each_command_of_a_pipeline_is_refused(under, hostile):
    url = hostile(_answer_redis).url

    def pipelined(client):
        pipeline = client.pipeline(transaction=False)
        pipeline.get("a")
        pipeline.get("b")
        return pipeline.execute(raise_on_error=False)

    errors = under(lambda: _redis(url, work=pipelined), "redis_error", **{"class": "ReadOnlyError"})
    assert [type(one) for one in errors] == [redis.exceptions.ReadOnlyError] * 2


def test_sockets_are_as_they_were_when_it_is_over(under, server):
    import socket

    before = [vars(socket.socket).get(name) for name in ("connect", "send", "recv_into")]
    under(lambda: _urllib3(server.url), "connection_reset")
    assert [vars(socket.socket).get(name) for name in ("connect", "send", "recv_into")] == before
    assert "recv" not in vars(socket.socket)
    assert not hasattr(ssl.SSLSocket.recv, "__mendline_chaos__")


def test_orders_come_with_answers_hold_without_a_server_and_are_over_by_themselves(
    traced, lambda_env, make_context, serve, server
):
    state = {"experiments": [], "version": 0}

    def answer(request):
        environment = request.headers["mendline-chaos"].partition("/")[0]
        state["version"] += 1
        part = signed(environment, state["experiments"], issued=clock.time() + state["version"] / 1000)
        return state.get("status", 200), {"mendline-config": header(part, str(state["version"]))}, b""

    clock = FakeTime()
    lambda_env.setenv("MENDLINE_CHAOS", "1")
    lambda_env.setenv("MENDLINE_CHAOS_KEY", KEY)
    lambda_env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", serve(answer).url)
    handler = traced(lambda event, context: _urllib3(server.url))
    config = the_agent().config
    config.head()
    config.chaos.clock = clock
    order = experiment("http_status", status=503, lasts_s=60)

    def invoke(experiments, status=200):
        state["experiments"], state["status"] = experiments, status
        return handler({}, make_context())

    assert [invoke([order]), invoke([order]), invoke([]), invoke([order])] == [200, 503, 200, 200]
    assert [invoke([order]), *(invoke([], 500) for _ in range(4))] == [503] * 5  # and then nothing is sent for a while
    assert invoke([]) == 200
    invoke([order])
    clock.monotonic_s += 57.9
    assert invoke([order], 500) == 503
    clock.monotonic_s += 1.2
    assert invoke([order], 500) == 200
    assert operations.ACTIVE.chaos is None
