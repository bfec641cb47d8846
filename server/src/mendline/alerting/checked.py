"""Queries of policies, checked: they are grouped, have a condition, and are evaluated now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mendline.errors import UsageError
from mendline.model.policy import Policy
from mendline.query import Checked, read_query


def checked_policy(policy: Policy, read: Callable[[str], Checked] = read_query) -> Policy:
    """The policy with its query in canonical spelling. Raises QueryTextError, UsageError."""
    checked = read(policy.query)
    asked, text = checked.plan, checked.text
    if not asked.is_aggregated or asked.condition is None:
        better = (
            f"{text} | where count() > 0" if asked.is_aggregated else f"{text} | count() | over 5m | where count() > 0"
        )
        raise UsageError(f"A policy needs a condition: which number is too much? For example: {better}")
    if asked.is_series:
        raise UsageError(
            "A policy is evaluated at one moment: leave `every` out of the query, and say how often beside."
        )
    if asked.range is not None:
        raise UsageError("A policy is evaluated at the present: say how far it looks back with `over 10m`.")
    return replace(policy, query=text)
