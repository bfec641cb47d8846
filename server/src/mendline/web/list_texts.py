"""Lists as queries: the text that a list's bar begins with. Pure."""

from __future__ import annotations

import re

from mendline.model.function import FunctionId
from mendline.query.spelling import escaped, glob_text, quoted, value_text
from mendline.web.list_query import ListQuery
from mendline.web.queries import of_function

_WORD = re.compile(r"[A-Za-z0-9\x80-\U0010ffff]+")


def functions_text(wanted: str) -> str:
    """`/functions`, with a part of the name that is looked for."""
    return f"functions function:*{glob_text(escaped(wanted))}*" if wanted else "functions"


def invocations_text(function: FunctionId, query: ListQuery) -> str:
    """The invocations on the page of a function."""
    rows = f"{of_function(function)} error" if query.only_errors else of_function(function)
    return f"{rows} | sort duration desc" if query.sort == "duration" else rows


def traces_text(query: ListQuery, service: str) -> str:
    """`/traces`."""
    told = ["traces"]
    told += [f'attr("service.name"):{value_text(service)}'] if service else []
    told += ["error"] if query.only_errors else []
    told += ["| sort duration desc"] if query.sort == "duration" else []
    return " ".join(told)


def logs_text(text: str, service: str, request_id: str, trace_id: str, severity: str) -> str:
    """`/logs`: words in any order."""
    named = (("function", service), ("request_id", request_id), ("trace_id", trace_id.lower()))
    told = ["logs", *(f"{name}:{value_text(value)}" for name, value in named if value)]
    told += [f"level >= {severity}"] if severity else []
    return " ".join([*told, *(quoted(word) for word in _WORD.findall(text))])


def errors_text(function: str) -> str:
    """`/errors`: groups of what failed."""
    of = f"function:{value_text(function)} " if function else ""
    return f"{of}error | count() by function, error.type"


def dependencies_text(type_: str) -> str:
    """`/dependencies`, of one type or of all."""
    of = f" resource.type:{value_text(type_)}" if type_ else ""
    return f"operations{of} | count(), ratio(error), p95(duration) by resource"


def queues_text() -> str:
    """`/queues`: what metrics tell of queues and streams."""
    return "metrics name in (sqs.*, kinesis.*) | last(value) by name"


def transactions_text() -> str:
    """`/transactions`."""
    return "traces | count(), ratio(error), p95(duration) by entry"
