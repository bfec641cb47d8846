"""Sending log records: after the spans, over the same connection where they go to the same place."""

from __future__ import annotations

from .export import HttpExporter, client_of
from .outbox import Outbox
from .settings import Endpoint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .live import LiveConfig
    from .settings import Settings


class RecordExporter(HttpExporter):
    """Posts log records, while the exporter of spans holds the connection; has a breaker and a queue of its own."""

    __slots__ = ()

    def __init__(self, spans: HttpExporter, settings: Settings, config: LiveConfig) -> None:
        super().__init__(settings, config)
        self.outbox = Outbox(spans.outbox, "mendline.dropped_logs")
        here, there = settings.endpoint, Endpoint(settings.logs_url)
        if settings.logs_headers or (here.host, here.port, here.tls) != (there.host, there.port, there.tls):
            self._client = client_of(settings, there, settings.logs_headers or settings.headers)
        else:
            self._client, self._line = spans._client, f"POST {there.path} HTTP/1.1"
