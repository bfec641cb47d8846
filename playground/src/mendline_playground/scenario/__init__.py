"""Scenarios: what is injected into the shop, and the truth about it, as files (docs/scenarios.md)."""

from mendline_playground.scenario.load import OURS, load_folder, load_scenario
from mendline_playground.scenario.scenario import Cause, Injection, Only, Scenario, ScenarioError, Truth

__all__ = [
    "OURS",
    "Cause",
    "Injection",
    "Only",
    "Scenario",
    "ScenarioError",
    "Truth",
    "load_folder",
    "load_scenario",
]
