"""Heads of requests that do not come are waited for so long and no longer."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
import uvicorn
from uvicorn.server import ServerState

from mendline.app.http_heads import BoundedHttp


async def _nothing(scope, receive, send):
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def _talk(sent, head_seconds=0.1):
    """What comes back for these bytes until the server closes, and what it counted."""
    counted = []
    config, state = uvicorn.Config(_nothing, log_config=None, lifespan="off"), ServerState()
    make = partial(
        BoundedHttp, config=config, server_state=state, app_state={}, refused=counted.append, head_seconds=head_seconds
    )
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        writer.write(sent)
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        while state.connections:
            await asyncio.sleep(0.001)
    return answer, counted


@pytest.mark.anyio
async def test_head_that_does_not_end_is_refused_and_counted():
    answer, counted = await _talk(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert counted == ["incomplete"]


@pytest.mark.anyio
async def test_connection_without_a_word_is_closed():
    assert await _talk(b"") == (b"", [])


@pytest.mark.anyio
async def test_second_request_of_a_connection_is_waited_for_no_longer():
    answer, counted = await _talk(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost")
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert b"HTTP/1.1 503 " in answer
    assert counted == ["incomplete"]


@pytest.mark.anyio
async def test_refusal_reaches_a_client_that_is_still_sending():
    answer, counted = await _talk(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000_000, head_seconds=60)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert counted == ["head_too_large"]
