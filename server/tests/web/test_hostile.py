"""Telemetry cannot put an element, an attribute, a link or an invisible character into a page."""

from __future__ import annotations

import json
import re
import time
from urllib.parse import quote, unquote_plus

import pytest
from otlp_requests import request_of
from web.markup import Markup
from web.shop import configuration, readings, records, trace_id

from mendline.model.signal import Signal

HOSTILE = [  # several in one where what comes first does not matter: a page of each takes its time
    "<img src=x onerror=alert(1)><script>alert(1)</script><a href=//evil.example>x</a>",
    "\"'><svg onload=alert(1)></pre></td></details></title><h1>",
    "' style='x' onmouseover='alert(1)",
    "javascript:alert(1)//{{7*7}}{% raw %}&lt;b&gt;<b>",
]
HIDDEN = ["\u202e", "\u2066", "\x1b", "\x00", "\x85", "\u200b", "\u2028"]
HOSTILE[0] += "".join(HIDDEN)
TELLING = HOSTILE[:2]  # where all would take too long: an element, and an end of an attribute
ALLOWED_LINKS = re.compile(r"/(?!/)|#")


def _span(number, text, **more):
    return {
        "trace_id": number.to_bytes(16, "big"),
        "span_id": _id(number),
        "name": text,
        "kind": 2,
        "start": _START + number,
        "duration": 10**8,
        **more,
    }


def _id(number):
    return number.to_bytes(8, "big")


_START = time.time_ns() - 60 * 10**9


def _spans(number, text, long):
    """A function, a call and a plain service with the text wherever a span takes text."""
    everything = {
        text: text, text + "2": long, "faas.invocation_id": text, "error.type": text, "mendline.trigger": text,
        "mendline.trigger.source": text, "mendline.request": f'{{"{text}": 1}}', "mendline.response": long,
        "http.request.method": text, "http.route": text,
    }  # fmt: skip
    raised = {"exception.type": text, "exception.message": long, "exception.stacktrace": text, text: text}
    events = [("exception", raised), (text, {text: long})]
    call = {"mendline.resource.type": text, "mendline.resource.name": text, "mendline.resource.operation": text}
    web = {"http.request.method": text, "server.address": text, "url.path": text}
    return [
        {**_span(number, text, status=2, message=text, attributes=everything), "events": events},
        {**_span(number, text, kind=3, attributes=call), "span_id": _id(2000 + number), "parent_id": _id(number)},
        {**_span(number, text, kind=3, attributes=web), "span_id": _id(3000 + number), "parent_id": b"gone" * 2},
    ]


def plant(tell, numbered):
    """Have each of these texts told in all of its own telemetry, by number; all of it in one request of each signal."""
    bodies = dict.fromkeys(Signal, b"")  # requests that are joined end to end are one
    for number, text in numbered:
        for signal, body in _told(number, text):
            bodies[signal] += body
    tell(list(bodies.items()))


def _told(number, text):
    long = text + "x" * 5_000
    lambda_ = {"service.name": text, "faas.name": text, "cloud.region": text, "cloud.account.id": text, text: text}
    yield Signal.TRACES, request_of(_spans(number, text, long), lambda_)
    facts = json.dumps({text: text, "list": [text, long]})
    yield configuration(facts, resource=lambda_)
    yield configuration("", kind=text, before=facts, after=text, resource=lambda_)
    of_queue = {"mendline.resource.type": "sqs", "mendline.resource.name": text}
    depths = [
        ("sqs.messages_visible", {"queue": text}),
        ("kinesis.iterator_age", {"stream": text}),
        (text, {text: text}),
    ]
    redrive = json.dumps({"dead_letter_queue": text, "max_receives": 3})
    yield readings([(*named, [1.0]) for named in depths])
    yield configuration(redrive, resource=of_queue)
    yield records((text, 17, {"faas.invocation_id": text, text: long}), (long, 13, {text: text}), resource=lambda_)
    unknown = {"service.name": text, text: text}
    yield Signal.TRACES, request_of([_span(1000 + number, text, attributes={text: text})], unknown)


def _pages(client, number, text):
    """The pages of the trace of one text, and those whose addresses have something of it."""
    return _pages_of_trace(client, number) | _pages_asked(client, number, text)


def _pages_of_trace(client, number):
    trace = f"/traces/{trace_id(number)}"
    of_spans = [f"{trace}?span={span:016x}" for span in (number, 2000 + number, 3000 + number)]
    return _got(client, (trace, f"{trace}?view=map", *of_spans, *(f"{url}&fragment=detail" for url in of_spans)))


