"""Checks comparisons of numbers: their units, shares, other fields on the right, and classes of status codes."""

from __future__ import annotations

from typing import NoReturn

from mendline.errors import QueryTypeError, QueryUnitError
from mendline.query import plan
from mendline.query.calls import CallChecker
from mendline.query.checking import measured
from mendline.query.faults import HERE, clipped, replaced
from mendline.query.names import resolve
from mendline.query.scene import Condition, Scene, Value
from mendline.query.syntax import (
    And,
    Call,
    Compare,
    Glob,
    Name,
    Node,
    Not,
    Number,
    Relation,
    Text,
)
from mendline.query.types import ANY, Kind
from mendline.query.units import PERCENT, looks_like_quantity, read_quantity

EQUALITIES = (Relation.EQUAL, Relation.UNEQUAL)


class NumberChecker(CallChecker):
    """Checks the comparisons of numbers of one query."""

    def compare_number(self, node: Compare, left: Value, scene: Scene) -> Condition:
        """Checks the comparison of a number, or of an attribute that may be one."""
        right_node = node.right
        if isinstance(right_node, Glob):
            return self._status_class(node, left, right_node.pattern)
        if isinstance(right_node, Number):
            if right_node.text[1:].lower() in ("xx", "x"):
                return self._status_class(node, left, right_node.text)
            right = self.same_unit(left, right_node)
            self._check_share(left, right_node)
        elif isinstance(right_node, Text) and looks_like_quantity(right_node.value):
            right = self.same_unit(left, Number(right_node.value, at=right_node.at))
        elif isinstance(right_node, (Text, Name)):
            right = self._named_number(left, right_node, scene)
        else:
            right = self.numeric(right_node, scene.beside(left))
            if ANY not in (left.type, right.type) and right.type.dimension != left.type.dimension:
                self._no_match(node, left, right)
        spelled_ = (
            Text(str(right.node), at=node.at)
            if isinstance(right.node, Name) and node.relation in EQUALITIES
            else right.node
        )
        return Condition(
            Compare(left.node, node.relation, spelled_, at=node.at), plan.Compare(left.plan, node.relation, right.plan)
        )

    def _named_number(self, left: Value, node: Text | Name, scene: Scene) -> Value:
        name = Name(node.value if isinstance(node, Text) else node.name, at=node.at)
        if resolve(name, scene.source, self.known) is None and left.type.kind is Kind.NUMBER:
            example = f"{left.node} = {'250ms' if left.type.unit.symbol == 'ms' else 10}"
            self.fail(
                QueryTypeError,
                node.at,
                f"{clipped(str(left.node))} is {measured(left.type)}, but {clipped(name.name)}{HERE} is none",
                f"Compare it with a number or another field: {example}.",
                expected="a number",
            )
        right = self.numeric(name, scene)
        if ANY not in (left.type, right.type) and right.type.dimension != left.type.dimension:
            self._no_match(Compare(left.node, Relation.EQUAL, name, at=node.at), left, right)
        return right

    def _no_match(self, node: Compare, left: Value, right: Value) -> NoReturn:
        self.fail(
            QueryUnitError,
            node.at,
            f"{clipped(str(left.node))}{HERE} is {measured(left.type)}, but"
            f" {clipped(str(right.node))} is {measured(right.type)}: they cannot be compared",
        )

    def _check_share(self, left: Value, node: Number) -> None:
        """`count() > 5%` means nothing."""
        written = read_quantity(node.text)
        if written is None or left.type.kind is not Kind.NUMBER:
            return
        if written.unit == PERCENT and left.type.unit != PERCENT:
            self._no_share(left, node)

    def _no_share(self, left: Value, node: Number) -> NoReturn:
        """`count(error) > 5%` is `ratio(error) > 5%`."""
        call = left.node if isinstance(left.node, Call) else None
        share = f"ratio({call.arguments[0]})" if call and call.function == "count" and call.arguments else ""
        self.fail(
            QueryUnitError,
            node.at,
            f"{clipped(str(left.node))} is no share, but '{node.text}'{HERE} is one",
            f"For a share write {share}." if share else "A share is ratio(…), or one number divided by another.",
            suggestion=share,
            edits=replaced(left.node.at, share) if share else replaced(node.at, node.text[:-1]),
        )

    def _status_class(self, node: Compare, left: Value, pattern: str) -> Condition:
        """`http.response.status_code:5xx`."""
        name = str(left.node)
        head, tail = pattern[:1], pattern[1:].lower()
        if name.endswith("status_code") and head in "12345" and tail in ("xx", "x", "*", "**", "??"):
            least, most = Number(f"{head}00", at=node.at), Number(f"{int(head) + 1}00", at=node.at)
            terms = (
                Compare(left.node, Relation.LEAST, least, at=node.at),
                Compare(left.node, Relation.LESS, most, at=node.at),
            )
            bounds = (int(head) * 100, int(head) * 100 + 100)
            held = Condition(
                And(terms, at=node.at),
                plan.And(
                    tuple(
                        plan.Compare(left.plan, term.relation, plan.Constant(bound, left.type))
                        for term, bound in zip(terms, bounds, strict=True)
                    )
                ),
            )
            return held if node.relation is Relation.EQUAL else inverted(held, node)
        spaced = pattern.replace("*", " * ") if "*" in pattern.strip("*") else ""
        return self.fail(
            QueryTypeError,
            node.right.at,
            f"{clipped(name)} is a number, but {clipped(pattern)}{HERE} is a pattern",
            "To compute, put blanks around the operator." if spaced else f"Compare it with a number: {name} >= 10.",
            edits=replaced(node.right.at, spaced) if spaced else (),
        )


def inverted(held: Condition, node: Node) -> Condition:
    """The opposite of a condition."""
    return Condition(Not(held.node, at=node.at), plan.Not(held.plan))
