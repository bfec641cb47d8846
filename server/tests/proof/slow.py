"""Values and conditions of a plan over one row, and aggregates over several: what they mean, in plain Python."""

from __future__ import annotations

import bisect
import json
import math
import re

from proof.slow_facts import json_at, number_of

from mendline.query import plan
from mendline.query.fields import LEVELS
from mendline.query.plan import Scope
from mendline.query.syntax import Relation
from mendline.query.types import Kind

_COMPARE = {
    Relation.EQUAL: lambda a, b: a == b,
    Relation.UNEQUAL: lambda a, b: a != b,
    Relation.MORE: lambda a, b: a > b,
    Relation.LEAST: lambda a, b: a >= b,
    Relation.LESS: lambda a, b: a < b,
    Relation.MOST: lambda a, b: a <= b,
}
_COMPUTE = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}
_WORD = re.compile(r"[A-Za-z0-9\x80-\U0010ffff]+")


class Slow:
    """Evaluates parts of a plan; `now_ns` is the present, `length_ns` what rates are taken over. Of rows of functions,
    `invocations` are those behind each."""

    def __init__(self, now_ns, length_ns):
        self.now_ns, self.length_ns = now_ns, length_ns

    # -- values ----------------------------------------------------------------------------------------------

    def value(self, value, row):
        """'' or None where there is none; a sorted list where a row has several."""
        match value:
            case plan.Column(key):
                found = row.fields[key]
                if key == "value":
                    return None if found is None else found * float(value.type.unit.scale)
                return sorted(found) if isinstance(found, set) else found
            case plan.Attribute():
                return self._attribute(value, row)
            case plan.Constant(constant):
                return constant
            case plan.Moment(at, ago_ns):
                return self.now_ns - ago_ns if at is None else round(at.timestamp() * 10**6) * 1000
            case plan.Arithmetic(sign, left, right):
                return computed(sign, self.number(left, row), self.number(right, row))
            case plan.Bucket(operand, step):
                number = self.number(operand, row)
                return None if number is None else math.floor(number / step) * step
            case plan.Aggregate():
                return Slow(self.now_ns, self.length_ns).aggregate(value, row.invocations)
        raise AssertionError(value)

    def number(self, value, row):
        """As a number; None where it is none."""
        found = self.value(value, row)
        return number_of(found) if isinstance(found, str) else found

    def _attribute(self, attribute, row):
        texts = self.texts(attribute, row)
        if len(row.own) != 1 or attribute.many:
            return sorted(texts)
        text = texts[0] if texts else ""
        if attribute.type.kind is Kind.NUMBER:
            number = number_of(text)
            return None if number is None else number * float(attribute.type.unit.scale)
        return text in ("true", "1") if attribute.type.kind is Kind.BOOL else text

    def texts(self, attribute, row):
        """The texts that a row has of an attribute, each once."""
        found = [_text_of(attribute, *pair) for pair in zip(row.own, row.resource, strict=False)]
        if attribute.scope is Scope.TAG and len(row.resource) > len(row.own) and not found[0]:
            found = [_text_of(attribute, row.resource[1], {})]
        return list(dict.fromkeys(text for text in found if text))

    # -- conditions ------------------------------------------------------------------------------------------

    def holds(self, condition, row):
        """Two values: what is missing fulfils nothing but !=."""
        match condition:
            case plan.And(terms):
                return all(self.holds(term, row) for term in terms)
            case plan.Or(terms):
                return any(self.holds(term, row) for term in terms)
            case plan.Not(term):
                return not self.holds(term, row)
            case plan.Compare(left, relation, right):
                return self._compare(left, relation, right, row)
            case plan.FullText(text):
                return any(has_phrase(each, text) for each in row.texts)
            case plan.Through(functions):
                return any(_passes(path, functions) for path in row.paths)
        return self._holds_for_one(condition, row)

    def _holds_for_one(self, condition, row):
        """Whether it holds for one of what the row has of a value."""
        match condition:
            case plan.Exists(of):
                if isinstance(of, plan.Attribute):
                    return bool(self.texts(of, row))
                return self.value(of, row) not in (None, "", [])
            case plan.Flag(of):
                return any(one is True or one in ("true", "1") for one in self._each(of, row))
            case plan.Like(of, pattern):
                return any(_fits(pattern, one) for one in self._each(of, row))
            case plan.Matches(of, regex):
                return any(one != "" and re.search(regex, one) for one in self._each(of, row))
            case plan.AtLeast(of, value):
                return any(one != "" and LEVELS.index(one) >= LEVELS.index(value) for one in self._each(of, row))
            case plan.OneOf(of, values):
                return any(self._compare(of, Relation.EQUAL, constant, row) for constant in values)
        raise AssertionError(condition)

    def _each(self, value, row):
        """All that a row has of a value: also the items of an attribute that is a list of texts."""
        if isinstance(value, plan.Attribute):
            texts = self.texts(value, row)
            return [*(texts or [""]), *(item for text in texts for item in _items(text))]
        found = self.value(value, row)
        if isinstance(value, plan.Column) and value.type.kind is Kind.ANY:
            return [] if found is None else [f"{found:g}"]
        return found if isinstance(found, list) else [found]

    def _compare(self, left, relation, right, row):
        if relation is Relation.UNEQUAL:
            return not self._compare(left, Relation.EQUAL, right, row)
        if isinstance(right, plan.Constant) and isinstance(right.value, str):
            if isinstance(left, plan.Column) and left.type.kind is Kind.ANY:
                return self.value(left, row) is not None and self.value(left, row) == number_of(right.value)
            return right.value in self._each(left, row)
        if isinstance(left, plan.Attribute) and left.many:
            numbers = [number_of(text) for text in self.texts(left, row)]
            ones = [number * float(left.type.unit.scale) for number in numbers if number is not None]
        elif isinstance(left, plan.Column) and left.type.kind is Kind.TIME:
            ones = [self.value(left, row)]
        else:
            ones = [self.number(left, row)]
        other = self.number(right, row)
        return any(one is not None and other is not None and _COMPARE[relation](one, other) for one in ones)

    # -- aggregates ------------------------------------------------------------------------------------------

    def aggregate(self, aggregate, rows):
        """Over the rows of a group; None where it has no value."""
        rows = list(rows)
        holding = [row for row in rows if aggregate.condition is None or self.holds(aggregate.condition, row)]
        match aggregate.function:
            case "count":
                return math.floor(_weight(holding) + 0.5)
            case "rate":
                return _weight(holding) / (self.length_ns / 1e9)
            case "ratio":
                return _weight(holding) / _weight(rows) if rows else None
            case "consecutive":
                ordered = sorted(rows, key=lambda row: (-row.end_ns, self.holds(aggregate.condition, row)))
                truths = [self.holds(aggregate.condition, row) for row in ordered]
                return truths.index(False) if False in truths else len(truths)
            case "distinct" | "first" | "last":
                return self._chosen(aggregate, rows)
        numbers = [(self.number(aggregate.argument, row), row.weight) for row in rows]
        return _measured(aggregate, [pair for pair in numbers if pair[0] is not None])

    def _chosen(self, aggregate, rows):
        """What is chosen of values; of a list, its first."""
        found = [(row.time_ns, self.value(aggregate.argument, row)) for row in rows]
        found = [(time_ns, one) for time_ns, one in found if one not in (None, "", [])]
        if aggregate.function == "distinct":
            return len({item for _, one in found for item in (one if isinstance(one, list) else [one])})
        found = [(time_ns, one[0] if isinstance(one, list) else one) for time_ns, one in found]
        return (min if aggregate.function == "first" else max)(found)[1] if found else None


