"""Every list has the query bar: the list itself as a query, which is answered without script too."""

from __future__ import annotations

import html
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from web.shop import LAMBDA, order, records

import mendline.web
from mendline.query import read_query

TEXT = re.compile(r"<textarea[^>]*>\n(.*?)</textarea>", re.DOTALL)
LISTS = [
    # the page, and what its bar begins with
    ("/functions", "functions"),
    ("/functions?q=check*out", r"functions function:*check\*out*"),
    ("/functions/checkout", 'function:checkout account:"123456789012" region:eu-central-1'),
    (
        "/functions/checkout?errors=1&sort=duration",
        'function:checkout account:"123456789012" region:eu-central-1 error | sort duration desc',
    ),
    ("/traces", "traces"),
    ("/traces?errors=1&service=a b&sort=duration", 'traces attr("service.name"):"a b" error | sort duration desc'),
    ("/logs", "logs"),
    ("/logs?q=card, declined&severity=warn&service=checkout", 'logs function:checkout level >= warn "card" "declined"'),
    ("/logs?request_id=request-1&trace_id=" + "A" * 32, f"logs request_id:request-1 trace_id:{'a' * 32}"),
    ("/dependencies", "operations | count(), ratio(error), p95(duration) by resource"),
    (
        "/dependencies?type=dynamodb",
        "operations resource.type:dynamodb | count(), ratio(error), p95(duration) by resource",
    ),
    ("/dependencies/resource?type=dynamodb&name=orders", "operations resource.type:dynamodb resource.name:orders"),
    ("/queues", "metrics name in (sqs.*, kinesis.*) | last(value) by name"),
    ("/transactions", "traces | count(), ratio(error), p95(duration) by entry"),
    ("/transactions/entry?entry=checkout", "traces entry:checkout"),
    ("/errors", "error | count() by function, error.type"),
    ("/errors?service=checkout", "function:checkout error | count() by function, error.type"),
]


@pytest.fixture
def shop(send_spans, tell):
    send_spans(*(span for number in range(1, 4) for span in order(number, fails=number > 2)), resource=LAMBDA)
    tell([records(("placed", 9, {"faas.invocation_id": "request-1"}))])


def test_bar_of_a_list_has_the_list_as_a_query_that_reads(client, shop):
    for path, text in LISTS:
        joined = "&" if "?" in path else "?"
        answer = client.get(f"{path.replace(' ', '%20')}{joined}start=-6h&end=now")
        assert answer.status_code == 200, path
        assert html.unescape(TEXT.search(answer.text)[1]) == text, path
        read_query(text)
        assert '<form method="get" action="/explore" class="query-bar"' in answer.text
        hidden = answer.text.partition('class="query-bar"')[2].partition("</form>")[0]
        assert {name for name in ("start", "end", "sort", "errors") if f'name="{name}"' in hidden} == {"start", "end"}
        assert client.get(f"/explore?q={quote(text)}&start=-6h").status_code == 200, path


def test_scripts_of_all_pages_together_stay_small():
    scripts = Path(mendline.web.__file__).parent.glob("static/*.js")
    assert sum(script.stat().st_size for script in scripts) < 300_000
