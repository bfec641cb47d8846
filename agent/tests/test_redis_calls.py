"""Commands to Redis are spans: what was asked of which server, never with which values."""

from __future__ import annotations

import asyncio
import json

import pytest
import redis
import redis.asyncio

STORED = b"$5\r\nvalue\r\n"
ANSWERS = {
    b"HELLO": b"%0\r\n", b"CLIENT": b"+OK\r\n", b"SET": b"+OK\r\n", b"GET": STORED, b"SELECT": b"+OK\r\n",
    b"MULTI": b"+OK\r\n", b"EXEC": b"*1\r\n" + STORED, b"INCRBY": b"-WRONGTYPE the value is secret-value\r\n",
    b"COMMAND": b"*1\r\n*6\r\n$3\r\nget\r\n:2\r\n*1\r\n+readonly\r\n:1\r\n:1\r\n:1\r\n",
}  # fmt: skip


def _serve_redis(connection):
    """As much of RESP as these tests need (https://redis.io/docs/latest/develop/reference/protocol-spec/)."""
    stream = connection.makefile("rwb")
    queued, port = False, connection.getsockname()[1]
    slots = b"*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n$9\r\n127.0.0.1\r\n:%d\r\n$1\r\nx\r\n" % port
    while line := stream.readline():
        words = []
        for _ in range(int(line[1:])):
            words.append(stream.read(int(stream.readline()[1:])))
            stream.readline()
        name = words[0].upper()
        stream.write(b"+QUEUED\r\n" if queued and name != b"EXEC" else ANSWERS.get(name, slots))
        queued = name == b"MULTI" or (queued and name != b"EXEC")
        stream.flush()


@pytest.fixture
def port(hostile):
    return int(hostile(_serve_redis).url.rpartition(":")[2])


def _sync(port, work):
    with redis.Redis(port=port, db=2, retry=None, protocol=2) as client:
        return work(client)


def _async(port, work):
    async def main():
        async with redis.asyncio.Redis(port=port, db=2, retry=None, protocol=2) as client:
            answer = work(client)
            return await answer if hasattr(answer, "__await__") else await answer.execute()

    return asyncio.run(main())


WAYS = [_sync, _async]


@pytest.mark.parametrize("way", WAYS)
def test_a_command_is_one_span_without_its_values(run, collector, attributes, port, way):
    kept = []
    root = run(lambda event, context: kept.append(way(port, lambda client: client.get("secret-key"))))
    assert kept == [b"value"]
    (span,) = collector.operations()
    found = attributes(span)
    assert (span.name, span.kind, span.parent_span_id) == ("redis GET", 3, root.span_id)
    assert {key: value for key, value in found.items() if not key.startswith("mendline.")} == {
        "db.system.name": "redis", "db.namespace": "2", "db.operation.name": "GET", "server.address": "localhost",
        "server.port": port,
    }  # fmt: skip
    assert json.loads(attributes(root)["mendline.operations"])[0][:5] == ["redis", "localhost", "GET", 1, 0]
    assert b"secret-key" not in span.SerializeToString()


@pytest.mark.parametrize("way", WAYS)
def test_a_pipeline_is_one_span_with_its_size(run, collector, attributes, port, way):
    kept = []

    def work(client):
        pipeline = client.pipeline(transaction=True)
        pipeline.get("a")
        return pipeline.execute()

    run(lambda event, context: kept.append(way(port, work)))
    assert kept == [[b"value"]]
    (span,) = collector.operations()
    assert attributes(span)["db.operation.batch.size"] == 1
    assert attributes(span)["db.operation.name"] in ("MULTI", "PIPELINE")


@pytest.mark.parametrize("way", WAYS)
def test_an_error_is_the_library_s_own_and_told(run, collector, attributes, port, way):
    def handler(event, context):
        with pytest.raises(redis.ResponseError, match="secret-value"):
            way(port, lambda client: client.incr("a"))

    run(handler)
    (span,) = collector.operations()
    assert span.status.code == 2
    assert attributes(span)["error.type"] == "redis.exceptions.ResponseError"
    assert attributes(span)["db.response.status_code"] == "WRONGTYPE"


@pytest.mark.parametrize("way", WAYS)
def test_a_server_that_is_not_there_is_an_error_of_the_command(run, collector, attributes, way):
    def handler(event, context):
        with pytest.raises(redis.ConnectionError):
            way(1, lambda client: client.get("a"))

    run(handler)
    (span,) = collector.operations()
    assert (span.status.code, attributes(span)["server.port"]) == (2, 1)


def test_outside_of_an_invocation_nothing_is_recorded(traced, collector, make_context, port):
    handler = traced(lambda event, context: None)
    assert _sync(port, lambda client: client.get("a")) == b"value"
    handler({}, make_context())
    collector.wait(collector.roots)
    assert collector.operations() == []


def _clustered(port, work):
    with redis.RedisCluster(host="127.0.0.1", port=port, protocol=2) as client:
        return work(client)


def _clustered_async(port, work):
    async def main():
        async with redis.asyncio.RedisCluster(host="127.0.0.1", port=port, protocol=2) as client:
            answer = work(client)
            return await answer if hasattr(answer, "__await__") else await answer.execute()

    return asyncio.run(main())


@pytest.mark.parametrize("way", [_clustered, _clustered_async])
def test_commands_and_pipelines_to_a_cluster_are_told_as_well(run, collector, attributes, port, way):
    kept = []

    def handler(event, context):
        kept.append(way(port, lambda client: client.get("a")))
        kept.append(way(port, lambda client: client.pipeline().get("a").execute()))

    run(handler)
    assert kept == [b"value", [b"value"]]
    told = [attributes(span) for span in collector.operations()]
    names = {found["db.operation.name"]: found.get("db.operation.batch.size") for found in told}
    assert (names["GET"], names["PIPELINE"]) == (None, 1)
    assert {(found["server.address"], found["server.port"]) for found in told} == {("127.0.0.1", port)}


def test_a_server_that_a_sentinel_names_goes_by_that_name(run, collector, attributes):
    def handler(event, context):
        sentinel = redis.Sentinel([("127.0.0.1", 1)], sentinel_kwargs={"retry": None})
        with pytest.raises(redis.ConnectionError):
            sentinel.master_for("orders", retry=None).get("a")

    run(handler)
    assert {attributes(span)["server.address"] for span in collector.operations()} == {"orders"}
