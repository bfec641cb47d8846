"""A receiver on loopback that does as it is told: answers, is slow, hangs, lies, breaks off; and what it was sent."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Scripted:
    """`script` is what to do with each request, the last for all that follow: a status, (status, headers, body),
    'hang', 'garbage', or 'trickle'."""

    def __init__(self, *script):
        self.script, self.got, self.done = list(script) or [200], [], threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def _handler(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                outer.got.append((self.path, dict(self.headers), body))
                act = outer.script.pop(0) if len(outer.script) > 1 else outer.script[0]
                if act == "hang":
                    outer.done.wait(30)
                elif act == "garbage":
                    self.wfile.write(b"\x00\x01 no HTTP at all\r\n\r\n")
                elif act == "trickle":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                    while not outer.done.wait(0.05):
                        try:
                            self.wfile.write(b"x: y\r\n")
                        except OSError:
                            return
                else:
                    status, headers, said = act if isinstance(act, tuple) else (act, {}, b"ok")
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(said)))
                    self.end_headers()
                    self.wfile.write(said)

            def log_message(self, *_):
                pass

        return Handler

    def close(self):
        self.done.set()
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def scripted(*script):
    """It listens within the block."""
    receiver = Scripted(*script)
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.close()
        thread.join()
