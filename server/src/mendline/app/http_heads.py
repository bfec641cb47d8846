"""Heads of HTTP requests, bounded in size and time before anybody else sees them; what is no HTTP gets a sentence."""

from __future__ import annotations

import asyncio
import json
from asyncio.events import TimerHandle
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mendline.errors import HeadTooLargeError, IncompleteBodyError, MalformedError, MendlineError

MOST_HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 30.0
_LINGER_SECONDS = 2.0
"""How long what comes behind a refusal is thrown away: if it closed at once, the system would take back the answer."""
_PER_HEADER_BYTES = 32  # what a header costs beside its text, so that many empty ones count too
_TLS_HANDSHAKE = 0x16
_HTTP2_PREFACE = b"PRI * HTTP/2"
_Refused = Callable[[str], None]


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's protocol, which by itself keeps a head of any length and waits for it for ever.

    `refused` is told the code of every refusal: `head_too_large`, `incomplete`, `malformed`.
    """

    def __init__(self, *arguments: Any, refused: _Refused, head_seconds: float = HEAD_SECONDS, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._head_seconds = head_seconds
        self._refused = refused
        self._in_head = True
        self._begun = False
        self._head_bytes = 0  # of the fields that are complete
        self._fed_bytes = 0  # all that came while the head was not complete
        self._wait: TimerHandle | None = None
        self._is_tls = self._is_http2 = self._is_over = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected; its first head is waited for."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone."""
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes have come: within a head they are counted before they are looked at."""
        if self._is_over or self.transport.is_closing():
            return
        if self._in_head:
            self._is_tls = not self._fed_bytes and data[:1] == bytes((_TLS_HANDSHAKE,))
            self._is_http2 = not self._fed_bytes and data.startswith(_HTTP2_PREFACE)
            if self._fed_bytes > MOST_HEAD_BYTES:
                self.send_400_response("")
                return
            self._fed_bytes += len(data)
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head = self._begun = True
        self._head_bytes = 0
        self._await_head()

    def on_url(self, url: bytes) -> None:
        """A part of its path."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One of its headers."""
        self._count(len(name) + len(value) + _PER_HEADER_BYTES)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Its head is there."""
        self._head_came()
        self._in_head = self._begun = False
        self._fed_bytes = 0
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        """A part of a body is announced, or its end, after which more headers may come."""
        self._in_head, self._fed_bytes = True, 0

    def on_body(self, body: bytes) -> None:
        """A part of its body."""
        self._in_head = False
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot become a request, and close."""
        if max(self._head_bytes, self._fed_bytes) > MOST_HEAD_BYTES:
            self._refuse(HeadTooLargeError(f"Path and headers are longer than {MOST_HEAD_BYTES:,} bytes; send fewer."))
        elif self._is_tls:
            self._refuse(MalformedError("This port speaks HTTP without TLS; begin its address with http://."))
        elif self._is_http2:
            self._refuse(
                MalformedError("This port speaks HTTP/1.1. OTLP over gRPC has a port of its own, 4317 mostly.")
            )
        else:
            self._refuse(
                MalformedError("This is no request in HTTP/1.1: its first line, a header or a length is wrong.")
            )

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MOST_HEAD_BYTES:
            raise ValueError  # the parser stops, and asks for the answer

    def _await_head(self) -> None:
        if self._wait is None:
            self._wait = self.loop.call_later(self._head_seconds, self._give_up)

    def _head_came(self) -> None:
        if self._wait is not None:
            self._wait.cancel()
            self._wait = None

    def _give_up(self) -> None:
        self._wait = None
        if self._begun:
            self._refuse(IncompleteBodyError(f"Path and headers did not arrive within {self._head_seconds:g} s."))
        else:
            self.transport.close()

    def _refuse(self, error: MendlineError) -> None:
        if self._is_over or self.transport.is_closing():
            return
        self._is_over = True
        self._refused(error.code)
        self._head_came()
        body = json.dumps({"code": error.code, "message": error.message}).encode()
        head = (
            f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.write_eof()
        self._wait = self.loop.call_later(_LINGER_SECONDS, self.transport.abort)
