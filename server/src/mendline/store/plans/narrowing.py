"""What spans must have for a filter, said where they are read: a key or two of a map, before anything else of them."""

from __future__ import annotations

from mendline.query import Source, plan
from mendline.query.plan import Scope
from mendline.query.syntax import Relation
from mendline.store.plans.parameters import Parameters

_OF_ROW = frozenset({Scope.ATTRIBUTE, Scope.TAG})
_OF_RESOURCE = frozenset({Scope.ATTRIBUTE, Scope.FUNCTION_TAG})


def narrowed(condition: plan.Condition | None, source: Source, parameters: Parameters) -> str:
    """` AND` something that each span fulfils which fulfils the condition, by the values of attributes that it names;
    '' where there is nothing. What it lets through is looked at again by the condition itself."""
    needed = _needed(condition, source, parameters) if condition is not None else ""
    return f" AND {needed}" if needed else ""


def of_function(condition: plan.Condition | None, parameters: Parameters) -> str:
    """` AND` the function of spans whose invocations can fulfil the condition; '' where it needs no one function."""
    function = one_function(condition)
    return f" AND function = {parameters.text(function)}" if function else ""


def of_service(condition: plan.Condition | None, parameters: Parameters) -> str:
    """` AND` the services of spans that can fulfil a condition which needs one function, else ''. Spans lie in the
    order of their services, so that those of others are not read."""
    function = one_function(condition)
    if not function:
        return ""
    name = parameters.text(function)
    named = f"SELECT resource['service.name'] FROM resources WHERE resource['faas.name'] = {name}"
    return f" AND service IN ({named} UNION ALL SELECT {name})"


def one_function(condition: plan.Condition | None) -> str:
    """The one function of which rows must be that fulfil a condition; '' where it needs none."""
    match condition:
        case plan.And(terms):
            return next(filter(None, map(one_function, terms)), "")
        case plan.Compare(plan.Column("function"), Relation.EQUAL, plan.Constant(str() as value)):
            return value
    return ""


def _needed(condition: plan.Condition, source: Source, parameters: Parameters) -> str:
    match condition:
        case plan.And(terms):
            found = [each for each in (_needed(term, source, parameters) for term in terms) if each]
            return f"({' AND '.join(found)})" if found else ""
        case plan.Or(terms):
            found = [_needed(term, source, parameters) for term in terms]
            return f"({' OR '.join(found)})" if all(found) else ""
        case plan.Compare(plan.Attribute() as attribute, Relation.EQUAL, plan.Constant(str() as value)):
            return _one_of(attribute, [value], source, parameters)
        case plan.OneOf(plan.Attribute() as attribute, constants):
            values = [constant.value for constant in constants]
            texts = [value for value in values if isinstance(value, str)]
            return _one_of(attribute, texts, source, parameters) if len(texts) == len(values) else ""
    return ""


def _one_of(attribute: plan.Attribute, values: list[str], source: Source, parameters: Parameters) -> str:
    """One of the values, or a list of texts that may have it, under a key of the row or of its resource."""
    of_invocation = source is Source.OPERATIONS and attribute.scope is Scope.TAG  # of which the operation is
    if not all(values) or of_invocation or attribute.scope not in _OF_ROW | _OF_RESOURCE:
        return ""
    name = ".".join(attribute.path)
    keys = [name, *attribute.older] if attribute.scope is Scope.ATTRIBUTE else [name, f"tags.{name}"]
    wanted = parameters.texts(values)

    def fits(place: str) -> str:
        texts = [f"{place}[{parameters.text(key)}]" for key in keys]
        return " OR ".join(f"has({wanted}, {text}) OR startsWith({text}, '[\"')" for text in texts)

    places = [fits("attributes")] if attribute.scope in _OF_ROW else []
    if attribute.scope in _OF_RESOURCE:
        places.append(f"resource_id IN (SELECT resource_id FROM resources WHERE {fits('resource')})")
    return f"({' OR '.join(places)})"
