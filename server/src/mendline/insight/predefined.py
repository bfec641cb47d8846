"""Queries that come with the product: where to begin, for who has none yet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Predefined:
    """A query with the name under which a page offers it. `over_time`: it is shown as a chart."""

    topic: str
    name: str
    text: str
    over_time: bool = False


EXPLORE = (
    Predefined("What fails", "Failed invocations, the newest first", "error"),
    Predefined("What fails", "Errors by function and type", "error | count() by function, error.type"),
    Predefined("What fails", "Share of errors over time", "| ratio(error) by function", over_time=True),
    Predefined("What fails", "Failures of what functions call", "operations error | count() by resource, error.type"),
    Predefined("What fails", "Lost on the way: sent, and never begun", "traces lost | count() by entry"),
    Predefined(
        "What fails",
        "Findings of the last hours",
        "logs exists(finding) | count(), max(finding.count), last(message) by finding, function, finding.resource",
    ),
    Predefined(
        "What fails",
        "Records that fail again and again",
        "exists(record.failing) | count() by function, record.failing | where count() > 1",
    ),
    Predefined("What is slow", "The slowest invocations", "| sort duration desc | limit 20"),
    Predefined("What is slow", "Durations over time", "| p50(duration), p95(duration), p99(duration)", over_time=True),
    Predefined(
        "What is slow",
        "How durations are spread",
        "| count() by bucket(duration, 100ms) | sort bucket(duration, 100ms)",
    ),
    Predefined("What is slow", "What the time is spent on", "operations | sum(duration), p95(duration) by resource"),
    Predefined("What is slow", "Close to the timeout", "| max(duration / timeout) by function"),
    Predefined("How much", "Invocations over time", "| count() by function", over_time=True),
    Predefined("How much", "Cold starts", "| count(cold_start), ratio(cold_start), p95(init.duration) by function"),
    Predefined("How much", "Memory that is used", "| max(memory.used / memory.size) by function"),
    Predefined("How much", "Cost", "| sum(cost) by function"),
    Predefined("How much", "Transactions by entry", "traces | count(), p95(duration), ratio(error) by entry"),
    Predefined("What was written", "Warnings and errors in logs", "logs level >= warn"),
    Predefined("What was written", "Log records over time", "logs | count() by level", over_time=True),
    Predefined("What was written", "Who writes how much", "logs | count(), count(level >= error) by function"),
)
