"""Random queries over values that the rows have: every field, every kind of condition and aggregate."""

from __future__ import annotations

from hypothesis import strategies as st

from mendline.query import Source
from mendline.query.attribute_fields import WITH_ATTRIBUTES
from mendline.query.fields import fields_of
from mendline.query.spelling import glob_text, quoted, value_text
from mendline.query.types import Kind
from mendline.query.units import BYTES, PERCENT, SECONDS, TIME, USD

_TEXTS = (
    "checkout",
    "price",
    "Größe",
    "check%out_",
    "a\\b",
    "42",
    "free",
    "TimeoutError",
    "CardDeclined",
    "orders",
    "eu-west-1",
    "sqs",
    "POST /orders",
    "",
    "timeout",
    "card declined",
    "A-17",
    "dynamodb orders PutItem",
    "shop",
    "200",
    "exp-1",
)
_GLOBS = ("*", "check*", "*o*", "?rice", "*%*", "a\\\\b", "*_", "Gr??e", "POST*", "*\\**", "sto*k", "*declined*")
_REGEXES = ("e", "^c", "o.*t$", "(?i)CARD", "[0-9]+", "ö", "x*", "^$", "a|b")
_PHRASES = (
    "card",
    "declined",
    "CARD declined",
    "decline",
    "größe xl",
    "GRÖSSE",
    "card, declined",
    "!",
    "A-17",
    "orders",
    "is all",
)
_NUMBERS = {
    TIME: ("0ms", "1ms", "250.5ms", "1s", "3s", "100us", "1h"),
    BYTES: ("0B", "1MB", "70MB", "128MB", "100KB"),
    USD: ("$0", "$0.000001", "$0.01", "$1"),
}
_PLAIN, _SHARES = ("0", "1", "2", "3", "42", "-3", "7.5", "1000", "500"), ("0%", "5%", "50%", "99.9%", "100%")
_OWN = {
    **dict.fromkeys(
        WITH_ATTRIBUTES,
        (
            "tags.plan",
            "tags.user.id",
            'attr("amount")',
            'attr("note")',
            "tags.amount",
            "http.response.status_code",
            "http.request.method",
            "aws.dynamodb.consistent_read",
            "mendline.cpu_ms",
            "faas.max_memory",
            "aws.dynamodb.table_names",
            "deployment.environment.name",
        ),
    ),
}
_OF_INVOCATIONS = (
    "function.tags.team",
    "request.sku",
    "request.n",
    "request.items.0.sku",
    "request.items.1.sku",
    "request.body.id",
    "request.body.note",
    "request.deep.0",
    "request.deep.1.a",
    "response.statusCode",
    "response.body",
)
_ORDERS = (">", ">=", "<", "<=")


def _numbers_in(unit):
    return st.sampled_from(_NUMBERS[unit.dimension])


def _numbers_of(type_):
    return st.sampled_from(_SHARES if type_.unit == PERCENT else _NUMBERS.get(type_.dimension, _PLAIN))


def _fields(source, *kinds, many=True):
    """Names of fields of a source that are of some kind, the short ones more often than attributes."""
    found = [field for field in fields_of(source) if field.type.kind in kinds]
    short = [field for field in found if not field.attribute] or found
    attributes = [field for field in found if field.attribute and field.name in _OWN.get(source, ())]
    several = source is Source.TRACES and not many
    return [field for field in [*short, *([] if several else attributes)] if not (several and field.many)]


@st.composite
def _text_term(draw, name, values=(), searchable=True):
    if values:
        return f"{name}:{draw(st.sampled_from(values))}"
    ways = ["equal", "equal", "unequal", "glob", "glob", "in", "not in", "exists"] + (
        ["regex", "no regex"] if searchable else []
    )
    value, glob = st.sampled_from(_TEXTS).map(value_text), st.sampled_from(_GLOBS).map(glob_text)
    match draw(st.sampled_from(ways)):
        case "equal":
            return f"{name}:{draw(value)}"
        case "unequal":
            return f"{name} != {draw(value | glob)}"
        case "glob":
            return f"{name}:{draw(glob)}"
        case "in":
            return f"{name} in ({draw(value)}, {draw(value | glob)}, {draw(value)})"
        case "not in":
            return f"{name} not in ({draw(value)}, {draw(value)})"
        case "exists":
            return f"exists({name})"
        case "regex":
            return f"{name} ~ /{draw(st.sampled_from(_REGEXES))}/"
    return f"{name} !~ /{draw(st.sampled_from(_REGEXES))}/"


