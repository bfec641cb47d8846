"""Every example of the language runs on a real store, and every field of every source can be read."""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle, product

import pytest
from answers.asking import ask
from web.shop import LAMBDA, order, records

from mendline.insight.asked_together import asked_together, kind_of_reading
from mendline.insight.evaluations import Question
from mendline.insight.standings import standings
from mendline.model.timerange import TimeRange
from mendline.query import Source, read_query
from mendline.query.fields import fields_of
from mendline.query.types import Kind

EXAMPLES = """
error.type:TimeoutError and function:checkout*
duration > 1s and not cold_start
function:orders "card declined"
tags.user.id:42 | sort duration desc | limit 20
| count(), p50(duration), p99(duration), ratio(error) by function, version | over 5m every 5m
function:checkout duration > 1s | count() | over 10m | where count() > 5
error | count() by function, error.type | over 10m | where count() > 10
| consecutive(error.type:MappingError) by function | where consecutive(error.type:MappingError) > 10
traces entry:"POST /orders" duration > 1s | count() | over 10m | where count() > 5
traces lost | count() by entry | over 15m | where count() > 0
| sum(cost) | over today | where sum(cost) > $10
| sum(cost) by function | over today | where sum(cost) > $1
operations resource.host:api.stripe.com | p95(duration) | over 10m | where p95(duration) > 3x usual
operations resource.type:dynamodb error.kind:throttled | count() by resource | over 5m | where count() > 0 for 3 of 5
| max(memory.used / memory.size) by function | over 1h | where max(memory.used / memory.size) > 90%
| max(duration / timeout) by function | over 15m | where max(duration / timeout) > 80%
traces through(checkout, price) duration > 1s
metrics name:sqs.messages_visible | max(value) by queue | over 5m | where max(value) > 3x usual
metrics name:sqs.age_of_oldest_message | max(value) by queue | over 5m | where max(value) > 10m
metrics name:kinesis.iterator_age | max(value) by stream | over 5m | where max(value) > 1m
| count() by function | over 1h | where count() < usual
""".strip().splitlines()


@pytest.fixture
def shop(holding, send_spans, tell):
    def fill():
        send_spans(*(span for number in range(1, 6) for span in order(number, fails=number > 3)), resource=LAMBDA)
        tell([records(("card declined", 17, {"faas.invocation_id": "request-1"}))])

    holding(fill)


@pytest.mark.parametrize("text", EXAMPLES)
def test_example_of_the_language_runs(store, now, shop, text):
    found = ask(store, now, text)
    assert found.columns
    assert found.query


@pytest.mark.thorough
@pytest.mark.parametrize("source", list(Source))
def test_every_field_of_a_source_can_be_read(store, now, shop, source):
    plain = [field.name for field in fields_of(source) if field.type.kind is Kind.BOOL]
    other = [field.name for field in fields_of(source) if field.type.kind is not Kind.BOOL]
    grouping = [field.name for field in fields_of(source) if field.type.kind not in (Kind.BOOL, Kind.TIME)]
    for some in _by_eight([*plain, *(f"exists({name})" for name in other)]):
        ask(store, now, f"{source} {' '.join(some)} | count()")
    for some in _by_eight(grouping):
        ask(store, now, f"{source} | {', '.join(f'distinct({name})' for name in some)} by {', '.join(some)}")


def _by_eight(names):
    return [names[first : first + 8] for first in range(0, len(names), 8)]


FILTERS = ("error", "function in (nobody, checkout)")
NUMBERS = ("count()", "rate()", "ratio(error)", "count(error)", "sum(cost)", "p95(duration)", "avg(duration)",
           "max(duration)", "distinct(request_id)", "last(duration)", "consecutive(error)")  # fmt: skip
OF_CALLS = ("count()", "ratio(error)", "p95(duration)", "sum(duration)", "avg(duration)", "distinct(trace_id)")
GROUPS = ("by function", "by entry", "")


def test_what_several_conditions_read_together_is_what_each_reads_alone(store, now, shop):
    of_invocations = [*zip(product(FILTERS, NUMBERS), cycle(GROUPS), strict=False)]
    texts = [f"{filter_} | {number} {group}" for (filter_, number), group in of_invocations]
    of_calls = [*zip(product(("error", "not error"), OF_CALLS), cycle(["by resource"]), strict=False)]
    texts += [f"operations {filter_} | {number} {group}" for (filter_, number), group in of_calls]
    question = Question("", TimeRange(now - timedelta(hours=1), now), now)
    kinds = {}
    for text in texts:
        asked = read_query(f"{text} | over 70m | where count() > 0").plan
        kinds.setdefault(kind_of_reading(asked, question), []).append(asked)
    assert len(kinds) < 8
    for kind, alike in kinds.items():
        together = asked_together(store, question, kind, alike, apart := set())
        assert not apart
        for asked in alike if together else ():
            alone = sorted(standings(store, asked, question), key=repr)
            assert sorted(standings(store, asked, question, together[asked]), key=repr) == alone
