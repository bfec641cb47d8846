"""Log events read where nobody subscribed: each once, in order, late ones too, from where reading ended."""

from __future__ import annotations

import contextlib

import pytest
from aws import shop
from aws.local_aws import REGION
from aws.scripted import scripted

from mendline.aws.log_group import LogGroup
from mendline.aws.progress import Progress
from mendline.aws.sources import Source
from mendline.model.signal import Export, Signal

GROUP = "/aws/lambda/checkout"


@pytest.fixture
def write(clients, clock):
    """Writes messages into a group, seconds ago by the hand-driven clock."""
    logs = clients("logs")

    def write(*messages, seconds_ago=30.0, group=GROUP, stream="2026/11/23/[$LATEST]1"):
        for make, what in ((logs.create_log_group, {}), (logs.create_log_stream, {"logStreamName": stream})):
            with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
                make(logGroupName=group, **what)
        at = int((clock.now().timestamp() - seconds_ago) * 1000)
        events = [{"timestamp": at + number, "message": message} for number, message in enumerate(messages)]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

    return write


@pytest.fixture
def source(endpoint):
    def source(**more):
        return Source("shop", (REGION,), endpoint_url=endpoint, **{"log_groups": ("/aws/lambda/*",)} | more)

    return source


def said(lines):
    return [message for *_, messages in lines for message in messages]


def test_events_come_with_account_region_group_and_stream(write, source, readers_of, lines):
    write("one", "two")
    readers_of(source()).pass_once()
    assert lines == [("000000000000", REGION, GROUP, "2026/11/23/[$LATEST]1", ["one", "two"])]


def test_each_event_is_read_once_and_late_ones_too(write, source, readers_of, lines, clock):
    readers = readers_of(source())
    write("one", seconds_ago=40)
    readers.pass_once()
    clock.move(seconds=30)
    write("late", seconds_ago=50)
    write("two", seconds_ago=10)
    readers.pass_once()
    clock.move(seconds=30)
    readers.pass_once()
    assert said(lines) == ["one", "late", "two"]


def test_a_restart_goes_on_where_reading_ended(write, source, readers_of, lines, clock, inbox):
    write("one", seconds_ago=40)
    first = readers_of(source())
    first.pass_once()
    first.stop()
    clock.move(hours=2)
    write("while away", seconds_ago=5000)
    write("now", seconds_ago=20)
    readers_of(source()).pass_once()
    assert said(lines)[-2:] == ["while away", "now"]


def test_the_groups_of_functions_are_read_where_none_is_named(write, source, readers_of, lines, clients):
    shop.function(clients)
    write("mine")
    write("not mine", group="/ecs/other")
    readers_of(source(log_groups=())).pass_once()
    assert said(lines) == ["mine"]


@pytest.mark.parametrize(
    ("logs", "groups", "expected"),
    [
        ("unsubscribed", ("/aws/lambda/*",), ["b"]),
        ("all", ("/aws/lambda/*",), ["a", "b"]),
        ("off", ("/aws/lambda/*",), []),
        ("unsubscribed", ("/aws/lambda/a",), []),
        ("unsubscribed", ("/aws/lambda/b", "/aws/lambda/none"), ["b"]),
        ("all", ("*",), ["a", "b", "other"]),
    ],
)
def test_groups_that_somebody_subscribed_to_are_left_alone(
    write, source, readers_of, lines, clients, logs, groups, expected
):
    for group, message in (("/aws/lambda/a", "a"), ("/aws/lambda/b", "b"), ("/other", "other")):
        write(message, group=group)
    clients("logs").put_subscription_filter(
        logGroupName="/aws/lambda/a",
        filterName="to-somebody",
        filterPattern="",
        destinationArn=f"arn:aws:kinesis:{REGION}:000000000000:stream/logs",
        roleArn="arn:aws:iam::000000000000:role/logs",
    )
    readers_of(source(logs=logs, log_groups=groups)).pass_once()
    assert sorted(said(lines)) == expected


def test_groups_that_are_not_there_yet_are_asked_for_rarely_and_read_once_they_are(
    write, source, readers_of, lines, clock
):
    groups = tuple(f"/aws/lambda/none{number}" for number in range(20))
    readers = readers_of(source(log_groups=groups))
    readers.pass_once()
    before = readers.figures()[f"shop in {REGION}"]["calls"]
    for _ in range(5):
        clock.move(seconds=30)
        readers.pass_once()
    assert readers.figures()[f"shop in {REGION}"]["calls"] - before < 20 + 5 * 10
    write("at last", group=groups[0])
    clock.move(minutes=6)
    readers.pass_once()
    assert said(lines) == ["at last"]


