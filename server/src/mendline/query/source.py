"""What a query asks about: the six sources, and what one row of each is."""

from __future__ import annotations

from enum import StrEnum


class Source(StrEnum):
    """The first word of a query."""

    INVOCATIONS = "invocations"
    OPERATIONS = "operations"
    TRACES = "traces"
    LOGS = "logs"
    FUNCTIONS = "functions"
    METRICS = "metrics"


ROWS: dict[Source, str] = {
    Source.INVOCATIONS: "one execution of one function",
    Source.OPERATIONS: "one call from a function to a resource (table, queue, bucket, URL, function, cache, database)",
    Source.TRACES: "one transaction end to end: all that one entry event caused, across functions and queues",
    Source.LOGS: "one log record",
    Source.FUNCTIONS: "one function, over the time range",
    Source.METRICS: "one data point of a metric (queue depth, iterator age, throttles, concurrency …)",
}

_SPELLINGS = {
    **{source.value: source for source in Source},
    "invocation": Source.INVOCATIONS,
    "trace": Source.TRACES,
    "log": Source.LOGS,  # the other singulars are names of fields
    "requests": Source.INVOCATIONS,
    "spans": Source.OPERATIONS,
    "dependencies": Source.OPERATIONS,
    "transactions": Source.TRACES,
    "lambdas": Source.FUNCTIONS,
}


def find_source(word: str) -> Source | None:
    """The source that a word names, whatever its case."""
    return _SPELLINGS.get(word.lower())
