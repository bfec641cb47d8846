"""Which dependency was ever seen to fail in which way: the newest run that was scored, for each of both. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mendline.model.dependency import Dependency
from mendline.model.experiment import INVOCATION
from mendline.model.experiment_run import Run
from mendline.model.fault import FAULTS, MODES

OF_CALLS = tuple(mode for mode in MODES if any(it.mode == mode and not it.is_whole for it in FAULTS.values()))
OF_WHOLE = tuple(mode for mode in MODES if any(it.mode == mode and it.is_whole for it in FAULTS.values()))


@dataclass(frozen=True, slots=True)
class Covered:
    """A dependency (of type `invocation`: a function itself), a function that it can be tried in, and by failure mode
    the newest run that was scored; a mode that it cannot fail in is not there, one that was not tried has None."""

    type: str
    name: str
    function: str
    runs: Mapping[str, Run | None]


def coverage(dependencies: Iterable[Dependency], functions: Iterable[str], runs: Sequence[Run]) -> tuple[Covered, ...]:
    """Of dependencies and functions that were seen, and of what runs named; `runs` are newest first."""
    scored = [run for run in runs if run.score]
    wholes = {name: name for name in functions}
    calls = {(it.type, it.name): it.services for it in dependencies}
    for run in scored:
        target = run.experiment.target
        if target.type == INVOCATION:
            wholes.setdefault(target.function, target.function)
        elif not any(_fits(run, *key, services) for key, services in calls.items()):
            calls[target.type, target.name] = (target.function,)
    rows = [
        Covered(*key, next(iter(services), ""), {mode: _newest(scored, mode, key, services) for mode in OF_CALLS})
        for key, services in sorted(calls.items())
    ]
    of_whole = [(INVOCATION, name) for name in sorted(wholes)]
    rows += [Covered(*key, key[1], {mode: _newest(scored, mode, key) for mode in OF_WHOLE}) for key in of_whole]
    return tuple(rows)


def tried(rows: Iterable[Covered]) -> tuple[int, int]:
    """How many of how many were ever tried."""
    cells = [run for row in rows for run in row.runs.values()]
    return sum(run is not None for run in cells), len(cells)


def _newest(runs: Iterable[Run], mode: str, key: tuple[str, str], services: Sequence[str] = ()) -> Run | None:
    return next((run for run in runs if run.experiment.fault.mode == mode and _fits(run, *key, services)), None)


def _fits(run: Run, type_: str, name: str, services: Sequence[str] = ()) -> bool:
    """Whether it was tried there: a pattern says so only of what its function calls."""
    target = run.experiment.target
    if INVOCATION in (target.type, type_):
        return target.type == type_ and target.function == name
    fits_type = target.type in ("aws", "sql") or fnmatchcase(type_, target.type)
    fits = fits_type and fnmatchcase(name, target.name) and target.function in services
    return fits or (target.type, target.name) == (type_, name)
