"""Checks values: names become fields, numbers get their units, functions their arguments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import NoReturn

from mendline.errors import (
    MisplacedError,
    QueryTextError,
    QueryTypeError,
    QueryUnitError,
)
from mendline.query import plan
from mendline.query.faults import HERE, Edit, clipped, fault, replaced
from mendline.query.functions import AGGREGATES
from mendline.query.known import Known
from mendline.query.names import Resolved, asking_for, resolve, unknown
from mendline.query.nearness import nearest
from mendline.query.scene import Condition, Notice, Place, Scene, Value
from mendline.query.source import Source
from mendline.query.syntax import (
    Arithmetic,
    Attribute,
    Call,
    Glob,
    Name,
    Node,
    Number,
    Phrase,
    Span,
    Text,
    Usual,
)
from mendline.query.types import ANY, Kind, Type, number
from mendline.query.units import (
    EXAMPLES,
    NUMBER,
    PERCENT,
    PLAIN,
    TIME,
    Quantity,
    Unit,
    as_number,
    find_unit,
    print_quantity,
    read_quantity,
    unit_word,
)

_UNIT_NAMES = ("ms", "s", "m", "h", "d", "KB", "MB", "GB", "B", "us", "ns")


class ValueChecker:
    """Checks the values of one query. `notices` gathers what the answer should say beside itself."""

    def __init__(self, text: str, known: Known) -> None:
        self.text, self.known = text, known
        self.notices: list[Notice] = []
        self.value_unit: Unit | None = NUMBER  # of a metric's value, None where the metric is not known

    def condition(self, node: Node, scene: Scene) -> Condition:
        """Checks a condition (mendline.query.conditions)."""
        raise NotImplementedError

    def call(self, node: Call, scene: Scene) -> Value:
        """Checks a call that is a value (mendline.query.calls)."""
        raise NotImplementedError

    def fail(
        self,
        kind: type[QueryTextError],
        at: Span,
        what: str,
        advice: str = "",
        *,
        expected: str = "",
        suggestion: str = "",
        edits: Iterable[Edit] = (),
    ) -> NoReturn:
        """Raises an error at a place."""
        raise fault(kind, self.text, at, what, advice, expected=expected, suggestion=suggestion, edits=edits)

    # -- values ----------------------------------------------------------------------------------------------

    def value(self, node: Node, scene: Scene) -> Value:
        """Checks a value of any type."""
        if isinstance(node, (Name, Attribute)):
            return self._named(node, scene)
        if isinstance(node, Text):
            return self._named(Name(node.value, at=node.at), scene)
        if isinstance(node, Number):
            return self.quantity(node, Type(Kind.NUMBER))
        if isinstance(node, Call):
            return self.call(node, scene)
        if isinstance(node, Arithmetic):
            return self._arithmetic(node, scene)
        if isinstance(node, Usual):
            return self._usual(node, scene)
        advice = "Put it into count(…) or ratio(…) to compute with it." if not isinstance(node, (Phrase, Glob)) else ""
        return self.fail(QueryTypeError, node.at, f"Expected a value, but {clipped(str(node))} stands", advice)

    def numeric(self, node: Node, scene: Scene) -> Value:
        """Checks a value that is computed with."""
        found = self.value(node, scene)
        if found.type.is_number:
            self.refuse_several(node, found)
            return found
        return self.fail(
            QueryTypeError,
            node.at,
            f"Expected a number, but {clipped(str(found.node))}{HERE} is {called(found.type)}",
            expected="a number",
        )

    def refuse_several(self, node: Node, found: Value) -> None:
        """Raises for a number of which a row has several, the attributes of a trace's spans: which is meant?"""
        if isinstance(found.plan, (plan.Column, plan.Attribute)) and found.plan.many:
            self.fail(
                QueryTypeError,
                node.at,
                f"{clipped(str(found.node))}{HERE} has several values in a trace, one for each of its spans",
                "Compute with those of operations or invocations.",
                edits=asking_for(Source.OPERATIONS, Source.TRACES, self.text),
            )

    def _named(self, node: Name | Attribute, scene: Scene) -> Value:
        """A field, or where rows are grouped, one of the keys."""
        if not scene.rows and isinstance(node, Name) and node.name.lower() in ("count", "rate"):
            return self.call(Call(node.name.lower(), at=node.at), scene)
        if scene.rows or scene.keys:
            resolved = self.resolved(node, scene.source, scene)
            type_ = self._type(resolved)
            found = Value(resolved.node, replace(resolved.value, type=type_), type_)
            if scene.rows:
                return found
            key = scene.keys.get(str(found.node))
            if key is not None:
                return key
        return self._no_key(node, scene)

    def resolved(self, node: Name | Attribute, source: Source, scene: Scene) -> Resolved:
        """What a name means; where a number is due, `timeout` is the one that is configured."""
        found = resolve(node, source, self.known)
        if found is None:
            raise unknown(node, source, self.known, self.text)
        return found

    def _type(self, resolved: Resolved) -> Type:
        if resolved.field is not None and resolved.field.name == "value" and Source.METRICS in resolved.field.sources:
            return number(self.value_unit) if self.value_unit else ANY
        return resolved.type

    def _no_key(self, node: Node, scene: Scene) -> NoReturn:
        name = str(node)
        resolved = resolve(node, scene.source, self.known) if isinstance(node, (Name, Attribute)) else None
        measured = resolved is not None and resolved.type.kind is Kind.NUMBER
        better = f"max({name})" if measured else f"by {name}"
        advice = f"Write an aggregate of it, such as {better}." if measured else f"Group by it: {better}."
        edits = replaced(node.at, better) if measured else ()
        if str(node.name if isinstance(node, Name) else "") in AGGREGATES:
            better = f"{name}()"
            advice, edits = f"Did you mean {better}?", replaced(node.at, better)
        elif scene.keys and not measured:
            last = max(key.node.at.end for key in scene.keys.values())
            edits = (Edit(last, last, f", {name}"),)
        self.fail(
            MisplacedError,
            node.at,
            f"{clipped(name)}{HERE} is neither a column nor a key of the result, and {scene.place} can name no other",
            advice,
            suggestion=better,
            edits=edits,
        )

    # -- numbers ---------------------------------------------------------------------------------------------

    def quantity(self, node: Number, beside: Type) -> Value:
        """A number, beside something whose unit a bare number takes."""
        found = self._read(node, beside)
        if found.unit is None and beside.unit.dimension != PLAIN and found.value:
            return self._in_unit_of(node, found, beside)
        if found.dimension != beside.dimension and (found.value or found.unit):
            return Value(
                node, plan.Constant(as_number(found.value), number(found.unit or NUMBER)), number(found.unit or NUMBER)
            )
        unit = beside.unit if found.dimension == beside.dimension else found.unit or NUMBER
        shown = unit if unit.symbol != "" or found.unit is None else found.unit
        return self._constant(node, found.value, shown)

    def _in_unit_of(self, node: Number, found: Quantity, beside: Type) -> Value:
        value = found.value * beside.unit.scale
        spelled_ = print_quantity(value, beside.unit)
        self.notices.append(Notice("bare_number", f"{node.text} was read as {node.text} {beside.unit.symbol}."))
        return self._constant(Number(spelled_, at=node.at), value, beside.unit)

    def _constant(self, node: Number, value: Decimal, unit: Unit) -> Value:
        return Value(
            Number(print_quantity(value, unit), at=node.at), plan.Constant(as_number(value), number(unit)), number(unit)
        )

    def _read(self, node: Number, beside: Type) -> Quantity:
        found = read_quantity(node.text)
        if found is not None:
            return found
        word = unit_word(node.text)
        if not word:
            self.fail(QueryUnitError, node.at, f"{clipped(node.text)}{HERE} is no number, or too large")
        near = "m" if word == "M" and beside.dimension == TIME else _near_unit(word)
        edits = replaced(node.at, node.text.replace(word, near)) if near else ()
        advice = f"Did you mean '{near}'? " if near else ""
        return self.fail(
            QueryUnitError,
            node.at,
            f"'{word}' in {clipped(node.text)}{HERE} is no unit",
            f"{advice}Units are ns us ms s m h d, B KB MB GB TB, %, $.",
            suggestion=near or "",
            edits=edits,
        )

    # -- computing -------------------------------------------------------------------------------------------

    def _arithmetic(self, node: Arithmetic, scene: Scene) -> Value:
        left, right = self._sides(node, scene)
        if node.operator in "+-":
            if ANY not in (left.type, right.type) and left.type.dimension != right.type.dimension:
                self._no_sum(node, left, right)
            type_ = right.type if left.type == ANY or isinstance(left.plan, plan.Constant) else left.type
        else:
            type_ = _product_type(node.operator, left, right)
        type_ = number() if type_ == ANY else type_
        return Value(
            Arithmetic(node.operator, left.node, right.node, at=node.at),
            plan.Arithmetic(node.operator, left.plan, right.plan, type_),
            type_,
        )

    def _sides(self, node: Arithmetic, scene: Scene) -> tuple[Value, Value]:
        """Both sides; a bare number in a sum takes the unit of the other side."""
        adds = node.operator in "+-"
        if adds and isinstance(node.left, Number) and not isinstance(node.right, Number):
            right = self.numeric(node.right, scene)
            return self.quantity(node.left, right.type), right
        left = self.numeric(node.left, scene)
        if adds and isinstance(node.right, Number):
            return left, self.quantity(node.right, left.type)
        return left, self.numeric(node.right, scene)

    def _no_sum(self, node: Arithmetic, left: Value, right: Value) -> NoReturn:
        verb = "added" if node.operator == "+" else "subtracted"
        self.fail(
            QueryUnitError,
            node.at,
            f"{clipped(str(left.node))}{HERE} is {measured(left.type)} and"
            f" {clipped(str(right.node))} is {measured(right.type)}: they cannot be {verb}",
        )

    def _usual(self, node: Usual, scene: Scene) -> Value:
        beside = scene.usual_of
        if beside is None or scene.place is not Place.CONDITION:
            self.fail(
                MisplacedError,
                node.at,
                f"'usual'{HERE} is learned for aggregates, not for single rows",
                "Write it in 'where', on the right of an aggregate:"
                " | p95(duration) by function | over 10m | where p95(duration) > 3x usual.",
                edits=replaced(beside.node.at, f"p95({beside.node})") if beside and not beside.is_aggregate else (),
            )
        return Value(node, plan.Usual(beside.plan, beside.type), beside.type)

    # -- units of both sides ---------------------------------------------------------------------------------

    def same_unit(self, left: Value, node: Number) -> Value:
        """A number beside a value, in a unit that fits it. Raises QueryUnitError."""
        if _is_share(left) and (found := read_quantity(node.text)) and found.unit is None and found.value >= 1:
            self.notices.append(Notice("bare_number", f"{node.text} was read as {node.text} %."))
            node = Number(f"{node.text}%", at=node.at)
        right = self.quantity(node, left.type)
        written = read_quantity(node.text)
        if left.type == ANY or right.type.dimension == left.type.dimension:
            if left.type == ANY and written is not None and written.unit is not None:
                self._no_unit(left, node)
            return right
        return self._wrong_unit(left, node, right.type)

    def _no_unit(self, left: Value, node: Number) -> NoReturn:
        bare = node.text.strip("$%").rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        self.fail(
            QueryUnitError,
            node.at,
            f"{clipped(node.text)}{HERE} has a unit, but none is known of {clipped(str(left.node))}",
            f"Write the plain number in the unit in which it is sent: {bare}.",
            edits=replaced(node.at, bare),
        )

    def _wrong_unit(self, left: Value, node: Number, right: Type) -> NoReturn:
        written = read_quantity(node.text)
        symbol = written.unit.symbol if written and written.unit else ""
        example = EXAMPLES.get(left.type.dimension, "a number")
        near = _same_number_in(node.text, symbol, left.type)
        self.fail(
            QueryUnitError,
            node.at,
            f"{clipped(str(left.node))} is {measured(left.type)}, but {clipped(node.text)}{HERE} is {measured(right)}",
            f"Write {near if near else example}, for example.",
            expected=left.type.dimension.name,
            suggestion=near,
            edits=replaced(node.at, near) if near else (),
        )


