"""The agent's settings: read once from the environment, and what the server's answers may change of them since."""

from __future__ import annotations

from .guard import GUARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_MAX_DOCUMENT = 6 * 1024  # 4 KiB, as base64
_MAX_KEYS = 50
_DEFAULT_ENDPOINT = "http://localhost:4318"


class Endpoint:
    """Where traces go, taken apart."""

    __slots__ = ("host", "path", "port", "tls")

    def __init__(self, url: str) -> None:
        scheme, mark, rest = url.strip().partition("://")
        if not mark or scheme.lower() not in ("http", "https"):
            raise ValueError(f"the OTLP endpoint must begin with http:// or https://, not {scheme[:20]!r}")
        self.tls = scheme.lower() == "https"
        authority, slash, path = rest.partition("/")
        self.path = (slash + path).partition("#")[0] or "/"
        authority = authority.rpartition("@")[2]
        host, port = authority, ""
        if authority.startswith("["):
            host, _, port = authority[1:].partition("]")
            port = port.lstrip(":")
        elif ":" in authority:
            host, _, port = authority.rpartition(":")
        if not host:
            raise ValueError("the OTLP endpoint names no host")
        self.host = host
        if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
            raise ValueError(f"the OTLP endpoint has {port[:20]!r} as its port, which is none")
        self.port = int(port) if port else (443 if self.tls else 80)


class Settings:
    """What the environment says; see the table in the agent's README."""

    __slots__ = (
        "capture", "certificate", "endpoint", "export", "headers", "locals", "logs", "redact_keys",
        "resource_attributes", "sampling", "service_name",
    )  # fmt: skip

    def __init__(self, env: Mapping[str, str]) -> None:
        self.endpoint = Endpoint(traces_url(env))
        raw_headers = env.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS") or env.get("OTEL_EXPORTER_OTLP_HEADERS", "")
        self.headers = _safe_headers(pairs(raw_headers))
        self.logs = is_on(env, "MENDLINE_LOGS", default=True)
        self.certificate = env.get("OTEL_EXPORTER_OTLP_CERTIFICATE", "")
        self.export = _one_of(env, "MENDLINE_EXPORT", ("http", "log", "extension"))
        self.sampling = _ratio(env, "MENDLINE_SAMPLING")
        self.capture = is_on(env, "MENDLINE_CAPTURE", default=True)
        self.locals = is_on(env, "MENDLINE_LOCALS")
        self.redact_keys = tuple(key.strip() for key in env.get("MENDLINE_REDACT_KEYS", "").split(",") if key.strip())
        self.service_name = env.get("OTEL_SERVICE_NAME", "")
        self.resource_attributes = pairs(env.get("OTEL_RESOURCE_ATTRIBUTES", ""))


def is_on(env: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """A switch: 1, true, yes, on, or 0, false, no, off. Anything else is taken for what leaves more out."""
    text = env.get(name, "").strip().lower()
    return default if not text else text in ("1", "true", "yes", "on")


def _one_of(env: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    chosen = env.get(name, "").strip().lower() or known[0]
    if chosen not in known:
        raise ValueError(f"{name} is {chosen[:20]!r}; it is one of {', '.join(known)}")
    return chosen


def _ratio(env: Mapping[str, str], name: str) -> float:
    try:
        ratio = float(env.get(name, "").strip() or 1.0)
    except ValueError:
        ratio = -1.0
    if not 0 <= ratio <= 1:
        raise ValueError(f"{name} is {env[name][:20]!r}; it is a share from 0 to 1")
    return ratio


def traces_url(env: Mapping[str, str]) -> str:
    """The traces endpoint: the signal's own as it is, else the general one with `/v1/traces` appended."""
    own = env.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if own:
        return own
    return (env.get("OTEL_EXPORTER_OTLP_ENDPOINT") or _DEFAULT_ENDPOINT).rstrip("/") + "/v1/traces"


def pairs(listing: str) -> dict[str, str]:
    """`a=1,b=2`, percent-decoded, as OpenTelemetry writes headers and resource attributes in the environment."""
    found = {}
    for item in listing.split(","):
        key, equals, value = item.partition("=")
        if equals and key.strip():
            found[unquote(key.strip())] = unquote(value.strip())
    return found


def unquote(value: str) -> str:
    """Percent-decode as UTF-8; a percent sign that starts no code stays as it is."""
    if "%" not in value:
        return value
    head, *rest = value.encode().split(b"%")
    out = [head]
    for part in rest:
        try:
            out.append(bytes.fromhex(part[:2].decode()) + part[2:] if len(part) >= 2 else b"%" + part)
        except ValueError:
            out.append(b"%" + part)
    return b"".join(out).decode("utf-8", "replace")


def _safe_headers(headers: dict[str, str]) -> dict[str, str]:
    """Headers without those that could split the request."""
    return {k: v for k, v in headers.items() if not any(c in k + v for c in "\r\n\0") and ":" not in k and " " not in k}


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
