"""No text of a person is ever part of the SQL: it goes as a parameter, whatever it holds."""

from __future__ import annotations

import pytest
from answers.asking import ask

from mendline.query import read_query
from mendline.store.plans import Span, groups_statement, rows_statement

HOSTILE = ["'; DROP TABLE spans --", "\\", "'", '"', "{v0:String}", "%(x)s", "`", "$1", "/*", "ü\n"]
_SPAN = Span(0, 3600 * 10**9, 3600 * 10**9)


def _queries(text):
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    name = f"attr({quoted})"
    return [
        f"function = {quoted}",
        quoted,
        f"{name} = {quoted}",
        f"| count() by {name}",
        f"logs message = {quoted} | count() by {name}",
        f"traces {name} = {quoted} and through({quoted}, x) | count()",
        f"operations resource in ({quoted}, b) | distinct({name})",
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_a_value_and_never_sql(store, now, text):
    for query in _queries(f"canary {text}"):
        asked = read_query(query).plan
        made = groups_statement(asked, _SPAN) if asked.is_aggregated else rows_statement(asked, _SPAN, 10)
        assert "canary" not in made.sql
        ask(store, now, query)
