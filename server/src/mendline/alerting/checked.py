"""Queries of policies, checked: they are grouped, have a condition, and are evaluated now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mendline.insight.standings import require_condition
from mendline.model.policy import Policy
from mendline.query import Checked, read_query


def checked_policy(policy: Policy, read: Callable[[str], Checked] = read_query) -> Policy:
    """The policy with its query in canonical spelling. Raises QueryTextError, UsageError."""
    checked = read(policy.query)
    require_condition(checked, "A policy")
    return replace(policy, query=checked.text)
