"""From a name to a field: registry, aliases, families (`tags.*`), attributes that were seen, and what was meant."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mendline.errors import FieldElsewhereError, QueryTextError, UnknownFieldError
from mendline.query import plan
from mendline.query.attribute_fields import WITH_ATTRIBUTES
from mendline.query.faults import HERE, Edit, clipped, fault, replaced
from mendline.query.field import Field
from mendline.query.fields import FIELDS, fields_of, find_field, sources_of
from mendline.query.functions import find_aggregate
from mendline.query.known import Known
from mendline.query.nearness import nearest
from mendline.query.plan import Scope
from mendline.query.source import Source, find_source
from mendline.query.spelling import is_bare_name
from mendline.query.syntax import Attribute, Name, Node, Span
from mendline.query.types import ANY, Type

_RESOURCE_DURATION = re.compile(r"resource\.([\w-]+)\.duration", re.IGNORECASE)
_NEXT_NAME = re.compile(r"\s+([A-Za-z][\w.]*)")
_FIRST_WORD = re.compile(r"[A-Za-z]+")
_FAMILIES = {
    "tags.": (Scope.TAG, "tags.", WITH_ATTRIBUTES),
    "tag.": (Scope.TAG, "tags.", WITH_ATTRIBUTES),
    "apptags.": (Scope.FUNCTION_TAG, "function.tags.", frozenset({Source.INVOCATIONS, Source.FUNCTIONS})),
    "function.tags.": (Scope.FUNCTION_TAG, "function.tags.", frozenset({Source.INVOCATIONS, Source.FUNCTIONS})),
    "request.": (Scope.REQUEST, "request.", frozenset({Source.INVOCATIONS})),
    "response.": (Scope.RESPONSE, "response.", frozenset({Source.INVOCATIONS})),
}
FAMILIES = {
    "tags.": "the user's own attributes, `tags.user.id`",
    "function.tags.": "tags of the function itself, `function.tags.team`",
    "request.": "a path into the captured request, `request.body.sku`, `request.Records.0.body`",
    "response.": "a path into the captured response, `response.statusCode`",
}
"""Names that begin with one of these are open: what follows is the user's own."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A name and what it stands for; `field` is None for what is in no registry."""

    node: Node
    value: plan.Column | plan.Attribute
    type: Type
    field: Field | None = None


def resolve(node: Name | Attribute, source: Source, known: Known) -> Resolved | None:
    """What a name means in a source; None where it means nothing."""
    name = node.key if isinstance(node, Attribute) else node.name
    field = find_field(name, source)
    if isinstance(node, Attribute):
        if field is None or not field.attribute or field.key != name:
            return _attribute(node, name, source)
        return _of_registry(field, node.at, source)
    if field is not None:
        return _of_registry(field, node.at, source)
    return _of_family(node, source) or _seen(node, source, known)


def _of_registry(field: Field, at: Span, source: Source) -> Resolved:
    value: plan.Column | plan.Attribute
    many = field.many or (field.attribute and source is Source.TRACES)
    if field.attribute:
        value = plan.Attribute(Scope.ATTRIBUTE, (field.key,), field.type, many, field.older)
    else:
        value = plan.Column(field.key, field.type, field.many)
    return Resolved(Name(field.name, at=at), value, field.type, field)


def _attribute(node: Attribute, key: str, source: Source) -> Resolved | None:
    if source not in WITH_ATTRIBUTES or not key:
        return None
    return Resolved(node, plan.Attribute(Scope.ATTRIBUTE, (key,), ANY, source is Source.TRACES), ANY)


def _of_family(node: Name, source: Source) -> Resolved | None:
    for prefix, (scope, spelled, sources) in _FAMILIES.items():
        rest = node.name[len(prefix) :]
        if node.name.lower().startswith(prefix) and rest and source in sources:
            path = (rest,) if scope in (Scope.TAG, Scope.FUNCTION_TAG) else tuple(rest.split("."))
            if all(path):
                value = plan.Attribute(scope, path, ANY, source is Source.TRACES)
                return Resolved(Name(spelled + rest, at=node.at), value, ANY)
    return None


def _seen(node: Name, source: Source, known: Known) -> Resolved | None:
    """An attribute that telemetry has; it is written attr(…) from then on, so that the query outlives the data."""
    key = node.name
    if key not in known.attributes:
        same = [seen for seen in known.attributes if seen.lower() == key.lower()]
        key = same[0] if len(same) == 1 else ""
    return _attribute(Attribute(key, at=node.at), key, source)


# -- what was meant -------------------------------------------------------------------------------------------


