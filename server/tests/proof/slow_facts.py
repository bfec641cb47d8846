"""What single spans, resources and texts say, in plain Python: the facts of which slow rows are made."""

from __future__ import annotations

import json
import math
import re

from mendline.model.prices import cost_usd

_THRESHOLD = re.compile(r"(?:^|,)ot=(?:[^,]*;)?th:([0-9a-f]{1,14})")


def some(value, scale=1):
    return value * scale if value else None


def whole(text):
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None


def number_of(text):
    """The finite number that a text is; None where it is none."""
    if not re.fullmatch(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", text):
        return None
    return float(text) if math.isfinite(float(text)) else None


def ms_of(own, key):
    found = number_of(own.get(key, ""))
    return None if found is None else found * 10**6


def is_true(own, key):
    return own.get(key) in ("true", "1")


def failing_of(own):
    """The record at which a batch failed, by its id or its place."""
    try:
        told = json.loads(own.get("mendline.records", ""))
    except ValueError:
        return ""
    found = [told.get(key) for key in ("failing", "at")] if isinstance(told, dict) else []
    return next((each for each in found if isinstance(each, str) and each), "")


def alias_of(own):
    """What was invoked by another name than a version's."""
    arn = own.get("aws.lambda.invoked_arn") or own.get("cloud.resource_id") or ""
    qualifier = [*arn.split(":"), *[""] * 8][7]
    return "" if qualifier.isdigit() or qualifier == "$LATEST" else qualifier


def cost_of(told):
    if not told["memory_size_bytes"]:
        return None
    billed = told["billed_ms"] or math.ceil(told["duration_ns"] / 1e6 + told["init_ms"])
    return cost_usd(billed / 1000 * told["memory_size_bytes"] / 2**30, 1, told["region"])


def runtime_of(resource):
    name = resource.get("process.runtime.name", "").replace("cpython", "python", 1)
    return f"{name} {resource.get('process.runtime.version', '')}".rstrip(" ") if name else ""


def project_of(resource):
    return resource.get("service.namespace") or resource.get("project") or resource.get("tags.project", "")


def place_of(resource):
    arn = [*resource.get("cloud.resource_id", "").split(":"), *[""] * 5]
    return {
        "account": resource.get("cloud.account.id") or arn[4],
        "region": resource.get("cloud.region") or arn[3],
        "project": project_of(resource),
    }


def place_of_function(resource):
    place = place_of(resource)
    return place["account"], place["region"], resource.get("faas.name") or resource.get("service.name", "")


def request_id_of(own):
    return own.get("faas.invocation_id") or own.get("faas.execution", "")


def exception_of(span):
    return next((attributes for name, attributes in span["events"] if name == "exception"), {})


def error_type_of(span):
    if span["status"] != 2:
        return ""
    return span["attributes"].get("error.type") or exception_of(span).get("exception.type", "")


def entry_name(span):
    own = span["attributes"]
    if span["kind"] == 2 and own.get("http.request.method"):
        return f"{own['http.request.method']} {own.get('http.route') or own.get('url.path', '')}"
    return span["name"]


def entry_of(spans):
    first = min(spans, key=lambda span: (span["parent"] != "", span["start_ns"], span["span"]))
    return {"entry_name": first.get("entry_name") or entry_name(first)}


def weight_of(state):
    found = _THRESHOLD.search(state)
    return 2**56 / (2**56 - min(int(found[1].ljust(14, "0"), 16), 2**56 - 1)) if found else 1.0


def json_at(text, path):
    """The text at a path in a JSON text; '' where there is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return ""
    return _text_at(found, path)


def _text_at(found, path):
    for step in path:
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            return ""
    if found is None:
        return ""
    return found if isinstance(found, str) else json.dumps(found, separators=(",", ":"), ensure_ascii=False)
