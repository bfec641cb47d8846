"""Scenario files to scenarios: one YAML file each, as docs/scenarios.md describes."""

import re
from pathlib import Path
from typing import Any

import yaml

from mendline_playground.scenario.faults import FAULTS
from mendline_playground.scenario.fields import Fields, meant
from mendline_playground.scenario.live import why_not_live
from mendline_playground.scenario.scenario import (
    KINDS,
    MODES,
    NO_KIND,
    OWNERS,
    Cause,
    Injection,
    Live,
    Only,
    Scenario,
    ScenarioError,
    Truth,
)
from mendline_playground.shop.plan import TENANTS

OURS = Path(__file__).with_name("files")
"""The folder of the scenarios that come with the playground."""

MOST_BYTES = 256 * 1024
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_BEGINS = re.compile(rf"({'|'.join(WEEKDAYS)}) ([01]\d|2[0-3]):([0-5]\d)")
_ONLY = ("tenant", "customer", "version", "item", "currency", "route")


def load_folder(folder: Path) -> list[Scenario]:
    """Every `*.yaml` of a folder, by name. Raises ScenarioError for the first file that cannot be used."""
    if not folder.is_dir():
        raise ScenarioError(f"There is no folder {folder}; name one that holds scenario files (*.yaml).")
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))
    if not paths:
        raise ScenarioError(f"{folder} holds no scenario file (*.yaml).")
    return [load_scenario(path) for path in paths]


