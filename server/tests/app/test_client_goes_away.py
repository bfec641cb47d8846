"""A query is stopped when its client goes away, over real HTTP; and one that waits for its turn does not begin."""

from __future__ import annotations

import socket
import threading

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from waiting import eventually

from mendline.app.read_turns import ReadTurns

SLOW = "SELECT count() FROM numbers(4000000) WHERE NOT ignore(sleep(0.2))"  # for each block: more than 10 s
RUNNING = "SELECT count() FROM system.processes WHERE query LIKE '%sleep(0.2)%' AND query NOT LIKE '%processes%'"


@pytest.fixture
def served(store):
    """(port, what was asked, how many were cancelled) of a server with one read at once."""
    asked, cancelled = [], []

    def slow(request):
        asked.append(request.url.path)
        return JSONResponse(store.ask(SLOW, {}))

    app = Starlette(routes=[Route("/{name}", slow)])
    turns = ReadTurns(
        app, lambda request, error: JSONResponse({}, error.status), lambda: None, lambda: cancelled.append(1), at_once=1
    )
    server = uvicorn.Server(uvicorn.Config(turns, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    eventually(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()[1], asked, cancelled
    server.should_exit = True
    thread.join()


def _ask(port, path):
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return client


def test_query_of_a_client_that_goes_away_is_stopped(store, served):
    port, asked, cancelled = served
    first = _ask(port, "/first")
    eventually(lambda: store.ask(RUNNING, {}) == [(1,)])
    waiting = _ask(port, "/waiting")
    waiting.close()
    first.close()
    eventually(lambda: store.ask(RUNNING, {}) == [(0,)], 5)
    eventually(lambda: len(cancelled) == 2)
    assert asked == ["/first"]