def unknown(node: Name | Attribute, source: Source, known: Known, text: str) -> QueryTextError:
    """The error for a name that means nothing in a source: where it means something, or what is near."""
    name = node.key if isinstance(node, Attribute) else node.name
    elsewhere = tuple(sources_of(name))
    if elsewhere:
        return _elsewhere(node, name, source, elsewhere[0], text)
    if find_aggregate(name) is not None:
        return function_without_brackets(node, name, text)
    inside = _RESOURCE_DURATION.fullmatch(name)
    if inside:
        return _resource_duration(node, inside[1].lower().removeprefix("aws-"), text)
    spaced = _without_blanks(name, source)
    if spaced:
        return fault(
            UnknownFieldError, text, node.at, f"Unknown field {clipped(name)}", "Operators need blanks around them.",
            suggestion=spaced, edits=replaced(node.at, spaced),
        )  # fmt: skip
    near = _near(name, source, known)
    advice = f"Did you mean '{near}'?" if near else _advice(name, source)
    return fault(
        UnknownFieldError, text, node.at, f"Unknown field {clipped(name)}", advice, expected="a field",
        suggestion=near or "", edits=replaced(node.at, near) if near else _as_attribute(node, name, source),
    )  # fmt: skip


def _elsewhere(node: Node, name: str, source: Source, other: Source, text: str) -> QueryTextError:
    named = find_field(name, other)
    spelled = named.name if named else name
    return fault(
        FieldElsewhereError, text, node.at, f"'{spelled}'{HERE} is a field of {other}, not of {source}",
        f"Ask for {other}: begin the query with '{other}'.", suggestion=spelled, edits=asking_for(other, source, text),
    )  # fmt: skip


def function_without_brackets(node: Node, name: str, text: str) -> QueryTextError:
    """`p95 duration > 1s`, `count > 5`."""
    aggregate, following = find_aggregate(name), _NEXT_NAME.match(text, node.at.end)
    inside = following[1] if following and following[1].lower() in ALL_NAMES else ""
    called = f"{name.lower()}({inside or ('' if aggregate and aggregate.optional else 'duration')})"
    end = following.end() if following and inside else node.at.end
    return fault(
        UnknownFieldError,
        text,
        node.at,
        f"'{name}'{HERE} is a function and needs brackets",
        f"Write {called}. To search for the word, quote it.",
        suggestion=called,
        edits=[Edit(node.at.start, end, called)],
    )


def _resource_duration(node: Node, resource: str, text: str) -> QueryTextError:
    """Thundra's `resource.DynamoDB.duration`."""
    return fault(
        FieldElsewhereError,
        text,
        node.at,
        f"The time in a resource{HERE} is the duration of operations",
        "Ask for these.",
        suggestion=f"operations resource.type:{resource} duration",
        edits=[
            *asking_for(Source.OPERATIONS, Source.INVOCATIONS, text[: node.at.start]),
            Edit(node.at.start, node.at.end, f"resource.type:{resource} duration"),
        ],
    )


def asking_for(other: Source, source: Source, text: str) -> tuple[Edit, ...]:
    """The edit that makes a query for one source one for another."""
    start = len(text) - len(text.lstrip())
    word = _FIRST_WORD.match(text, start)
    named = word is not None and find_source(word[0]) is source
    return (Edit(start, word.end(), other.value) if word and named else Edit(start, start, f"{other} "),)


def _without_blanks(name: str, source: Source) -> str:
    """`duration-init.duration` as a computation, where both sides are fields."""
    for at, letter in enumerate(name):
        if letter == "-" and find_field(name[:at], source) and find_field(name[at + 1 :], source):
            return f"{name[:at]} - {name[at + 1 :]}"
    return ""


def _near(name: str, source: Source, known: Known) -> str | None:
    small = name.lower()
    for field in fields_of(source):
        if small in field.synonyms:
            return field.name
    for field in fields_of(source):  # the end of a long name: status_code, message.id
        if field.attribute and field.name.endswith(f".{small.replace('_', '.', 0)}"):
            return field.name
    names = {name: field.name for field in fields_of(source) for name in (field.name, *field.aliases)}
    close = nearest(name, names)
    if close:
        return names[close]
    seen = nearest(name, known.attributes)
    return seen if seen and is_bare_name(seen) else None


def _advice(name: str, source: Source) -> str:
    if source in WITH_ATTRIBUTES and "." in name:
        return f'No attribute of this name has been seen either. If you mean one, write attr("{name}").'
    return "Complete a name with Tab, or see the list of fields (docs/reference/fields.md)."


def _as_attribute(node: Node, name: str, source: Source) -> tuple[Edit, ...]:
    return replaced(node.at, str(Attribute(name))) if source in WITH_ATTRIBUTES and "." in name else ()


def flag_near(name: str, source: Source) -> str | None:
    """The field that stands alone and is near to a word that was taken for text."""
    flags = {name: field.name for field in fields_of(source) if str(field.type.kind) == "bool"
             for name in (field.name, *field.aliases, *field.synonyms)}  # fmt: skip
    close = nearest(name, flags)
    return flags[close] if close else None


ALL_NAMES = frozenset(name.lower() for field in FIELDS for name in (field.name, *field.aliases))
