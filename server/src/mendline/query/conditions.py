"""Checks conditions: that both sides of a comparison are of one type and unit, and that what stands alone can."""

from __future__ import annotations

from typing import NoReturn

from mendline.errors import MisplacedError, QueryTypeError, QueryValueError, UnknownFieldError
from mendline.query import plan
from mendline.query.checking import called, measured
from mendline.query.comparisons import ComparisonChecker, joined
from mendline.query.faults import HERE, clipped, replaced
from mendline.query.functions import find_aggregate, spelled
from mendline.query.names import asking_for, flag_near, resolve, unknown
from mendline.query.scene import Condition, Notice, Place, Scene
from mendline.query.source import Source
from mendline.query.spelling import escaped, glob_text, quoted
from mendline.query.syntax import (
    And,
    Attribute,
    Call,
    Compare,
    Glob,
    Matches,
    Name,
    Node,
    Not,
    OneOf,
    Or,
    Outside,
    Phrase,
    Relation,
    Text,
)
from mendline.query.types import Kind

_EQUAL = (Relation.EQUAL, Relation.UNEQUAL)
_FULL_TEXT = frozenset({Source.INVOCATIONS, Source.OPERATIONS, Source.TRACES, Source.LOGS})
_DAYS = {"today": "24h", "yesterday": "48h", "now": "5m"}
_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})


