"""What is told of an SQL statement: its verb, its tables, and its text without literals, in bounded time."""

from __future__ import annotations

import time

import pytest

from mendline_agent.sql_text import statement_of

STANDARD = [
    ("select * from orders where id = 5 and name='O''Brien' -- x\n and y = $1", "SELECT orders",
     "select * from orders where id = ? and name=? and y = $1"),
    ("SELECT a FROM orders o JOIN items AS i ON o.id=i.oid WHERE x IN (1,2, 3)", "SELECT orders items",
     "SELECT a FROM orders o JOIN items AS i ON o.id=i.oid WHERE x IN (?)"),
    ('SELECT * FROM a, b AS bb, "Public"."C d" WHERE 1=1', "SELECT a b Public.C d", None),
    ("SELECT x FROM a GROUP BY b, c ORDER BY d, e", "SELECT a", None),
    ("INSERT INTO shop.orders (a,b) VALUES (%s,%s),(%s, %s) ON CONFLICT (a) DO UPDATE SET b=EXCLUDED.b",
     "INSERT shop.orders",
     "INSERT INTO shop.orders (a,b) VALUES (?) ON CONFLICT (a) DO UPDATE SET b=EXCLUDED.b"),
    ("INSERT INTO t SELECT * FROM u", "INSERT t u", None),
    ("UPDATE ONLY orders SET x=-1.5e-3 FROM y WHERE EXTRACT(YEAR FROM ts)=2020 AND a IS DISTINCT FROM b",
     "UPDATE orders y",
     "UPDATE ONLY orders SET x=-? FROM y WHERE EXTRACT(YEAR FROM ts)=? AND a IS DISTINCT FROM b"),
    ("WITH recent AS (SELECT * FROM orders), d AS (DELETE FROM old RETURNING *) SELECT count(*) FROM recent r JOIN d",
     "SELECT orders old", None),
    ("with a as materialized (select 1) insert into t select * from a", "INSERT t", None),
    ("SELECT $$ab c$$, $t$ x $$ y $t$, E'a\\'b', U&'d', x'ff', 0x1f, N'é' FROM t2 FOR UPDATE", "SELECT t2",
     "SELECT ? FROM t2 FOR UPDATE"),
    ("SELECT 'C:\\', secret FROM t", "SELECT t", "SELECT ?, secret FROM t"),
    ("CREATE TABLE IF NOT EXISTS foo (id int)", "CREATE foo", None),
    ("SELECT * FROM generate_series(1, 10) g", "SELECT", None),
    ("TRUNCATE TABLE a", "TRUNCATE a", None),
    ("COPY orders (a) FROM STDIN", "COPY orders", None),
    ("CALL refresh(1)", "CALL refresh", "CALL refresh(?)"),
    ("SELECT * FROM (SELECT id FROM inner_t) x WHERE a = :name AND b = :2 AND c=%(abc)s", "SELECT inner_t",
     "SELECT * FROM (SELECT id FROM inner_t) x WHERE a = :name AND b = :2 AND c=%(abc)s"),
    ("/* user=secret */ SELECT/*x*/1", "SELECT", "SELECT ?"),
    ("SELECT a::int, b->>'k' FROM t1 LEFT JOIN LATERAL (SELECT 1) z ON true", "SELECT t1", None),
    ("MERGE INTO a USING b ON a.id=b.id WHEN MATCHED THEN UPDATE SET x=1", "MERGE a", None),
    ("(SELECT 1 FROM a) UNION (SELECT 2 FROM b)", "SELECT a b", None),
    ("BEGIN", "BEGIN", "BEGIN"),
    ("", "QUERY", ""),
    ("SELECT 'unterminated secret", "SELECT", "SELECT ?"),
    ("SELECT $a$ unterminated secret $$", "SELECT", "SELECT ?"),
    ("SELECT 1 /* unterminated secret", "SELECT", "SELECT ?"),
]  # fmt: skip

BACKSLASHES = [
    ("delete from `orders` where n = \"a\\\"b\" and m='it\\'s' # secret", "DELETE orders",
     "delete from `orders` where n = ? and m=?"),
    ("INSERT INTO a VALUES (1) ON DUPLICATE KEY UPDATE b=2", "INSERT a", None),
    ("SELECT 'unterminated secret \\", "SELECT", "SELECT ?"),
    ('SELECT "unterminated secret', "SELECT", "SELECT ?"),
]  # fmt: skip

CASES = [(False, *case) for case in STANDARD] + [(True, *case) for case in BACKSLASHES]


@pytest.mark.parametrize(("backslashes", "query", "summary", "text"), CASES)
def test_verb_tables_and_text_of_a_statement(backslashes, query, summary, text):
    verb, tables, told = statement_of(query, backslashes=backslashes)
    assert " ".join([verb, *tables]) == summary
    if text is not None:
        assert told == text
    assert statement_of(query.encode(), backslashes=backslashes) == (verb, tables, told)


EVIL = [
    "'", "'a", "$a", "$$", "/*", "(", "\"'", "?,", "(?)", "a.", "1e", "\\'", ", a b", "extract(", "FROM ", "FROM a ",
    '"a', "FROM a,", "a AS ", "JOIN a.", " ", "-", "WITH a AS (", ")", "%(a)s,", "\x00", "é",
]  # fmt: skip


@pytest.mark.parametrize("part", EVIL)
@pytest.mark.parametrize("start", ["", "SELECT * FROM a", "WITH ", "SELECT '"])
def test_no_statement_takes_long_or_becomes_long(start, part):
    for backslashes in (False, True):
        began = time.thread_time()
        verb, tables, text = statement_of(start + part * 50_000, backslashes=backslashes)
        assert time.thread_time() - began < 10  # a tenth of a second; what is quadratic takes minutes
        assert len(text) <= 2048
        assert len(verb) <= 40
        assert len(tables) <= 8


def test_what_is_no_query_is_told_as_nothing():
    assert statement_of(object()) == ("QUERY", [], "?")
