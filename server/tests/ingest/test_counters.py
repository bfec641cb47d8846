"""What the server counts is documented, and its reasons are closed lists."""

from __future__ import annotations

import re
from pathlib import Path

from mendline import errors
from mendline.ingest.counters import LOSSES, ODD_EVENTS, REFUSALS, Counters

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "server-metrics.md"


def _documented():
    return set(re.findall(r"^\| `(mendline_\w+)`", PAGE.read_text("utf-8"), re.MULTILINE))


def test_every_metric_is_documented():
    assert {family.name for family in Counters().registry.collect()} <= _documented()


def test_every_refusal_of_a_receiver_is_a_known_reason():
    def below(kind):
        return {kind, *(found for sub in kind.__subclasses__() for found in below(sub))}

    codes = {kind.code for kind in below(errors.IngestError)} - {errors.IngestError.code}
    assert codes <= set(REFUSALS)


def test_reasons_of_losses_are_documented():
    assert all(f"`{reason}`" in PAGE.read_text("utf-8") for reason in (*LOSSES, *ODD_EVENTS))
