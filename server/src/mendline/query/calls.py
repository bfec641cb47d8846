"""Checks the functions of the language: what they take, what they give, and where they may stand."""

from __future__ import annotations

from typing import NoReturn

from mendline.errors import (
    MisplacedError,
    QueryTypeError,
    UnknownFunctionError,
)
from mendline.query import plan
from mendline.query.checking import ValueChecker, called
from mendline.query.faults import HERE, clipped, replaced
from mendline.query.functions import (
    AGGREGATES,
    ALIASES,
    OTHERS,
    PERCENTILE,
    Aggregate,
    Argument,
    find_aggregate,
    percentile_of,
    spelled,
)
from mendline.query.nearness import nearest
from mendline.query.scene import Place, Scene, Value
from mendline.query.source import find_source
from mendline.query.syntax import (
    Call,
    Name,
    Node,
    Number,
    Span,
)
from mendline.query.types import ANY, Kind, Type, number
from mendline.query.units import (
    NUMBER,
    PER_SECOND,
    PERCENT,
    read_quantity,
)

_PERCENTILES = frozenset(
    {"percentile", "quantile", "perc", "pct", "approx_percentile", "quantile_over_time", "exact_percentile"}
)


class CallChecker(ValueChecker):
    """Checks the calls of one query."""

    def call(self, node: Call, scene: Scene) -> Value:
        """Checks an aggregate, or `bucket`."""
        name = spelled(node.function)
        aggregate = find_aggregate(name)
        if aggregate is not None:
            return self._aggregate(node, name, aggregate, scene)
        if name == "bucket":
            return self._bucket_key(node, scene) or self._bucket(node, scene)
        if name in OTHERS:
            self.fail(QueryTypeError, node.at, f"Expected a value, but {clipped(str(node))}{HERE} is a condition")
        return self._unknown_function(node)

    def _unknown_function(self, node: Call) -> NoReturn:
        self._percentile_elsewhere(node)
        near = nearest(node.function, (*AGGREGATES, *OTHERS, *ALIASES, "p50", "p90", "p95", "p99"))
        near = ALIASES.get(near, near) if near else None
        at = Span(node.at.start, node.at.start + len(node.function))
        self.fail(
            UnknownFunctionError,
            at,
            f"Unknown function '{node.function}'",
            f"Did you mean '{near}'?" if near else f"Functions are {', '.join(AGGREGATES)}, p50 … p99.9, bucket.",
            expected="a function",
            suggestion=near or "",
            edits=replaced(at, near) if near else (),
        )

    def _percentile_elsewhere(self, node: Call) -> None:
        """`percentile(duration, 95)`, `quantile(0.95, x)`, `p999(x)`, `p100(x)`, as they are written elsewhere."""
        small, digits = node.function.lower(), node.function.lower().removeprefix("p")
        numbers = [item for item in node.arguments if isinstance(item, Number)]
        others = [str(item) for item in node.arguments if not isinstance(item, Number)]
        inside = others[0] if others else "duration"
        better = ""
        if small in _PERCENTILES and len(numbers) == 1:
            better = _percentile(numbers[0].text, inside)
        elif small.startswith("p") and digits.isdecimal():
            better = f"p{digits[:2]}.{digits[2:]}({inside})" if digits.startswith("99") else f"max({inside})"
        if better:
            self.fail(
                UnknownFunctionError,
                Span(node.at.start, node.at.start + len(node.function)),
                f"Unknown function '{node.function}'",
                f"Percentiles are p50, p95, p99.9 and so on; the largest is max(). Did you mean {better}?",
                expected="a function",
                suggestion=better,
                edits=replaced(node.at, better),
            )

    def _aggregate(self, node: Call, name: str, aggregate: Aggregate, scene: Scene) -> Value:
        if scene.aggregated is None:
            self._misplaced(node, scene)
        arguments = self._arguments(node, aggregate, scene)
        inner = scene.argument(node)
        argument: plan.Value | None = None
        condition: plan.Condition | None = None
        inside: tuple[Node, ...] = ()
        if arguments and aggregate.argument is Argument.CONDITION:
            held = self.condition(arguments[0], inner)
            condition, inside = held.plan, (held.node,)
        elif arguments:
            found = self.value(arguments[0], inner)
            self._check_argument(node, arguments[0], found, aggregate)
            if aggregate.argument is Argument.NUMBER:
                self.refuse_several(arguments[0], found)
            argument, inside = found.plan, (found.node,)
        type_ = self._result(name, aggregate, found.type if argument is not None else None)
        quantile = percentile_of(name)
        planned = plan.Aggregate(
            "percentile" if quantile is not None else name, argument, condition, quantile, inner.source, type_
        )
        return Value(Call(name, inside, at=node.at), planned, type_)

    def _arguments(self, node: Call, aggregate: Aggregate, scene: Scene) -> tuple[Node, ...]:
        """Its arguments: none where they stand for all rows, `count(*)` and Thundra's `COUNT(Invocation)`."""
        arguments = node.arguments
        if (
            len(arguments) == 1
            and aggregate.optional
            and isinstance(arguments[0], Name)
            and find_source(arguments[0].name)
        ):
            arguments = ()
        name = spelled(node.function)
        example = f"{name}({arguments[0]})" if arguments else f"{name}({aggregate.example.partition('(')[2]}"
        if len(arguments) > 1 or (not arguments and not aggregate.optional):
            self.fail(
                QueryTypeError,
                node.at,
                f"{node.function}(){HERE} takes one {aggregate.argument}, but has {len(arguments) or 'none'}",
                f"For example {example}.",
                suggestion=example,
                edits=replaced(node.at, example),
            )
        return arguments

    def _check_argument(self, node: Call, argument: Node, found: Value, aggregate: Aggregate) -> None:
        if aggregate.argument is not Argument.NUMBER or found.type.is_number:
            return
        if found.type.kind is Kind.TIME and node.function in ("min", "max"):
            return
        name = clipped(str(found.node))
        better = f"ratio({found.node})" if found.type.kind is Kind.BOOL else f"distinct({found.node})"
        self.fail(
            QueryTypeError,
            argument.at,
            f"{node.function}() takes a number, but {name}{HERE} is {called(found.type)}",
            f"Did you mean {better}?",
            suggestion=better,
            edits=replaced(node.at, better),
        )

    def _result(self, name: str, aggregate: Aggregate, argument: Type | None) -> Type:
        if aggregate is PERCENTILE or name in ("sum", "avg", "min", "max"):
            return number() if argument in (None, ANY) else argument or number()
        if name in ("first", "last") and argument is not None:
            return argument
        return number({"ratio": PERCENT, "rate": PER_SECOND}.get(name, NUMBER))

    def _misplaced(self, node: Call, scene: Scene) -> NoReturn:
        if scene.place is Place.ARGUMENT:
            self.fail(
                MisplacedError,
                node.at,
                f"{clipped(str(node))}{HERE} stands within another aggregate",
                "Take one of them out.",
                edits=replaced(scene.outer.at, str(node)) if scene.outer else (),
            )
        self.fail(
            MisplacedError,
            node.at,
            f"{clipped(str(node))}{HERE} looks at many rows, but {scene.place} looks at one",
            f"Aggregates come behind a pipe: | {node} by function.",
        )

    def _bucket_key(self, node: Call, scene: Scene) -> Value | None:
        """Where rows are grouped: the key that is this bucket, if one is."""
        if scene.rows or not scene.keys:
            return None
        return scene.keys.get(str(self._bucket(node, Scene(Place.KEY, scene.source)).node))

    def _bucket(self, node: Call, scene: Scene) -> Value:
        if len(node.arguments) != 2 or not isinstance(node.arguments[1], Number):
            example = f"bucket({node.arguments[0] if node.arguments else 'duration'}, 100ms)"
            self.fail(
                QueryTypeError,
                node.at,
                f"bucket(){HERE} takes a number and a step",
                f"For example {example}.",
                suggestion=example,
                edits=replaced(node.at, example) if node.arguments else (),
            )
        operand = self.value(node.arguments[0], scene)
        if operand.type.kind is Kind.TIME:
            self.fail(
                QueryTypeError,
                node.at,
                f"bucket() takes a number, but 'time'{HERE} is a moment",
                f"For one row per step write | over {node.arguments[1]} every {node.arguments[1]}.",
            )
        operand = self.numeric(node.arguments[0], scene)
        step = self.same_unit(operand, node.arguments[1])
        constant = step.plan
        if not isinstance(constant, plan.Constant) or isinstance(constant.value, str) or constant.value <= 0:
            self.fail(QueryTypeError, node.arguments[1].at, f"The step of bucket(){HERE} must be more than 0")
        return Value(
            Call("bucket", (operand.node, step.node), at=node.at),
            plan.Bucket(operand.plan, constant.value, operand.type),
            operand.type,
        )


def _percentile(number: str, inside: str) -> str:
    """The call that a share (0.95) or a percentage (95) asks for; empty where it is neither."""
    found = read_quantity(number)
    if found is None or not 0 < found.value < 100:
        return ""
    percent = found.value * 100 if found.value < 1 else found.value
    return f"{spelled(f'p{percent.normalize():f}')}({inside})"
