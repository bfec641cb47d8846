"""The queries of experiments, checked: each has a condition and is evaluated at one moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mendline.errors import QueryTextError, UsageError
from mendline.insight.standings import require_condition
from mendline.model.experiment import Experiment
from mendline.query import Checked, read_query


def checked_experiment(experiment: Experiment, read: Callable[[str], Checked] = read_query) -> Experiment:
    """The experiment with its queries in canonical spelling. Raises UsageError, which says which query is wrong."""
    return replace(
        experiment,
        steady_state=_checked(experiment.steady_state, "steady_state", read),
        abort=_checked(experiment.abort, "abort", read),
    )


def _checked(text: str, name: str, read: Callable[[str], Checked]) -> str:
    try:
        checked = read(text)
    except QueryTextError as error:
        better = f" Try: {error.corrected}" if error.corrected else ""
        raise UsageError(f"{name}: {error.message}{better}") from None
    require_condition(checked, name)
    return checked.text