def _is_share(value: Value) -> bool:
    """Whether it is at most 1 by its nature: ratio(), or a field of that kind; a quotient of two fields is not."""
    return value.type.unit == PERCENT and (
        isinstance(value.node, Name) or (isinstance(value.node, Call) and value.node.function == "ratio")
    )


def _near_unit(word: str) -> str | None:
    found = (
        find_unit(word.lower()) or find_unit(word.upper()) or (find_unit(word + "b") if word in ("k", "K") else None)
    )
    special = {
        "M": "MB",
        "K": "KB",
        "G": "GB",
        "T": "TB",
        "k": "KB",
        "g": "GB",
        "mn": "m",
        "S": "s",
        "H": "h",
        "D": "d",
    }
    return special.get(word) or (found.symbol if found else nearest(word, _UNIT_NAMES))


def _same_number_in(text: str, symbol: str, left: Type) -> str:
    """The number with a unit that fits: 5MB beside a duration may have meant 5ms."""
    digits = text.replace(symbol, "") if symbol else text
    return f"${digits}" if left.unit.symbol == "$" else f"{digits}{left.unit.symbol}"


def _product_type(operator: str, left: Value, right: Value) -> Type:
    """The unit of a product or a quotient; a quotient of what has one unit is a share."""
    if ANY in (left.type, right.type):
        return number()
    first, second = left.type, right.type
    dimension = first.dimension * second.dimension if operator == "*" else first.dimension / second.dimension
    if second.dimension == PLAIN:
        share = operator == "/" and first.dimension == PLAIN and not isinstance(right.plan, plan.Constant)
        return number(PERCENT) if share else number(first.unit) if first.dimension != PLAIN else number()
    if operator == "*" and first.dimension == PLAIN:
        return number(second.unit)
    if dimension == PLAIN:
        return number(PERCENT)
    scale = first.unit.scale * second.unit.scale if operator == "*" else first.unit.scale / second.unit.scale
    return number(Unit(f"{first.unit.symbol}{operator}{second.unit.symbol}", dimension, scale))


def measured(type_: Type) -> str:
    """What a number measures, as a sentence says it."""
    return "a share" if type_.unit == PERCENT else type_.dimension.name


def called(type_: Type) -> str:
    """A type as a sentence says it."""
    return {
        Kind.TEXT: "a text", Kind.BOOL: "true or false", Kind.TIME: "a moment", Kind.ANY: "an attribute",
        Kind.NUMBER: "a number",
    }[type_.kind]  # fmt: skip
