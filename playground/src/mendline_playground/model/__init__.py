"""A model of the shop's telemetry: OTLP for any span of time, from a seed (docs/model.md)."""

from mendline_playground.model.generate import BLOCK_S, Model

__all__ = ["BLOCK_S", "Model"]
