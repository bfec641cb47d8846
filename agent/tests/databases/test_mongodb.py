"""Commands to MongoDB are spans, by PyMongo's own events, never with values. The server here speaks the wire protocol
(OP_MSG, and OP_QUERY for the first hello) and knows as much as these tests ask: no MongoDB can be had as a package."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import struct

import bson
import pymongo
import pymongo.errors
import pytest

SECRET = "hunter2"
ORDERS = [{"_id": 1, "name": SECRET}, {"_id": 2, "name": "b"}, {"_id": 3, "name": "c"}]
_QUERY, _REPLY, _MESSAGE = 2004, 1, 2013


def _hello():
    now = datetime.datetime.now(datetime.UTC)
    limits = {"maxBsonObjectSize": 2**24, "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000}
    return {"isWritablePrimary": True, "ismaster": True, "helloOk": True, "minWireVersion": 0, "maxWireVersion": 21,
            "localTime": now, "readOnly": False, **limits}  # fmt: skip


def _duplicate(document):
    message = (
        f"E11000 duplicate key error collection: shop.orders index: _id_ dup key: {{ name: {document['name']!r} }}"
    )
    return {"n": 0, "writeErrors": [{"index": 0, "code": 11000, "errmsg": message}]}


def _answer(command):
    name = next(iter(command))
    if name in ("hello", "ismaster", "isMaster"):
        return _hello()
    if name == "find":
        batch = {"firstBatch": ORDERS[:2], "id": 7, "ns": "shop.orders"}
        return {"cursor": batch}
    if name == "getMore":
        return {"cursor": {"nextBatch": ORDERS[2:], "id": 0, "ns": "shop.orders"}}
    if name == "insert":
        taken = [one for one in command["documents"] if one["_id"] == 1]
        return _duplicate(taken[0]) if taken else {"n": len(command["documents"])}
    if name == "update":
        return {"n": 2, "nModified": 1}
    if name in ("delete", "endSessions"):
        return {"n": 1}
    if name == "aggregate":
        return {"ok": 0, "code": 40324, "codeName": "Location40324", "errmsg": "Unrecognized stage: {x: 'hunter2'}"}
    raise ConnectionError(name)


def _documents(body):
    """The command of an OP_MSG, with the documents that come as a sequence of their own."""
    at, command = 4, {}
    while at < len(body):
        kind, at = body[at], at + 1
        (size,) = struct.unpack_from("<i", body, at)
        if kind == 0:
            command.update(bson.decode(body[at : at + size]))
        else:
            name, _, documents = body[at + 4 : at + size].partition(b"\x00")
            command[name.decode()] = bson.decode_all(documents)
        at += size
    return command


def _serve_mongodb(connection):
    stream = connection.makefile("rwb")
    while len(header := stream.read(16)) == 16:
        size, request, _, kind = struct.unpack("<iiii", header)
        body = stream.read(size - 16)
        if kind == _QUERY:
            command = bson.decode(body[body.index(b"\x00", 4) + 9 :])
            answer = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode({"ok": 1, **_answer(command)})
        else:
            answer = struct.pack("<ib", 0, 0) + bson.encode({"ok": 1, **_answer(_documents(body))})
        kind = _REPLY if kind == _QUERY else _MESSAGE
        stream.write(struct.pack("<iiii", 16 + len(answer), 1, request, kind) + answer)
        stream.flush()


@pytest.fixture
def port(hostile):
    return int(hostile(_serve_mongodb).url.rpartition(":")[2])


def _sync(port, work, **options):
    with pymongo.MongoClient("127.0.0.1", port, **options) as client:
        return work(client.shop.orders)


class _Waited:
    """An asynchronous collection whose methods can be called as if they were not."""

    def __init__(self, collection, loop):
        self._collection, self._loop = collection, loop

    def __getattr__(self, name):
        method = getattr(self._collection, name)

        def call(*args, **kwargs):
            answer = method(*args, **kwargs)
            return self._loop.run_until_complete(answer if asyncio.iscoroutine(answer) else answer.to_list())

        return call


class _Loop(asyncio.SelectorEventLoop):
    """PyMongo forgets a socket that is being connected when its client is closed: a collector would find it later."""

    async def sock_connect(self, sock, address):
        try:
            return await super().sock_connect(sock, address)
        except asyncio.CancelledError:
            sock.close()
            raise


def _async(port, work, **options):
    with contextlib.closing(_Loop()) as loop:
        client = pymongo.AsyncMongoClient("127.0.0.1", port, **options)
        try:
            return work(_Waited(client.shop.orders, loop))
        finally:
            loop.run_until_complete(client.close())


@pytest.fixture(params=[_sync, _async])
def within(request, run, collector, attributes, port):
    """Runs `work(collection)` in an invocation; answers its spans and their attributes, without connecting."""

    def once(work, to=None, **options):
        run(lambda event, context: request.param(port if to is None else to, work, **options))
        sent = b"".join(span.SerializeToString() for span in collector.spans())
        assert SECRET.encode() not in sent
        return [(span, attributes(span)) for span in collector.operations()]

    return once


def _commands(found):
    return [one for one in found if one[1]["db.operation.name"] != "CONNECT"]


def test_a_query_is_a_span_a_batch_with_its_shape(within, port):
    kept = []
    query = {"name": {"$in": [SECRET, "b", "c"]}, "$or": [{"a": 1}, {"b": {"$gt": 4711}}]}
    (first, found), (more, continued) = _commands(within(lambda orders: kept.extend(orders.find(query))))
    assert kept == ORDERS
    assert (first.name, more.name) == ("find orders", "getMore orders")
    text = {"find": "orders", "filter": {"name": {"$in": ["?"]}, "$or": [{"a": "?"}, {"b": {"$gt": "?"}}]}}
    assert json.loads(found.pop("db.query.text")) == text
    assert found.pop("mendline.connect_ms") > 0
    assert found == {
        "db.system.name": "mongodb", "db.namespace": "shop", "db.collection.name": "orders",
        "db.operation.name": "find", "db.query.summary": "find orders", "db.response.returned_rows": 2,
        "server.address": "127.0.0.1", "server.port": port, "mendline.connection": "new",
        "mendline.resource.type": "mongodb", "mendline.resource.name": "orders", "mendline.resource.operation": "find",
    }  # fmt: skip
    assert (continued["db.response.returned_rows"], continued["mendline.connection"]) == (1, "reused")
    assert "4711" not in text


def test_what_is_written_is_counted(within):
    def work(orders):
        orders.insert_many([{"_id": 5, "name": SECRET}, {"_id": 6}])
        orders.update_many({"name": SECRET}, {"$set": {"name": SECRET}})
        orders.delete_one({"_id": 9})

    (_, insert), (_, update), (_, delete) = _commands(within(work))
    assert (insert["db.operation.batch.size"], insert["mendline.db.affected_rows"]) == (2, 2)
    assert json.loads(insert["db.query.text"]) == {"insert": "orders"}
    shape = {"q": {"name": "?"}, "u": {"$set": {"name": "?"}}, "multi": "?"}
    assert json.loads(update["db.query.text"])["updates"][0].items() <= {**shape, "upsert": "?"}.items()
    assert (update["mendline.db.affected_rows"], delete["mendline.db.affected_rows"]) == (1, 1)


def test_errors_are_the_library_s_own_and_told_by_their_code(within):
    def work(orders):
        with pytest.raises(pymongo.errors.DuplicateKeyError, match=SECRET):
            orders.insert_one({"_id": 1, "name": SECRET})
        with pytest.raises(pymongo.errors.OperationFailure, match=SECRET):
            orders.aggregate([{"$match": {"name": SECRET}}, {"$limit": 1}])

    (insert, refused), (aggregate, failed) = _commands(within(work))
    assert [span.status.code for span in (insert, aggregate)] == [2, 2]
    assert (refused["db.response.status_code"], refused["error.type"]) == ("11000", "11000")
    assert insert.status.message.startswith("E11000 duplicate key error collection: shop.orders")
    assert (failed["db.response.status_code"], failed["error.type"]) == ("40324", "Location40324")
    assert json.loads(failed["db.query.text"])["pipeline"] == [{"$match": {"name": "?"}}, {"$limit": "?"}]


def test_a_connection_that_breaks_is_an_error_of_the_command(within):
    def work(orders):
        with pytest.raises(pymongo.errors.AutoReconnect):
            orders.distinct("name", {"name": SECRET})

    found = _commands(within(work, retryReads=False))
    assert [(span.name, span.status.code) for span, _ in found] == [("distinct orders", 2)]
    assert found[0][1]["error.type"] == "AutoReconnect"


def test_a_server_that_is_not_there_is_an_error_of_connecting(within):
    def work(orders):
        with pytest.raises(pymongo.errors.ServerSelectionTimeoutError):
            orders.find_one({"name": SECRET})

    ((span, found),) = within(work, to=1, serverSelectionTimeoutMS=200)
    assert (span.name, span.status.code) == ("CONNECT 127.0.0.1", 2)
    assert found["error.type"] == "pymongo.errors.ServerSelectionTimeoutError"
    assert (found["server.port"], found["mendline.connection"]) == (1, "new")
    assert span.end_time_unix_nano - span.start_time_unix_nano > 150_000_000


def test_outside_of_an_invocation_nothing_is_recorded(traced, collector, make_context, port):
    handler = traced(lambda event, context: None)
    assert _sync(port, lambda orders: list(orders.find())) == ORDERS
    handler({}, make_context())
    collector.wait(collector.roots)
    assert collector.operations() == []


def test_a_failure_around_a_command_is_not_the_command_s(run, lambda_env, port):
    import mendline_agent.pymongo_calls as calls

    def fail(*args, **kwargs):
        raise RuntimeError

    lambda_env.setattr(calls, "begin", fail)
    kept = []
    run(lambda event, context: kept.extend(_sync(port, lambda orders: list(orders.find()))))
    assert kept == ORDERS


@pytest.mark.parametrize("way", [_sync, _async])
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("connection_reset", pymongo.errors.AutoReconnect),
        ("no_answer", pymongo.errors.NetworkTimeout),
        ("latency", type(None)),
    ],
)
def test_a_fault_of_an_experiment_is_pymongo_s_own(run, under, port, way, kind, expected):
    run(lambda event, context: None)  # clients that are made from now on are followed
    options = {"socketTimeoutMS": 50 if kind == "no_answer" else 5000, "retryWrites": False}
    fault = {"ms": 1} if kind == "latency" else {}
    target = {"type": "mongodb", "name": "orders", "operation": "delete"}
    answer = under(lambda: way(port, _delete, **options), kind, target=target, **fault)
    assert type(answer) is expected, repr(answer)


def _delete(orders):
    orders.delete_one({"_id": 1})
