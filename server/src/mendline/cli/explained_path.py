"""The critical path of a trace as lines for a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mendline.model.path_part import part_in_words

_MOST = 8


def path_lines(told: dict[str, Any]) -> Iterator[str]:
    """Where the time went, most first, and what was not waited for."""
    yield f"Where the time went: {told['total_ms']:,.0f} ms from the first moment to the last"
    for one in told["parts"][:_MOST]:
        said = part_in_words(one["kind"], one["function"], one["called"])
        saves = f", {one['saves_ms']:,.0f} ms less without it" if one["saves_ms"] < 0.95 * one["duration_ms"] else ""
        yield f"  {one['duration_ms']:>10,.1f} ms  {one['share']:>4.0%}  {said}{saves}"
    late = sum(one["duration_ms"] for one in told["path"] if one["after"])
    if late:
        yield f"  Of it {late:,.0f} ms after the answer: the caller did not wait for them."
    spare = [one for one in told["spare"] if one["slack_ms"] > 0]
    if spare:
        yield "Beside the path"
        for one in spare[:3]:
            yield f"  {one['duration_ms']:>10,.1f} ms  {one['name']}: {one['slack_ms']:,.0f} ms to spare"
    if told["truncated"]:
        yield f"  {told['truncated']:,} spans more were not looked at."
    yield ""