class ConditionChecker(ComparisonChecker):
    """Checks the conditions of one query."""

    def condition(self, node: Node, scene: Scene) -> Condition:
        """Checks a condition."""
        if isinstance(node, Name):
            return self._alone(node, scene)
        if isinstance(node, Attribute):
            return self._no_condition(node, scene)
        if isinstance(node, Phrase):
            return self._phrase(node, scene)
        if isinstance(node, Not):
            term = self.condition(node.term, scene)
            if isinstance(term.node, Not) and isinstance(term.plan, plan.Not):
                return Condition(term.node.term, term.plan.term)
            return Condition(Not(term.node, at=node.at), plan.Not(term.plan))
        if isinstance(node, (And, Or)):
            terms = [self.condition(term, scene) for term in node.terms]
            return joined(node, terms)
        if isinstance(node, Compare):
            return self.compare(node, scene)
        if isinstance(node, Matches):
            return self.matches(node, scene)
        if isinstance(node, OneOf):
            return self.one_of(node, scene)
        if isinstance(node, Outside):
            return self.outside(node, scene)
        if isinstance(node, Call):
            return self._call_alone(node, scene)
        return self._no_condition(node, scene)

    # -- what stands alone -----------------------------------------------------------------------------------

    def _alone(self, node: Name, scene: Scene) -> Condition:
        """A bare word: a field that is true or false, else text to search for."""
        flag = self.flag(node, scene)
        if flag is not None:
            return flag
        resolved = resolve(node, scene.source, self.known)
        if resolved is not None or not scene.rows:
            self._no_flag(node, scene)
        near = flag_near(node.name, scene.source)
        if scene.place is Place.ARGUMENT and not near:
            self._no_field(node)
        if scene.place is Place.ARGUMENT or find_aggregate(node.name) is not None:
            raise unknown(node, scene.source, self.known, self.text)
        if near:
            self.notices.append(
                Notice(
                    "word_near_field",
                    f"'{node.name}' was searched for as a text; if you meant the field, write {near}.",
                )
            )
        elif node.name.lower() in _DAYS:
            since = f"| since {_DAYS[node.name.lower()]}"
            told = f"'{node.name}' was searched for as a text; if you meant the time, write {since}."
            self.notices.append(Notice("word_is_a_time", told))
        return self._phrase(Phrase(node.name, at=node.at), scene)

    def _no_field(self, node: Name) -> NoReturn:
        """Within an aggregate a bare word is a field: `rate(requests)` would else count what holds the word."""
        word = quoted(node.name)
        self.fail(
            UnknownFieldError,
            node.at,
            f"Unknown field {clipped(node.name)}",
            f"To look for the word, quote it: {word}.",
            expected="a field",
            suggestion=word,
            edits=replaced(node.at, word),
        )

    def _phrase(self, node: Phrase, scene: Scene) -> Condition:
        if scene.place not in (Place.FILTER, Place.ARGUMENT):
            self.fail(
                MisplacedError,
                node.at,
                f"{clipped(node.text)}{HERE} is a text to search for, and stands in {scene.place}, not in a filter",
            )
        if scene.source not in _FULL_TEXT:
            name = "name" if scene.source is Source.METRICS else "function"
            better = f"{name}:{glob_text('*' + '*'.join(escaped(word) for word in node.text.split()) + '*')}"
            self.fail(
                QueryTypeError,
                node.at,
                f"{clipped(node.text)}{HERE} cannot be searched for, because {scene.source} have no text",
                f"Compare it with a field: {better}.",
                suggestion=better,
                edits=replaced(node.at, better),
            )
        if not node.text.strip():
            self.fail(QueryValueError, node.at, "There is no text to search for", "Leave the quotes out.")
        return Condition(node, plan.FullText(node.text))

    def _call_alone(self, node: Call, scene: Scene) -> Condition:
        name = spelled(node.function)
        if name == "exists":
            return self._exists(node, scene)
        if name == "through":
            return self._through(node, scene)
        found = self.value(node, scene)
        if found.type.kind is Kind.BOOL:
            return Condition(found.node, plan.Flag(found.plan))
        return self._no_condition(node, scene)

    def _exists(self, node: Call, scene: Scene) -> Condition:
        if len(node.arguments) != 1 or not isinstance(node.arguments[0], (Name, Attribute)):
            self.fail(
                QueryTypeError,
                node.at,
                f"exists(){HERE} takes the name of a field",
                "For example exists(tags.user.id).",
            )
        found = self.value(node.arguments[0], scene)
        return Condition(Call("exists", (found.node,), at=node.at), plan.Exists(found.plan))

    def _through(self, node: Call, scene: Scene) -> Condition:
        if scene.source is not Source.TRACES:
            self.fail(
                MisplacedError,
                node.at,
                f"through(){HERE} looks at traces, but the query asks for {scene.source}",
                "Begin it with 'traces'.",
                edits=asking_for(Source.TRACES, scene.source, self.text),
            )
        if len(node.arguments) < 2:
            self.fail(
                QueryTypeError,
                node.at,
                f"through(){HERE} takes two or more functions",
                "For example through(checkout, price).",
                edits=replaced(node.at, f"function:{node.arguments[0]}") if node.arguments else (),
            )
        names = tuple(
            escaped(item.value) if isinstance(item, Text) else item.pattern if isinstance(item, Glob) else str(item)
            for item in node.arguments
        )
        return Condition(Call("through", node.arguments, at=node.at), plan.Through(names))

    def _no_condition(self, node: Node, scene: Scene) -> NoReturn:
        """Something stands alone that must be compared."""
        if isinstance(node, (Name, Attribute)):
            self._no_flag(node, scene)
        self.value(node, scene)
        better = f"{node} > 5"
        self.fail(
            QueryTypeError,
            node.at,
            f"{clipped(str(node))}{HERE} is neither true nor false",
            f"Compare it: {better}.",
            suggestion=better,
            edits=replaced(node.at, better),
        )

    def _no_flag(self, node: Name | Attribute, scene: Scene) -> NoReturn:
        """A field stands alone that is neither true nor false."""
        found = self.value(node, scene)
        kind = measured(found.type) if found.type.kind is Kind.NUMBER else called(found.type)
        resolved = resolve(node, scene.source, self.known)
        example = f"{node}:x"
        if (
            resolved is not None
            and resolved.field is not None
            and resolved.field.example.startswith(resolved.field.name)
        ):
            example = f"{node}{resolved.field.example.removeprefix(resolved.field.name)}"
        elif found.type.is_number:
            example = f"{node} > 10"
        advice = f"Compare it: {example}."
        if scene.place is Place.ARGUMENT:
            example = f"exists({node})"
            advice = f"To look at the rows that have it, write {example}."
        elif isinstance(node, Name) and scene.source in _FULL_TEXT:
            advice += f' To search for the word, quote it: "{node}".'
        self.fail(
            QueryTypeError,
            node.at,
            f"{clipped(str(node))}{HERE} is {kind}, neither true nor false",
            advice,
            suggestion=example,
            edits=replaced(node.at, example),
        )
