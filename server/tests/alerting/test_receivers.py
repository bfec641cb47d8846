"""Each channel is told in its own way, by a real request to a receiver that is slow, fails, hangs, or lies."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socketserver
import threading
from contextlib import contextmanager

import pytest
from alerting.scripted import scripted

from mendline.alerting.receivers import Delivered, check_receiver, deliver
from mendline.alerting.receivers.addresses import checked_url, is_open, place_of
from mendline.errors import UsageError
from mendline.model.message import Message
from mendline.model.policy import Receiver

CONTENT = {"id": 7, "project": "default", "severity": "critical", "functions": ["pay"]}
CONTENT |= {"opened_at": "2026-05-01T12:00Z", "resolved_at": "2026-05-01T12:09Z"}
TITLE = "Errors: <!channel> & *pay*\r\nBcc: x@example.com"
TEXT = "Likely cause: <https://evil.example|click> & more\nsecond line"


def message(kind="first", **more):
    return Message("default-7-first", "mendline-default-7", kind, TITLE, "critical", TEXT, "https://m/incidents/7",
                   CONTENT, more)  # fmt: skip


def told(kind, hook, message_=None, **options):
    receiver = check_receiver(Receiver("r", kind, {"url": hook.url, **options}, allow_private=True))
    outcome = deliver(receiver, message_ or message(), 1_700_000_000, total_s=0.6)
    return outcome, json.loads(hook.got[-1][2]) if hook.got and hook.got[-1][2] else None


def test_webhook_is_signed_as_standard_webhooks_has_it(monkeypatch):
    secret = "whsec_" + base64.b64encode(b"k" * 24).decode()
    monkeypatch.setenv("HOOK", secret)
    monkeypatch.setenv("OLD", "old")
    with scripted(200) as hook:
        outcome, said = told("webhook", hook, secret="env:HOOK", secret_before="env:OLD")
        _, headers, body = hook.got[0]
    assert outcome.delivered is Delivered.YES
    assert said == {"type": "incident.first", "data": CONTENT}
    signed = b"default-7-first.1700000000." + body
    signatures = [
        base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in (b"k" * 24, b"old")
    ]
    assert headers["webhook-id"] == "default-7-first"
    assert headers["webhook-signature"] == " ".join(f"v1,{one}" for one in signatures)


def test_slack_mentions_nobody_and_is_cut_to_its_limits():
    with scripted(200) as hook:
        outcome, said = told("slack", hook, message_=message())
    assert outcome.delivered is Delivered.YES
    section = said["blocks"][1]["text"]
    assert "&lt;https://evil.example|click&gt; &amp; more" in section["text"]
    assert "<!channel>" not in said["text"] + section["text"]
    assert section["verbatim"]
    assert len(said["blocks"][0]["text"]["text"]) <= 150


def test_slack_token_keeps_a_thread_and_an_answer_that_says_no_is_no(monkeypatch):
    monkeypatch.setenv("TOKEN", "xoxb")
    answers = [(200, {}, b'{"ok":true,"ts":"1.2"}'), (200, {}, b'{"ok":true,"ts":"1.3"}'),
               (200, {}, b'{"ok":false,"error":"channel_not_found"}'), (200, {}, b"<html>")]  # fmt: skip
    with scripted(*answers) as hook:
        receiver = Receiver("r", "slack", {"api": hook.url, "token": "env:TOKEN", "channel": "#c"}, allow_private=True)
        first = deliver(receiver, message(), 0)
        deliver(receiver, message("over", **first.remote), 0)
        lies = [deliver(receiver, message(), 0).delivered for _ in range(2)]
        said = json.loads(hook.got[1][2])
    assert first.remote == {"ts": "1.2"}
    assert (said["thread_ts"], said["reply_broadcast"]) == ("1.2", True)
    assert lies == [Delivered.NEVER, Delivered.NO]


def test_pagerduty_triggers_and_resolves_one_alert_and_a_lie_is_seen(monkeypatch):
    monkeypatch.setenv("KEY", "r0")
    ok = (202, {}, b'{"status":"success"}')
    with scripted(ok, ok, (200, {}, b"{}")) as hook:
        outcomes = [
            told("pagerduty", hook, message(kind), routing_key="env:KEY") for kind in ("first", "over", "first")
        ]
    assert [one.delivered for one, _ in outcomes] == [Delivered.YES, Delivered.YES, Delivered.NO]
    assert [said["event_action"] for _, said in outcomes] == ["trigger", "resolve", "trigger"]
    assert {said["dedup_key"] for _, said in outcomes} == {"mendline-default-7"}


def test_opsgenie_teams_and_alertmanager_are_told_in_their_own_words(monkeypatch):
    monkeypatch.setenv("KEY", "k")
    with scripted(200) as hook:
        _, opened = told("opsgenie", hook, api_key="env:KEY")
        told("opsgenie", hook, message("over"), api_key="env:KEY")
        assert hook.got[-1][0] == "/hook/v2/alerts/mendline-default-7/close?identifierType=alias"
        _, card = told("teams", hook)
        _, alerts = told("alertmanager", hook, message("over"))
    assert (opened["alias"], opened["priority"]) == ("mendline-default-7", "P1")
    assert "\\*pay\\*" in card["attachments"][0]["content"]["body"][0]["text"]
    assert alerts[0]["labels"]["incident"] == "mendline-default-7"
    assert (alerts[0]["startsAt"], alerts[0]["endsAt"]) == ("2026-05-01T12:00Z", "2026-05-01T12:09Z")


@pytest.mark.parametrize(
    ("act", "delivered"),
    [
        (500, Delivered.NO), ((429, {"retry-after": "7"}, b""), Delivered.NO), (410, Delivered.NEVER),
        ((302, {"location": "http://169.254.169.254/"}, b""), Delivered.NEVER), (400, Delivered.NEVER),
        ("hang", Delivered.NO), ("garbage", Delivered.NO), ("trickle", Delivered.NO),
        ((200, {}, b"x" * 200_000), Delivered.YES),
    ],
)  # fmt: skip
def test_whatever_a_receiver_does_is_an_outcome_in_time(act, delivered):
    with scripted(act) as hook:
        outcome, _ = told("webhook", hook)
        assert len(hook.got) == 1
    assert outcome.delivered is delivered
    assert bool(outcome.said) is (delivered is not Delivered.YES)
    assert outcome.after_s == (7.0 if isinstance(act, tuple) and act[0] == 429 else 0.0)


def test_nobody_there_is_an_outcome():
    with scripted(200) as hook:
        pass
    assert told("webhook", hook)[0].delivered is Delivered.NO


@contextmanager
def mail_server(*, refuse=""):
    got = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(b"220 here\r\n")
            for line in self.rfile:
                word = line[:4].upper().strip()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    got.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                    self.wfile.write(refuse.encode() or b"250 kept\r\n")
                elif word == b"QUIT":
                    return
                else:
                    self.wfile.write(b"250 ok\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server.server_address[1], got
        server.shutdown()


@pytest.mark.parametrize(("refuse", "delivered"), [
    ("", Delivered.YES), ("452 full\r\n", Delivered.NO), ("554 no\r\n", Delivered.NEVER),
])  # fmt: skip
def test_mail_has_its_key_as_id_and_headers_of_one_line(refuse, delivered):
    with mail_server(refuse=refuse) as (port, got):
        options = {"host": "127.0.0.1", "port": port, "from": "m@example.com", "to": ["a@example.com"], "tls": "none"}
        receiver = check_receiver(Receiver("r", "email", options, allow_private=True))
        assert deliver(receiver, message(), 0).delivered is delivered
    assert "Message-ID: <default-7-first@mendline>" in got[0]
    assert "\nBcc:" not in got[0]


CLOSED = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1",
    "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "2002:7f00:1::", "2002:a9fe:a9fe::",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2001:0:7f00:1::", "nonsense", "1.2.3",
    "0x7f.1",
]  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_address_that_is_not_of_the_open_internet_is_never_connected_to(address):
    assert not is_open(address)
    with pytest.raises(UsageError):
        place_of("h", 443, allow_private=False, resolver=lambda host, port: ["93.184.216.34", address])


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "8.8.8.8"])
def test_open_addresses_are_open(address):
    assert is_open(address)


@pytest.mark.parametrize("url", [
    "http://example.com", "ftp://example.com", "https://", "https://user@example.com", "https://a:b@example.com",
    "https://example.com:99999", "https://exa mple.com", "https://example.com/\r\nx", "//example.com", "example.com",
    "https://example.com:0", "file:///etc/passwd",
])  # fmt: skip
def test_what_is_no_address_to_post_to_is_refused(url):
    with pytest.raises(UsageError):
        checked_url(url, allow_private=False)


def test_name_is_looked_up_once_so_that_it_cannot_mean_two_things():
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) > 1 else ["10.0.0.8"]

    outcome = deliver(Receiver("r", "webhook", {"url": "https://rebind.example/"}), message(), 0, resolver=rebinding)
    assert (outcome.delivered, asked) == (Delivered.NO, ["rebind.example"])
    assert "open internet" in outcome.said


def test_secret_that_is_not_there_is_named_and_never_told():
    receiver = Receiver("r", "pagerduty", {"routing_key": "env:NO_SUCH_KEY"})
    assert "env:NO_SUCH_KEY" in deliver(receiver, message(), 0).said
