"""Where to read: the file that names accounts and regions, and how often each kind of thing is asked for.

Keys are never written here: they come from boto3's usual chain (environment, profile, role of the machine).
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from mendline.errors import SettingsError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+){1,2}-\d{1,2}")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+")
LOG_CHOICES = ("unsubscribed", "all", "off")


@dataclass(frozen=True, slots=True)
class Source:
    """One set of credentials and the regions to read with it."""

    name: str
    regions: tuple[str, ...]
    role_arn: str = ""
    external_id: str = ""
    endpoint_url: str = ""
    profile: str = ""
    logs: str = "unsubscribed"
    log_groups: tuple[str, ...] = ()  # names, or prefixes that end in `*`; empty: those of the functions


@dataclass(frozen=True, slots=True)
class Pace:
    """How often each kind is read, in seconds, and how gently."""

    configuration_s: int = 300
    details_s: int = 900  # the calls that go function by function, queue by queue
    metrics_s: int = 120
    metrics_period_s: int = 60
    logs_s: int = 30
    calls_per_second: int = 5  # of calls that go thing by thing; Lambda's own limit is 15 for a whole account


@dataclass(frozen=True, slots=True)
class Reading:
    """The whole file."""

    sources: tuple[Source, ...]
    pace: Pace = field(default_factory=Pace)


_LEAST = {"metrics_period_s": 60, "metrics_s": 30, "calls_per_second": 1}
_MOST_S = 86_400


def load_reading(file: Path) -> Reading:
    """Read the TOML file of sources: `[[source]]` tables and an optional `[pace]`.

    Raises SettingsError, which names the key and what it may be.
    """
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"The file of AWS sources {file} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The file of AWS sources {file} is not valid TOML: {error}.") from error
    _only_known(document, ("source", "pace"), str(file))
    tables = document.get("source", [])
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise SettingsError(f"{file} names no source; begin one with [[source]], a name and regions.")
    sources = tuple(_source(table, f"source {number} of {file}") for number, table in enumerate(tables, 1))
    names = [source.name.lower() for source in sources]
    if len(set(names)) < len(names):
        raise SettingsError(f"Two sources of {file} have the same name; the name is where their progress is kept.")
    return Reading(sources, _pace(document.get("pace", {}), f"[pace] of {file}"))


def _source(table: Mapping[str, Any], where: str) -> Source:
    _only_known(table, tuple(entry.name for entry in fields(Source)), where)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key in ("regions", "log_groups"):
            if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
                raise SettingsError(f"{key} in {where} must be a list of texts.")
            values[key] = tuple(dict.fromkeys(value))
        elif not isinstance(value, str):
            raise SettingsError(f"{key} in {where} must be a text.")
        else:
            values[key] = value
    if not _NAME.fullmatch(values.get("name", "")):
        raise SettingsError(f"name in {where} must be letters, digits, '-' and '_', at most 63.")
    if not values.get("regions"):
        raise SettingsError(f'{where} names no regions; write regions = ["eu-central-1"].')
    wrong = [region for region in values["regions"] if not _REGION.fullmatch(region)]
    if wrong:
        raise SettingsError(f"'{wrong[0]}' in {where} does not look like a region such as eu-central-1.")
    if values.get("role_arn") and not _ROLE.fullmatch(values["role_arn"]):
        raise SettingsError(f"role_arn in {where} is not the ARN of a role (arn:aws:iam::ACCOUNT:role/NAME).")
    if values.get("external_id") and not values.get("role_arn"):
        raise SettingsError(f"external_id in {where} is only sent when a role is assumed; add role_arn.")
    if values.get("logs", LOG_CHOICES[0]) not in LOG_CHOICES:
        raise SettingsError(f"logs in {where} is '{values['logs']}'; use one of {', '.join(LOG_CHOICES)}.")
    return Source(**values)


def _pace(table: object, where: str) -> Pace:
    if not isinstance(table, dict):
        raise SettingsError(f"{where} must be a table.")
    known = tuple(entry.name for entry in fields(Pace))
    _only_known(table, known, where)
    for key, value in table.items():
        least = _LEAST.get(key, 10)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _MOST_S:
            raise SettingsError(f"{key} in {where} is {value!r}; it must be a whole number, {least} to {_MOST_S}.")
    if table.get("metrics_period_s", 60) not in (60, 300):
        raise SettingsError(f"metrics_period_s in {where} must be 60 or 300: CloudWatch keeps these for weeks.")
    return Pace(**table)


def _only_known(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean '{near[0]}'?" if near else f"It may be one of {', '.join(known)}."
            raise SettingsError(f"'{key}' in {where} is not known. {hint}")
