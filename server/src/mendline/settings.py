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
    Setting("public_url", "", "address under which people reach the web UI, for links in messages"),
    Setting("retention_days", 30, "how long telemetry is kept, in days", 1, 90),
    Setting("max_request_bytes", 16 * MIB, "largest request body on the wire, in bytes", 1024),
    Setting("max_inflated_bytes", 64 * MIB, "largest request body after decompression, in bytes", 1024),
    Setting("max_records", 50_000, "most spans in one request", 1),
    Setting("max_bytes_in_hand", 256 * MIB, "memory for the bodies of all requests in hand, in bytes", 1024),
    Setting("spool_max_bytes", 2048 * MIB, "cap of the spool on disk, in bytes; over it, requests get 503", 1024),
    Setting("disk_floor_bytes", 256 * MIB, "free space below which requests get 503, in bytes"),
    Setting("rate_per_key", 20_000, "records a second that one key may send, twice as many in a burst; 0: no limit"),
    Setting("redact", "on", "`on` replaces secrets in what comes in, before it is kept; `off` keeps it as it is"),
    Setting("redact_extra_keys", "", "further keys whose values are secret, with commas between"),
    Setting("aws_sources", "", "TOML file that names the AWS accounts and regions to read"),
    Setting("log_level", "info", "what goes to standard error: debug, info, warning or error"),
)
_BY_NAME = {setting.name: setting for setting in TABLE}
_AUTH = ("auto", "required")
_LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force. Attribute names are those of the table."""

    host: str
    port: int
    otlp_http: int
    data: Path
    store: str
    auth: str
    allowed_hosts: str
    public_url: str
    retention_days: int
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
    log_level: str

    def shown(self) -> list[tuple[str, str]]:
        """Names and values for a person to read; secrets print as `[redacted]`."""
        rows = []
        for setting in TABLE:
            value = getattr(self, setting.name)
            hidden = setting.secret and value != setting.default
            rows.append((setting.name, "[redacted]" if hidden else str(value)))
        return rows


def load(
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Settings:
    """Put the settings together. `flags` that are None count as not given.

    Raises SettingsError for an unknown name (with the nearest known one) or a value out of its range.
    """
    environ = os.environ if environ is None else environ
    raw: dict[str, Any] = {setting.name: setting.default for setting in TABLE}
    raw.update(_from_file(file))
    raw.update(_from_environ(environ))
    raw.update({name: value for name, value in (flags or {}).items() if value is not None})
    values = {name: _checked(_known(name, "the command line"), value) for name, value in raw.items()}
    if values["log_level"] not in _LOG_LEVELS:
        raise SettingsError(f"log_level is '{values['log_level']}'; use one of {', '.join(_LOG_LEVELS)}.")
    if values["auth"] not in _AUTH:
        raise SettingsError(f"auth is '{values['auth']}'; use one of {', '.join(_AUTH)}.")
    values["data"] = Path(str(values["data"])).expanduser()
    values["store"] = _secret(str(values["store"]), environ)
    return Settings(**values)


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
    return {setting.name: environ[setting.variable] for setting in TABLE if setting.variable in environ}


def _known(name: str, where: str) -> Setting:
    if name in _BY_NAME:
        return _BY_NAME[name]
    near = difflib.get_close_matches(name, _BY_NAME, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else " `mendline settings` lists them."
    raise SettingsError(f"'{name}' in {where} is not a setting.{hint}")


def _checked(setting: Setting, value: Any) -> Any:
    if isinstance(setting.default, str):
        if isinstance(value, (str, Path)) and str(value) == str(value).strip():
            return value
        raise SettingsError(f"{setting.name} is {value!r}; it must be a text without spaces around it.")
    try:
        number = int(value) if not isinstance(value, (bool, float)) else None
    except (TypeError, ValueError):
        number = None
    if number is None or not setting.least <= number <= setting.most:
        upper = f" to {setting.most}" if setting.most < 2**62 else " or more"
        raise SettingsError(f"{setting.name} is {value!r}; it must be a whole number, {setting.least}{upper}.")
    return number


def _secret(value: str, environ: Mapping[str, str]) -> str:
    """Resolve `env:NAME` and `file:PATH`, so that secrets need not stand in files or flags."""
    kind, _, rest = value.partition(":")
    if kind == "env":
        if rest not in environ:
            raise SettingsError(f"A setting refers to the environment variable {rest}, which is not set.")
        return environ[rest]
    if kind == "file":
        try:
            return Path(rest).read_text("utf-8").strip()
        except OSError as error:
            raise SettingsError(
                f"A setting refers to the file {rest}, which cannot be read: {error.strerror}."
            ) from error
    return value
