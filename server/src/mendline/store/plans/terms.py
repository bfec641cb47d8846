"""Values and conditions of a plan as SQL over one row, or over the rows of a group."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mendline.errors import StoreError
from mendline.query import Source, plan
from mendline.query.fields import LEVELS
from mendline.query.plan import Scope
from mendline.query.syntax import Relation
from mendline.query.types import Kind, Type
from mendline.store.plans import texts
from mendline.store.plans.columns import COLUMNS, Need
from mendline.store.plans.parameters import Parameters

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Terms:
    """Compiles the parts of one plan; remembers which columns they use, and what these need to be joined.

    `now_ns` is the present, for moments that are told from it.
    """

    def __init__(self, source: Source, parameters: Parameters, now_ns: int) -> None:
        self.source, self.parameters, self.now_ns = source, parameters, now_ns
        self.needs: set[Need] = set()
        self.keys: set[str] = set()
        self.attributes: dict[tuple[str, ...], str] = {}
        self.aggregates: dict[plan.Aggregate, str] = {}
        self.through: list[str] = []
        self.full_texts: list[str] = []

    # -- values ----------------------------------------------------------------------------------------------

    def value(self, value: plan.Value) -> str:
        """A value of one row: a text ('' for none), a number (NULL for none), a moment, a flag."""
        match value:
            case plan.Column(key):
                return self._column(key)
            case plan.Attribute():
                return self._typed(self._attribute(value), value.type)
            case plan.Constant(constant):
                return self.parameters.text(constant) if isinstance(constant, str) else self.parameters.number(constant)
            case plan.Moment():
                return self._moment(value)
            case plan.Arithmetic(operator, left, right):
                if operator == "/":
                    return f"({self.number(left)} / nullIf({self.number(right)}, 0))"
                return f"({self.number(left)} {operator} {self.number(right)})"
            case plan.Bucket(operand, step):
                size = self.parameters.number(step)
                return f"(floor({self.number(operand)} / {size}) * {size})"
            case plan.Aggregate() if self.source is Source.FUNCTIONS and value.of is Source.INVOCATIONS:
                return f"r.`{self.aggregates.setdefault(value, f'aggregate{len(self.aggregates)}')}`"
        raise StoreError(f"The store has no way to compute {type(value).__name__} for each row of {self.source}.")

    def number(self, value: plan.Value) -> str:
        """A value as a number; a text that holds none is NULL."""
        sql = self.value(value)
        return f"toFloat64OrNull({sql})" if kind_of(value) is Kind.ANY else sql

    def _column(self, key: str) -> str:
        stored = COLUMNS[self.source].get(key)
        if stored is None:
            raise StoreError(f"The store has no column for '{key}' of {self.source}; this is a fault of Mendline.")
        self.needs |= stored.needs
        self.keys.add(key)
        return stored.sql

    def _moment(self, moment: plan.Moment) -> str:
        if moment.at is None:
            at_ns = self.now_ns - moment.ago_ns
        else:
            at_ns = (moment.at - _EPOCH) // timedelta(microseconds=1) * 1000
        return f"fromUnixTimestamp64Nano({self.parameters.number(at_ns)})"

    def _typed(self, text: str, type_: Type) -> str:
        if type_.kind is Kind.NUMBER:
            return f"(toFloat64OrNull({text}) * {float(type_.unit.scale)!r})"
        return f"({text} IN ('true', '1'))" if type_.kind is Kind.BOOL else text

    def _attribute(self, attribute: plan.Attribute) -> str:
        """The text of an attribute; of a trace, an array of the texts of its spans."""
        if self.source is Source.TRACES:
            keyed = (attribute.scope, *attribute.path)
            return f"r.`{self.attributes.setdefault(keyed, f'attribute{len(self.attributes)}')}`"
        own = "s" if self.source is Source.INVOCATIONS else "r"
        if self.source is Source.INVOCATIONS:
            self.needs.add(Need.SPAN)
        self.needs.add(Need.RESOURCE)
        return attribute_text(attribute.scope, attribute.path, self.parameters, f"{own}.attributes", "q.resource")

    # -- conditions ------------------------------------------------------------------------------------------

    def condition(self, condition: plan.Condition) -> str:
        """A condition of one row: 1 or 0, never NULL."""
        match condition:
            case plan.And(terms):
                return "(" + " AND ".join(map(self.condition, terms)) + ")"
            case plan.Or(terms):
                return "(" + " OR ".join(map(self.condition, terms)) + ")"
            case plan.Not(term):
                return f"(NOT {self.condition(term)})"
            case plan.Compare():
                return self._compare(condition)
            case plan.OneOf():
                return self._one_of(condition)
            case plan.Exists(of):
                return self._exists(of)
            case plan.FullText(text):
                return self._full_text(text)
            case plan.Through(functions):
                self.through.append(self.parameters.text(texts.path_regex(functions)))
                return f"arrayExists(path -> match(path, {self.through[-1]}), r.`paths`)"
        return self._of_one_value(condition)

    def _of_one_value(self, condition: plan.Condition) -> str:
        match condition:
            case plan.Flag(of):
                return self._any(of, lambda sql: f"({sql} IN ('true', '1'))" if self.is_array(of) else f"toBool({sql})")
            case plan.Like(of, pattern):
                like = self.parameters.text(texts.like(pattern))
                return self._any(of, lambda sql: f"({sql} LIKE {like})")
            case plan.Matches(of, regex):
                expression = self.parameters.text(regex)
                return self._any(of, lambda sql: f"({sql} != '' AND match({sql}, {expression}))")
            case plan.AtLeast(of, value):
                levels = ", ".join(f"'{level}'" for level in LEVELS)
                least = LEVELS.index(value) + 1
                return self._any(of, lambda sql: f"(indexOf([{levels}], {sql}) >= {least})")
        raise StoreError(f"The store has no way to compute {type(condition).__name__} for each row of {self.source}.")

    def _compare(self, compare: plan.Compare) -> str:
        relation, right = str(compare.relation), compare.right
        if relation == Relation.UNEQUAL:
            return f"(NOT {self._compare(plan.Compare(compare.left, Relation.EQUAL, right))})"
        if isinstance(right, plan.Constant) and isinstance(right.value, str):
            text = self.parameters.text(right.value)
            if isinstance(compare.left, plan.Attribute):
                return self._any(compare.left, lambda sql: _is_or_holds(sql, text))
            return self._any(compare.left, lambda sql: f"({sql} = {text})")
        if self.is_array(compare.left):
            other = self.number(right)
            return self._any(compare.left, lambda sql: f"ifNull(toFloat64OrNull({sql}) {relation} {other}, 0)")
        if kind_of(compare.left) in (Kind.TEXT, Kind.BOOL, Kind.TIME) and kind_of(compare.left) is kind_of(right):
            return f"ifNull({self.value(compare.left)} {relation} {self.value(right)}, 0)"
        return f"ifNull({self.number(compare.left)} {relation} {self.number(right)}, 0)"

    def _one_of(self, one_of: plan.OneOf) -> str:
        values = [constant.value for constant in one_of.values]
        if all(isinstance(value, str) for value in values):
            list_ = self.parameters.texts([str(value) for value in values])
            return self._any(one_of.of, lambda sql: f"has({list_}, toString({sql}))")
        list_ = self.parameters.numbers([float(value) for value in values])
        if self.is_array(one_of.of):
            return self._any(one_of.of, lambda sql: f"has({list_}, ifNull(toFloat64OrNull({sql}), nan))")
        return f"has({list_}, ifNull(toFloat64({self.number(one_of.of)}), nan))"

    def _exists(self, of: plan.Value) -> str:
        if self.is_array(of):
            return f"notEmpty({self.array(of)})"
        if kind_of(of) in (Kind.TEXT, Kind.ANY):
            return f"({self.value(of)} != '')"
        if isinstance(of, plan.Attribute):
            return f"({self._attribute(of)} != '')"
        return f"isNotNull({self.value(of)})"

    def _full_text(self, text: str) -> str:
        wanted = self.parameters.text(text.lower())
        words = self.parameters.texts(texts.words(text))
        self.full_texts.append(wanted)
        if self.source is Source.INVOCATIONS:
            self.needs.add(Need.SPAN)
        return texts.FULL_TEXT[self.source].format(wanted=wanted, words=words)

    def is_array(self, value: plan.Value) -> bool:
        """Whether a row has several values of it."""
        if isinstance(value, plan.Column):
            return value.many
        return isinstance(value, plan.Attribute) and self.source is Source.TRACES

    def array(self, value: plan.Value) -> str:
        """All values that a row has of it."""
        return self._attribute(value) if isinstance(value, plan.Attribute) else self.value(value)

    def _any(self, value: plan.Value, holds: Callable[[str], str]) -> str:
        """A condition on a value, or on any of several."""
        if self.is_array(value):
            return f"arrayExists(x -> {holds('x')}, {self.array(value)})"
        return holds(self.value(value))


def _is_or_holds(sql: str, text: str) -> str:
    """A text is another, or a JSON list with it, where versions of the conventions differ."""
    return f"({sql} = {text} OR (startsWith({sql}, '[\"') AND has(JSONExtract({sql}, 'Array(String)'), {text})))"


def kind_of(value: plan.Value) -> Kind:
    """What kind of value it is."""
    return Kind.TIME if isinstance(value, plan.Moment) else value.type.kind


def attribute_text(scope: Scope, path: tuple[str, ...], parameters: Parameters, attributes: str, resource: str) -> str:
    """The text of an attribute in a map of a span's attributes, else of its resource's; '' where there is none."""
    if scope in (Scope.REQUEST, Scope.RESPONSE):
        payload = f"{attributes}['mendline.{scope}']"
        found = _json_text(payload, path, parameters)
        if path[0] == "body" and len(path) > 1:  # API Gateway and others hold a body as text
            inner = _json_text(f"JSONExtractString({payload}, 'body')", path[1:], parameters)
            found = f"if({found} != '', {found}, {inner})"
        return found
    key = parameters.text(".".join(path))
    if scope is Scope.ATTRIBUTE:
        return f"if({attributes}[{key}] != '', {attributes}[{key}], {resource}[{key}])"
    tag = parameters.text(f"tags.{'.'.join(path)}")
    if scope is Scope.FUNCTION_TAG:
        return f"if({resource}[{key}] != '', {resource}[{key}], {resource}[{tag}])"
    return f"if({attributes}[{key}] != '', {attributes}[{key}], {attributes}[{tag}])"


def _json_text(payload: str, path: tuple[str, ...], parameters: Parameters) -> str:
    steps = ", ".join(
        parameters.number(int(step) + 1) if step.isascii() and step.isdigit() else parameters.text(step)
        for step in path
    )
    raw, kind = f"JSONExtractRaw({payload}, {steps})", f"JSONType({payload}, {steps})"
    return f"multiIf({kind} = 'String', JSONExtractString({payload}, {steps}), {kind} = 'Null', '', {raw})"
