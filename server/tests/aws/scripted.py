"""An AWS endpoint that answers what a test tells it to: for throttling, refusals and pages that emulators lack."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# The operation (`FilterLogEvents`, or method and path where there is no target header) and its parameters.
Script = Callable[[str, dict[str, Any]], tuple[int, dict[str, Any]]]


@contextmanager
def scripted(script: Script) -> Iterator[str]:
    """The URL of an endpoint that runs `script` for each request."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            target = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            parameters = json.loads(body) if body.startswith(b"{") else {}
            status, answer = script(target or f"{self.command} {self.path.partition('?')[0]}", parameters)
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
