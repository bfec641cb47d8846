"""Scenarios in the running shop: what is injected, for how long, and undone afterwards (docs/scenarios.md)."""

from mendline_playground.live.injector import Injector, Run
from mendline_playground.live.rotation import Rotation

__all__ = ["Injector", "Rotation", "Run"]
