"""What waits to be sent and how it becomes one request: shared by all ways to send."""

from __future__ import annotations

from ._version import __version__
from .ring import Ring
from .wire import encode_request, encode_resource, encode_scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .ring import Taken

_SMALL_BYTES = 8 * 1024
_SCOPE = encode_scope("mendline_agent", __version__)


class Outbox:
    """Encoded spans with their resource; what is lost on the way is told with what comes through."""

    __slots__ = ("_dropped_name", "_last_error", "_reported", "_resource", "ring")

    def __init__(self, beside: Outbox | None = None, dropped_name: str = "mendline.dropped_spans") -> None:
        self._dropped_name = dropped_name
        self._last_error = ""
        self._reported = 0
        self._resource: bytes = beside._resource if beside is not None else b""
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


def packed(body: bytes) -> bytes:
    """The body as gzip; a small one with a small window, since to get memory costs more than to compress."""
    import zlib

    small = len(body) <= _SMALL_BYTES
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + 12, 6) if small else zlib.compressobj(1, zlib.DEFLATED, 16 + 15)
    return packer.compress(body) + packer.flush()
