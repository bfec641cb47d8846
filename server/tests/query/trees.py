"""Random trees of queries, as the parser makes them: to be printed and read back."""

from __future__ import annotations

from hypothesis import strategies as st

from mendline.query.sentence import Calendar, Hold, Order, Query, Range, Window
from mendline.query.source import Source
from mendline.query.syntax import (
    And,
    Arithmetic,
    Attribute,
    Call,
    Compare,
    Glob,
    Matches,
    Name,
    Not,
    Number,
    OneOf,
    Or,
    Outside,
    Phrase,
    Relation,
    Text,
    Usual,
)

EQUALITIES, ORDERS = (Relation.EQUAL, Relation.UNEQUAL), tuple(Relation)[2:]
NAMES = st.sampled_from(
    "duration error error.type tags.user.id tags.order-id request.items.0.sku größe cold_start x_1 a.b-c.d9 Function"
    " timed_out ERROR.Kind @name faas.trigger".replace("@", "").split()
).map(Name)
DURATIONS = st.sampled_from(["5m", "250ms", "1h30m", "1.5s", "10us", "7d"]).map(Number)
NUMBERS = DURATIONS | st.sampled_from(
    ["0", "42", "-5", "1_000", "3%", "$0.01", "128MB", "1e6", "5xx", "4bf92f", "0.5"]
).map(Number)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12).map(Text)
VALUES = st.sampled_from(
    ["checkout", "and", "/orders/1", "2026-05-01", "a:b:c", "https://x.com/a", "1.2.3", "arn:aws:sqs:eu-1:1:q", "-x"]
)
LITERALS = st.lists(st.sampled_from(["a", "b c", "\\*", "\\?", "\\\\", "|", '"', "/", "#", "é", ",", "("]), max_size=4)
GLOBS = st.tuples(LITERALS, st.sampled_from("*?"), LITERALS).map(
    lambda parts: Glob("".join([*parts[0], parts[1], *parts[2]]))
)
REGEXES = st.sampled_from([r"a", r"time.*out", r"\d+/x", r"(?i)a|b", r"[^/]+", r"\\", r"a\.b", r"[a-z]{2,3}$", ""])
OPERANDS = NAMES | st.text(min_size=1, max_size=8).filter(lambda text: text.isprintable()).map(Attribute)


def _calls(values, conditions):
    return st.one_of(
        st.sampled_from(["count", "rate"]).map(Call),
        conditions.map(lambda item: Call("ratio", (item,))),
        st.tuples(st.sampled_from(["sum", "p99", "p99.9", "distinct"]), values).map(
            lambda pair: Call(pair[0], (pair[1],))
        ),
        st.tuples(values, DURATIONS).map(lambda pair: Call("bucket", pair)),
    )


def _computed(values):
    return st.tuples(st.sampled_from("+-*/"), values, values).map(lambda parts: Arithmetic(*parts))


ROW_VALUES = st.recursive(OPERANDS | NUMBERS, _computed, max_leaves=4)
"""Values without aggregates."""
LEFT = ROW_VALUES.filter(lambda value: not isinstance(value, Number))


def _comparisons(left):
    equal_to = TEXTS | VALUES.map(Text) | NUMBERS | GLOBS
    listed = st.lists(equal_to, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Compare, left, st.sampled_from(EQUALITIES), equal_to),
        st.builds(Compare, left, st.sampled_from(ORDERS), ROW_VALUES),
        st.builds(
            Compare, left, st.sampled_from(ORDERS), st.sampled_from(["a b", "2026-05-01T10:00Z", "1.2"]).map(Text)
        ),
        st.builds(Matches, left, REGEXES, st.booleans()),
        st.builds(OneOf, left, listed, st.booleans()),
    )


ATOMS = st.one_of(
    NAMES,
    TEXTS.map(lambda text: Phrase(text.value)),
    _comparisons(LEFT),
    OPERANDS.map(lambda name: Call("exists", (name,))),
    st.lists(TEXTS, min_size=2, max_size=3).map(lambda names: Call("through", tuple(names))),
)


def _joined(conditions):
    def flat(kind):
        several = st.lists(conditions.filter(lambda item: not isinstance(item, kind)), min_size=2, max_size=3)
        return several.map(lambda terms: kind(tuple(terms)))

    return flat(And) | flat(Or) | conditions.map(Not)


CONDITIONS = st.recursive(ATOMS, _joined, max_leaves=6)
AGGREGATES = _calls(ROW_VALUES, CONDITIONS).filter(lambda call: call.function != "bucket")
COLUMNS = AGGREGATES | st.tuples(st.sampled_from("+-/"), AGGREGATES, AGGREGATES).map(lambda parts: Arithmetic(*parts))
USUALS = st.one_of(
    st.just(Usual()),
    st.sampled_from(("3", "1.5", "$2", "200ms", "3ox", "5%")).map(lambda text: Arithmetic("*", Number(text), Usual())),
    st.just(Arithmetic("+", Usual(), Number("200ms"))),
)
_OVER_GROUPS = st.builds(Compare, COLUMNS, st.sampled_from(ORDERS), NUMBERS | USUALS) | COLUMNS.map(Outside)
WHERE = st.recursive(_OVER_GROUPS, _joined, max_leaves=3)
MOMENTS = DURATIONS | st.sampled_from(["2026-05-01T10:00Z", "2026-05-01", "now", "some day", "and"]).map(Text)
HOLDS = st.one_of(
    st.integers(1, 20).flatmap(lambda of: st.builds(Hold, st.integers(1, of), st.just(of))),
    DURATIONS.map(lambda length: Hold(length=length)),
)


@st.composite
def queries(draw):
    """A whole query."""
    maybe = lambda strategy: draw(st.none() | strategy)  # noqa: E731 - a word for a word
    columns = draw(st.lists(COLUMNS, max_size=2).map(tuple))
    keys = (
        draw(st.lists(NAMES | _calls(NAMES, CONDITIONS).filter(lambda c: c.function == "bucket"), max_size=2))
        if columns
        else []
    )
    condition = maybe(WHERE) if columns else None
    orders = st.builds(Order, LEFT | COLUMNS, st.booleans())
    return Query(
        source=draw(st.sampled_from(Source)),
        filter=maybe(CONDITIONS),
        columns=columns,
        keys=tuple(keys),
        range=maybe(st.builds(Range, MOMENTS, st.none() | MOMENTS)),
        window=maybe(st.builds(Window, DURATIONS | st.sampled_from(Calendar), st.none() | DURATIONS)),
        condition=condition,
        hold=maybe(HOLDS) if condition else None,
        order=draw(st.lists(orders, max_size=2).map(tuple)),
        limit=maybe(st.integers(1, 10_000)),
    )
