"""From a name to a field: registry, aliases, families (`tags.*`), attributes that were seen, and what was meant."""

from __future__ import annotations

from dataclasses import dataclass

from mendline.errors import FieldElsewhereError, QueryTextError, UnknownFieldError
from mendline.query import plan
from mendline.query.attribute_fields import WITH_ATTRIBUTES
from mendline.query.faults import Edit, clipped, fault, replaced
from mendline.query.field import Field
from mendline.query.fields import FIELDS, fields_of, find_field, sources_of
from mendline.query.known import Known
from mendline.query.nearness import nearest
from mendline.query.plan import Scope
from mendline.query.source import Source
from mendline.query.spelling import is_bare_name
from mendline.query.syntax import Attribute, Name, Node, Span
from mendline.query.types import ANY, Type

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
        return _of_registry(field, node.at)
    if field is not None:
        return _of_registry(field, node.at)
    return _of_family(node, source) or _seen(node, source, known)


def _of_registry(field: Field, at: Span) -> Resolved:
    value: plan.Column | plan.Attribute
    if field.attribute:
        value = plan.Attribute(Scope.ATTRIBUTE, (field.key,), field.type, field.many)
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
    written = text.lstrip().lower().startswith(source.value)
    start = len(text) - len(text.lstrip())
    edits = [Edit(start, start + len(source.value), other.value) if written else Edit(start, start, f"{other} ")]
    return fault(
        FieldElsewhereError, text, node.at, f"'{spelled}' is a field of {other}, not of {source},",
        f"Ask for {other}: begin the query with '{other}'.", suggestion=spelled, edits=edits,
    )  # fmt: skip


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
