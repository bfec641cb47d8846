"""The agent's settings: read once from the environment, and what the server's answers may change of them since."""

from __future__ import annotations

from .guard import GUARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .chaos import Chaos

_MAX_DOCUMENT = 6 * 1024  # 4 KiB, as base64
_MAX_KEYS = 50
_DEFAULT_ENDPOINT = "http://localhost:4318"
_ON, _OFF = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
_SWITCHES = (
    "MENDLINE_LOGS", "MENDLINE_CAPTURE", "MENDLINE_LOCALS", "MENDLINE_EVENTBRIDGE_DETAIL", "MENDLINE_DISABLED",
    "MENDLINE_CHAOS",
)  # fmt: skip
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~")  # RFC 9110, token


class Endpoint:
    """Where telemetry goes, taken apart. Without a scheme it is https, unless it is on the machine itself."""

    __slots__ = ("credentials", "guessed", "host", "path", "port", "tls")

    def __init__(self, url: str) -> None:
        url = url.strip()
        scheme, mark, rest = url.partition("://")
        if " " in url or not url.isprintable():
            raise ValueError("the OTLP endpoint has a blank or a control character in it")
        self.guessed = not mark
        if self.guessed:
            scheme, rest = "", scheme
        elif scheme.lower() not in ("http", "https"):
            raise ValueError(f"the OTLP endpoint must begin with http:// or https://, not {scheme[:20]!r}")
        authority, slash, path = rest.partition("/")
        self.path = (slash + path).partition("#")[0] or "/"
        self.credentials, _, authority = authority.rpartition("@")
        host, port = authority, ""
        if authority.startswith("["):
            host, _, port = authority[1:].partition("]")
            port = port.lstrip(":")
        elif ":" in authority:
            host, _, port = authority.rpartition(":")
        if not host:
            raise ValueError("the OTLP endpoint names no host")
        self.host = host
        self.tls = scheme.lower() == "https" or (self.guessed and host not in ("localhost", "127.0.0.1", "::1"))
        if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
            raise ValueError(f"the OTLP endpoint has {port[:20]!r} as its port, which is none")
        self.port = int(port) if port else (443 if self.tls else 80)


