"""Checks comparisons: that both sides are of one type and unit, and what each type can be compared with."""

from __future__ import annotations

from datetime import timedelta

from mendline.errors import MisplacedError, QueryTypeError, QueryValueError
from mendline.query import plan
from mendline.query.enumerations import canonical_value
from mendline.query.faults import HERE, Edit, clipped, replaced
from mendline.query.field import Field
from mendline.query.moments import Readable, Unreadable, read_moment
from mendline.query.names import resolve
from mendline.query.nearness import nearest
from mendline.query.numbers import EQUALITIES, NumberChecker, inverted
from mendline.query.scene import Condition, Notice, Place, Scene, Value
from mendline.query.source import Source
from mendline.query.spelling import quoted
from mendline.query.syntax import (
    And,
    Attribute,
    Call,
    Compare,
    Glob,
    Matches,
    Name,
    Node,
    Number,
    OneOf,
    Or,
    Outside,
    Relation,
    Text,
)
from mendline.query.types import ANY, Kind
from mendline.query.units import looks_like_quantity

_FULL_TEXT = frozenset({Source.INVOCATIONS, Source.OPERATIONS, Source.TRACES, Source.LOGS})
_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})


class ComparisonChecker(NumberChecker):
    """Checks the comparisons of one query."""

    def flag(self, node: Name, scene: Scene) -> Condition | None:
        """A name as a condition, where it is one; `timeout` alone means that it timed out."""
        name = Name("timed_out", at=node.at) if node.name.lower() == "timeout" else node
        resolved = resolve(name, scene.source, self.known)
        if resolved is None or resolved.type.kind is not Kind.BOOL:
            return None
        found = self.value(name, scene)
        return Condition(found.node, plan.Flag(found.plan))

    def compare(self, node: Compare, scene: Scene) -> Condition:
        """Checks one comparison."""
        habit = self._status(node, scene) or self._true_or_false(node, scene)
        if habit is not None:
            return habit
        left = self.value(node.left, scene)
        if left.type.kind is Kind.TIME:
            return self._moment(node, left)
        if left.type.kind is Kind.TEXT:
            return self._text(node, left, scene)
        if left.type == ANY:
            return self._any(node, left, scene)
        if left.type.kind is Kind.NUMBER:
            return self.compare_number(node, left, scene)
        counted = isinstance(node.right, Number)
        better = f"count({left.node}) {node.relation} {node.right}" if counted else str(left.node)
        return self.fail(
            QueryTypeError,
            node.right.at,
            f"{clipped(str(left.node))} is true or false, but is compared with {clipped(str(node.right))}",
            f"Write {better}." if counted else f"Write {left.node}, or not {left.node}.",
            suggestion=better,
            edits=replaced(node.at, better),
        )

    def _true_or_false(self, node: Compare, scene: Scene) -> Condition | None:
        """`error:true`, `Timeout = false`, `cold_start != true`."""
        if not isinstance(node.left, Name) or node.relation not in EQUALITIES:
            return None
        word = (
            node.right.value
            if isinstance(node.right, Text)
            else node.right.text
            if isinstance(node.right, Number)
            else ""
        )
        if word.lower() not in _TRUE | _FALSE:
            return None
        if node.left.name.lower() == "timeout" and word.isdecimal():
            return None
        flag = self.flag(node.left, scene)
        if flag is None:
            return None
        return flag if (word.lower() in _TRUE) == (node.relation is Relation.EQUAL) else inverted(flag, node)

    def _status(self, node: Compare, scene: Scene) -> Condition | None:
        """`status:error`, as other products have it."""
        if not isinstance(node.left, Name) or node.left.name.lower() != "status" or node.relation not in EQUALITIES:
            return None
        if resolve(node.left, scene.source, self.known) is not None:
            return None
        coded = (
            node.right.text
            if isinstance(node.right, Number)
            else node.right.pattern
            if isinstance(node.right, Glob)
            else ""
        )
        if coded[:1].isdecimal() and len(coded) <= 3:
            code = Name("http.response.status_code", at=node.left.at)
            return self.compare(Compare(code, node.relation, node.right, at=node.at), scene)
        if not isinstance(node.right, Text):
            return None
        word, name = node.right.value.lower(), "error"
        if word in ("timeout", "timed_out", "timedout"):
            name = "timed_out"
        elif word not in ("error", "err", "failed", "failure", "fail", "ok", "success", "successful", "succeeded"):
            return None
        flag = self.flag(Name(name, at=node.left.at), scene)
        good = word in ("ok", "success", "successful", "succeeded")
        if flag is None:
            return None
        return inverted(flag, node) if good == (node.relation is Relation.EQUAL) else flag

    def _moment(self, node: Compare, left: Value) -> Condition:
        if node.relation in EQUALITIES:
            self.fail(
                QueryTypeError,
                node.at,
                f"{clipped(str(left.node))}{HERE} is never exactly equal to a moment",
                "Write > and <, or the stage: | between 2026-05-01T10:00Z and 2026-05-01T11:00Z.",
                edits=self._of_that_day(node, left),
            )
        moment, written = self.moment(node.right)
        right = Name(written.value, at=written.at) if isinstance(written, Text) and moment.at is None else written
        return Condition(
            Compare(left.node, node.relation, right, at=node.at), plan.Compare(left.plan, node.relation, moment)
        )

    def _of_that_day(self, node: Compare, left: Value) -> tuple[Edit, ...]:
        """`time = 2026-05-01` as a range, where that is what was written."""
        found = read_moment(node.right.value) if isinstance(node.right, Text) and len(node.right.value) == 10 else None
        if not isinstance(found, Readable) or found.moment.at is None:
            return ()
        following = (found.moment.at + timedelta(days=1)).date()
        return replaced(node.at, f"{left.node} >= {found.moment.at.date()} and {left.node} < {following}")

    def moment(self, node: Node) -> tuple[plan.Moment, Number | Text]:
        """Checks a moment. Raises QueryValueError."""
        text = node.value if isinstance(node, Text) else node.name if isinstance(node, Name) else str(node)
        found = read_moment(text)
        if isinstance(found, Unreadable):
            self.fail(
                QueryValueError,
                node.at,
                f"{clipped(text)}{HERE} is no moment",
                "Write 2h (ago), now, or 2026-05-01T10:00Z.",
                expected="a moment",
                suggestion=found.suggestion,
                edits=replaced(node.at, found.suggestion) if found.suggestion else (),
            )
        return found.moment, Number(found.text, at=node.at) if found.is_ago else Text(found.text, at=node.at)

    def _text(self, node: Compare, left: Value, scene: Scene) -> Condition:
        field = self._field(node.left, scene)
        if node.relation not in EQUALITIES:
            return self._ordered_text(node, left, field)
        right = self._text_value(node.right, left, field)
        return self._equal(node, left, right)

    def _equal(self, node: Compare, left: Value, right: Node) -> Condition:
        spelled_ = Compare(left.node, node.relation, right, at=node.at)
        self._warn_regex(left, right)
        if isinstance(right, Glob):
            held: plan.Condition = (
                plan.Exists(left.plan) if right.pattern == "*" else plan.Like(left.plan, right.pattern)
            )
            if right.pattern == "*":
                call = Call("exists", (left.node,), at=node.at)
                return (
                    Condition(call, held) if node.relation is Relation.EQUAL else inverted(Condition(call, held), node)
                )
            return Condition(spelled_, held if node.relation is Relation.EQUAL else plan.Not(held))
        raw = right.text if isinstance(right, Number) else right.value if isinstance(right, Text) else str(right)
        return Condition(spelled_, plan.Compare(left.plan, node.relation, plan.Constant(raw, left.type)))

    def _warn_regex(self, left: Value, right: Node) -> None:
        """`error.type:/Time.*/` looks for the slashes too."""
        written = right.pattern if isinstance(right, Glob) else right.value if isinstance(right, Text) else ""
        if len(written) > 2 and written[0] == written[-1] == "/" and not str(left.node).startswith(("url.", "http.")):
            better = f"{left.node} ~ {written}"
            text = f"{clipped(written)} was looked for as it is; for a regular expression write {better}."
            self.notices.append(Notice("regex_as_text", text))

    def _field(self, node: Node, scene: Scene) -> Field | None:
        resolved = resolve(node, scene.source, self.known) if isinstance(node, (Name, Attribute)) else None
        return resolved.field if resolved else None

    def _text_value(self, node: Node, left: Value, field: Field | None) -> Node:
        """The right side of a text: as it was written, numbers too; of a closed list, one of the list."""
        if isinstance(node, Glob):
            return node
        if not isinstance(node, (Text, Number)):
            self.fail(
                QueryTypeError,
                node.at,
                f"{clipped(str(left.node))} is a text, but {clipped(str(node))}{HERE} is computed",
                "A text is compared with a value: put it in quotes.",
                edits=replaced(node.at, quoted(self.text[node.at.start : node.at.end])),
            )
        raw = node.text if isinstance(node, Number) else node.value
        if field is not None and field.values:
            raw = self._listed(node, raw, field)
        if field is not None:
            self._warn_unseen(raw, field)
        return Number(raw, at=node.at) if looks_like_quantity(raw) and " " not in raw else Text(raw, at=node.at)

    def _listed(self, node: Node, raw: str, field: Field) -> str:
        found, near = canonical_value(field, raw)
        if found is None:
            self.fail(
                QueryValueError,
                node.at,
                f"'{field.name}' is never {clipped(raw)}",
                (f"Did you mean '{near}'? " if near else "") + f"It is one of {', '.join(field.values)}.",
                expected=", ".join(field.values),
                suggestion=near or "",
                edits=replaced(node.at, near) if near else (),
            )
        return found

    def _warn_unseen(self, raw: str, field: Field) -> None:
        """A value that nothing had in the last day."""
        seen = self.known.values.get(field.name)
        if not seen or raw in seen or field.values:
            return
        near = nearest(raw, seen)
        meant = f" Did you mean '{near}'?" if near else ""
        self.notices.append(Notice("value_not_seen", f"No {field.name} was {clipped(raw)} in the last day.{meant}"))

    def _ordered_text(self, node: Compare, left: Value, field: Field | None) -> Condition:
        """`level >= warn`; other texts have no order."""
        if field is None or not field.ordered or not isinstance(node.right, (Name, Text)):
            better = f"{left.node}:{node.right}" if isinstance(node.right, (Text, Name, Number)) else str(left.node)
            self.fail(
                QueryTypeError,
                node.at,
                f"{clipped(str(left.node))}{HERE} is a text and has no order, but is compared with {node.relation}",
                f"Texts are equal (:), fit a pattern (:a*) or a regular expression (~ /a/): {better}.",
                suggestion=better,
                edits=replaced(node.at, better) if better != str(left.node) else (),
            )
        raw = node.right.name if isinstance(node.right, Name) else node.right.value
        value = self._listed(node.right, raw, field)
        rank = field.values.index(value) + (node.relation in (Relation.MORE, Relation.MOST))
        upward = node.relation in (Relation.MORE, Relation.LEAST)
        if rank == len(field.values):
            self.fail(
                QueryValueError,
                node.at,
                f"Nothing is above '{value}'",
                f"Write {field.name}:{value}.",
                edits=replaced(node.at, f"{field.name}:{value}"),
            )
        bound = field.values[rank]
        relation = Relation.LEAST if upward else Relation.LESS
        held = plan.AtLeast(left.plan, bound)
        return Condition(
            Compare(left.node, relation, Name(bound, at=node.right.at), at=node.at), held if upward else plan.Not(held)
        )

    def _any(self, node: Compare, left: Value, scene: Scene) -> Condition:
        """An attribute whose type is not known: a text for = and !=, a number for the rest."""
        if node.relation in EQUALITIES and isinstance(node.right, (Text, Number, Glob)):
            return self._equal(node, left, self._text_value(node.right, left, None))
        return self.compare_number(node, left, scene)

    def matches(self, node: Matches, scene: Scene) -> Condition:
        """Checks a match with a regular expression."""
        left = self.value(node.left, scene)
        if not scene.rows:
            self.fail(
                MisplacedError,
                node.at,
                f"A regular expression{HERE} is searched for in rows, not in groups",
                f"Write {node} into the filter, before the first pipe.",
            )
        if left.type.kind not in (Kind.TEXT, Kind.ANY):
            self.fail(
                QueryTypeError,
                node.left.at,
                f"A regular expression is found in a text, but {clipped(str(left.node))}{HERE} is none",
                "Compare it with a number.",
            )
        held = plan.Matches(left.plan, node.regex)
        return Condition(
            Matches(left.node, node.regex, node.negated, at=node.at), plan.Not(held) if node.negated else held
        )

    def one_of(self, node: OneOf, scene: Scene) -> Condition:
        """A list: plain values as one set, patterns beside it."""
        checked = [self.compare(Compare(node.left, Relation.EQUAL, value, at=value.at), scene) for value in node.values]
        if not all(isinstance(each.node, Compare) for each in checked):  # true and false, or classes of status codes
            any_of = joined(Or((node, node)), checked)
            return inverted(any_of, node) if node.negated else any_of
        comparisons = [each.node for each in checked if isinstance(each.node, Compare)]
        plans = list(dict.fromkeys(each.plan for each in checked))
        constants = [
            each.right for each in plans if isinstance(each, plan.Compare) and isinstance(each.right, plan.Constant)
        ]
        rest = [
            each for each in plans if not (isinstance(each, plan.Compare) and isinstance(each.right, plan.Constant))
        ]
        left = self.value(node.left, scene)
        parts: list[plan.Condition] = [*rest]
        if constants:
            parts.insert(0, plan.OneOf(left.plan, tuple(sorted(constants, key=lambda each: str(each.value)))))
        held = parts[0] if len(parts) == 1 else plan.Or(tuple(parts))
        values = tuple(dict.fromkeys(each.right for each in comparisons))
        if len(values) == 1:
            relation = Relation.UNEQUAL if node.negated else Relation.EQUAL
            return self.compare(Compare(node.left, relation, values[0], at=node.at), scene)
        ordered = tuple(sorted(values, key=str))
        return Condition(OneOf(left.node, ordered, node.negated, at=node.at), plan.Not(held) if node.negated else held)

    def outside(self, node: Outside, scene: Scene) -> Condition:
        """Checks `outside usual`."""
        left = self.numeric(node.left, scene)
        if scene.place is not Place.CONDITION:
            self.fail(
                MisplacedError,
                node.at,
                f"{clipped(str(left.node))}{HERE} is of single rows, and the usual is learned for aggregates",
                "Write it in 'where', behind an aggregate:"
                " | p95(duration) by function | over 10m | where p95(duration) outside usual.",
                edits=replaced(left.node.at, f"p95({left.node})"),
            )
        return Condition(Outside(left.node, at=node.at), plan.OutsideUsual(left.plan))


def joined(node: And | Or, terms: list[Condition]) -> Condition:
    """All terms, flat; a term that stands twice stands once."""
    kind, planned = (And, plan.And) if isinstance(node, And) else (Or, plan.Or)
    flat: dict[Node, plan.Condition] = {}
    for term in terms:
        inner = term.node.terms if isinstance(term.node, kind) else (term.node,)
        plans = term.plan.terms if isinstance(term.plan, planned) and len(inner) > 1 else (term.plan,)
        flat.update(zip(inner, plans, strict=True))
    nodes, plans_ = tuple(flat), tuple(flat.values())
    if len(nodes) == 1:
        return Condition(nodes[0], plans_[0])
    return Condition(kind(nodes, at=node.at), planned(plans_))
