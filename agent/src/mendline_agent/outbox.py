"""What waits to be sent and how it becomes one request: shared by all ways to send."""

from __future__ import annotations

from ._version import __version__
from .ring import Ring
from .wire import encode_request, encode_resource, encode_scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .ring import Taken

_MAX_TRIES = 5
_SMALL_BYTES = 8 * 1024
_SCOPE = encode_scope("mendline_agent", __version__)


class Held:
    """A request that went out and was not answered: it may have been taken, so it is sent again as it is, to the byte.

    Then the server knows it as a repeat; packed anew with other spans it would be stored twice.
    """

    __slots__ = ("body", "dropped", "encoding", "records", "tries")

    def __init__(self, body: bytes, encoding: bytes, dropped: int) -> None:
        self.body, self.encoding, self.dropped = body, encoding, dropped
        self.records, self.tries = 0, 1


class Outbox:
    """Encoded spans with their resource; what is lost on the way is told with what comes through."""

    __slots__ = ("_dropped_name", "_last_error", "_reported", "_resource", "beside", "held", "ring")

    def __init__(self, beside: Outbox | None = None, dropped_name: str = "mendline.dropped_spans") -> None:
        self._dropped_name = dropped_name
        self._last_error = ""
        self._reported = 0
        self._resource: bytes = beside._resource if beside is not None else b""
        self.beside: Any = None  # where log records go: a function of the settings; none where the log has the lines
        self.held: Held | None = None
        self.ring = Ring()

    def set_resource(self, attributes: dict[str, Any]) -> None:
        """Say whose spans these are."""
        self._resource = encode_resource(attributes)

    def take(self) -> Taken | None:
        """All that waits; None for nothing."""
        taken = self.ring.take()
        return taken if taken[0] or taken[1] else None

    def body(self, taken: Taken) -> bytes:
        """An ExportTraceServiceRequest of what was taken, or an ExportLogsServiceRequest, which has the same fields."""
        resource = self._resource
        dropped = self.ring.dropped - self._reported
        if dropped:
            resource += encode_resource({self._dropped_name: dropped})
        if self._last_error:
            resource += encode_resource({"mendline.last_export_error": self._last_error})
        return encode_request(resource, _SCOPE, taken[0] + taken[1])

    def sent(self, dropped_then: int) -> None:
        """It has come through, with what was lost until then."""
        self._reported, self._last_error = dropped_then, ""

    def failed(self, taken: Taken, why: str, *, again: bool) -> None:
        """It has not: keep it for the next time, or count it as lost."""
        self._last_error = why[:200]
        if again:
            self.ring.put_back(taken)
        else:
            self.ring.dropped += len(taken[0]) + len(taken[1])

    def unanswered(self, held: Held, why: str) -> None:
        """It went out, and nobody knows whether it was taken: keep it as it is for the next time."""
        self._last_error, self.held = why[:200], held

    def sent_again(self, held: Held) -> None:
        """What was held has come through, with what was lost before it went out first."""
        self.held, self._reported = None, held.dropped

    def failed_again(self, why: str, *, again: bool) -> None:
        """The request that is held did not come through this time either: it is given up in the end, and counted."""
        self._last_error = why[:200]
        held = self.held
        if held is not None:
            held.tries += 1
            if not again or held.tries > _MAX_TRIES:
                self.held = None
                self.ring.dropped += held.records


def packed(body: bytes) -> bytes:
    """The body as gzip; a small one with a small window, since to get memory costs more than to compress."""
    import zlib

    small = len(body) <= _SMALL_BYTES
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + 12, 6) if small else zlib.compressobj(1, zlib.DEFLATED, 16 + 15)
    return packer.compress(body) + packer.flush()
