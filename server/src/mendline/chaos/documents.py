"""Runs and their scores as JSON, the same for the API, for pages and for reports."""

from __future__ import annotations

from typing import Any

from mendline.model.experiment import experiment_document
from mendline.model.experiment_run import Run
from mendline.model.jsonable import to_jsonable
from mendline.store.state import Halt


def run_document(run: Run) -> dict[str, Any]:
    """A run with everything that is known of it."""
    return {
        "id": run.id,
        "chaos_id": run.tag,
        "experiment": experiment_document(run.experiment),
        "state": run.state.value,
        "ordered": to_jsonable(run.ordered),
        "starts": to_jsonable(run.starts),
        "ends": to_jsonable(run.ends),
        "stopped": to_jsonable(run.stopped),
        "reason": run.reason,
        "by_condition": run.by_condition,
        "by": run.by,
        "score": to_jsonable(run.score) or None,
    }


def halt_document(halt: Halt | None) -> dict[str, Any] | None:
    """Whether, since when, by whom and why all experiments are stopped."""
    return None if halt is None else {"at": to_jsonable(halt.at), "by": halt.by, "reason": halt.reason}
