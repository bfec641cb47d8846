"""What an alert is about: the functions and resources that its group, or the filter of its policy, names. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mendline.query import Plan, plan
from mendline.query.syntax import Relation

_FUNCTION = "function"
_RESOURCES = ("resource", "resource.name", "resource.host", "queue", "stream", "table", "entry", "topic", "bucket",
              "finding.resource")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """Names."""

    functions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        return frozenset((*self.functions, *self.resources))


def scope_of(asked: Plan, keys: Sequence[str]) -> Scope:
    """Of a group of a policy's plan."""
    functions, resources = [], []
    for output, key in zip(asked.keys, keys, strict=False):
        if output.name == _FUNCTION and key:
            functions.append(key)
        elif output.name in _RESOURCES and key:
            resources.append(called(key) if output.name == _RESOURCES[0] else bare(key))
    if not functions:
        functions = [name for name in _named(asked.filter) if "*" not in name and "?" not in name]
    return Scope(tuple(dict.fromkeys(functions)), tuple(dict.fromkeys(resources)))


def called(resource: str) -> str:
    """The name of what is called, of its type, name and operation: of `dynamodb orders PutItem` it is `orders`."""
    words = resource.split(" ")
    return words[1] if len(words) > 1 and words[1] != "/" else bare(resource)


def bare(resource: str) -> str:
    """The name of a resource without its type: `dynamodb / orders` and `dynamodb/orders` are `orders`."""
    return resource.replace(" / ", "/").partition("/")[2] or resource


def _named(condition: plan.Condition | None) -> list[str]:
    """Functions that a filter asks for by name; nothing of what is negated or one of several ways."""
    match condition:
        case plan.Compare(plan.Column(key), Relation.EQUAL, plan.Constant(str() as name)) if key == _FUNCTION:
            return [name]
        case plan.OneOf(plan.Column(key), values) if key == _FUNCTION:
            return [str(constant.value) for constant in values]
        case plan.Through(functions):
            return list(functions)
        case plan.And(terms):
            return [name for term in terms for name in _named(term)]
    return []
