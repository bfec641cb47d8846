"""Every setting, in one table: flags, environment, TOML file, `mendline settings` and the reference come from it.

Order of precedence: command line, environment (`MENDLINE_` and the name in capitals), file, default.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mendline.errors import SettingsError

MIB = 1024 * 1024
LEAST_CHAOS_KEY = 16


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: what a setting is called, what it may be, and what it is for."""

    name: str
    default: str | int
    help: str
    least: int = 0
    most: int = 2**62
    secret: bool = False

    @property
    def flag(self) -> str:
        """The command-line flag."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable."""
        return "MENDLINE_" + self.name.upper()


TABLE = (
    Setting("host", "127.0.0.1", "address to listen on; beyond loopback every request needs a key"),
    Setting("port", 8000, "port of the web UI and the API; 0 takes any free one", 0, 65535),
    Setting("otlp_http", 4318, "port for OTLP over HTTP; 0 takes any free one", 0, 65535),
    Setting("otlp_grpc", 4317, "port for OTLP over gRPC; 0 takes any free one", 0, 65535),
    Setting("data", "./mendline-data", "directory that holds telemetry, spool and state"),
    Setting(
        "store",
        "chdb",
        "`chdb` (embedded, below the data directory), or the DSN of a ClickHouse server",
        secret=True,
    ),
    Setting("auth", "auto", "`auto` asks for keys beyond loopback, or once a key was made; `required` asks always"),
    Setting(
        "allowed_hosts",
        "",
        "names that requests may use for this server where keys are asked for, with commas between; none: any name",
    ),
    Setting("retention_days", 30, "how long telemetry is kept, in days; older data goes within the hour", 1, 90),
    Setting("retention_traces_days", 0, "how long traces and invocations are kept; 0: as `retention_days`", 0, 90),
    Setting("retention_logs_days", 0, "how long log records are kept; 0: as `retention_days`", 0, 90),
    Setting("retention_metrics_days", 0, "how long metrics are kept; 0: as `retention_days`", 0, 90),
    Setting("max_request_bytes", 16 * MIB, "largest request body on the wire, in bytes", 1024),
    Setting("max_inflated_bytes", 64 * MIB, "largest request body after decompression, in bytes", 1024),
    Setting("max_records", 50_000, "most spans, log records or data points in one request", 1),
    Setting("max_bytes_in_hand", 256 * MIB, "memory for the bodies of all requests in hand, in bytes", 1024),
    Setting("spool_max_bytes", 2048 * MIB, "cap of the spool on disk, in bytes; over it, requests get 503", 1024),
    Setting("disk_floor_bytes", 256 * MIB, "free space below which requests get 503, in bytes"),
    Setting("rate_per_key", 20_000, "records a second that one key may send, twice as many in a burst; 0: no limit"),
    Setting("redact", "on", "`on` replaces secrets in what comes in, before it is kept; `off` keeps it as it is"),
    Setting("redact_extra_keys", "", "further keys whose values are secret, with commas between"),
    Setting("aws_sources", "", "TOML file that names the AWS accounts and regions to read"),
    Setting(
        "chaos_key",
        "",
        "the key, 16 characters or more, that experiments are signed with; functions that take part have the same",
        secret=True,
    ),
    Setting(
        "chaos_refused_stages",
        "",
        "stages (`deployment.environment.name`) in which no experiment begins, with commas between; with some, nor does"
        " one in a function of which no stage is known",
    ),
    Setting("public_url", "", "address under which people reach the pages, for links in messages; none: the port here"),
    Setting("log_level", "info", "what goes to standard error: debug, info, warning or error"),
)
# Variables that begin with MENDLINE_ and are not settings of the server: the command line's own, the agent's (which
# developers have in the same environment), and those of the test suite.
OTHER_VARIABLES = frozenset(
    {
        *("MENDLINE_CONFIG", "MENDLINE_SERVER", "MENDLINE_KEY", "MENDLINE_PROJECT"),
        *("MENDLINE_CAPTURE", "MENDLINE_DISABLED", "MENDLINE_EXPORT", "MENDLINE_HANDLER", "MENDLINE_REDACT_KEYS"),
        "MENDLINE_ADDED_PATH",
        *(
            "MENDLINE_EVENTBRIDGE_DETAIL",
            "MENDLINE_LINES",
            "MENDLINE_LOCALS",
            "MENDLINE_LOGS",
            "MENDLINE_SAMPLING",
            "MENDLINE_TRACE",
        ),
        *("MENDLINE_CHAOS", "MENDLINE_CHAOS_REFUSE", "MENDLINE_STAGE"),
        *("MENDLINE_MINISTACK_PYTHON", "MENDLINE_REQUIRE_BROWSER", "MENDLINE_REQUIRE_SERVERS"),
    }
)
_BY_NAME = {setting.name: setting for setting in TABLE}
_STORE_SCHEMES = ("http", "https", "clickhouse")
_AUTH = ("auto", "required")
_SWITCH = ("on", "off")
_LONGEST_PATH = 3800  # bytes; Linux takes 4,096, with what we put below it
_LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force. Attribute names are those of the table."""

    host: str
    port: int
    otlp_http: int
    otlp_grpc: int
    data: Path
    store: str
    auth: str
    allowed_hosts: str
    retention_days: int
    retention_traces_days: int
    retention_logs_days: int
    retention_metrics_days: int
    max_request_bytes: int
    max_inflated_bytes: int
    max_records: int
    max_bytes_in_hand: int
    spool_max_bytes: int
    disk_floor_bytes: int
    rate_per_key: int
    redact: str
    redact_extra_keys: str
    aws_sources: str
    chaos_key: str
    chaos_refused_stages: str
    public_url: str
    log_level: str

    def shown(self) -> list[tuple[str, str | int]]:
        """Names and values for a person to read; secrets print as `[redacted]`."""
        rows: list[tuple[str, str | int]] = []
        for setting in TABLE:
            value = getattr(self, setting.name)
            hidden = setting.secret and value != setting.default
            rows.append((setting.name, "[redacted]" if hidden else value if isinstance(value, int) else str(value)))
        return rows


def load(
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> Settings:
    """Put the settings together. `flags` that are None count as not given; `defaults` go before those of the table.

    Raises SettingsError for an unknown name (with the nearest known one) or a value out of its range.
    """
    environ = os.environ if environ is None else environ
    raw: dict[str, Any] = {setting.name: setting.default for setting in TABLE} | dict(defaults or {})
    said = {name: name for name in raw}
    from_file, from_environ = _from_file(file), _from_environ(environ)
    from_flags = {name: value for name, value in (flags or {}).items() if value is not None}
    for given, words in (
        (from_file, f"{{}} in {file}".format),
        (from_environ, lambda name: _BY_NAME[name].variable),
        (from_flags, lambda name: _known(name, "the command line").flag),
    ):
        raw.update(given)
        said.update({name: words(name) for name in given})
    values = {name: _checked(_BY_NAME[name], value, said[name]) for name, value in raw.items()}
    for name, choices in (("log_level", _LOG_LEVELS), ("auth", _AUTH), ("redact", _SWITCH)):
        if values[name] not in choices:
            raise SettingsError(f"{said[name]} is '{values[name]}'; use one of {', '.join(choices)}.")
    if not values["host"]:
        raise SettingsError(
            f"{said['host']} is empty; use 127.0.0.1 for this machine only, or 0.0.0.0 for every address it has."
        )
    url = str(values["public_url"])
    if url and not url.startswith(("http://", "https://")):
        raise SettingsError(f"{said['public_url']} is '{url[:80]}'; write https://HOST, as people reach the pages.")
    _check_ports_differ(values)
    values["data"] = _directory(str(values["data"]), said["data"])
    values["store"] = _store(_secret(str(values["store"]), environ, said["store"]), said["store"])
    values["chaos_key"] = _secret(str(values["chaos_key"]), environ, said["chaos_key"])
    if 0 < len(values["chaos_key"]) < LEAST_CHAOS_KEY:
        raise SettingsError(f"{said['chaos_key']} is too short; it needs {LEAST_CHAOS_KEY} characters or more.")
    return Settings(**values)


def _check_ports_differ(values: Mapping[str, Any]) -> None:
    seen: dict[int, str] = {}
    for name in ("port", "otlp_http", "otlp_grpc"):
        port = values[name]
        if port and port in seen:
            flags = f"{_BY_NAME[seen[port]].flag} or {_BY_NAME[name].flag}"
            raise SettingsError(f"{seen[port]} and {name} are both {port}; give one of them another port with {flags}.")
        seen[port] = name


def _directory(text: str, said: str) -> Path:
    if not text:
        raise SettingsError(f"{said} is empty; name the directory for telemetry, spool and state with --data DIR.")
    if "\0" in text or len(text.encode()) > _LONGEST_PATH or any(len(part.encode()) > 255 for part in text.split("/")):
        raise SettingsError(f"{said} is no path: '{text[:80]}'. Names in it have at most 255 bytes, and no NUL.")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise SettingsError(f"{said} is '{text}': {error} Write the directory out.") from error


def _store(text: str, said: str) -> str:
    """`chdb`, or a DSN whose scheme the client knows; the DSN itself may hold a password and is never shown."""
    scheme, separator, rest = text.partition("://")
    if text == "chdb" or (separator and scheme in _STORE_SCHEMES and rest):
        return text
    told = f"a DSN that begins with '{scheme[:20]}://'" if separator else "no DSN" if len(text) > 40 else f"'{text}'"
    near = difflib.get_close_matches(scheme if separator else text, ("chdb", *_STORE_SCHEMES), n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    raise SettingsError(
        f"{said} is {told}; use chdb, or the DSN of a ClickHouse server's HTTP interface such as"
        f" http://user@host:8123/ or https://user@host:8443/.{hint}"
    )


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"The settings file {file} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {file} is not valid TOML: {error}.") from error
    return {_known(name, str(file)).name: value for name, value in document.items()}


def _from_environ(environ: Mapping[str, str]) -> dict[str, str]:
    known = {setting.variable: setting.name for setting in TABLE}
    for variable in environ:
        if variable.startswith("MENDLINE_") and variable not in known and variable not in OTHER_VARIABLES:
            near = difflib.get_close_matches(variable, (*known, *OTHER_VARIABLES), n=1)
            hint = f" Did you mean {near[0]}?" if near else " `mendline settings` lists what can be set."
            raise SettingsError(f"The environment variable {variable} is none that Mendline reads.{hint}")
    return {name: environ[variable] for variable, name in known.items() if variable in environ}


def _known(name: str, where: str) -> Setting:
    if name in _BY_NAME:
        return _BY_NAME[name]
    near = difflib.get_close_matches(name, _BY_NAME, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else " `mendline settings` lists them."
    raise SettingsError(f"'{name}' in {where} is not a setting.{hint}")


def _checked(setting: Setting, value: Any, said: str) -> Any:
    """The value as the table wants it; `said` is where it was given, for the error."""
    if isinstance(setting.default, str):
        if isinstance(value, (str, Path)) and str(value) == str(value).strip():
            return value
        raise SettingsError(f"{said} is {value!r}; it must be a text without spaces around it.")
    try:
        number = int(value) if not isinstance(value, (bool, float)) else None
    except (TypeError, ValueError):
        number = None
    if number is None or not setting.least <= number <= setting.most:
        upper = f" to {setting.most}" if setting.most < 2**62 else " or more"
        raise SettingsError(f"{said} is {value!r}; it must be a whole number, {setting.least}{upper}.")
    return number


def _secret(value: str, environ: Mapping[str, str], said: str) -> str:
    """Resolve `env:NAME` and `file:PATH`, so that secrets need not stand in files or flags."""
    kind, _, rest = value.partition(":")
    if kind == "env":
        if rest not in environ:
            raise SettingsError(f"{said} refers to the environment variable {rest}, which is not set.")
        return environ[rest]
    if kind == "file":
        try:
            return Path(rest).read_text("utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{said} refers to the file {rest}, which cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise SettingsError(f"{said} refers to the file {rest}, which is no text.") from error
    return value
