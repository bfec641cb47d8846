"""Scores a server against scenarios: what it detected, how soon, and whether it named the cause (docs/scenarios.md)."""

from mendline_playground.score.scoring import Score, score

__all__ = ["Score", "score"]
