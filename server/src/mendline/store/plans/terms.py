"""Values of a plan as SQL over one row; and what must be joined for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mendline.errors import StoreError
from mendline.query import Source, plan
from mendline.query.fields import find_field
from mendline.query.plan import Scope
from mendline.query.types import TEXT, Kind, Type
from mendline.store.plans.attributes import At, attribute_text, first_text
from mendline.store.plans.columns import COLUMNS, Need, Stored, finite
from mendline.store.plans.parameters import Parameters

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AT_A_KEY = re.compile(r"([qsi]\.\w+)\[('[^']+')\]")
_ENDS = {
    Source.INVOCATIONS: "(toUnixTimestamp64Nano(r.start) + toInt64(r.duration_ns))",
    Source.OPERATIONS: "(toUnixTimestamp64Nano(r.start) + toInt64(r.duration_ns))",
    Source.TRACES: "r.`ended`",
}


class Terms:
    """Compiles the values of one plan; remembers which columns they use, and what these need to be joined.

    `now_ns` is the present, for moments that are told from it. `joined` has what is taken from a join: by its place
    (`q` resource, `s` span, `i` invocation) and the SQL there, the name that it has here. `narrowed` is what
    rows of the source's table, or spans of its invocations, must have (mendline.store.plans.narrowing); `seen` says of
    a moment (ns) whether an evaluation sees it, where that is not so of all. `has_summaries` says that calls are
    counted with those that only summaries tell of (mendline.store.plans.summaries).
    """

    def __init__(self, source: Source, parameters: Parameters, now_ns: int) -> None:
        self.source, self.parameters, self.now_ns = source, parameters, now_ns
        self.needs: set[Need] = set()
        self.keys: set[str] = set()
        self.joined: dict[tuple[str, str], str] = {}
        self.attributes: dict[plan.Attribute, str] = {}
        self.aggregates: dict[plan.Aggregate, str] = {}
        self.through: list[str] = []
        self.full_texts: list[str] = []
        self.narrowed = ""
        self.seen: Callable[[str], str] | None = None
        self.has_summaries = False

    def value(self, value: plan.Value) -> str:
        """A value of one row: a text ('' for none), a number (NULL for none), a moment, a flag; an array of texts
        where a row has several."""
        match value:
            case plan.Column():
                return self._column(value)
            case plan.Attribute():
                return self._attribute(value)
            case plan.Constant(constant):
                return self.parameters.text(constant) if isinstance(constant, str) else self.parameters.number(constant)
            case plan.Moment():
                return self._moment(value)
            case plan.Arithmetic(operator, left, right):
                if operator == "/":
                    return f"({self.number(left)} / nullIf({self.number(right)}, 0))"
                return f"(toFloat64({self.number(left)}) {operator} toFloat64({self.number(right)}))"
            case plan.Bucket(operand, step):
                size = self.parameters.number(step)
                return f"(floor({self.number(operand)} / {size}) * {size})"
            case plan.Aggregate() if self.source is Source.FUNCTIONS and value.of is Source.INVOCATIONS:
                return f"r.`{self.aggregates.setdefault(value, f'aggregate{len(self.aggregates)}')}`"
        raise StoreError(f"The store has no way to compute {type(value).__name__} for each row of {self.source}.")

    def number(self, value: plan.Value) -> str:
        """A value as a number: a text that holds none is NULL, a moment counts ns."""
        sql = self.value(value)
        if kind_of(value) is Kind.TIME:
            return f"toUnixTimestamp64Nano({sql})"
        return number_in(sql) if kind_of(value) is Kind.ANY and not isinstance(value, plan.Column) else sql

    def began_ns(self) -> str:
        """When the row began."""
        field = find_field("time", self.source)
        if field is None:
            raise StoreError(f"Rows of {self.source} have no time; this is a fault of Mendline.")
        return self.number(plan.Column(field.key, field.type))

    def ended_ns(self) -> str:
        """When the row ended; of what has no length, when it was."""
        self.keys |= {"ended"} if self.source is Source.TRACES else set()
        return _ENDS.get(self.source) or self.began_ns()

    def is_array(self, value: plan.Value) -> bool:
        """Whether a row has several values of it."""
        return isinstance(value, (plan.Column, plan.Attribute)) and value.many

    def value_of_key(self, key: str) -> str:
        """The column of a field that is a text."""
        return self._column(plan.Column(key, TEXT))

    def text_of(self, attribute: plan.Attribute) -> str:
        """An attribute as the text that is stored."""
        return self._joined_attribute(attribute)

    def _column(self, column: plan.Column) -> str:
        stored = COLUMNS[self.source].get(column.key)
        if stored is None:
            raise StoreError(
                f"The store has no column for '{column.key}' of {self.source}; this is a fault of Mendline."
            )
        self.keys.add(column.key)
        sql = self._taken(stored)
        of_metric = self.source is Source.METRICS and column.key == "value" and column.type.kind is Kind.NUMBER
        return f"({sql} * {float(column.type.unit.scale)!r})" if of_metric else sql

    def _taken(self, stored: Stored) -> str:
        """The SQL of a column, with what it takes from joins under the names that these have."""
        self.needs |= stored.needs
        if self.source is Source.INVOCATIONS and Need.ROW not in stored.needs and stored.needs & OF_SPANS:
            told = self._from("s", stored.sql)
            return f"if({told} = '', {stored.otherwise}, {told})" if stored.otherwise else told
        return _AT_A_KEY.sub(lambda found: self._at(found[1].partition(".")[0])(found[2]), stored.sql)

    def _from(self, place: str, sql: str) -> str:
        """What is computed where it is joined from, so that no whole map is carried along."""
        return f"{place}.`{self.joined.setdefault((place, sql), f'v{len(self.joined)}')}`"

    def _at(self, place: str) -> At:
        name = "resource" if place == "q" else "attributes"
        return lambda key: self._from(place, f"{place}.{name}[{key}]")

    def _moment(self, moment: plan.Moment) -> str:
        if moment.at is None:
            at_ns = self.now_ns - moment.ago_ns
        else:
            at_ns = (moment.at - _EPOCH) // timedelta(microseconds=1) * 1000
        return f"fromUnixTimestamp64Nano({self.parameters.number(at_ns)})"

    def _attribute(self, attribute: plan.Attribute) -> str:
        text = self._joined_attribute(attribute)
        return text if attribute.many else typed(text, attribute.type)

    def _joined_attribute(self, attribute: plan.Attribute) -> str:
        """The text of an attribute; of a trace, an array of the texts of its spans."""
        match self.source:
            case Source.TRACES | Source.FUNCTIONS:
                return f"r.`{self.attributes.setdefault(attribute, f'attribute{len(self.attributes)}')}`"
            case Source.INVOCATIONS:
                self.needs |= OF_SPANS if _looks_at_resource(attribute) else {Need.SPAN}
                own, resource = (lambda key: f"s.attributes[{key}]"), (lambda key: f"q.resource[{key}]")
                return self._from("s", attribute_text(attribute, self.parameters, own, resource))
        if attribute.scope in (Scope.ATTRIBUTE, Scope.FUNCTION_TAG):
            self.needs.add(Need.RESOURCE)
        self.needs.add(Need.ROW)
        text = attribute_text(attribute, self.parameters, lambda key: f"r.attributes[{key}]", self._at("q"))
        if self.source is Source.OPERATIONS and attribute.scope is Scope.TAG:
            self.needs.add(Need.INVOCATION)
            text = first_text([text, attribute_text(attribute, self.parameters, self._at("i"), self._at("q"))])
        return text


OF_SPANS = frozenset({Need.SPAN, Need.RESOURCE})
"""What is read of an invocation's own span."""


def _looks_at_resource(attribute: plan.Attribute) -> bool:
    return attribute.scope in (Scope.ATTRIBUTE, Scope.FUNCTION_TAG)


def typed(text: str, type_: Type) -> str:
    """A text that is stored, as what it is of a type."""
    if type_.kind is Kind.NUMBER:
        return f"({number_in(text)} * {float(type_.unit.scale)!r})"
    return f"({text} IN ('true', '1'))" if type_.kind is Kind.BOOL else text


def number_in(text: str) -> str:
    """The number that a text is; NULL where it is none."""
    return finite(f"toFloat64OrNull({text})")


def kind_of(value: plan.Value) -> Kind:
    """What kind of value it is."""
    return Kind.TIME if isinstance(value, plan.Moment) else value.type.kind
