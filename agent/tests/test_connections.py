"""Of each call it is told whether it had to connect, and how long names, TCP and TLS took, with a real TLS server."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl
import subprocess
import sys
import threading

import aiohttp
import boto3
import httpx
import pytest
import redis
import requests
import urllib3
from botocore.config import Config

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class _TlsServer:
    """Answers so many requests a connection, then closes it."""

    def __init__(self, certificate, each):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._each = each
        self._closed = threading.Semaphore(0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._ended = threading.Event()
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self):
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = self._listener.accept()
                connection.settimeout(5)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), self._context.wrap_socket(connection, server_side=True) as stream:
            for _ in range(self._each):
                with stream.makefile("rb") as file:
                    lines = [line.lower() for line in iter(file.readline, b"\r\n") if self._is_there(line)]
                    file.read(sum(int(line[15:]) for line in lines if line.startswith(b"content-length:")))
                stream.sendall(ANSWER)
        connection.close()
        self._closed.release()

    @staticmethod
    def _is_there(line):
        if not line:
            raise ConnectionError("the client has closed")
        return True

    def has_closed(self):
        assert self._closed.acquire(timeout=10)

    def close(self):
        self._ended.set()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()


@pytest.fixture
def tls(certificate):
    servers = []

    def start(each):
        servers.append(_TlsServer(certificate, each))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def _http_client(url, certificate, between):
    host = url.partition("://")[2]
    connection = http.client.HTTPSConnection(host, context=ssl.create_default_context(cafile=certificate), timeout=5)
    for number in range(3):
        connection.request("GET", "/x")
        connection.getresponse().read()
        between(number)
        if number == 1:
            connection.close()  # it does not look itself whether its peer has
    connection.close()


def _urllib3(url, certificate, between):
    with urllib3.PoolManager(ca_certs=certificate) as pool:
        for number in range(3):
            assert pool.request("GET", f"{url}/x").data == b"{}"
            between(number)


def _requests(url, certificate, between):
    with requests.Session() as session:
        for number in range(3):
            assert session.get(f"{url}/x", verify=certificate, timeout=5).content == b"{}"
            between(number)


def _botocore(url, certificate, between):
    config = Config(retries={"max_attempts": 0})
    client = boto3.client(
        "dynamodb", endpoint_url=url, region_name="x", aws_access_key_id="x", aws_secret_access_key="y",
        verify=certificate, config=config,
    )  # fmt: skip
    for number in range(3):
        client.list_tables()
        between(number)
    client.close()


def _httpx(url, certificate, between):
    with httpx.Client(verify=ssl.create_default_context(cafile=certificate)) as client:
        for number in range(3):
            assert client.get(f"{url}/x").content == b"{}"
            between(number)


def _httpx_async(url, certificate, between):
    async def main():
        async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=certificate)) as client:
            for number in range(3):
                assert (await client.get(f"{url}/x")).content == b"{}"
                await asyncio.to_thread(between, number)

    asyncio.run(main())


def _aiohttp(url, certificate, between):
    async def main():
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=certificate))
        async with aiohttp.ClientSession(connector=connector) as session:
            for number in range(3):
                async with session.get(f"{url}/x") as answer:
                    assert await answer.read() == b"{}"
                await asyncio.to_thread(between, number)

    asyncio.run(main())


CLIENTS = [_http_client, _urllib3, _requests, _botocore, _httpx, _httpx_async, _aiohttp]


@pytest.mark.parametrize("client", CLIENTS)
def test_connecting_and_a_renewed_keep_alive_are_told(run, collector, attributes, tls, certificate, client):
    """The second call has the first one's connection, which is then closed by its peer: the third has to connect."""
    server = tls(each=2)
    closed = [lambda: None, server.has_closed, lambda: None]
    run(lambda event, context: client(f"https://localhost:{server.port}", certificate, lambda number: closed[number]()))
    found = [attributes(span) for span in collector.operations()]
    assert [one["mendline.connection"] for one in found] == ["new", "reused", "new"]
    for one in (found[0], found[2]):
        assert one["mendline.tls_ms"] > 0
        assert one["mendline.connect_ms"] > 0
    assert found[0]["mendline.dns_ms"] > 0
    assert not {"mendline.tls_ms", "mendline.connect_ms", "mendline.dns_ms"} & set(found[1])


