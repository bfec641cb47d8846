"""Every spelling of a query has one canonical text, which reads back as the same query and the same plan."""

from __future__ import annotations

import pytest

from mendline.query import parse, read_query

# as it is written, and its canonical text where that differs
EXAMPLES = {
    "error.type:TimeoutError and function:checkout*": None,
    "duration > 1s and not cold_start": None,
    'function:orders "card declined"': 'function:orders and "card declined"',
    "tags.user.id:42 | sort duration desc | limit 20": "tags.user.id = 42 | sort duration desc | limit 20",
    "| count(), p50(duration), p99(duration), ratio(error) by function, version | over 5m every 5m": None,
    "function:checkout duration > 1s | count() | over 10m | where count() > 5":
        "function:checkout and duration > 1s | count() | over 10m | where count() > 5",
    "error | count() by function, error.type | over 10m | where count() > 10": None,
    "| consecutive(error.type:MappingError) by function | where consecutive(error.type:MappingError) > 10": None,
    'traces entry:"POST /orders" duration > 1s | count() | over 10m | where count() > 5':
        'traces entry:"POST /orders" and duration > 1s | count() | over 10m | where count() > 5',
    "traces lost | count() by entry | over 15m | where count() > 0   # something downstream never started":
        "traces lost | count() by entry | over 15m | where count() > 0",
    "| sum(cost) | over today | where sum(cost) > $10": None,
    "| sum(cost) by function | over today | where sum(cost) > $1": None,
    "operations resource.host:api.stripe.com | p95(duration) | over 10m | where p95(duration) > 3x usual": None,
    "operations resource.type:dynamodb error.kind:throttled | count() by resource | over 5m"
    " | where count() > 0 for 3 of 5":
        "operations resource.type:dynamodb and error.kind:throttled | count() by resource | over 5m"
        " | where count() > 0 for 3 of 5",
    "| max(memory.used / memory.size) by function | over 1h | where max(memory.used / memory.size) > 90%": None,
    "| max(duration / timeout) by function | over 15m | where max(duration / timeout) > 80%": None,
    "traces through(checkout, price) duration > 1s   # a chain": "traces through(checkout, price) and duration > 1s",
    "metrics name:sqs.messages_visible | max(value) by queue | over 5m | where max(value) > 3x usual": None,
    "metrics name:sqs.age_of_oldest_message | max(value) by queue | over 5m | where max(value) > 10m": None,
    "metrics name:kinesis.iterator_age | max(value) by stream | over 5m | where max(value) > 1m": None,
    "| count() by function | over 1h | where count() < usual": None,
}  # fmt: skip


@pytest.mark.parametrize("text", EXAMPLES)
def test_example_of_the_language_has_its_canonical_text(text):
    assert read_query(text).text == (EXAMPLES[text] or text)


@pytest.mark.parametrize("text", EXAMPLES)
def test_canonical_text_reads_back_as_the_same_query_and_plan(text):
    first = read_query(text)
    again = read_query(first.text)
    assert (again.query, again.plan) == (first.query, first.plan)


@pytest.mark.parametrize("text", EXAMPLES)
def test_what_is_parsed_prints_as_what_parses_to_the_same(text):
    assert parse(str(parse(text))) == parse(text)