def _pages_asked(client, number, text):
    trace, sent = f"/traces/{trace_id(number)}", quote(text)
    return _got(client, (
        f"/functions?q={sent}", f"/functions?start={sent}", f"/functions?sort={sent}", f"/functions/{sent}",
        f"/transactions/entry?entry={sent}", f"/boards/{sent}", f"/boards/{sent}.txt",
        f"/architecture?edge={sent}", f"/architecture?edge=function:{sent}+>+{sent}:{sent}",
        f"/dependencies?type={sent}", f"/dependencies/resource?type={sent}&name={sent}",
        f"/dependencies/report?type={sent}&name={sent}&other={sent}:{sent}",
        f"/traces?service={sent}", f"/traces?page={sent}&end={sent}", f"/traces/{sent}", f"/invocations/{sent}",
        f"/errors?service={sent}", f"/errors/{sent}",
        f"/logs?q={sent}", f"/logs?service={sent}&request_id={sent}", f"/logs?severity={sent}",
        f"/heatmap?q={sent}", f"/heatmap?from={sent}&min_ms={sent}",
        f"/explore?q={sent}", f"/explore?q=error.typ:{sent}|count()",
        f"{trace}?span={sent}", f"/nowhere/{sent}", f"/functions?account={sent}&live={sent}",
    ))  # fmt: skip


_LISTS = (
    "/", "/functions", "/functions?compare=before", "/dependencies?compare=before", "/architecture?compare=before",
    "/queues", "/transactions?compare=before", "/traces", "/logs", "/errors", "/errors?state=all", "/boards",
    "/settings", "/heatmap?mark=error&min_ms=0.001", "/heatmap?scale=linear&max_ms=5",
    "/ledger", "/costs", "/timeouts", "/memory", "/findings", "/incidents", "/experiments", "/digest", "/accuracy",
)  # fmt: skip
_FOLLOWED = ("/functions", "/dependencies?compare=before", "/transactions?compare=before", "/errors")
_QUERIES = (
    "error|count()+by+function,error.type", "|count(),p50(duration)+by+function&view=time", "error", "logs",
    "traces", "operations", "functions", "error&explain=1", "function:nobody", "error.typ:x|count()", "",
)  # fmt: skip


def _pages_of_all(client, visited=()):
    """Pages that show all telemetry at once, and those that the rows of lists lead to, but for `visited` ones."""
    found = _got(client, (*_LISTS, *(f"/explore?q={query}" for query in _QUERIES)))
    rows = {url for each in _FOLLOWED for url in Markup(found[each]).links(class_="row-link")}
    rows = {url for url in rows if not any(text in unquote_plus(url) for text in HOSTILE if text not in TELLING)}
    return found | _got(client, rows - set(visited))


def _got(client, urls):
    """Pages by address. None has a script or a style of its own, and each leads to nowhere else."""
    found = {url: client.get(url).text for url in urls}
    for url, page in found.items():
        for tag, attributes in Markup(page).elements:
            assert not [name for name in attributes if name.startswith("on") or name == "style"], url
            assert tag != "style"
            assert tag != "script" or attributes["src"].startswith("/static/")
            for name in ("href", "src", "action"):
                assert ALLOWED_LINKS.match(attributes.get(name, "/")), attributes
    return found


def _shapes(pages):
    return set().union(*(Markup(page).shape for page in pages.values()))


@pytest.mark.thorough
@pytest.mark.timeout(300)  # hundreds of pages
def test_hostile_telemetry_adds_no_element_no_attribute_and_no_hidden_character_to_any_page(client, tell):
    plant(tell, enumerate(["harmless", "harmless too"], 1))
    benign = _pages_of_all(client)
    harmless = _shapes(_pages(client, 1, "harmless")) | _shapes(benign)
    plant(tell, enumerate(HOSTILE, 3))
    pages = _pages_of_all(client, benign)
    for number, text in enumerate(HOSTILE, 3):
        pages |= _pages(client, number, text) if text in TELLING else _pages_of_trace(client, number)
    for url, page in pages.items():
        assert _shapes({url: page}) <= harmless, url
        assert not [character for character in HIDDEN if character in page], url


def test_long_values_are_cut_and_can_be_opened(client, send_spans):
    send_spans(_span(1, "n" * 100_000, attributes={"k" * 100_000: "v" * 100_000}), resource={"service.name": "s"})
    page = Markup(client.get(f"/traces/{trace_id(1)}").text)
    assert "show all 100 000 characters" in page.text
    assert page.text.count("v" * 100_000) == 1
    assert len(client.get("/traces").text) < 20_000