@pytest.mark.parametrize("client", CLIENTS)
def test_a_connection_that_is_refused_is_told_as_new(run, collector, attributes, certificate, client):
    def handler(event, context):
        with contextlib.suppress(Exception):
            client("https://localhost:1", certificate, lambda number: None)

    run(handler)
    found = attributes(collector.operations()[0])
    assert found["mendline.connection"] == "new"
    assert found["mendline.connect_ms"] > 0
    assert "mendline.tls_ms" not in found


def test_calls_at_once_are_each_told_of_their_own_connection(run, collector, attributes, tls, certificate):
    server = tls(each=100)

    async def main():
        context = ssl.create_default_context(cafile=certificate)
        async with httpx.AsyncClient(verify=context) as one, aiohttp.ClientSession() as other:
            url = f"https://localhost:{server.port}/x"
            await one.get(url)
            await asyncio.gather(one.get(url), one.get(url), other.get(url, ssl=context), other.get(url, ssl=context))

    run(lambda event, context: asyncio.run(main()))
    found = [attributes(span) for span in collector.operations()]
    assert sorted(one["mendline.connection"] for one in found) == ["new"] * 4 + ["reused"]
    for one in found:
        if one["mendline.connection"] == "new":
            assert 0 < one["mendline.tls_ms"] < 5000


def _serve_redis(connection):
    stream = connection.makefile("rwb")
    while line := stream.readline():
        for _ in range(int(line[1:])):
            stream.read(int(stream.readline()[1:]) + 2)
        stream.write(b"+OK\r\n")
        stream.flush()


def test_redis_is_told_of_too(run, collector, attributes, hostile):
    port = int(hostile(_serve_redis).url.rpartition(":")[2])

    def sync():
        with redis.Redis(port=port, protocol=2, retry=None) as client:
            client.set("a", 1)
            client.set("a", 2)

    async def awaited():
        async with redis.asyncio.Redis(port=port, protocol=2, retry=None) as client:
            await client.set("a", 1)
            await client.set("a", 2)

    run(lambda event, context: (sync(), asyncio.run(awaited())))
    found = [attributes(span) for span in collector.operations()]
    assert [one["mendline.connection"] for one in found] == ["new", "reused"] * 2
    assert [one.get("mendline.connect_ms", 0) > 0 for one in found] == [True, False] * 2


def test_an_event_loop_that_cannot_be_seen_into_is_not_spoken_for(run, collector, attributes, tls, certificate):
    uvloop = pytest.importorskip("uvloop")
    server = tls(each=2)

    async def main():
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=certificate))
        async with aiohttp.ClientSession(connector=connector) as session:
            for _ in range(2):
                await (await session.get(f"https://localhost:{server.port}/x")).read()

    run(lambda event, context: asyncio.Runner(loop_factory=uvloop.new_event_loop).run(main()))
    first, second = (attributes(span) for span in collector.operations())
    assert (first["mendline.connection"], "mendline.connect_ms" in first) == ("new", False)
    assert "mendline.connection" not in second


def test_a_function_without_clients_has_its_sockets_as_they_are():
    program = """
import mendline_agent
mendline_agent.instrument(lambda event, context: None)
import asyncio, socket, ssl, sys
assert not hasattr(socket.socket.connect, "__mendline__")
assert not hasattr(ssl.SSLSocket.do_handshake, "__mendline__")
assert "mendline_agent.following" not in sys.modules
import http.client
assert hasattr(socket.socket.connect, "__mendline__")
assert socket.socket.connect.__name__ == "connect"
print("fine")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("fine\n", "")


@pytest.mark.parametrize("site", ["Setup", "Setup.add", "Setup.describe", "_is_watched"])
def test_a_failure_in_measuring_is_not_the_call_s(run, collector, lambda_env, tls, certificate, site):
    def fail(*args, **kwargs):
        raise RuntimeError

    lambda_env.setattr(f"mendline_agent.connections.{site}", fail)
    server = tls(each=3)
    run(lambda event, context: _urllib3(f"https://localhost:{server.port}", certificate, lambda number: None))
    assert len(collector.operations()) >= 3
