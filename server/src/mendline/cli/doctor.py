"""`mendline doctor`: is this machine fit, is the server well, is data arriving; each line says what to do if not."""

from __future__ import annotations

import argparse
import contextlib
import errno
import http.client
import json
import os
import platform
import shlex
import shutil
import socket
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from mendline import __version__
from mendline.cli.flags import add_settings, read_settings
from mendline.errors import MendlineError, StoreLockedError
from mendline.settings import MIB, Settings

LEAST_FREE_BYTES = 1024 * MIB
_PACKAGES = ("chdb", "clickhouse-connect", "starlette", "uvicorn", "protobuf")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `state` is ok, warning or bad."""

    name: str
    state: str
    text: str


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "doctor",
        help="check ports, disk, versions, the store and the last data received",
        description="Check ports, disk, versions, the store and the last data received. Exit status 1: bad news.",
        allow_abbrev=False,
    )
    add_settings(parser)
    parser.add_argument(
        "--key", default=os.environ.get("MENDLINE_KEY"), metavar="KEY",
        help="for a server that asks for keys, to tell sizes and what AWS refuses (default MENDLINE_KEY)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=_run)


def _run(parsed: argparse.Namespace) -> int:
    settings = read_settings(parsed)
    checks = list(examine(settings, parsed.key or ""))
    if parsed.json:
        print(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        for check in checks:
            print(f"{check.state:<8} {check.name:<10} {check.text}")
    return 1 if any(check.state == "bad" for check in checks) else 0


def examine(settings: Settings, key: str = "") -> Iterator[Check]:
    """Look at everything, in the order in which one would mend it; `key` is for a server that asks for one."""
    yield _versions()
    yield _disk(settings)
    web = _ask(settings, settings.port, "/readyz")
    otlp = _ask(settings, settings.otlp_http, "/healthz")
    yield _port(settings, "web", settings.port, "--port", web)
    yield _port(settings, "otlp/http", settings.otlp_http, "--otlp-http", otlp)
    yield _grpc(settings, otlp)
    if settings.store == "chdb":
        made: bool | None = (settings.data / "telemetry").exists()
    else:
        reached, made = _reached(settings)
        yield reached
    if web is not None and web.get("data") == _own_id(settings):
        yield from _told(web)
        yield from _status(settings, key)
    elif made is not None:
        yield from _looked(settings, made)
    yield from _set_aside(settings)


def _own_id(settings: Settings) -> str:
    from mendline.api.health import data_id  # noqa: PLC0415 - the web framework takes time to import

    return data_id(settings.data)


def _versions() -> Check:
    found = ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES)
    text = f"mendline {__version__}, Python {platform.python_version()}, {found}"
    return Check("versions", "ok", text)


def _disk(settings: Settings) -> Check:
    folder = settings.data.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        return Check(
            "disk", "bad", f"{existing} is no directory that this user may write to; choose another with --data."
        )
    try:
        free = shutil.disk_usage(existing).free
    except OSError as error:
        return Check(
            "disk",
            "bad",
            f"{existing} cannot be looked at: {error.strerror}. Choose another directory with --data.",
        )
    text = f"{free / 2**30:.1f} GiB free for {folder}"
    if free < LEAST_FREE_BYTES:
        return Check(
            "disk",
            "bad",
            f"{text}; at least 1 GiB is needed. Make room, or choose another directory with --data.",
        )
    return Check("disk", "ok", text)


def _demo_hint(settings: Settings) -> str:
    """Where the demo keeps its data, if that is beside what was looked at."""
    demo = settings.data.with_name("mendline-demo")
    return f" (--data {demo} is the demo's)" if demo != settings.data and demo.is_dir() else ""


def _port(settings: Settings, name: str, port: int, flag: str, found: dict[str, Any] | None) -> Check:
    """Who answers at a port: a Mendline, the right listener of it, and for this data directory."""
    if found is not None:
        if found.get("listener") != name:
            other = found.get("listener", "another program's")
            return Check(name, "bad", f"port {port} is Mendline's {other} port; give the {name} port with {flag}.")
        if found.get("data") != _own_id(settings):
            return Check(
                name,
                "warning",
                f"port {port}: a Mendline answers, for another data directory than {settings.data};"
                f" name its directory with --data{_demo_hint(settings)}, or another port with {flag}.",
            )
        return Check(name, "ok", f"port {port}: Mendline {found.get('version')} answers")
    return _unanswered(settings, name, port, flag)


def _grpc(settings: Settings, otlp: dict[str, Any] | None) -> Check:
    """The gRPC port, which cannot be asked who it is without gRPC; `otlp` is what answers at the HTTP one."""
    name, port = "otlp/grpc", settings.otlp_grpc
    free, problem = _bound(settings, port)
    if otlp is None or port == 0 or problem:
        return _unanswered(settings, name, port, "--otlp-grpc")
    if otlp.get("data") != _own_id(settings):
        return Check(name, "warning", f"port {port} is {'free' if free else 'in use'}; see otlp/http.")
    text = f"port {port} is free: the running server has another" if free else f"port {port}: somebody listens"
    return Check(name, "warning" if free else "ok", text)


def _unanswered(settings: Settings, name: str, port: int, flag: str) -> Check:
    """Of a port at which none of ours answers."""
    if port == 0:
        return Check(name, "ok", "any free port")
    free, problem = _bound(settings, port)
    if problem:
        return Check(name, "bad", f"port {port} on {settings.host} cannot be used: {problem}.")
    if free:
        text = f"port {port} is free, and no Mendline runs there. Start one with `mendline serve`."
        return Check(name, "warning", text)
    return Check(name, "bad", f"port {port} belongs to another program. Stop it, or choose with {flag} PORT.")


def _bound(settings: Settings, port: int) -> tuple[bool, str]:
    """Whether a port is free, and why it can be had by nobody, if so."""
    try:
        with socket.create_server((settings.host, port), family=_family(settings.host)):
            return True, ""
    except OSError as error:
        return False, "" if error.errno == errno.EADDRINUSE else error.strerror or str(error)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _ask(settings: Settings, port: int, path: str, member: str = "listener", key: str = "") -> dict[str, Any] | None:
    """The JSON answer of our own server, also when it says that it is not well; None when none of ours answers, which
    is known by a member of the answer, if one is named."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}{path}"
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
            document = json.loads(answer.read(1_000_000))
    except urllib.error.HTTPError as error:
        with error:
            document = _json_or_none(error.read(1_000_000))
    except (OSError, ValueError, http.client.HTTPException):
        return None
    return document if isinstance(document, dict) and (not member or member in document) else None


