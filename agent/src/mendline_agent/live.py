"""What may change in a running function without deploying it: the document that the server's answers bring."""

from __future__ import annotations

from .guard import GUARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .settings import Settings

_MAX_DOCUMENT = 6 * 1024  # 4 KiB, as base64
_MAX_KEYS = 50


class LiveConfig:
    """Sampling, capture and redaction as they are now: the environment's, until the server says otherwise.

    The environment can only forbid: what `MENDLINE_CAPTURE=0` or `MENDLINE_LOGS=0` leaves out, no document brings back.
    """

    __slots__ = ("_may_capture", "_may_log", "logs", "on_keys", "ratio", "request", "response", "version")

    def __init__(self, settings: Settings) -> None:
        self._may_capture = settings.capture
        self.version = "0"
        self.ratio = settings.sampling
        self.request = self.response = settings.capture
        self.logs = self._may_log = settings.logs
        self.on_keys: Any = None

    def take(self, header: str) -> None:
        """Take over a document as the header `mendline-config` has it (base64 of JSON); a bad one changes nothing."""
        try:
            if len(header) > _MAX_DOCUMENT:
                raise ValueError("the configuration is too long")
            from binascii import a2b_base64
            from json import loads

            self._apply(loads(a2b_base64(header)))
        except Exception as error:
            GUARD.failed("configuration", error)

    def _apply(self, document: dict[str, Any]) -> None:
        version = document["version"]
        if not (isinstance(version, str) and version.isalnum() and len(version) <= 64):
            raise ValueError("the configuration has no version")
        ratio = document.get("sampling", {}).get("ratio", 1.0)
        if type(ratio) not in (int, float) or not 0 <= ratio <= 1:
            raise ValueError(f"the sampling ratio is {str(ratio)[:20]}")
        capture = document.get("capture", {})
        keys = [key for key in document.get("redaction", {}).get("keys", []) if isinstance(key, str)]
        self.ratio = float(ratio)
        self.request = self._may_capture and capture.get("request", True) is not False
        self.response = self._may_capture and capture.get("response", True) is not False
        self.logs = self._may_log and capture.get("logs", True) is not False
        if self.on_keys is not None:
            self.on_keys(keys[:_MAX_KEYS])
        self.version = version
