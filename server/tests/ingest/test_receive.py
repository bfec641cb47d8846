"""What is refused is refused early and whole, and costs its sender nothing; what is kept is counted."""

from __future__ import annotations

import errno
from concurrent.futures import wait

import pytest
from hand_clock import HandClock
from otlp_requests import request_of

from mendline.errors import BusyError, DiskLowError, RateLimitedError, SpoolFullError
from mendline.ingest.admission import Admission
from mendline.ingest.cardinality import Cardinality
from mendline.ingest.counters import Counters
from mendline.ingest.disk import Disk
from mendline.ingest.rates import Rates
from mendline.ingest.receive import Bounds, Receiver
from mendline.ingest.redact import Rules
from mendline.ingest.spool import Spool
from mendline.model.signal import Export, Signal

KEY, MIB = 7, 1024 * 1024
EVERYTHING = {"most_records": 2**40, "most_bytes": 2**40}


class House:
    """A receiver with a real spool, and a clock that stands."""

    def __init__(self, folder, *, rate=10, spool_bytes=MIB, memory=64 * MIB, new_keys=100):
        self.clock, self.counters, self.free = HandClock(), Counters(), [2**40]
        disk = Disk(folder, 1000, free=lambda: self.free[0], monotonic=self.clock.monotonic)
        self.spool = Spool(folder / "spool", self.clock, most_bytes=spool_bytes, disk=disk)
        self.admission = Admission(memory)
        self.receiver = Receiver(
            self.spool,
            self.counters,
            self.admission,
            Rates(rate, self.clock),
            Rules,
            Bounds(MIB, MIB, 1000),
            self.clock,
            Cardinality(self.clock, new_keys=new_keys),
        )

    def send(self, body, **options):
        accepted = self.receiver.accept(Signal.TRACES, body, key_id=KEY, **options)
        return accepted.durable.result(10)

    def deliver(self, *bodies):
        exports = [Export(Signal.TRACES, body) for body in bodies]
        accepted = self.receiver.accept_exports(exports, key_id=KEY)
        return [each.durable.result(10) for each in accepted]

    def kept(self):
        return sum(record.records for record in self.spool.read(0, **EVERYTHING))

    def count(self, name, **labels):
        return self.counters.registry.get_sample_value(f"mendline_{name}_total", {"signal": "traces", **labels})


@pytest.fixture
def open_house(tmp_path):
    opened = []

    def open_one(**options):
        opened.append(House(tmp_path, **options))
        return opened[-1]

    yield open_one
    for house in opened:
        house.spool.close()


def _spans(count, name="work", attributes=None):
    return request_of([{"name": f"{name}-{n}", "attributes": attributes or {}} for n in range(count)])


def test_delivery_is_kept_whole_though_it_is_larger_than_the_rate(open_house):
    house = open_house(rate=10)
    assert house.deliver(*[_spans(15, name) for name in "abcdef"]) == [True] * 6
    assert house.kept() == 90


def test_delivery_of_a_key_in_debt_is_refused_whole(open_house):
    house = open_house(rate=10)
    house.send(_spans(25))
    with pytest.raises(RateLimitedError):
        house.deliver(_spans(1, "a"), _spans(1, "b"))
    assert house.kept() == 25
    assert house.count("received_records") == 25
    house.clock.passed += 1
    assert house.deliver(_spans(1, "a"), _spans(1, "b")) == [True, True]


def test_delivery_that_does_not_fit_is_refused_whole(open_house):
    first, second = _spans(20, "a"), _spans(20, "b")
    house = open_house(spool_bytes=int(len(first) * 1.5))
    with pytest.raises(SpoolFullError):
        house.deliver(first, second)
    assert house.kept() == 0
    house.deliver(first)
    assert house.kept() == 20


def test_what_was_kept_before_is_not_charged_again(open_house):
    house = open_house(rate=10)
    first = [_spans(10, "a"), _spans(10, "b")]
    assert house.deliver(*first) == [True, True]
    house.clock.passed += 1
    for _ in range(5):
        assert house.deliver(*first) == [False, False]
        assert house.send(first[0]) is False
    assert house.deliver(*first, _spans(10, "c")) == [False, False, True]
    assert house.count("received_records") == house.kept() == 30
    assert house.count("duplicate_requests") == 17


def test_two_equal_exports_of_one_delivery_are_kept_and_counted_once(open_house):
    house = open_house()
    assert sorted(house.deliver(*[_spans(3)] * 2)) == [False, True]
    assert (house.count("received_records"), house.count("duplicate_requests")) == (house.kept(), 1) == (3, 1)


def test_delivery_becomes_durable_by_one_commit_or_not_at_all_and_is_counted_so(open_house, monkeypatch):
    house = open_house()

    def full(fd, *data):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("mendline.ingest.spool.write_all", full)
        exports = [Export(Signal.TRACES, _spans(2, name)) for name in "abc"]
        accepted = house.receiver.accept_exports(exports, key_id=KEY)
        done, _ = wait([each.durable for each in accepted], 10)
        assert [type(each.exception()) for each in done] == [SpoolFullError] * 3
    assert house.count("received_records") == house.kept() == 0
    assert house.deliver(*[export.body for export in exports]) == [True] * 3
    assert house.count("received_records") == house.kept() == 6


@pytest.mark.parametrize("why", ["spool_full", "disk_low", "rate_limited"])
def test_request_is_refused_before_anything_of_it_is_looked_at(open_house, why):
    house = open_house(spool_bytes=2000)
    if why == "spool_full":
        house.send(_spans(14))
        house.spool._most_bytes = 100
    if why == "disk_low":
        house.free[0], house.clock.passed = 0, house.clock.passed + 1
    if why == "rate_limited":
        house.receiver.rates.charge(KEY, 20)
    for send in (lambda: house.send(b"garbage", encoding="gzip"), lambda: house.deliver(b"garbage")):
        with pytest.raises((SpoolFullError, DiskLowError, RateLimitedError)) as refused:
            send()
        assert refused.value.code == why
    assert house.admission.in_hand == 0


def test_refused_request_uses_up_no_new_keys(open_house):
    house = open_house(spool_bytes=9000, new_keys=20)
    many = _spans(1, attributes={f"refused.{n}": "x" * 500 for n in range(20)})
    few = _spans(1, attributes={f"kept.{n}": n for n in range(10)})
    with pytest.raises(SpoolFullError):
        house.send(many)
    with pytest.raises(BusyError), house.admission.hold(64 * MIB):
        house.send(many)
    house.send(few)
    assert house.count("cut_values", kind="cardinality") == 0


def test_repeat_is_known_before_it_is_checked(open_house):
    house = open_house()
    body = _spans(3)
    assert house.send(body) is True
    with house.admission.hold(64 * MIB - 2 * len(body)):
        assert house.send(body) is False


def test_repeat_of_what_was_kept_in_part_is_told_the_same_also_after_a_restart(open_house, tmp_path):
    body = request_of([{"name": "kept"}, {"name": "left out", "span_id": b"short"}])
    house = House(tmp_path)
    first = house.receiver.accept(Signal.TRACES, body, key_id=KEY)
    assert first.checked.left_out == {"invalid_ids": 1}
    again = [house.receiver.accept(Signal.TRACES, body, key_id=KEY)]
    house.spool.close()
    again.append(open_house().receiver.accept(Signal.TRACES, body, key_id=KEY))
    for repeat in again:
        assert (repeat.checked.rejected, repeat.checked.reason) == (1, first.checked.reason)
        assert repeat.durable.result(10) is False
    assert house.count("left_out_records", reason="invalid_ids") == 1
