"""Experiments and game days as YAML files; what is wrong in them is told with file, line and what could stand there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mendline.chaos.checked import checked_experiment
from mendline.errors import MendlineError, NotFoundError, UsageError
from mendline.model.experiment import Experiment, experiment_document, read_experiment
from mendline.model.game_day import GameDay, game_day_document, read_game_day
from mendline.yaml_entries import Entry, read_entries, text_of, texts_below
from mendline.yaml_entries import as_yaml as yaml_of

_WORDS = {"experiments": "experiment", "game_days": "game day"}


@dataclass(frozen=True, slots=True)
class Told:
    """What files say."""

    experiments: tuple[Experiment, ...]
    game_days: tuple[GameDay, ...] = ()


def read_files(path: Path) -> Told:
    """What a file, or all `*.yaml` and `*.yml` below a folder, say. Raises NotFoundError, UsageError (which names every
    fault)."""
    if not path.exists():
        raise NotFoundError(f"There is no file or folder {path}.")
    return read_texts(texts_below(path) if path.is_dir() else {str(path): text_of(path)})


def read_texts(texts: Mapping[str, str]) -> Told:
    """What the texts of several files say, by their names. Raises UsageError, which names every fault."""
    faults: list[str] = []
    experiments: dict[str, Experiment] = {}
    days: dict[str, GameDay] = {}
    for file, text in texts.items():
        try:
            entries = read_entries(file, text, tuple(_WORDS))
        except UsageError as error:
            faults.append(error.message)
            continue
        for entry in entries:
            try:
                if entry.kind == "experiments":
                    _keep(experiments, checked_experiment(read_experiment(entry.said, "file")))
                else:
                    _keep(days, read_game_day(entry.said, "file"))
            except MendlineError as error:
                faults.append(f"{entry.place}: {_called(entry)}: {error.message}")
    if faults:
        raise UsageError("\n".join(faults))
    if not experiments and not days:
        raise UsageError(f"{next(iter(texts), 'It')}: there is no experiment in it; begin with `experiments:`.")
    return Told(tuple(experiments.values()), tuple(days.values()))


def as_yaml(experiments: Iterable[Experiment], game_days: Iterable[GameDay] = ()) -> str:
    """A file that says these."""
    told: dict[str, Any] = {"experiments": [experiment_document(one) for one in experiments]}
    told |= {"game_days": [game_day_document(one) for one in game_days]}
    return yaml_of({kind: entries for kind, entries in told.items() if entries})


def _keep(found: dict[str, Any], one: Experiment | GameDay) -> None:
    if one.name in found:
        raise UsageError("there is another one of that name.")
    found[one.name] = one


def _called(entry: Entry) -> str:
    return entry.called(_WORDS[entry.kind])