def _weight(rows):
    return sum(row.weight for row in rows)


def _measured(aggregate, numbers):
    if aggregate.function == "sum":
        return sum(number * weight for number, weight in numbers)
    if not numbers:
        return None
    match aggregate.function:
        case "avg":
            return sum(number * weight for number, weight in numbers) / sum(weight for _, weight in numbers)
        case "min":
            return min(number for number, _ in numbers)
        case "max":
            return max(number for number, _ in numbers)
    several = sorted(number for number, weight in numbers for _ in range(math.floor(weight + 0.5)))
    rank = aggregate.quantile * (len(several) - 1)
    low, high = several[math.floor(rank)], several[math.ceil(rank)]
    return low + (high - low) * (rank - math.floor(rank))


def computed(sign, left, right):
    """Of two numbers; None where one is missing, or what divides is 0."""
    if left is None or right is None:
        return None
    if sign == "/":
        return left / right if right else None
    return _COMPUTE[sign](float(left), float(right))


def has_phrase(text, wanted):
    """Whether the words of one stand in another, whole and one after the other, whatever the case; what has no words
    is looked for as it is."""
    small, words = text.lower(), _WORD.findall(wanted.lower())
    if not words:
        return wanted.lower() in small
    there = _WORD.findall(small)
    return any(there[at : at + len(words)] == words for at in range(len(there) - len(words) + 1))


def _text_of(attribute, own, resource):
    path = attribute.path
    if attribute.scope in (Scope.REQUEST, Scope.RESPONSE):
        payload = own.get(f"mendline.{attribute.scope}", "")
        found = json_at(payload, path)
        if not found and path[0] == "body" and len(path) > 1:  # API Gateway holds a body as text
            found = json_at(json_at(payload, ("body",)), path[1:])
        return found
    key = path[0]
    if attribute.scope is Scope.FUNCTION_TAG:
        return resource.get(key) or resource.get(f"tags.{key}", "")
    if attribute.scope is Scope.TAG:
        return own.get(key) or own.get(f"tags.{key}", "")
    keys = (key, *attribute.older)
    return next((place[name] for place in (own, resource) for name in keys if place.get(name)), "")


def _items(text):
    if not text.startswith('["'):
        return []
    try:
        return [item for item in json.loads(text) if isinstance(item, str)]
    except ValueError:
        return []


def _regex(pattern):
    parts = re.split(r"(\\.|[*?])", pattern, flags=re.DOTALL)
    return "".join(
        {"*": ".*", "?": "."}.get(part, re.escape(part[1:] if len(part) == 2 and part[0] == "\\" else part))
        for part in parts
    )


def _fits(pattern, text):
    return re.fullmatch(_regex(pattern), text, re.DOTALL) is not None


def _passes(path, functions):
    """Whether a path has these functions in this order."""
    at = 0
    for function in path:
        if at < len(functions) and _fits(functions[at], function):
            at += 1
    return at == len(functions)


def within(moments, time_ns, length_ns):
    """The numbers of the sorted moments that see a row: moment - length <= time < moment."""
    return range(bisect.bisect_right(moments, time_ns), bisect.bisect_right(moments, time_ns + length_ns))
