"""Experiments as YAML files; what is wrong in them is told with file, line and what could stand there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from mendline.chaos.checked import checked_experiment
from mendline.errors import MendlineError, NotFoundError, UsageError
from mendline.model.experiment import Experiment, experiment_document, read_experiment
from mendline.yaml_entries import as_yaml as yaml_of
from mendline.yaml_entries import read_entries, text_of, texts_below

_KIND = "experiments"


def read_files(path: Path) -> tuple[Experiment, ...]:
    """Those of a file, or of all `*.yaml` and `*.yml` below a folder. Raises NotFoundError, UsageError (which names
    every fault)."""
    if not path.exists():
        raise NotFoundError(f"There is no file or folder {path}.")
    return read_texts(texts_below(path) if path.is_dir() else {str(path): text_of(path)})


def read_texts(texts: Mapping[str, str]) -> tuple[Experiment, ...]:
    """What the texts of several files say, by their names. Raises UsageError, which names every fault."""
    faults: list[str] = []
    found: dict[str, Experiment] = {}
    for file, text in texts.items():
        try:
            entries = read_entries(file, text, (_KIND,))
        except UsageError as error:
            faults.append(error.message)
            continue
        for entry in entries:
            try:
                one = checked_experiment(read_experiment(entry.said, "file"))
                if one.name in found:
                    raise UsageError("there is another one of that name.")
                found[one.name] = one
            except MendlineError as error:
                faults.append(f"{entry.place}: {entry.called('experiment')}: {error.message}")
    if faults:
        raise UsageError("\n".join(faults))
    if not found:
        raise UsageError(f"{next(iter(texts), 'It')}: there is no experiment in it; begin with `experiments:`.")
    return tuple(found.values())


def as_yaml(experiments: Iterable[Experiment]) -> str:
    """A file that says these."""
    return yaml_of({_KIND: [experiment_document(one) for one in experiments]})
