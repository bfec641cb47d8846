"""A game day: several experiments after a plan, with people who watch, act and write down what they see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from mendline.errors import UsageError
from mendline.model.told import (
    MOST_NAME,
    MOST_TEXT,
    duration_text,
    flag,
    named,
    require_known,
    seconds,
    text,
    texts,
)

MOST_STEPS = 30
_PAUSE_S = 60


@dataclass(frozen=True, slots=True)
class Step:
    """`experiment` is begun `pause_s` after what came before is over and scored; `ask`: not before somebody says so.
    `task` is what people are to do or to look at meanwhile."""

    experiment: str
    task: str = ""
    pause_s: int = _PAUSE_S
    ask: bool = False


@dataclass(frozen=True, slots=True)
class GameDay:
    """`goal` is what is to be learned. `people` take part, each with a role if one likes. `alert_people`: policies see
    what all of its experiments do, whatever these say themselves. `origin`: file or ui."""

    name: str
    goal: str
    plan: tuple[Step, ...]
    people: tuple[str, ...] = ()
    alert_people: bool = False
    owner: str = ""
    origin: str = "ui"


def read_game_day(told: Mapping[str, Any], origin: str) -> GameDay:
    """A game day from what a file, a form or a request says. Raises UsageError."""
    require_known(told, [it.name for it in fields(GameDay) if it.name != "origin"], "A game day")
    plan = told.get("plan")
    if not isinstance(plan, list) or not 0 < len(plan) <= MOST_STEPS:
        raise UsageError(f"plan is to be a list of 1 to {MOST_STEPS} steps, such as [{{experiment: NAME}}].")
    return GameDay(
        name=named(text(told, "name", MOST_NAME, required=True)),
        goal=text(told, "goal", MOST_TEXT, required=True),
        plan=tuple(map(_step, plan)),
        people=texts(told, "people"),
        alert_people=flag(told, "alert_people", default=False),
        owner=text(told, "owner", MOST_NAME),
        origin=origin,
    )


def game_day_document(one: GameDay) -> dict[str, Any]:
    """A game day as `read_game_day` reads it; what is as it is by default is left out."""
    told: dict[str, Any] = {"name": one.name, "goal": one.goal}
    told |= {"people": list(one.people)} if one.people else {}
    told |= {"alert_people": True} if one.alert_people else {}
    told |= {"owner": one.owner} if one.owner else {}
    return {**told, "plan": [_step_document(step) for step in one.plan]}


def _step(told: Any) -> Step:
    if isinstance(told, str):
        told = {"experiment": told}
    if not isinstance(told, Mapping):
        raise UsageError("a step of plan is to be the name of an experiment, or such as {experiment: NAME, pause: 2m}.")
    require_known(told, ("experiment", "task", "pause", "ask"), "A step of plan")
    return Step(
        experiment=named(text(told, "experiment", MOST_NAME, required=True)),
        task=text(told, "task", MOST_TEXT),
        pause_s=seconds(told, "pause", _PAUSE_S, 0, 3600),
        ask=flag(told, "ask", default=False),
    )


def _step_document(step: Step) -> dict[str, Any]:
    told: dict[str, Any] = {"experiment": step.experiment}
    told |= {"task": step.task} if step.task else {}
    told |= {"pause": duration_text(step.pause_s)} if step.pause_s != _PAUSE_S else {}
    return told | ({"ask": True} if step.ask else {})
