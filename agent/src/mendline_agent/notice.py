"""The black box: an invocation as it stands shortly before its time is up, told from the watch's thread.

It goes out under the span id of the invocation, marked unfinished. An invocation that then ends in time is told again,
complete, under the same id: the server takes that one (source `early` against `span`).
"""

from __future__ import annotations

import json

from .frames import stack_of
from .spans import CLIENT, PRODUCER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .redaction import Redactor
    from .spans import Span

_MOST_PENDING = 20
_PEER_CHARACTERS = 300


def describe_notice(notice: Span, thread: int, waiting: list[Span], redactor: Redactor) -> None:
    """Write on the notice where the handler is and what it waits for."""
    attributes = notice.attributes
    attributes["mendline.stack"] = stack_of(thread, redactor)
    pending = [_pending(span, redactor) for span in waiting if span.kind in (CLIENT, PRODUCER)]
    if pending:
        attributes["mendline.pending"] = json.dumps(pending[:_MOST_PENDING], separators=(",", ":"))


def _pending(span: Span, redactor: Redactor) -> list[Any]:
    """`[type, name, operation, peer, elapsed_ms]`."""
    get = span.attributes.get
    resource = [get(f"mendline.resource.{part}") for part in ("type", "name", "operation")]
    resource[2] = resource[2] or span.name
    peer = get("network.peer.address") or get("server.address") or get("url.full")
    port = get("network.peer.port") or get("server.port")
    if peer and port and "/" not in str(peer):
        peer = f"{peer}:{port}"
    told = redactor.text(str(peer))[:_PEER_CHARACTERS] if peer else None
    return [*resource, told, round((span.end_ns - span.start_ns) / 1e6, 1)]
