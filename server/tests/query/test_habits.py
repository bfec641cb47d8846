"""Habits from other languages and from Thundra are accepted where they can mean one thing only."""

from __future__ import annotations

import pytest

from mendline.query import Known, read_query
from mendline.query.fields import FIELDS

THUNDRA = {
    "Duration > 1000 AND Erroneous = true ORDER BY LastInvocationTime DESC": "duration > 1s and error | sort time desc",
    "Region IN (us-east-1,eu-west-1)": "region in (eu-west-1, us-east-1)",
    "tags.trigger.className IN AWS-S3": "tags.trigger.className:AWS-S3",
    "appTags.serviceName=user, team": "function.tags.serviceName in (team, user)",
    "ErrorType NOT-IN (A, B)": "error.type not in (A, B)",
    "Region NOT us-east-1": "region != us-east-1",
    'tags.user.id="1"': "tags.user.id = 1",
    "logs Message=*err*": "logs message:*err*",
    "logs Level=ERROR": "logs level:error",
    "Name=Timeout*": "function:Timeout*",
    "COUNT(Error) > 20": "functions count(error) > 20",
    "COUNT(Error) > 20 ORDER BY COUNT(Invocation) DESC": "functions count(error) > 20 | sort count() desc",
    "AVG(Duration) > 10 ORDER BY LastInvocationTime DESC": "functions avg(duration) > 10ms | sort time desc",
    "PERC99(Duration) > 500": "functions p99(duration) > 500ms",
    "SUM(EstimatedCost) > 1": "functions sum(cost) > $1",
    "MAX(UsedMemory) > 100": "functions max(memory.used) > 100MB",
    "COUNT(ColdStart) > 5 Runtime=python3.12": "functions count(cold_start) > 5 and runtime:python3.12",
    "COUNT(Timeout) > 0": "functions count(timed_out) > 0",
    "functions Health < 90": "functions health < 90%",
    "functions MonthlyEstimatedCost > 50 Project=shop": "functions cost.monthly > $50 and project:shop",
    "Timeout = true": "timed_out",
    "ColdStart = false": "not cold_start",
    "HasColdStart = true": "cold_start",
    "traces HasError = true": "traces error",
    "operations ResourceType=AWS-SQS ResourceName=orders":
        "operations resource.type:AWS-SQS and resource.name:orders",
    "tags.http.status_code > 200": "tags.http.status_code > 200",
    "ORDER BY Duration DESC": "| sort duration desc",
}  # fmt: skip

