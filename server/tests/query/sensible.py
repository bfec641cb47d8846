"""Random queries that make sense, each in two spellings: every field of the registry, every kind of condition."""

from __future__ import annotations

from hypothesis import strategies as st

from mendline.query.attribute_fields import WITH_ATTRIBUTES
from mendline.query.fields import fields_of
from mendline.query.source import Source
from mendline.query.types import Kind
from mendline.query.units import BYTES, PERCENT, TIME, USD

_NUMBERS = {
    TIME: [("250ms", "0.25s"), ("1s", "1000ms"), ("90s", "1m30s"), ("0ms", "0s")],
    BYTES: [("128MB", "131072KB"), ("1.5KB", "1536B")],
    USD: [("$0.01", "0.01usd"), ("$10", "$10.0")],
}
_PLAIN, _SHARES = [("5", "5.0"), ("1000", "1_000"), ("0.5", ".5")], [("5%", "0.05"), ("100%", "100.0%")]
_TEXTS = [
    ("checkout", '"checkout"'),
    ('"a b"', "a\\ b"),
    ("42", '"42"'),
    ("a-b.c/d", "'a-b.c/d'"),
    ("größe", '"größe"'),
]
_GLOBS = [("check*", "check*"), ("*a?b*", "*a?b*"), ("\\*x*", "\\*x*")]
_ORDERS = [(">", ">"), (">=", "\N{GREATER-THAN OR EQUAL TO}"), ("<", "<"), ("<=", "\N{LESS-THAN OR EQUAL TO}")]
_JOINTS = [(" and ", " "), (" and ", " AND "), (" and ", " && "), (" or ", " OR "), (" or ", " || ")]

Pair = tuple[str, str]


def _both(*parts: Pair) -> Pair:
    return "".join(part[0] for part in parts), "".join(part[1] for part in parts)


def _same(text: str) -> Pair:
    return text, text


def _name(field) -> Pair:
    return field.name, field.name.upper()


def _numbers_of(field):
    if field.type.unit == PERCENT:
        return _SHARES
    return _NUMBERS.get(field.type.dimension, _PLAIN)


def _text_term(draw, field):
    name = _name(field)
    if field.values:
        value = draw(st.sampled_from(field.values))
        return _both(name, (":", " = "), (value, value.upper()))
    plain, glob = st.sampled_from(_TEXTS), st.sampled_from(_GLOBS)
    way = draw(st.sampled_from(["equal", "unequal", "glob", "regex", "in", "exists"]))
    if way == "equal":
        return _both(name, (":", " == "), draw(plain))
    if way == "unequal":
        return _both(name, (" != ", "!="), draw(plain))
    if way == "glob":
        return _both(name, (":", " = "), draw(glob))
    if way == "regex":
        return _both(name, (" ~ ", " =~ "), ("/a.*b/", '"a.*b"'))
    if way == "in":
        first, second = draw(plain), draw(glob)
        return f"{name[0]} in ({first[0]}, {second[0]})", f"{name[1]} IN [{second[1]},{first[1]}]"
    return f"exists({name[0]})", f"EXISTS( {name[1]} )"


def _number_term(draw, field):
    return _both(
        _name(field),
        draw(st.sampled_from([*_ORDERS, (" = ", ":"), (" != ", "<>")])),
        draw(st.sampled_from(_numbers_of(field))),
    )


def _flag_term(draw, field):
    name = field.name
    return draw(
        st.sampled_from(
            [
                (name, f"{name}:true"),
                (name, f"{name.upper()} = TRUE"),
                (f"not {name}", f"!{name}"),
                (f"not {name}", f"-{name}"),
            ]
        )
    )


def _term(draw, source):
    field = draw(st.sampled_from([field for field in fields_of(source) if field.type.kind is not Kind.TIME]))
    if field.type.kind is Kind.TEXT:
        return _text_term(draw, field)
    if field.type.kind is Kind.BOOL:
        return _flag_term(draw, field)
    return _number_term(draw, field)


