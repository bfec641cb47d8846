"""A trace says how its parts were joined, and where that is not sure."""

from __future__ import annotations

import json

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
    assert "Joined by" not in Markup(client.get(f"/traces/{trace_id(1)}").text).text


def test_what_nothing_joined_says_what_it_took(client, send_spans):
    _, taken = _hop(parent_id=b"", trace_id=b"t" * 16)
    send_spans(taken, resource=LAMBDA)
    assert "Joined by ◆ nothing (no trace header came with it; it took sqs:abc)" in _said(client, taken)
    assert json.dumps("sqs:abc") in client.get(f"/traces/{taken['trace_id'].hex()}").text.replace("&#34;", '"')
