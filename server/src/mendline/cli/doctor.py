"""`mendline doctor`: is this machine fit, is the server well, is data arriving; each line says what to do if not."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
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
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=_run)


def _run(parsed: argparse.Namespace) -> int:
    settings = read_settings(parsed)
    checks = list(examine(settings))
    if parsed.json:
        print(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        for check in checks:
            print(f"{check.state:<8} {check.name:<10} {check.text}")
    return 1 if any(check.state == "bad" for check in checks) else 0


def examine(settings: Settings) -> Iterator[Check]:
    """Look at everything, in the order in which one would mend it."""
    yield _versions()
    yield _disk(settings)
    ready = _ask(f"http://{_host(settings)}:{settings.port}/readyz")
    yield _port("web", settings.host, settings.port, "--port", serving=ready is not None)
    yield _port("otlp/http", settings.host, settings.otlp_http, "--otlp-http", serving=_ask_health(settings))
    yield from _store(settings, ready)


def _host(settings: Settings) -> str:
    return f"[{settings.host}]" if ":" in settings.host else settings.host


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


def _port(name: str, host: str, port: int, flag: str, *, serving: bool) -> Check:
    if serving:
        return Check(name, "ok", f"port {port}: Mendline answers")
    if port == 0:
        return Check(name, "ok", "any free port")
    try:
        with socket.create_server((host, port)):
            return Check(
                name,
                "warning",
                f"port {port} is free, and no Mendline runs there. Start one with `mendline serve`.",
            )
    except OSError as error:
        return Check(
            name,
            "bad",
            f"port {port}: {error.strerror}; another program has it. Stop it, or choose with {flag} PORT.",
        )


def _ask(url: str) -> dict[str, Any] | None:
    """The JSON answer of our own server, also when it says that it is not well; None when none of ours answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - http to the address in the settings
            document = json.loads(answer.read(1_000_000))
    except urllib.error.HTTPError as error:
        with error:
            document = _json_or_none(error.read(1_000_000))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) and "status" in document else None


def _json_or_none(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _ask_health(settings: Settings) -> bool:
    return _ask(f"http://{_host(settings)}:{settings.otlp_http}/healthz") is not None


def _store(settings: Settings, ready: dict[str, Any] | None) -> Iterator[Check]:
    if ready is not None:
        if ready.get("status") != "ready":
            yield Check("store", "bad", f"The running server cannot read its store: {ready.get('message')}")
            return
        yield Check("store", "ok", "readable by the running server")
        received = ready["received"]
        yield _last(received["spans"], received["last"])
        return
    yield from _examined(lambda: _open(settings))


def _examined(look: Callable[[], tuple[int, str | None] | None]) -> Iterator[Check]:
    try:
        found = look()
    except StoreLockedError as error:
        yield Check("store", "bad", f"{error.message} (No server answers on the web port: is it another --port?)")
    except MendlineError as error:
        yield Check("store", "bad", error.message)
    else:
        if found is None:
            yield Check("store", "ok", "nothing stored yet; it is made when the server starts")
        else:
            yield Check("store", "ok", "readable")
            yield _last(*found)


def _open(settings: Settings) -> tuple[int, str | None] | None:
    """Open the store ourselves, since no server has it."""
    if settings.store == "chdb" and not (settings.data / "telemetry").exists():
        return None
    from mendline.app.compose import look_into  # noqa: PLC0415 - the database takes a second to import

    receipt = look_into(settings)
    return receipt.spans, receipt.last.isoformat() if receipt.last else None


def _last(spans: int, last: str | None) -> Check:
    if not spans:
        return Check(
            "data",
            "warning",
            "no span received yet. Point OTEL_EXPORTER_OTLP_ENDPOINT at the otlp/http address.",
        )
    return Check("data", "ok", f"{spans:,} spans; the newest began {last}")