def _own_term(draw, source):
    """A field of the user's own, a moment, or a text."""
    own = [
        ("tags.user.id:42", 'tags.user.id = "42"'),
        ("tags.amount > 5", "tags.amount>5"),
        ('attr("a b"):x', 'ATTR("a b") = x'),
    ]
    moments = [("time > 2026-05-01T10:00Z", "time > 2026-05-01T12:00+02:00"), ("time >= 2h", "Time >= 120m")]
    texts = [('"card declined"', "'card declined'"), ('not "declined"', "-declined")]
    choices = moments + (own + texts if source in WITH_ATTRIBUTES - {Source.METRICS} else [])
    if source is Source.INVOCATIONS:
        choices += [("request.a.0.b:x", "REQUEST.a[0].b = x"), ("duration > timeout * 0.5", "duration > timeout*0.5")]
    return draw(st.sampled_from(choices))


def _filter(draw, source):
    terms = [
        _term(draw, source) if draw(st.booleans()) or draw(st.booleans()) else _own_term(draw, source)
        for _ in range(draw(st.integers(0, 3)))
    ]
    if not terms:
        return "", ""
    joined = terms[0]
    for term in terms[1:]:
        first, second = draw(st.sampled_from(_JOINTS))
        joined = f"({joined[0]}){first}({term[0]})", f"({joined[1]}){second}({term[1]})"
    return joined


def _aggregate(draw, source):
    several = source is Source.TRACES
    numeric = [
        field for field in fields_of(source) if field.type.kind is Kind.NUMBER and not (several and field.attribute)
    ]
    field = draw(st.sampled_from(numeric))
    condition = _term(draw, source)
    return draw(
        st.sampled_from([
            ("count()", "COUNT(*)"), ("rate()", "rate()"),
            _both(("ratio(", "RATIO("), condition, _same(")")), _both(("count(", "Count("), condition, _same(")")),
            _both(_same("consecutive("), condition, _same(")")),
            *(_both(pair, _name(field), _same(")")) for pair in (
                ("avg(", "AVERAGE("), ("p99(", "PERC99("), ("p50(", "median("), ("sum(", "SUM("), ("max(", "Max("),
                ("distinct(", "count(distinct "), ("first(", "earliest("),
            )),
        ])
    )  # fmt: skip


def _groups(draw, source):
    columns = [_aggregate(draw, source) for _ in range(draw(st.integers(1, 2)))]
    keys = [field for field in fields_of(source) if field.type.kind in (Kind.TEXT, Kind.BOOL)]
    by = [_name(draw(st.sampled_from(keys))) for _ in range(draw(st.integers(0, 2)))]
    stage = ", ".join(c[0] for c in columns), " , ".join(c[1] for c in columns)
    if by:
        stage = f"{stage[0]} by {', '.join(k[0] for k in by)}", f"{stage[1]} GROUP BY {','.join(k[1] for k in by)}"
    stages = [stage]
    window = draw(
        st.sampled_from(
            [
                None,
                ("over 10m", "over the last 600 seconds"),
                ("over 1h every 5m", "over 60m every 5 min"),
                ("over today", "over this day"),
            ]
        )
    )
    if window:
        stages.append(window)
    if draw(st.booleans()):
        stages.append(("where count() > 5 for 3 of 5", "WHERE count()>5 FOR 3 OUT OF 5"))
    return stages


@st.composite
def spelled_twice(draw):
    """Two spellings of one query."""
    source = draw(st.sampled_from(Source))
    begin = _filter(draw, source)
    stages = _groups(draw, source) if draw(st.booleans()) else [("sort time desc", "ORDER BY time DESC")]
    if draw(st.booleans()):
        stages.append(("since 2h", "since 120m ago"))
    if draw(st.booleans()):
        stages.append(("limit 10", "take 10"))
    return tuple(f"{source} {begin[way]} | {' | '.join(stage[way] for stage in stages)}" for way in (0, 1))
