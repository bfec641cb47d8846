"""Queries written in other languages: which language it is, and what they would be here, where that can be told.

It is asked only where a query cannot be read. What comes out is checked like any query before it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mendline.query.source import find_source

_MOST_CHARACTERS = 1000
_I = re.IGNORECASE | re.DOTALL


@dataclass(frozen=True, slots=True)
class Habit:
    """Another language, a sentence for those who come from it, and the query as it would be here (or None)."""

    language: str
    advice: str
    translated: str | None


def recognise(text: str) -> Habit | None:
    """The language of a query that is none of ours; None where no language shows."""
    text = text.strip().removesuffix(";").rstrip()
    if len(text) > _MOST_CHARACTERS:
        return None
    for language, mark, translate, advice in _LANGUAGES:
        if mark.search(text):
            return Habit(language, advice, translate(text))
    return None


def _staged(*stages: str) -> str:
    """Stages with pipes between them; the first may be empty."""
    first, *rest = stages
    text = " | ".join([first.strip(), *(stage.strip() for stage in rest if stage.strip())]).strip()
    return text if first.strip() else f"| {text.removeprefix('|').strip()}"


# -- SQL ------------------------------------------------------------------------------------------------------

_CLAUSES = re.compile(r"\b(select|from|where|group\s+by|facet|having|order\s+by|limit|since|timeseries)\b", _I)


def _from_sql(text: str) -> str | None:
    parts = _CLAUSES.split(text)[1:]
    clauses = {
        " ".join(word.lower().split()): value.strip() for word, value in zip(parts[::2], parts[1::2], strict=True)
    }
    source = find_source(clauses.get("from", "").strip('`"')) if clauses.get("from") else None
    aggregates = [item for item in _split(clauses.get("select", "")) if "(" in item]
    keys = clauses.get("group by") or clauses.get("facet", "")
    columns = ", ".join(re.sub(r"\s+as\s+\S+$", "", item, flags=_I) for item in aggregates)
    timeseries = clauses.get("timeseries")
    return _staged(
        f"{source or ''} {clauses.get('where', '')}",
        f"{columns} by {keys}" if keys else columns,
        f"since {clauses['since']}" if "since" in clauses else "",
        f"over {timeseries or '5m'} every {timeseries or '5m'}" if timeseries is not None else "",
        f"where {clauses['having']}" if "having" in clauses else "",
        f"sort {clauses['order by']}" if "order by" in clauses else "",
        f"limit {clauses['limit']}" if "limit" in clauses else "",
    )


def _split(text: str) -> list[str]:
    """Items of a list parted by commas, but for those within brackets."""
    items, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            items.append("")
        else:
            items[-1] += letter
    return [item.strip() for item in items]


# -- PromQL, LogQL, TraceQL -----------------------------------------------------------------------------------

_LABELS = {
    "function_name": "function", "functionname": "function", "app": "function", "job": "function", "service": "service",
    "service_name": "service", "status": "http.response.status_code", "status_code": "http.response.status_code",
    "code": "http.response.status_code", "namespace": "service.namespace", "env": "deployment.environment.name",
    "environment": "deployment.environment.name", "instance": "instance",
    "level": "level", "detected_level": "level",
}  # fmt: skip
_LABEL = re.compile(r'([\w.]+)\s*(=~|!~|!=|=|:)\s*("[^"]*"|\'[^\']*\'|[\w.*-]+)')
_SELECTOR = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"\[(\d+[smhdw])(?::[^\]]*)?\]")
_BY = re.compile(r"\bby\s*\(([^()]*)\)", _I)
_TAIL = re.compile(r"([<>]=?)\s*(-?[\d.]+)\s*$")


def _labels(inside: str) -> str:
    terms = []
    for name, operator, value in _LABEL.findall(inside):
        field = _LABELS.get(name.lower(), name)
        if operator in ("=~", "!~"):
            bare = value.strip("\"'")
            terms.append(f"{field} {'~' if operator == '=~' else '!~'} /{bare}/")
        else:
            terms.append(f"{field}{'!=' if operator == '!=' else ':'}{value}")
    return " ".join(terms)


def _from_promql(text: str) -> str | None:
    tail, by, window, inside = _TAIL.search(text), _BY.search(text), _RANGE.search(text), _SELECTOR.search(text)
    quantile = re.search(r"quantile\w*\(\s*(0?\.\d+)", text, _I)
    small = text.lower()
    if quantile:
        column = f"p{float(quantile[1]) * 100:g}(duration)"
    elif "duration" in small or "latency" in small:
        column = "avg(duration)"
    else:
        condition = "error" if re.search("error|fail|exception", small) else "throttled" if "throttle" in small else ""
        column = f"{'rate' if 'rate(' in small else 'count'}({condition})"
    keys = [_LABELS.get(key.strip().lower(), key.strip()) for key in by[1].split(",")] if by else []
    grouped = ", ".join(key for key in keys if key and key != "le")
    return _staged(
        _labels(inside[1]) if inside else "",
        f"{column} by {grouped}" if grouped else column,
        f"over {window[1]}" if window else "over 5m",
        f"where {column} {tail[1]} {tail[2]}" if tail else "",
    )


def _from_logql(text: str) -> str | None:
    inside = _SELECTOR.search(text)
    terms = [_labels(inside[1]) if inside else ""]
    for operator, word in re.findall(r'(\|=|!=|\|~|!~)\s*("[^"]*"|`[^`]*`)', text[inside.end() if inside else 0 :]):
        bare = word.strip('"`')
        terms.append(
            {"|=": word, "!=": f"not {word}", "|~": f"message ~ /{bare}/", "!~": f"message !~ /{bare}/"}[operator]
        )
    window = _RANGE.search(text)
    counted = "count()" if window else ""
    return _staged("logs " + " ".join(terms), counted, f"over {window[1]}" if window else "")


def _from_traceql(text: str) -> str | None:
    inside, _, tail = text.partition("{")[2].partition("}")
    plain = re.sub(r"(?<![\w.])(?:span|resource|event|trace|\$)?\.(?=[A-Za-z])", "", inside)
    plain = re.sub(r"\b(?:trace:duration|traceDuration)\b", "duration", plain)
    plain = re.sub(r"\bservice\.name\b", "function", plain)
    return _staged(f"{'logs' if '$.' in inside else 'traces'} {plain}", tail.strip().removeprefix("|"))


# -- products -------------------------------------------------------------------------------------------------

_MONITOR = re.compile(
    r"^(?:\w+\(last_(\d+[smhd])\)\s*:)?\s*(\w+)\s*:\s*([\w.]+)\s*\{([^}]*)\}(?:\s*by\s*\{([^}]*)\})?[\w.()]*\s*(.*)$",
    _I,
)


def _from_datadog(text: str) -> str | None:
    found = _MONITOR.search(text)
    if found is None:
        return None
    window, statistic, metric, scope, by, _ = found.groups()
    name, tail = metric.rpartition(".")[2], _TAIL.search(text)
    measure = {"errors": "count(error)", "invocations": "count()", "throttles": "count(throttled)",
               "timeouts": "count(timed_out)", "cold_starts": "count(cold_start)"}  # fmt: skip
    column = measure.get(name, f"{statistic}({name})")
    keys = ", ".join(_LABELS.get(key.strip(), key.strip()) for key in (by or "").split(",") if key.strip())
    return _staged(
        _labels(scope),
        f"{column} by {keys}" if keys else column,
        f"over {window or '5m'}",
        f"where {column} {tail[1]} {tail[2]}" if tail else "",
    )


def _from_insights(text: str) -> str | None:
    stages = [stage.strip() for stage in text.split("|")]
    reports = any(re.search(r"@type\s*=\s*[\"']REPORT", stage, _I) for stage in stages)
    filters, rest = [], []
    for stage in stages:
        word = stage.partition(" ")[0].lower()
        if word in ("fields", "display", "parse", "unmask") or (reports and "@type" in stage):
            continue
        if word == "filter":
            filters.append(re.sub(r"\blike\s+(/.*?/)", r"~ \1", stage[len("filter") :].strip(), flags=_I))
        else:
            rest.append(stage)
    return _staged(f"{'' if reports else 'logs '}{' and '.join(filters)}", *rest)


def _from_splunk(text: str) -> str | None:
    return re.sub(r"\b(?:index|sourcetype|source|host)\s*=\s*\S+\s*", "", text).strip()


# -- words ----------------------------------------------------------------------------------------------------

_UNIT = r"s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:ours?)?|d(?:ays?)?|w(?:eeks?)?"
_WHEN = re.compile(
    r"^(?P<before>(?:[^\"']|\"[^\"]*\"|'[^']*')*?)(?<![\w.])"
    r"(?:(?:(?:in|over|of|for|during|within|from)\s+)?(?:the\s+)?(?:last|past)\s+(?:(?P<count>\d+)\s*)?|(?P<since>since)\s+(?P<ago>\d+)\s*)"
    rf"(?P<unit>{_UNIT})(?!\w)(?P<behind>.*)$",
    _I,
)
_JOINT = re.compile(r"(?:\s|\||\b(?:and|or)\b)+$|^(?:\s|\||\b(?:and|or)\b)+", _I)


def _from_words(text: str) -> str | None:
    """`error last 1h`, `since 1h error`: the time goes behind a pipe."""
    found = _WHEN.search(text)
    if found is None:
        return None
    parts = [_JOINT.sub("", found[side]) for side in ("before", "behind")]
    length = f"{found['count'] or found['ago'] or 1}{found['unit'][0].lower()}"
    return _staged(" ".join(part for part in parts if part), f"since {length}")


_LANGUAGES: tuple[tuple[str, re.Pattern[str], Callable[[str], str | None], str], ...] = (
    ("SQL", re.compile(r"^select\b", _I), _from_sql,
     "A query here reads in the order in which it works: which rows | what of them | where | sort | limit."),
    ("a monitor of Datadog", re.compile(r"^\w+\(last_\w+\)\s*:", _I), _from_datadog,
     "Here that is which rows | what of them | over how long | where."),
    ("a metric of Datadog", re.compile(r"^(?:avg|sum|min|max|count|p\d\d)\s*:\s*[\w.]+\s*\{", _I), _from_datadog,
     "Here that is which rows | what of them | over how long."),
    ("CloudWatch Logs Insights", re.compile(r"^(?:fields|display)\b|\bfilter\s+@", _I), _from_insights,
     "What is shown needs no 'fields', and the filter comes first."),
    ("Splunk's language", re.compile(r"\b(?:index|sourcetype)\s*=", _I), _from_splunk,
     "There are no indexes here: name the source (logs, invocations …) or nothing."),
    ("LogQL", re.compile(r"\}\s*(?:\|=|\|~|!=\s*\"|!~\s*\"|\|\s*(?:json|logfmt)\b)|_over_time\(\s*\{", _I), _from_logql,
     "Here the words to search for stand in the filter itself."),
    ("PromQL", re.compile(r"\w\{|\[\d+[smhdw](?::\w*)?\]|histogram_quantile|\b(?:sum|avg|max|min|count)\s+by\s*\(", _I),
     _from_promql, "Here that is which rows | what of them by what | over how long | where."),
    ("a filter pattern of CloudWatch Logs", re.compile(r"^\{\s*\(?\$\."), _from_traceql,
     "Fields of a record stand by their names, without brackets."),
    ("TraceQL", re.compile(r"^\{"), _from_traceql, "A filter stands without curly brackets, and names no scopes."),
    ("a time range in words", _WHEN, _from_words, "From when on stands behind a pipe."),
)  # fmt: skip
