"""A log subscription as AWS has it: what functions and the platform wrote, in batches, to whoever subscribed.

The payload is that of a CloudWatch Logs subscription ("Real-time processing of log data with subscriptions", CloudWatch
Logs User Guide): gzip of JSON with the log group, the log stream and its events.
"""

import asyncio
import gzip
import http.client
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import count, groupby
from urllib.parse import urlsplit

from mendline_playground.host.logs import LogEvent

EVERY_S = 1.0
MOST_WAITING = 20_000
_ACCOUNT, _REGION = "000000000000", "us-east-1"
_COMPLAIN_EVERY_S = 30.0
_ANSWER_S = 10.0


class LogSubscription:
    """Sends log events to `{endpoint}/aws/logs`, until it is closed. Use `take` as the host's log sink."""

    def __init__(self, endpoint: str, complain: Callable[[str], None]) -> None:
        self._url = urlsplit(endpoint)
        self._complain = complain
        self._waiting: list[LogEvent] = []
        self._ids = count(1)
        self._complained_at = -_COMPLAIN_EVERY_S
        self.sent: Counter[str] = Counter()

    def take(self, event: LogEvent) -> None:
        """Keep an event for the next batch; beyond what can wait, the newest are lost and counted."""
        if len(self._waiting) >= MOST_WAITING:
            self.sent["lost"] += 1
            return
        self._waiting.append(event)

    async def run(self) -> None:
        """Send a batch each second until cancelled, and what is left then, in silence: the receiver may be gone."""
        try:
            while True:
                await asyncio.sleep(EVERY_S)
                await self._send_all()
        except asyncio.CancelledError:
            self._complain = lambda _: None
            await self._send_all()
            raise

    async def _send_all(self) -> None:
        events, self._waiting = self._waiting, []
        by_stream = sorted(events, key=lambda event: (event.function, event.stream))  # stable: in each, as they came
        for (function, stream), batch in groupby(by_stream, key=lambda event: (event.function, event.stream)):
            payload = self._payload(function, stream, list(batch))
            try:
                status = await asyncio.to_thread(self._post, payload)
            except OSError as error:
                self._report(f"logs could not be sent: {error}")
            else:
                self.sent[str(status)] += 1
                if status != 200:
                    self._report(f"logs were refused with status {status}")

    def _payload(self, function: str, stream: str, events: Iterable[LogEvent]) -> bytes:
        message = {
            "messageType": "DATA_MESSAGE",
            "owner": _ACCOUNT,
            "logGroup": f"/aws/lambda/{function}",
            "logStream": stream,
            "subscriptionFilters": ["mendline"],
            "logEvents": [
                {"id": f"{next(self._ids):056d}", "timestamp": event.time_ms, "message": event.message}
                for event in events
            ],
        }
        return gzip.compress(json.dumps(message).encode(), 1, mtime=0)

    def _post(self, payload: bytes) -> int:
        connect = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = connect(self._url.hostname or "", self._url.port, timeout=_ANSWER_S)
        try:
            connection.request("POST", f"{self._url.path.rstrip('/')}/aws/logs?region={_REGION}", payload)
            return connection.getresponse().status
        except http.client.HTTPException as error:
            raise OSError(f"the answer is no HTTP ({type(error).__name__})") from error
        finally:
            connection.close()

    def _report(self, text: str) -> None:
        now = time.monotonic()
        if now - self._complained_at >= _COMPLAIN_EVERY_S:
            self._complained_at = now
            self._complain(text)
