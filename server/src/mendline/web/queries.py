"""The queries behind the numbers of pages, in the language: each number leads to what it is made of. Pure."""

from __future__ import annotations

from mendline.model.function import FunctionId
from mendline.query.spelling import value_text


def of_function(function: FunctionId) -> str:
    """The filter that holds for what is of one function."""
    told = (("function", function.name), ("account", function.account), ("region", function.region))
    return " ".join(f"{name}:{value_text(value)}" for name, value in told if value)


def of_resource(type_: str, name: str) -> str:
    """The filter of operations that call one resource."""
    told = (("resource.type", type_), ("resource.name", name))
    return " ".join(f"{field}:{value_text(value)}" for field, value in told)