# -- what emulators do not have: pages, refused tokens, many events in one moment ------------------------------------

NOW_MS = 1_800_000_000_000


class Script:
    """FilterLogEvents over a list of events: two a page, in the order of time, as AWS does it."""

    def __init__(self, page=2):
        self.events = []
        self.page = page
        self.asked = []
        self.forgets_tokens = False

    def add(self, *moments_ms):
        for at in moments_ms:
            number = len(self.events)
            self.events.append(
                {"eventId": f"id{number}", "timestamp": at, "message": f"m{number}", "logStreamName": "s"}
            )

    def __call__(self, operation, asked):
        assert operation == "FilterLogEvents"
        self.asked.append(asked)
        if "nextToken" in asked and self.forgets_tokens:
            return 400, {"__type": "InvalidParameterException", "message": "The specified nextToken is invalid."}
        begin, end = asked["startTime"], asked["endTime"]
        inside = sorted(
            (one for one in self.events if begin <= one["timestamp"] <= end), key=lambda one: one["timestamp"]
        )
        first = int(asked.get("nextToken", "0"))
        answer = {"events": inside[first : first + self.page]}
        if first + self.page < len(inside):
            answer["nextToken"] = str(first + self.page)
        return 200, answer


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def group_of(script, calls_to, tmp_path, inbox):
    with scripted(script) as url:
        calls = calls_to(url)

        def convert(account, region, group, stream, events):
            return [Export(Signal.LOGS, event["message"].encode()) for event in events]

        yield lambda: LogGroup(GROUP, calls, Progress(tmp_path / "group.json", inbox.emit), convert)


def got(inbox):
    return [export.body.decode() for export in inbox.exports]


def test_pages_of_a_window_are_read_to_the_end(script, group_of, inbox):
    script.add(*(NOW_MS - 60_000 + number for number in range(7)))
    group_of().read("1", NOW_MS)
    assert got(inbox) == [f"m{number}" for number in range(7)]


def test_a_pass_is_bounded_and_the_next_goes_on_in_the_window_also_after_a_restart(script, group_of, inbox):
    script.add(*(NOW_MS - 60_000 + number for number in range(45)))
    group = group_of()
    group.read("1", NOW_MS)
    assert len(script.asked) == 10
    assert group.unfinished
    again = group_of()
    assert again.unfinished
    again.read("1", NOW_MS + 60_000)
    again.read("1", NOW_MS + 120_000)
    again.read("1", NOW_MS + 180_000)
    assert got(inbox) == [f"m{number}" for number in range(45)]


def test_a_refused_token_costs_no_event_and_repeats_none(script, group_of, inbox):
    script.add(*(NOW_MS - 600_000 + 20_000 * number for number in range(25)))
    group = group_of()
    group.read("1", NOW_MS)
    script.forgets_tokens = True
    script.page = 1000
    group_of().read("1", NOW_MS + 60_000)
    group_of().read("1", NOW_MS + 120_000)
    assert got(inbox) == [f"m{number}" for number in range(25)]


def test_what_could_not_be_handed_over_is_handed_over_first(script, group_of, inbox):
    script.add(*(NOW_MS - 60_000 + number for number in range(5)))
    group = group_of()
    inbox.failing = OSError("no space left")
    with pytest.raises(OSError, match="no space left"):
        group.read("1", NOW_MS)
    inbox.failing = None
    group_of().read("1", NOW_MS + 1000)
    assert got(inbox) == [f"m{number}" for number in range(5)]


def test_ten_thousand_events_a_minute_are_read_once(script, group_of, inbox):
    script.page = 10_000
    script.add(*(NOW_MS - 70_000 + number * 6 for number in range(10_000)))
    group = group_of()
    for minute in range(3):
        group.read("1", NOW_MS + minute * 30_000)
    assert got(inbox) == [f"m{number}" for number in range(10_000)]


def test_a_quiet_group_does_not_read_the_same_hours_again(script, group_of):
    group = group_of()
    for number in range(5):
        group.read("1", NOW_MS + number * 300_000)
    spans = [asked["endTime"] - asked["startTime"] for asked in script.asked]
    assert max(spans[1:]) <= 300_000 + 60_000


def test_a_gap_of_more_than_six_hours_is_left_out_and_said(script, group_of, calls_to):
    group_of().read("1", NOW_MS)
    script.add(NOW_MS + 3600_000)
    group = group_of()
    group.read("1", NOW_MS + 20 * 3600_000)
    assert script.asked[-1]["startTime"] == NOW_MS + 14 * 3600_000
    assert any("left out" in sentence for sentence in group._calls.status.sentences())
