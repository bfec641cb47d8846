"""Where the text of an attribute stands: in a map of the row, of its resource, or in a captured payload."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mendline.query import plan
from mendline.query.plan import Scope
from mendline.store.plans.parameters import Parameters

At = Callable[[str], str]
"""Answers the SQL of the text at a key, which is SQL itself; '' where there is none."""


def attribute_text(attribute: plan.Attribute, parameters: Parameters, own: At, resource: At) -> str:
    """The text of an attribute, '' where there is none: of the row, under each of its names, else of its resource."""
    path = attribute.path
    if attribute.scope in (Scope.REQUEST, Scope.RESPONSE):
        return _in_payload(own(f"'mendline.{attribute.scope}'"), path, parameters)
    key = parameters.text(".".join(path))
    if attribute.scope is Scope.ATTRIBUTE:
        keys = [key, *(parameters.text(older) for older in attribute.older)]
        return first_text([*map(own, keys), *map(resource, keys)])
    place = resource if attribute.scope is Scope.FUNCTION_TAG else own
    return first_text([place(key), place(parameters.text(f"tags.{'.'.join(path)}"))])


def first_text(texts: Sequence[str]) -> str:
    """The first text that is not empty."""
    *others, last = texts
    return f"multiIf({', '.join(f'{each} != {_NO_TEXT}, {each}' for each in others)}, {last})" if others else last


_NO_TEXT = "''"


def _in_payload(payload: str, path: Sequence[str], parameters: Parameters) -> str:
    found = _json_text(payload, path, parameters)
    if path[0] == "body" and len(path) > 1:  # API Gateway and others hold a body as text
        inner = _json_text(f"JSONExtractString({payload}, 'body')", path[1:], parameters)
        found = first_text([found, inner])
    return found


def _json_text(json: str, path: Sequence[str], parameters: Parameters) -> str:
    """The text at a path: of a text itself, of anything else its JSON. A step of digits is an index where it meets a
    list, else a key. What comes from before is written once for each step, so that long paths stay short."""
    keys: list[str] = []
    for step in path:
        if step.isascii() and step.isdigit() and len(step) < 10:
            index, key = parameters.number(int(step) + 1), parameters.text(step)
            json = _of(
                f"if(JSONType(json) = 'Array', JSONExtractRaw(json, {index}), JSONExtractRaw(json, {key}))",
                _raw(json, keys),
            )
            keys = []
        else:
            keys.append(parameters.text(step))
    return _of(
        "multiIf(JSONType(json) = 'String', JSONExtractString(json), JSONType(json) = 'Null', '', json)",
        _raw(json, keys),
    )


def _raw(json: str, keys: Sequence[str]) -> str:
    return f"JSONExtractRaw({', '.join((json, *keys))})" if keys else json


def _of(sql: str, json: str) -> str:
    """SQL of which `json` is given."""
    return f"arrayMap(json -> {sql}, [{json}])[1]"