class Settings:
    """What the environment says; see the table in the agent's README."""

    __slots__ = (
        "capture", "certificate", "chaos", "doubts", "endpoint", "export", "headers", "locals", "logs", "logs_endpoint",
        "logs_headers", "redact_keys", "resource_attributes", "sampling", "service_name",
    )  # fmt: skip

    def __init__(self, env: Mapping[str, str]) -> None:
        self.doubts: list[str] = []
        """Sentences about values that are not taken as they stand."""
        self.export = self._one_of(env, "MENDLINE_EXPORT", ("http", "log", "extension"))
        for name in _SWITCHES:
            if env.get(name, "").strip().lower() not in _ON + _OFF:
                self._doubt(env, name, "1 or 0", "0")
        self.logs = is_on(env, "MENDLINE_LOGS", default=True)
        self.capture = is_on(env, "MENDLINE_CAPTURE", default=True)
        self.locals = is_on(env, "MENDLINE_LOCALS")
        self.chaos = is_on(env, "MENDLINE_CHAOS")
        self.sampling = self._ratio(env, "MENDLINE_SAMPLING")
        self.redact_keys = tuple(key.strip() for key in env.get("MENDLINE_REDACT_KEYS", "").split(",") if key.strip())
        self.certificate = env.get("OTEL_EXPORTER_OTLP_CERTIFICATE", "")
        self.service_name = env.get("OTEL_SERVICE_NAME", "")
        self.resource_attributes = self._pairs(env, "OTEL_RESOURCE_ATTRIBUTES")
        self.endpoint = Endpoint(_DEFAULT_ENDPOINT)
        self.logs_endpoint: Endpoint | None = None  # one of their own
        self.headers: dict[str, str] = {}
        self.logs_headers: dict[str, str] = {}
        if self.export != "log":
            self._sending(env)
        elif self.chaos:
            self.doubts.append("MENDLINE_CHAOS has no effect: with MENDLINE_EXPORT=log no answer brings an experiment")

    def _sending(self, env: Mapping[str, str]) -> None:
        self.endpoint = self._endpoint(traces_url(env))
        self.headers = self._headers(env, "TRACES_", self.endpoint)
        own = env.get("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT")
        if own or env.get("OTEL_EXPORTER_OTLP_LOGS_HEADERS"):
            self.logs_endpoint = self._endpoint(own or signal_url(env, "logs"))
            self.logs_headers = self._headers(env, "LOGS_", self.logs_endpoint)
        for name in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
            if env.get(name, "").strip().lower() not in ("", "http/protobuf"):
                self._doubt(env, name, "http/protobuf, which is all that this agent speaks", "that")

    def _endpoint(self, url: str) -> Endpoint:
        endpoint = Endpoint(url)
        if endpoint.guessed:
            taken = "https" if endpoint.tls else "http"
            self.doubts.append(
                f"the OTLP endpoint {endpoint.host!r} has no http:// or https:// before it; {taken} is taken"
            )
        return endpoint

    def _headers(self, env: Mapping[str, str], signal: str, endpoint: Endpoint) -> dict[str, str]:
        own, general = f"OTEL_EXPORTER_OTLP_{signal}HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"
        name = own if env.get(own) else general
        found = self._pairs(env, name)
        headers = {}
        for key, value in found.items():
            if any(c in key + value for c in "\r\n\0") or not _NAME.issuperset(key):
                told = key.partition(":")[0].partition(" ")[0][:40]
                self.doubts.append(
                    f"{name}: {told!r} is left out; a header is name=value, on one line, without a colon"
                )
            else:
                headers[key] = value
        if endpoint.credentials and not any(key.lower() == "authorization" for key in headers):
            from binascii import b2a_base64

            encoded = b2a_base64(unquote(endpoint.credentials).encode(), newline=False)
            headers["Authorization"] = f"Basic {encoded.decode()}"
        return headers

    def _doubt(self, env: Mapping[str, str], name: str, known: str, taken: str) -> None:
        self.doubts.append(f"{name} is {env[name].strip()[:20]!r}; it is {known}, and {taken} is taken")

    def _one_of(self, env: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
        chosen = env.get(name, "").strip().lower() or known[0]
        if chosen in known:
            return chosen
        self._doubt(env, name, f"one of {', '.join(known)}", known[0])
        return known[0]

    def _ratio(self, env: Mapping[str, str], name: str) -> float:
        try:
            ratio = float(env.get(name, "").strip() or 1.0)
        except ValueError:
            ratio = -1.0
        if 0 <= ratio <= 1:
            return ratio
        self._doubt(env, name, "a share from 0 to 1", "1")
        return 1.0

    def _pairs(self, env: Mapping[str, str], name: str) -> dict[str, str]:
        listing = env.get(name, "")
        items = [item.strip() for item in listing.split(",") if item.strip()]
        wrong = sum("=" not in item or item[0] == "=" for item in items)
        if wrong:
            self.doubts.append(f"{name}: {wrong} of its {len(items)} entries are left out; each is name=value")
        return pairs(listing)


def is_on(env: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """A switch: 1, true, yes, on, or 0, false, no, off. Anything else is taken for off."""
    text = env.get(name, "").strip().lower()
    return text in _ON if text else default


def traces_url(env: Mapping[str, str]) -> str:
    """The traces endpoint: the signal's own as it is, else the general one with `/v1/traces` appended."""
    return env.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or signal_url(env, "traces")


def signal_url(env: Mapping[str, str], signal: str) -> str:
    """The general endpoint with the signal's path appended."""
    base = env.get("OTEL_EXPORTER_OTLP_ENDPOINT") or _DEFAULT_ENDPOINT
    return (base if base.endswith("://") else base.strip().rstrip("/")) + f"/v1/{signal}"


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


class LiveConfig:
    """Sampling, capture and redaction as they are now: the environment's, until the server says otherwise.

    The environment can only forbid: what `MENDLINE_CAPTURE=0` or `MENDLINE_LOGS=0` leaves out, no document brings back,
    and none raises the share of `MENDLINE_SAMPLING`.
    """

    __slots__ = (
        "_may_capture", "_may_log", "_settings", "chaos", "logs", "on_keys", "ratio", "request", "response", "version",
    )  # fmt: skip

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._may_capture = settings.capture
        self.chaos: Chaos | None = None  # from the first request on, of a function that has opted in
        self.version = "0"
        self.ratio = settings.sampling
        self.request = self.response = settings.capture
        self.logs = self._may_log = settings.logs
        self.on_keys: Any = None

    def head(self) -> bytes:
        """The header lines of a request that say what is known here."""
        line = b"mendline-config-version: %s\r\n" % self.version.encode()
        if not self._settings.chaos:
            return line
        if self.chaos is None:
            from os import environ

            from .chaos import Chaos

            self.chaos = Chaos(environ, self._settings.resource_attributes)
        return line + self.chaos.header()

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
        self.ratio = min(self._settings.sampling, float(ratio))
        self.request = self._may_capture and capture.get("request", True) is not False
        self.response = self._may_capture and capture.get("response", True) is not False
        self.logs = self._may_log and capture.get("logs", True) is not False
        if self.on_keys is not None:
            self.on_keys(keys[:_MAX_KEYS])
        self.version = version
        if self.chaos is not None:
            self.chaos.take(document.get("chaos"))
        elif document.get("chaos") is not None:
            raise ValueError("it asks for chaos, without MENDLINE_CHAOS=1; the rest is taken over")
