"""Where a server's messages arrive: a webhook on loopback, as a person's would be."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Letter:
    """A message about an incident: `kind` is first, update, raised or over; `causes` are those that it names."""

    incident: int
    kind: str
    causes: tuple[Mapping[str, Any], ...] = ()


@dataclass(slots=True)
class Mailbox:
    """What arrived, in order; each message once, however often it was delivered."""

    address: str = ""
    letters: list[Letter] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)

    def put(self, key: str, told: Mapping[str, Any]) -> None:
        """Take what a webhook is sent (its `webhook-id`, and its body)."""
        if key in self._known:
            return
        self._known.add(key)
        of = told["data"]
        kind = str(told["type"]).rpartition(".")[2]
        self.letters.append(Letter(int(of["id"]), kind, tuple(of.get("causes") or ())))

    def take(self) -> list[Letter]:
        """All so far; then it is empty."""
        taken, self.letters, self._known = self.letters, [], set()
        return taken


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """Listen on a free port of loopback for as long as the block lasts."""
    mailbox = Mailbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["content-length"])))
            mailbox.put(self.headers["webhook-id"], told)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        mailbox.address = f"http://127.0.0.1:{listening.server_port}/"
        threading.Thread(target=listening.serve_forever, name="mailbox", daemon=True).start()
        try:
            yield mailbox
        finally:
            listening.shutdown()