@st.composite
def _number(draw, source):
    """A numeric expression and numbers that fit it."""
    field = draw(st.sampled_from(_fields(source, Kind.NUMBER, many=False)))
    numbers = _numbers_of(field.type)
    match draw(st.sampled_from(["plain", "plain", "plain", "scaled", "sum", "quotient", "product"])):
        case "scaled":
            return f"{field.name} {draw(st.sampled_from('*/'))} {draw(st.sampled_from(['2', '0.5', '3']))}", numbers
        case "sum":
            return f"({field.name} {draw(st.sampled_from('+-'))} {draw(numbers)})", numbers
        case "quotient":
            alike = [
                each for each in _fields(source, Kind.NUMBER, many=False) if each.type.dimension == field.type.dimension
            ]
            return f"{field.name} / {draw(st.sampled_from(alike)).name}", st.sampled_from(_SHARES)
        case "product":
            return f"{field.name} * {field.name} / {field.name}", numbers
    return field.name, numbers


@st.composite
def term(draw, source, *, flags_only=False):
    """One condition of a row."""
    ways = ["text"] * 3 + ["number"] * 3 + ["flag"] * 2 + ["moment", "own", "own", "several"]
    ways += ["full text", "full text"] if source in WITH_ATTRIBUTES - {Source.METRICS} else []
    ways += ["through", "through"] if source is Source.TRACES else []
    ways += ["aggregate"] if source is Source.FUNCTIONS else []
    ways += ["unit"] * 2 if source is Source.METRICS else []
    way = draw(st.sampled_from(ways))
    if way == "text":
        field = draw(st.sampled_from(_fields(source, Kind.TEXT)))
        if field.ordered and draw(st.booleans()):
            return f"{field.name} >= {draw(st.sampled_from(field.values))}"
        return draw(_text_term(field.name, field.values))
    if way == "number":
        number, numbers = draw(_number(source))
        return f"{number} {draw(st.sampled_from([*_ORDERS, '=', '!=']))} {draw(numbers)}"
    if way == "flag":
        flags = _fields(source, Kind.BOOL)
        return (
            f"{draw(st.sampled_from(['', 'not ']))}{draw(st.sampled_from(flags)).name}" if flags else "not exists(name)"
        )
    if way == "moment":
        return f"time {draw(st.sampled_from(_ORDERS))} {draw(st.sampled_from(['90m', '2h', '1h']))}"
    if way == "full text":
        return f"{draw(st.sampled_from(['', 'not ']))}{quoted(draw(st.sampled_from(_PHRASES)))}"
    if way == "through":
        several = st.lists(
            st.sampled_from(_TEXTS[:6]).map(value_text) | st.sampled_from(("*", "c*")), min_size=2, max_size=3
        )
        return f"through({', '.join(draw(several))})"
    if way == "unit":
        return f"name:sqs.age_of_oldest_message and value {draw(st.sampled_from(_ORDERS))} {draw(_numbers_in(SECONDS))}"
    if way == "aggregate":
        counted = draw(aggregate(Source.INVOCATIONS, numeric=True))
        return f"{counted} {draw(st.sampled_from(_ORDERS))} {draw(st.sampled_from(['0', '1', '2']))}"
    return draw(_own(source))


@st.composite
def _own(draw, source):
    """A condition on attributes, tags, payloads, or a list of numbers."""
    names = [*_OWN.get(source, ()), *(_OF_INVOCATIONS if source is Source.INVOCATIONS else ())]
    if not names:
        return "exists(function)"
    name = draw(st.sampled_from(names))
    types = {field.name: field for field in fields_of(source)}
    if name in types and types[name].type.kind is Kind.NUMBER:
        return f"{name} {draw(st.sampled_from([*_ORDERS, '=', '!=']))} {draw(_numbers_of(types[name].type))}"
    if name in types and types[name].type.kind is Kind.BOOL:
        return draw(st.sampled_from([name, f"not {name}", f"exists({name})"]))
    if name not in types and draw(st.booleans()):
        return f"{name} {draw(st.sampled_from(_ORDERS))} {draw(st.sampled_from(_PLAIN))}"
    return draw(_text_term(name))


@st.composite
def filters(draw, source):
    """A filter, maybe empty."""
    found = [draw(term(source)) for _ in range(draw(st.integers(0, 3)))]
    if not found:
        return ""
    text = found[0]
    for more in found[1:]:
        text = f"({text}) {draw(st.sampled_from(['and', 'or']))} {draw(st.sampled_from(['', 'not ']))}({more})"
    return text