def load_scenario(path: Path) -> Scenario:
    """One file; its name without suffix is the scenario's. Raises ScenarioError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ScenarioError(f"{path} is larger than {MOST_BYTES // 1024} KB; a scenario is a page.")
        document = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ScenarioError(f"{path} is no YAML: {' '.join(str(error).split())[:300]}") from error
    return read_scenario(path.stem, Fields(path.name, document))


def read_scenario(name: str, fields: Fields) -> Scenario:
    """A scenario from the fields of its file. Raises ScenarioError."""
    kind = fields.choice("kind", (*KINDS, NO_KIND))
    scenario = Scenario(
        name=name,
        title=fields.text("title", required=True),
        about=fields.text("about"),
        kind=kind,
        modes=_modes(fields),
        begins=_begins(fields),
        history_s=fields.duration("history", 0.0),
        run_s=fields.duration("run", 1800.0, least=60.0),
        rate=_rate(fields),
        injections=_injections(fields),
        truth=_truth(fields, kind),
        live=_live(fields),
    )
    fields.finish()
    _check_modes(fields.where, scenario)
    return scenario


def _modes(fields: Fields) -> tuple[str, ...]:
    value = fields.take("modes")
    if value is None:
        return ("model",)
    modes = value if isinstance(value, list) else [value]
    for mode in modes:
        if mode not in MODES:
            raise fields.wrong("modes", value, f"a list of {' and '.join(MODES)}")
    return tuple(dict.fromkeys(modes))


def _begins(fields: Fields) -> str:
    text = fields.text("begins", "tuesday 10:00").lower()
    if not _BEGINS.fullmatch(text):
        raise fields.wrong("begins", text, "a weekday and a time (UTC), such as 'tuesday 10:00'")
    return text


def _rate(fields: Fields) -> float:
    return float(fields.value("rate", "factor")) if fields.has("rate") else 1.0


def _live(fields: Fields) -> Live:
    value = fields.take("live")
    usual = Live()
    if value is None:
        return usual
    inner = Fields(f"{fields.where}: live", value)
    live = Live(
        inner.duration("before", usual.before_s),
        inner.duration("during", usual.during_s, least=10.0),
        inner.duration("after", usual.after_s),
    )
    inner.finish()
    return live


def _injections(fields: Fields) -> tuple[Injection, ...]:
    value = fields.take("inject")
    if value is None:
        return ()
    if not isinstance(value, list):
        raise fields.wrong("inject", value, "a list of faults")
    return tuple(_injection(Fields(f"{fields.where}: inject[{n}]", item)) for n, item in enumerate(value))


def _injection(fields: Fields) -> Injection:
    name = fields.choice("fault", FAULTS)
    fault = FAULTS[name]
    at_s = fields.duration("at", 0.0, least=-366 * 86400.0)
    for_s = fields.duration("for", -1.0)
    ramp_s = fields.duration("ramp", 0.0)
    only = _only(fields)
    parameters: dict[str, Any] = {}
    for parameter, told in fault.parameters.items():
        if fields.has(parameter):
            parameters[parameter] = fields.value(parameter, told.kind)
        elif told.required:
            raise ScenarioError(f"{fields.where} ({name}) has no {parameter}, and needs one: {told.about}.")
        elif told.default is not None:
            parameters[parameter] = told.default
    if fault.one_of and not any(one in parameters for one in fault.one_of):
        raise ScenarioError(f"{fields.where} ({name}) needs one of {', '.join(fault.one_of)}.")
    for left in fields.names():
        known = [*fault.parameters, "at", "for", "ramp", "only"]
        raise ScenarioError(f"{fields.where} has a {left}, which {name} does not know; {meant(left, known)}")
    return Injection(name, at_s, None if for_s < 0 else for_s, ramp_s, only, parameters)


def _only(fields: Fields) -> Only:
    value = fields.take("only")
    if value is None:
        return Only()
    inner = Fields(f"{fields.where}: only", value)
    only = Only(**{name: inner.text(name) for name in _ONLY})
    inner.finish()
    if only.tenant and only.tenant not in TENANTS:
        raise ScenarioError(f"{inner.where}.tenant is '{only.tenant}'; {meant(only.tenant, TENANTS)}")
    return only


def _truth(fields: Fields, kind: str) -> Truth:
    inner = Fields(f"{fields.where}: truth", fields.take("truth", required=True))
    detected = inner.flag("detected")
    if detected and kind == NO_KIND:
        raise ScenarioError(f"{inner.where} says that something is detected, and kind says {NO_KIND}; name the kind.")
    cause = _cause(Fields(f"{inner.where}.cause", {"kind": kind} | _mapping(inner, "cause"))) if detected else None
    accepted = inner.take("accepted") if detected else None
    if accepted is not None and not isinstance(accepted, list):
        raise inner.wrong("accepted", accepted, "a list of causes")
    truth = Truth(
        detected,
        inner.duration("since", 0.0, least=-366 * 86400.0),
        inner.duration("within", 300.0 if detected else 0.0),
        cause,
        tuple(_cause(Fields(f"{inner.where}.accepted[{n}]", item)) for n, item in enumerate(accepted or ())),
        int(inner.value("notifications", "count")) if inner.has("notifications") else (2 if detected else 0),
    )
    inner.finish()
    return truth


def _mapping(fields: Fields, name: str) -> dict[str, Any]:
    value = fields.take(name, required=True)
    if not isinstance(value, dict):
        raise fields.wrong(name, value, "a mapping of names to values")
    return value


def _cause(fields: Fields) -> Cause:
    kind, owner = fields.choice("kind", KINDS), fields.choice("owner", OWNERS)
    cause = Cause(
        kind,
        owner,
        fields.value("function", "function") if fields.has("function") else "",
        fields.text("resource"),
        fields.text("attribute"),
        fields.text("value"),
        fields.text("version"),
    )
    fields.finish()
    if not cause.function and not cause.resource:
        raise ScenarioError(f"{fields.where} names neither a function nor a resource, and needs one.")
    return cause


def _check_modes(where: str, scenario: Scenario) -> None:
    if "live" not in scenario.modes:
        return
    for number, injection in enumerate(scenario.injections):
        if reason := why_not_live(injection):
            raise ScenarioError(f"{where} has the mode live, and inject[{number}] cannot be played there: {reason}.")
