"""A regular expression that passes the check is one that the store takes; what the store lacks is named."""

from __future__ import annotations

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError
from hypothesis import given, settings
from hypothesis import strategies as st

from mendline.errors import QueryValueError
from mendline.query.regex import check_regex, unslashed
from mendline.query.syntax import NOWHERE
from mendline.store.engine import ENGINE_OPTIONS

TAKEN = [
    "",
    "a",
    "time.*out",
    r"\d+",
    r"[a-z]{2,3}$",
    r"^(a|b)+$",
    r"(?i)x",
    r"(?i:x)y",
    r"(?P<name>a)",
    r"a*?b+?c??",
    r"[\w.-]+@[\w-]+",
    r"[]a]",
    r"[^]]",
    r"[a-]",
    r"\.\*\?",
    r"\x41\x{1F600}",
    r"\pL\p{Greek}",
    r"[[:alpha:]_]",
    r"\bx\b",
    r"a{2}b{2,}c{2,5}",
    "a{,2}",
    "{",
    "}",
    "]",
    r"\A.*\z",
    r"[\d-z]",
    "(a{10}){10}",
    "é+",
    r"[!-~]",
    r"(?s-i:.)",
    r"[--z]",
]
REFUSED = [
    ("(", "never closed"),
    (")", "never opened"),
    ("[", "never closed"),
    ("*a", "nothing to repeat"),
    ("a**", "nothing"),
    ("^*", "nothing"),
    ("(|*)", "nothing"),
    ("a{2}{3}", "nothing"),
    ("a{3,2}", "ends below"),
    ("a{1001}", "more than"),
    ("(a{100}){100}", "more than"),
    ("((a{30}b){40})", "more than"),
    ("(?=a)", "look-ahead"),
    ("(?!a)", "look-ahead"),
    ("(?<=a)b", "look-behind"),
    ("(?<!a)b", "look-behind"),
    (r"(a)\1", "back reference"),
    ("(?P=x)", "back reference"),
    ("(?>a)", "atomic"),
    ("(?(1)a)", "conditional"),
    ("(?#x)", "comment"),
    ("(?<n>a)", "opens no group"),
    ("(?P<n>a)(?P<n>b)", "two groups"),
    (r"\Z", "means nothing"),
    (r"[\b]", "means nothing"),
    ("a\\", "backslash"),
    ("[b-a]", "no range"),
    (r"[a-\d]", "no range"),
    (r"[\n-a]", "no range"),
    ("[[:foo:]]", "means nothing"),
    ("(" * 60 + ")" * 60, "deeply"),
    ("a" * 1001, "characters"),
    (r"\p{Klingon}", "means nothing"),
    (r"\pL{1000}", "too large"),
    ("a++", "nothing"),
]
PIECES = st.sampled_from(
    [*"abz09 .*+?|()[]{}^$-,:=!<>#/\\é_", "[^", "(?", "(?:", "(?i)", "(?P<n>", "\\d", "\\w", "\\b", "\\.", "\\x4",
     "\\x41", "\\pL", "\\p{", "[[:", ":]]", "{2", ",3}", "{2,3}", "{1000}", "a-z", "\\]", "\\-"]
)  # fmt: skip


def _passes(pattern):
    try:
        check_regex(pattern, pattern, NOWHERE)
    except QueryValueError as error:
        return False, error.message
    return True, ""


@pytest.mark.parametrize("pattern", TAKEN)
def test_pattern_is_taken(pattern):
    assert _passes(pattern) == (True, "")


@pytest.mark.parametrize(("pattern", "reason"), REFUSED, ids=[pattern[:20] for pattern, _ in REFUSED])
def test_pattern_is_refused_with_its_reason(pattern, reason):
    passed, message = _passes(pattern)
    assert not passed
    assert reason in message


@pytest.fixture(scope="module")
def client(engine_path):
    opened = clickhouse_connect.get_client(
        dsn=f"chdb:///{(engine_path / 'telemetry').resolve()}", chdb_options=ENGINE_OPTIONS
    )
    yield opened
    opened.close()


def _in_store(client, patterns):
    """Raises where the store refuses one of the patterns; many at once, because it takes most."""
    parameters = {f"p{index}": pattern for index, pattern in enumerate(patterns)}
    client.query("SELECT " + ", ".join(f"match('some text', {{{name}:String}})" for name in parameters), parameters)


def test_store_takes_every_pattern_that_passes(client):
    _in_store(client, TAKEN)


def test_store_refuses_what_is_named_as_absent(client):
    with pytest.raises(ClickHouseError):
        _in_store(client, ["(?=a)"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=8).map("".join), min_size=1, max_size=40))
def test_store_takes_any_pattern_that_passes(client, patterns):
    passing = [pattern for pattern in patterns if _passes(pattern)[0]]
    if passing:
        _in_store(client, passing)


def test_backslash_before_a_slash_goes():
    assert unslashed(r"a\/b\\/c\.") == r"a/b\\/c\."
