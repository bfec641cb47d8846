"""Lines in the log hold the request, to the byte: small ones are compressed in part, others whole."""

from __future__ import annotations

import base64
import zlib

import pytest

from mendline_agent.log_export import LogExporter

RESOURCES = {
    "usual": {"service.name": "shop", "cloud.account.id": "123456789012"},
    "long": {"service.name": "s" * 700},
    "none": {},
}


def _said(exporter, capfd):
    """The bodies of all that was written, and how long they are as they were packed."""
    assert exporter.flush(1.0) == "sent"
    bodies = []
    for line in capfd.readouterr().out.splitlines():
        mark, count, encoded = line.split(" ")
        assert (mark, count) == ("MENDLINE1", "1/1")
        packed = base64.b64decode(encoded, validate=True)
        bodies.append((zlib.decompress(packed, 31), len(packed)))
    return bodies


@pytest.mark.parametrize("size", [0, 1, 100, 127, 128, 250, 600, 1_000, 1_100, 5_000, 70_000])
@pytest.mark.parametrize("resource", RESOURCES)
def test_a_line_holds_the_request_to_the_byte(capfd, resource, size):
    exporter = LogExporter()
    exporter.outbox.set_resource(RESOURCES[resource])
    exporter.prepare()
    for number in range(3):
        exporter.outbox.ring.add(bytes((number,)) * size, important=True)
        expected = exporter.outbox.body(([bytes((number,)) * size], []))
        ((body, packed),) = _said(exporter, capfd)
        assert body == expected
        assert packed < 1_700
        exporter.outbox.add_resource({"cloud.account.id": "123456789012"} if number == 1 else {})


def test_another_resource_and_what_was_lost_are_told_too(capfd):
    exporter = LogExporter()
    for name in ("one", "two"):
        exporter.outbox.set_resource({"service.name": name})
        exporter.prepare()
        exporter.outbox.ring.dropped += 1
        exporter.outbox.ring.add(b"span", important=True)
        ((body, _),) = _said(exporter, capfd)
        assert name.encode() in body
        assert b"mendline.dropped_spans" in body