@st.composite
def aggregate(draw, source, *, numeric=False):
    """One aggregate."""
    ways = ["count()", "count", "ratio", "rate", "consecutive", "sum", "avg", "min", "max", "p50", "p90", "p99.9"]
    way = draw(st.sampled_from(ways + ([] if numeric else ["distinct", "first", "last", "moment"])))
    if way == "count()":
        return draw(st.sampled_from(["count()", "rate()"]))
    if way in ("count", "ratio", "rate", "consecutive"):
        return f"{way}({draw(term(source) if source is not Source.FUNCTIONS else _flags(source))})"
    if way in ("distinct", "first", "last"):
        return f"{way}({draw(_key(source))})"
    if way == "moment":
        return f"{draw(st.sampled_from(['min', 'max', 'first', 'distinct']))}(time)"
    number, _ = draw(_number(source))
    if numeric:
        number = draw(
            st.sampled_from(
                [each.name for each in _fields(source, Kind.NUMBER) if each.type.dimension.name == "a plain number"]
            )
        )
    return f"{way}({number})"


def _flags(source):
    return st.sampled_from([field.name for field in _fields(source, Kind.BOOL)])


def _key(source):
    names = [field.name for field in _fields(source, Kind.TEXT, Kind.BOOL)]
    own = [*_OWN.get(source, ()), *(_OF_INVOCATIONS if source is Source.INVOCATIONS else ())]
    return st.sampled_from(names * 2 + own)


@st.composite
def keys(draw, source):
    """What is grouped by."""
    found = draw(st.lists(_key(source), max_size=2, unique=True))
    numbers = [
        each for each in _fields(source, Kind.NUMBER, many=False) if not each.attribute and "cost" not in each.name
    ]
    if numbers and draw(st.integers(0, 4)) == 0:
        field = draw(st.sampled_from(numbers))
        step = {TIME: "100ms", BYTES: "16MB", USD: "$0.001"}.get(
            field.type.dimension, "10%" if field.type.unit == PERCENT else "2"
        )
        found.append(f"bucket({field.name}, {step})")
    return found


WINDOWS = (
    "",
    "",
    "over 30m",
    "over 2h",
    "over 10m every 10m",
    "over 30m every 10m",
    "over 7m every 20m",
    "over today",
    "over this month",
)


@st.composite
def grouped(draw, source):
    """A query of groups."""
    columns = draw(st.lists(aggregate(source), min_size=1, max_size=3))
    if draw(st.integers(0, 4)) == 0:
        columns.append(f"{draw(aggregate(source, numeric=True))} / count()")
    by = draw(keys(source))
    stages = [f"{source} {draw(filters(source))}", f"{', '.join(columns)}{' by ' if by else ''}{', '.join(by)}"]
    window = draw(st.sampled_from(WINDOWS))
    stages += [window] if window else []
    if draw(st.integers(0, 2)) == 0:
        stages.append(f"where {draw(_where(source, by))}{draw(st.sampled_from(['', '', ' for 2 of 3', ' for 3m']))}")
    if draw(st.booleans()):
        stages.append(f"sort {draw(st.sampled_from([*columns, *by]))}{draw(st.sampled_from(['', ' desc']))}")
    return " | ".join(stages)


@st.composite
def _where(draw, source, by):
    """A condition of groups."""
    first = f"{draw(st.sampled_from(['count()', 'ratio(' + draw(_flag_or_term(source)) + ')']))}"
    compared = f"{first} {draw(st.sampled_from([*_ORDERS, '=']))} {draw(st.sampled_from(['0', '1', '3', '10']))}"
    texts = [name for name in by if not name.startswith("bucket")]
    types = {field.name: field for field in fields_of(source)}
    texts = [
        name for name in texts if name not in types or (types[name].type.kind is Kind.TEXT and not types[name].values)
    ]
    if texts and draw(st.booleans()):
        of_key = draw(_text_term(draw(st.sampled_from(texts)), searchable=False))
        return f"{compared} {draw(st.sampled_from(['and', 'or']))} {of_key}"
    return compared


def _flag_or_term(source):
    return _flags(source) if _fields(source, Kind.BOOL) else term(source)


@st.composite
def listed(draw, source):
    """A query of rows."""
    text = f"{source} {draw(filters(source))}"
    if draw(st.booleans()):
        number, _ = draw(_number(source))
        name = draw(st.sampled_from([field.name for field in _fields(source, Kind.TEXT, Kind.TIME, many=False)]))
        text += f" | sort {draw(st.sampled_from([number, name]))}{draw(st.sampled_from(['', ' desc']))}"
    return text
