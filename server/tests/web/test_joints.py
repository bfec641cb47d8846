"""A trace says how its parts were joined, and where that is not sure."""

from __future__ import annotations

import json

import pytest
from web.markup import Markup
from web.shop import LAMBDA, order, trace_id


def _hop(**told):
    """An order whose call is a message, and the invocation that took it; `told` changes that."""
    root, sent = order(1)
    sent["attributes"]["mendline.links.out"] = ["sqs:abc"]
    taken = {
        **order(2)[0], "trace_id": root["trace_id"], "parent_id": sent["span_id"], "kind": 5, "name": "writer",
        "attributes": {"faas.invocation_id": "request-2", "mendline.links.in": ["sqs:abc"]},
    }  # fmt: skip
    return [root, sent], {**taken, **told}


def _started(client, span):
    told = client.get(f"/traces/{span['trace_id'].hex()}.json?span={span['span_id'].hex()}").json()["started"]
    return [(it["confidence"], it["span_id"]) for it in told]


def _said(client, span):
    page = Markup(
        client.get(f"/traces/{int.from_bytes(span['trace_id'], 'big'):032x}?span={span['span_id'].hex()}").text
    )
    return page.text


def test_header_and_message_id_are_told_apart(client, send_spans):
    sent, taken = _hop()
    send_spans(*sent, resource=LAMBDA)
    send_spans(taken, resource={**LAMBDA, "faas.name": "writer", "service.name": "writer"})
    assert "Joined by trace header and message id" in _said(client, taken)
    assert _started(client, sent[1]) == [("trace header and message id", taken["span_id"].hex())]
    assert _started(client, sent[0]) == _started(client, sent[1])  # an invocation: what its calls started
    assert "Joined by" not in Markup(client.get(f"/traces/{trace_id(1)}").text).text


def test_what_nothing_joined_says_what_it_took(client, send_spans):
    _, taken = _hop(parent_id=b"", trace_id=b"t" * 16)
    send_spans(taken, resource=LAMBDA)
    assert "Joined by ◆ nothing (no trace header came with it; it took sqs:abc)" in _said(client, taken)
    sent, _ = _hop()
    send_spans(*sent, resource=LAMBDA)
    told = "Joined by message id (no trace header came with it) checkout: DynamoDB.PutItem"
    assert told in _said(client, taken)
    assert _started(client, sent[1]) == [("message id", taken["span_id"].hex())]
    assert "checkout: writer" in _said(client, sent[1])
    assert json.dumps("sqs:abc") in client.get(f"/traces/{taken['trace_id'].hex()}").text.replace("&#34;", '"')


@pytest.mark.parametrize("sent_as", ["sqs:abc", "lambda:request-2"])
def test_header_of_which_nobody_tells_leaves_it_to_the_id_who_sent_it(client, send_spans, sent_as):
    (root, sent), taken = _hop(parent_id=b"x" * 8, trace_id=b"t" * 16)
    if sent_as != "sqs:abc":
        taken["attributes"] = {"faas.invocation_id": "request-2", "mendline.trigger": "direct"}
    send_spans(taken, resource=LAMBDA)
    assert "Joined by trace header (the sender's span is not here)" in _said(client, taken)
    sent["attributes"]["mendline.links.out"] = [sent_as]
    send_spans(root, sent, resource=LAMBDA)
    assert "Joined by message id (no trace header came with it) checkout: DynamoDB.PutItem" in _said(client, taken)
    assert _started(client, sent) == [("message id", taken["span_id"].hex())]


def test_consumer_of_a_batch_is_what_each_of_its_senders_started(client, send_spans):
    (_, sent), (_, other) = order(1), order(2)
    links = [(it["trace_id"], it["span_id"]) for it in (sent, other)]
    taken = {**order(3)[0], "trace_id": b"t" * 16, "kind": 5, "name": "batch", "links": links}
    send_spans(*order(1), *order(2), taken, resource=LAMBDA)
    for sender in (sent, other):
        assert _started(client, sender) == [("trace header", taken["span_id"].hex())]
    assert _started(client, taken) == []


def test_sender_is_inferred_from_calls_just_before_that_nothing_else_continues(client, send_spans):
    calls = [order(number)[1] for number in (1, 2, 3)]
    about = {"mendline.resource.type": "sqs", "mendline.resource.name": "mail"}
    for call, operation in zip(calls, ("SendMessage", "SendMessage", "ReceiveMessage"), strict=True):
        call["attributes"] = {**about, "mendline.resource.operation": operation}
    root = order(4)[0]
    taken = {
        **root, "trace_id": b"t" * 16, "start": calls[0]["start"] + 10**9,
        "attributes": {
            "faas.invocation_id": "r", "mendline.trigger": "sqs",
            "mendline.trigger.source": "arn:aws:sqs:eu-central-1:123456789012:mail",
        },
    }  # fmt: skip
    send_spans(taken, *calls, resource=LAMBDA)
    said = "inferred (the {} of sqs mail just before that nothing else continues)"
    assert said.format("nearest of 2 calls") in _said(client, taken)
    send_spans({**root, "trace_id": calls[1]["trace_id"], "parent_id": calls[1]["span_id"]}, resource=LAMBDA)
    assert said.format("only call") in _said(client, taken)
    sender = client.get(f"/traces/{taken['trace_id'].hex()}.json").json()["sender"]
    assert (sender["confidence"], sender["span_id"]) == ("inferred", calls[0]["span_id"].hex())
    assert _started(client, calls[0]) == [("inferred", taken["span_id"].hex())]
    assert "by ◆ inferred (the only call of sqs mail" in _said(client, calls[0])
    assert _started(client, calls[2]) == []
