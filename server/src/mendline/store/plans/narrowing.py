"""What an index may leave out for a filter: granules of spans in which no row can fulfil it."""

from __future__ import annotations

from mendline.query import Source, plan
from mendline.query.plan import Scope
from mendline.query.syntax import Relation
from mendline.store.plans.parameters import Parameters
from mendline.store.statements import sql_of

_OF_ROW = frozenset({Scope.ATTRIBUTE, Scope.TAG})
_OF_RESOURCE = frozenset({Scope.ATTRIBUTE, Scope.FUNCTION_TAG})


def hint(condition: plan.Condition | None, source: Source, parameters: Parameters) -> str:
    """` AND` something that each span fulfils which fulfils the condition, by the values of attributes that it names;
    '' where there is nothing. It is not computed for rows, only looked up in indexes (tables/0156_spans_found.sql)."""
    needed = _needed(condition, source, parameters) if condition is not None else ""
    return f" AND indexHint({needed})" if needed else ""


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
    """One of the values stands somewhere in the attributes of the row, or of its resource, where it is looked for."""
    of_invocation = source is Source.OPERATIONS and attribute.scope is Scope.TAG  # of which the operation is
    if not all(values) or of_invocation or attribute.scope not in _OF_ROW | _OF_RESOURCE:
        return ""
    wanted, items = parameters.texts(values), sql_of("sql/parts", "attribute_items")
    places = []
    if attribute.scope in _OF_ROW:
        places.append(f"hasAny({items}, {wanted})")
    if attribute.scope in _OF_RESOURCE:
        of_resources = items.replace("attributes", "resource")
        places.append(f"resource_id IN (SELECT resource_id FROM resources WHERE hasAny({of_resources}, {wanted}))")
    return f"({' OR '.join(places)})"
