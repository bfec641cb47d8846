"""Settings as command-line flags, the same for every command that starts or inspects a server."""

from __future__ import annotations

import argparse
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from mendline.settings import TABLE, Settings, load


def add_settings(
    parser: argparse.ArgumentParser, names: Collection[str] | None = None, defaults: Mapping[str, Any] | None = None
) -> None:
    """One flag for each setting (or only for the named ones), and `--config`. `defaults` are told instead of ours."""
    parser.add_argument("--config", metavar="FILE", help="TOML file with settings (or MENDLINE_CONFIG)")
    group = parser.add_argument_group(
        "settings", "Each can also stand in the environment (MENDLINE_PORT …) or in the file."
    )
    for setting in TABLE:
        if names is not None and setting.name not in names:
            continue
        default = (defaults or {}).get(setting.name, setting.default)
        group.add_argument(
            setting.flag,
            dest=setting.name,
            metavar="N" if isinstance(setting.default, int) else "TEXT",
            help=f"{setting.help} (default: {'none' if default == '' else default})".replace("%", "%%"),
        )


def read_settings(parsed: argparse.Namespace, defaults: Mapping[str, Any] | None = None) -> Settings:
    """The settings in force for this command, which may have defaults of its own. Raises SettingsError."""
    file = parsed.config or os.environ.get("MENDLINE_CONFIG")
    flags: dict[str, Any] = {setting.name: getattr(parsed, setting.name, None) for setting in TABLE}
    return load(flags, os.environ, Path(file) if file else None, defaults)


def add_action(actions: Any, name: str, said: str) -> argparse.ArgumentParser:
    """Add an action to a command; its own help begins with what the list of actions says of it."""
    parser: argparse.ArgumentParser = actions.add_parser(
        name, help=said, description=f"{said[0].upper()}{said[1:]}.", allow_abbrev=False
    )
    return parser
