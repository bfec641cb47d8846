"""The pages about the language: the reference of fields, made from the registry, and the examples of docs/query.md."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mendline.query.field import Field
from mendline.query.fields import FIELDS
from mendline.query.functions import AGGREGATES, OTHERS, PERCENTILE
from mendline.query.names import FAMILIES
from mendline.query.source import ROWS, Source
from mendline.query.types import Kind

_BEGIN = """# Fields of the query language

What a [query](../query.md) can name. Letters' case does not matter in names. This page is made from the registry in
`server/src/mendline/query/fields.py`; a test compares them.

A number on a field with a unit may be written with any unit of its kind; without one it is taken in the unit shown
here, and the answer says so. Where a list of values is given, the field has no others.

Names that begin with one of these are yours:

| begins with | what follows |
|---|---|
"""
_ATTRIBUTES = """
## Attributes

OpenTelemetry's attributes under their own names, of every source but functions; of traces, they are those of any span
in it. Older names that libraries still send are read too. An attribute that is not here is written `attr("its.name")`;
once it has been seen, its name alone will do.

| name | older names | type | what it is |
|---|---|---|---|
"""
_FENCED = re.compile(r"^```query\n(.*?)^```", re.MULTILINE | re.DOTALL)


def reference_page() -> str:
    """The text of docs/reference/fields.md."""
    lines = [_BEGIN.rstrip("\n")]
    lines += [f"| `{family}` | {meaning} |" for family, meaning in FAMILIES.items()]
    for source in Source:
        lines += ["", f"## {source}", "", f"One row is {ROWS[source]}.", ""]
        lines += ["| name | also | type | what it is | example |", "|---|---|---|---|---|"]
        lines += [_row(field) for field in FIELDS if source in field.sources and not _is_everywhere(field)]
    lines += _ATTRIBUTES.rstrip("\n").split("\n")
    lines += [_attribute_row(field) for field in FIELDS if _is_everywhere(field)]
    lines += ["", "## Functions", "", "| function | what it answers | example |", "|---|---|---|"]
    lines += [f"| `{each.name}` | {each.meaning} | `{each.example}` |" for each in AGGREGATES.values()]
    lines += [f"| `pN` | {PERCENTILE.meaning} | `{PERCENTILE.example}` |"]
    lines += [f"| `{name}` | {meaning} | `{example}` |" for name, (meaning, example) in OTHERS.items()]
    return "\n".join(lines) + "\n"


def _is_everywhere(field: Field) -> bool:
    """Whether it is an attribute of the conventions; dimensions of metrics are shown with metrics."""
    return field.attribute and len(field.sources) > 1


def _row(field: Field) -> str:
    also = " ".join(f"`{alias}`" for alias in field.aliases)
    values = f": {', '.join(f'`{value}`' for value in field.values)}" if field.values else ""
    return f"| `{field.name}` | {also} | {_type(field)} | {field.meaning}{values} | `{field.example}` |"


def _attribute_row(field: Field) -> str:
    older = " ".join(f"`{name}`" for name in field.older)
    return f"| `{field.name}` | {older} | {_type(field)} | {field.meaning} |"


def _type(field: Field) -> str:
    if field.type.kind is Kind.NUMBER:
        return f"number, {field.type.unit.symbol}" if field.type.unit.symbol else "number"
    kind = {Kind.BOOL: "true or false", Kind.TIME: "moment"}.get(field.type.kind, field.type.kind.value)
    return f"{kind}, several" if field.many else kind


def examples_of(markdown: str) -> Iterator[str]:
    """The queries in blocks of a page that are tagged `query`, one a line."""
    for block in _FENCED.findall(markdown):
        yield from (line for line in block.splitlines() if line.strip())