ELSEWHERE = {
    # operators and joints
    "function==checkout && !error || timeout": "function:checkout and not error or timed_out",
    "error AND NOT cold_start": "error and not cold_start",
    "-cold_start +error": "not cold_start and error",
    "duration:>1s": "duration > 1s",
    "duration ≥ 1s": "duration >= 1s",
    "function <> checkout": "function != checkout",
    'error.type =~ "Time.*"': "error.type ~ /Time.*/",
    "1s < duration": "duration > 1s",
    "duration between 1s and 5s": "duration >= 1s and duration <= 5s",
    "_exists_:tags.user.id NOT _exists_:error.type": "exists(tags.user.id) and not exists(error.type)",
    "error.type is null": "not exists(error.type)",
    "error.type is not null": "exists(error.type)",
    "error is true": "error",
    "error = 1": "error",
    "function not in (a, b)": "function not in (a, b)",
    "error.message like '%card declined%'": "error.message:*card\\ declined*",
    "error.message not like 'x_'": "error.message != x?",
    'error.message contains "a*b"': "error.message:*a\\*b*",
    # values and names
    "@duration:>2s status:error": "duration > 2s and error",
    "status:ok": "not error",
    "status:timeout": "timed_out",
    "status:500": "http.response.status_code = 500",
    "status:5xx": "http.response.status_code >= 500 and http.response.status_code < 600",
    "http.status_code:5*": "http.response.status_code >= 500 and http.response.status_code < 600",
    "error.type:(TimeoutError OR ConnectionError)": "error.type in (ConnectionError, TimeoutError)",
    "http.response.status_code:[500 TO 599]":
        "http.response.status_code >= 500 and http.response.status_code <= 599",
    "function:*": "exists(function)",
    "error.type = “Timeout”": "error.type:Timeout",
    '"error.type":Timeout': "error.type:Timeout",
    "request.items[0].sku:A-1": "request.items.0.sku:A-1",
    "duration > 5 seconds": "duration > 5s",
    "duration > 1h30m": "duration > 90m",
    "duration > 1_000": "duration > 1s",
    "cost > 5 usd": "cost > $5",
    "memory.used*2 > memory.size": "memory.used * 2 > memory.size",
    "duration > timeout*0.8": "duration > timeout * 0.8",
    "timeout = 3s": "timeout = 3s",
    # stages
    "error since 2h ago": "error | since 2h",
    "error | last 2h": "error | since 2h",
    "error by function": "error | count() by function",
    "error count() by function": "error | count() by function",
    "error | count": "error | count()",
    "error | stats count by function": "error | count() by function",
    "error | group by function": "error | count() by function",
    "| count() group by function": "| count() by function",
    "| sum(cost) by (function, version)": "| sum(cost) by function, version",
    "| count(*), count(distinct tags.user.id)": "| count(), distinct(tags.user.id)",
    "| AVERAGE(duration), median(duration), PERCENTILE95(duration)": "| avg(duration), p50(duration), p95(duration)",
    "error | top 10": "error | limit 10",
    "| count() by function | top 5 by count()": "| count() by function | sort count() desc | limit 5",
    "| count() by function | sort -count()": "| count() by function | sort count() desc",
    "| count() by function | sort count desc": "| count() by function | sort count() desc",
    "error | count() | every 5m": "error | count() | over 5m every 5m",
    "error | count() by bin(5m)": "error | count() | over 5m every 5m",
    "error | count() by function, bucket(time, 1h)": "error | count() by function | over 1h every 1h",
    "| rate(error[5m]) by function": "| rate(error) by function | over 5m",
    "error | where duration > 1s | count()": "error and duration > 1s | count()",
    "| count() by function | having count() > 5": "| count() by function | where count() > 5",
    "| where count() > 5": "| count() | where count() > 5",
    "COUNT(Error) > 20 by function": "| count(error) by function | where count(error) > 20",
    "error p95(duration) > 1s over 5m": "error | p95(duration) | over 5m | where p95(duration) > 1s",
    "| p95(duration) | over 10m | where p95(duration) > usual * 3":
        "| p95(duration) | over 10m | where p95(duration) > 3x usual",
    "| p95(duration) | over 10m | where p95(duration) > 300% of usual":
        "| p95(duration) | over 10m | where p95(duration) > 3x usual",
    "| p95(duration) | over 10m | where p95(duration) is outside of usual":
        "| p95(duration) | over 10m | where p95(duration) outside usual",
    "| count() | over 10m | where count() > 5 for 5 of 5": "| count() | over 10m | where count() > 5 for 5 in a row",
    "| count() | over the last 10 minutes | where count() > 5 for 3 out of 5 ;":
        "| count() | over 10m | where count() > 5 for 3 of 5",
    "requests | where duration > 1000 | summarize count() by bin(timestamp, 5m)":
        "duration > 1s | count() | over 5m every 5m",
}  # fmt: skip


@pytest.mark.parametrize(("text", "canonical"), (THUNDRA | ELSEWHERE).items(), ids=[*THUNDRA, *ELSEWHERE])
def test_habit_has_its_canonical_text(text, canonical):
    assert read_query(text).text == canonical


@pytest.mark.parametrize(("text", "canonical"), (THUNDRA | ELSEWHERE).items(), ids=[*THUNDRA, *ELSEWHERE])
def test_canonical_text_of_a_habit_is_its_own(text, canonical):
    again = read_query(canonical)
    assert (again.text, again.plan) == (canonical, read_query(text).plan)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_names_of_fields_are_read_in_any_case(field):
    for source in field.sources:
        for name in (field.name, *field.aliases):
            for spelled in (name.upper(), name.lower()):
                assert f"exists({field.name})" in read_query(f"{source} exists({spelled})").text


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_example_of_a_field_is_a_query(field):
    for source in field.sources:
        read_query(
            f"{source} {field.example}" if not field.example.startswith("sort") else f"{source} | {field.example}"
        )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("duration > 1000", "bare_number"),
        ("functions health < 90", "bare_number"),
        ("| ratio(error) | over 5m | where ratio(error) > 5", "bare_number"),
        ("eror | count()", "word_near_field"),
        ("error today", "word_is_a_time"),
        ("error.type:/Time.*/", "regex_as_text"),
        ("function:chekout", "value_not_seen"),
    ],
)
def test_answer_says_how_it_was_understood(text, code):
    known = Known(values={"function": ("checkout", "price")})
    assert [notice.code for notice in read_query(text, known).notices] == [code]


def test_attribute_that_was_seen_needs_no_attr_and_gets_it():
    known = Known(attributes=frozenset({"customer.tier"}))
    assert read_query("customer.tier:gold", known).text == 'attr("customer.tier"):gold'
    assert read_query("Customer.Tier:gold", known).text == 'attr("customer.tier"):gold'


def test_unit_of_a_metric_comes_from_what_is_known():
    known = Known(metric_units={"queue.age": "s"})
    checked = read_query("metrics name:queue.age | max(value) | over 5m | where max(value) > 600", known)
    assert "where max(value) > 10m" in checked.text