def _json_or_none(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _told(web: dict[str, Any]) -> Iterator[Check]:
    """What the running server says of its store."""
    if web.get("status") != "ready":
        yield Check("store", "bad", f"The running server is not ready: {web.get('message')}")
        return
    yield Check("store", "ok", "the running server stores and reads")
    last = web.get("last_received")
    yield _last(int(web.get("spans", 0)), datetime.fromisoformat(last) if last else None)


def _status(settings: Settings, key: str) -> Iterator[Check]:
    """What the running server says of its tables and of AWS; why not, where it does not tell."""
    told = _ask(settings, settings.port, "/api/v1/status", "", key)
    if told is None or "aws" not in told:
        make = f"mendline keys create --project default --scope read --data {shlex.quote(str(settings.data))}"
        why = (told or {}).get("message") or "/api/v1/status does not answer; ask again."
        how = f" Give a key with --key or MENDLINE_KEY; `{make}` makes one." if told else ""
        yield Check("size", "warning", f"not told, nor what AWS refuses: {why}{how}")
        return
    for project, tables in told["tables"].items():
        yield from _sizes(tables, "" if project == "default" else f" in project {project}")
    yield from _aws(told)


def _sizes(tables: Iterable[Mapping[str, Any]], where: str = "") -> Iterator[Check]:
    """What telemetry takes on the disk, by table."""
    lines, whole = [], 0
    for table in tables:
        since = f", from {table['oldest']}" if table["oldest"] else ""
        rows = f"{table['rows']:,} {'row' if table['rows'] == 1 else 'rows'}"
        lines.append(f"{table['name']} {table['bytes'] / MIB:,.1f} MiB ({rows}{since})")
        whole += table["bytes"]
    if lines:
        yield Check("size", "ok", f"{whole / MIB:,.1f} MiB{where}: {', '.join(lines)}")


def _aws(status: Mapping[str, Any]) -> Iterator[Check]:
    """What the readers of AWS say of themselves."""
    for sentence in status.get("aws", ()):
        troubled = " fails: " in sentence or "not allowed" in sentence or " is rejected: " in sentence
        yield Check("aws", "warning" if troubled else "ok", sentence)


def _set_aside(settings: Settings) -> Iterator[Check]:
    """What came in and could never be stored, and what was damaged on the disk."""
    for name, what in (("quarantine", "could never be stored"), ("damaged", "was damaged in the spool")):
        for folder in sorted((settings.data / "spool").glob(f"*/{name}")):
            things = sum(path.suffix == ".json" for path in folder.iterdir())  # the reasons
            if things:
                yield Check(name, "warning", f"{things} in {folder}: what {what}, with the reason beside it.")


def _reached(settings: Settings) -> tuple[Check, bool | None]:
    """Whether the ClickHouse server of the settings answers, and has our tables (None: unknown)."""
    from mendline.store import probe  # noqa: PLC0415 - the database takes a second to import

    try:
        version, made = probe(settings.store, "default")
    except MendlineError as error:
        return Check("clickhouse", "bad", f"{error.message} Is the setting store right, and is it running?"), None
    tables = "with our tables" if made else "without our tables; they are made when the server starts"
    return Check("clickhouse", "ok", f"version {version} answers, {tables}"), made


def _looked(settings: Settings, made: bool) -> Iterator[Check]:
    """What the store holds, looked at here, since no server has it."""
    damage = _damage_of_state(settings)
    if damage:
        yield Check("state", "bad", damage)
    if not made:
        yield Check("store", "ok", "nothing stored yet; it is made when the server starts")
        yield _last(0, None)
        return
    from mendline.app.compose import look_into  # noqa: PLC0415 - the database takes a second to import
    from mendline.app.projects import last_stored  # noqa: PLC0415 - likewise

    try:
        receipt, tables = look_into(settings)
    except StoreLockedError as error:
        yield Check("store", "bad", f"{error.message} No server of it answers at --port {settings.port}.")
    except MendlineError as error:
        yield Check("store", "bad", error.message)
    else:
        yield Check("store", "ok", "readable; no server has it")
        yield _last(receipt.spans, last_stored(settings.data))
        yield from _sizes(asdict(table) for table in tables)


def _damage_of_state(settings: Settings) -> str:
    """What is wrong with the database of settings, keys and incidents; '' of one that is whole, or not there yet."""
    from mendline.store.state.engine import state_path  # noqa: PLC0415 - the library takes time to import

    path = state_path(settings.data)
    if not path.exists():
        return ""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        found = str(error)
    if found == "ok":
        return ""
    return f"{path} cannot be read ({found}). Put back a copy of it, or choose another directory with --data."


def _last(spans: int, last: datetime | None) -> Check:
    if last is None:
        return Check(
            "data",
            "warning",
            "nothing received yet. Point OTEL_EXPORTER_OTLP_ENDPOINT at the otlp/http address.",
        )
    return Check("data", "ok", f"{spans:,} spans; last received {last.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")
