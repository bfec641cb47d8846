"""A request that a client sends again within a day is kept once: at once, after a restart, over the turn of an hour."""

from __future__ import annotations

import errno
import json
import os
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hand_clock import HandClock

from mendline.errors import DiskLowError, SpoolFullError
from mendline.ingest.damaged import Damaged
from mendline.ingest.disk import BALLAST_BYTES, Disk
from mendline.ingest.seen import Seen
from mendline.ingest.spool import Spool
from mendline.model.signal import Signal

HOUR_NS = 3600 * 10**9


@pytest.fixture
def clock():
    return HandClock(datetime(2026, 11, 23, 12, 30, tzinfo=UTC))


@pytest.fixture
def open_spool(tmp_path, clock):
    opened = []

    def open_one(**options):
        while opened:
            opened.pop().close()
        opened.append(Spool(tmp_path / "spool", clock, **{"most_bytes": 2**30, **options}))
        return opened[-1]

    yield open_one
    for spool in opened:
        spool.close()


def _seen(folder, now_ns=0):
    return Seen(folder / "seen", now_ns, Damaged(folder / "damaged"))


def _digest(number):
    return random.Random(number).randbytes(16)


def _send(spool, number):
    return spool.append(Signal.LOGS, b"body", 1, _digest(number))


def _kept(spool):
    return len(spool.read(0, most_records=2**40, most_bytes=2**40))


def test_repeat_is_answered_and_not_kept(open_spool):
    spool = open_spool()
    assert [_send(spool, 1).result(10), _send(spool, 1).result(10), _send(spool, 2).result(10)] == [True, False, True]
    assert _kept(spool) == 2


def test_repeats_sent_at_once_are_kept_once_and_all_wait_for_the_same_commit(open_spool):
    spool = open_spool()
    answers = [future.result(10) for future in [_send(spool, 1) for _ in range(50)]]
    assert answers.count(True) == 1
    assert _kept(spool) == 1


def test_requests_without_a_digest_are_never_repeats(open_spool):
    spool = open_spool()
    assert [spool.append(Signal.TRACES, b"same", 1).result(10) for _ in range(3)] == [True] * 3


def test_refused_request_may_come_again(open_spool, monkeypatch):
    spool = open_spool()
    with monkeypatch.context() as patched:
        patched.setattr("mendline.ingest.spool.write_all", _full)
        with pytest.raises(SpoolFullError):
            _send(spool, 1).result(10)
    assert _send(spool, 1).result(10) is True


def _full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("stored", [False, True], ids=["still in the spool", "stored and its file deleted"])
def test_repeat_is_known_after_a_restart(open_spool, stored):
    spool = open_spool(segment_bytes=1)
    for number in range(5):
        _send(spool, number).result(10)
    if stored:
        spool.finish(spool.end)
    spool = open_spool()
    assert [_send(spool, number).result(10) for number in range(6)] == [False] * 5 + [True]


@pytest.mark.parametrize(("hours", "known"), [(1, True), (23, True), (26, False)])
def test_repeat_is_known_for_a_day_and_then_forgotten(open_spool, clock, tmp_path, hours, known):
    spool = open_spool()
    for number in range(200):
        _send(spool, number).result(10)
    clock.move(hours=hours)
    _send(spool, 10**6).result(10)  # turns the hour
    assert [_send(spool, number).result(10) for number in (0, 199)] == [not known] * 2
    assert _send(open_spool(), 10**6).result(10) is False
    if not known:
        assert len(list((tmp_path / "spool" / "seen").iterdir())) == 1


def test_hour_that_ended_while_the_server_was_down_is_kept(open_spool, clock, tmp_path):
    spool = open_spool(segment_bytes=1)
    _send(spool, 1).result(10)
    spool.finish(spool.end)
    clock.move(hours=2)
    assert _send(open_spool(), 1).result(10) is False


def test_torn_and_half_written_files_cost_no_start(tmp_path):
    now = 500_000 * HOUR_NS
    seen = _seen(tmp_path, now)
    seen.add(_digest(1), now)
    seen.close()
    (path,) = (tmp_path / "seen").iterdir()
    path.write_bytes(path.read_bytes() + b"torn")
    (tmp_path / "seen" / "499999.new").write_bytes(b"half")
    again = _seen(tmp_path, now)
    assert _digest(1) in again
    assert _digest(2) not in again
    again.add(_digest(2), now)
    again.close()
    assert _digest(2) in _seen(tmp_path, now)
    assert not (tmp_path / "damaged").exists()


def _flipped(data):
    return bytes([data[0] ^ 1]) + data[1:]


@pytest.mark.parametrize(
    ("hurt", "known"),
    [
        (lambda data: data[:-1], False),
        (lambda data: data[:-16], False),
        (lambda data: data[:7], False),
        (lambda _: b"", False),
        (lambda data: bytes(5) + data[5:], False),
        (_flipped, True),
    ],
    ids=["odd length", "cut", "very short", "empty", "overwritten", "changed"],
)
def test_damaged_hour_is_set_aside_with_a_reason_and_costs_no_start_and_no_other_hour(tmp_path, hurt, known):
    seen = _seen(tmp_path)
    for hour in range(3):
        seen.add(_digest(hour), hour * HOUR_NS)
    seen.close()
    first = tmp_path / "seen" / "0.hour"
    data = hurt(first.read_bytes())
    first.write_bytes(data)
    again = _seen(tmp_path, 3 * HOUR_NS)
    assert [_digest(hour) in again for hour in range(3)] == [known, True, True]
    assert (tmp_path / "damaged" / "0.hour").read_bytes() == data
    assert json.loads((tmp_path / "damaged" / "0.hour.json").read_text())["reason"]
    again.close()
    assert _digest(0) in _seen(tmp_path, 3 * HOUR_NS) or not known
    assert len([*(tmp_path / "damaged").iterdir()]) == 2, "what was set aside is not found damaged again"


@pytest.mark.parametrize("hours", [0, 1], ids=["running hour", "past hour"])
def test_wrong_bit_in_a_file_of_digests_lets_no_repeat_through_and_is_told(tmp_path, hours):
    seen = _seen(tmp_path)
    for number in range(2):
        seen.add(_digest(number), 0)
    seen.add(_digest(0), hours * HOUR_NS)
    seen.close()
    path = tmp_path / "seen" / ("0.hour" if hours else "0.digests")
    whole = path.read_bytes()
    for bit in range(0, len(whole) * 8, 5):
        path.write_bytes((int.from_bytes(whole, "little") ^ 1 << bit).to_bytes(len(whole), "little"))
        damaged = Damaged(tmp_path / "damaged")
        again = Seen(tmp_path / "seen", hours * HOUR_NS, damaged)
        assert damaged.found == 1
        assert all(_digest(number) in again for number in (0, 1))
        assert _digest(4) not in again
        again.add(_digest(4), hours * HOUR_NS)
        again.close()
        last = Seen(tmp_path / "seen", hours * HOUR_NS, damaged)
        assert damaged.found == 1
        assert all(_digest(number) in last for number in (0, 1, 4))
        last.close()
        for file in (tmp_path / "seen").iterdir():
            file.unlink()
        for file in (tmp_path / "damaged").iterdir():
            file.unlink()


def test_what_damage_has_overwritten_costs_only_itself(tmp_path):
    seen = _seen(tmp_path)
    for number in range(5000):
        seen.add(_digest(number), 0)
    seen.close()
    path = tmp_path / "seen" / "0.digests"
    data = bytearray(path.read_bytes())
    data[20_000:60_000] = os.urandom(40_000)
    path.write_bytes(data)
    again = _seen(tmp_path)
    assert [_digest(number) in again for number in range(5000)] == [True] * 1000 + [False] * 2000 + [True] * 2000
    assert "2000 requests may be kept twice" in (tmp_path / "damaged" / "0.digests.json").read_text()
    again.close()
    damaged = Damaged(tmp_path / "damaged")
    Seen(tmp_path / "seen", 0, damaged)
    assert damaged.found == 0


def test_hour_is_durable_before_it_has_its_name(tmp_path, monkeypatch):
    done = []
    sync, rename = os.fsync, Path.rename
    monkeypatch.setattr("mendline.ingest.durable.os.fsync", lambda fd: done.append("sync") or sync(fd))
    monkeypatch.setattr(Path, "rename", lambda path, to: done.append(to.name) or rename(path, to))
    seen = _seen(tmp_path)
    seen.add(_digest(1), 0)
    seen.add(_digest(2), HOUR_NS)
    seen.close()
    assert done == ["sync", "0.hour", "sync"]


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: path.symlink_to("nowhere")])
@pytest.mark.parametrize("name", ["stray", "7.digests", "7.hour", "copy-of-7.hour"])
def test_what_is_no_file_of_digests_costs_no_start(tmp_path, name, make):
    (tmp_path / "seen").mkdir()
    make(tmp_path / "seen" / name)
    seen = _seen(tmp_path)
    seen.add(_digest(1), 0)
    seen.close()
    assert _digest(1) in _seen(tmp_path)


def test_disk_that_takes_little_at_a_time_loses_no_digest(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr("mendline.ingest.durable.os.write", lambda fd, data: write(fd, data[:5]))
    seen = _seen(tmp_path)
    for number in range(20):
        seen.add(_digest(number), 0)
    seen.close()
    assert all(_digest(number) in _seen(tmp_path) for number in range(20))


@pytest.mark.parametrize("hours", [0, 1], ids=["within the hour", "over the turn of an hour"])
def test_digests_that_a_full_disk_did_not_take_are_written_later(tmp_path, monkeypatch, hours):
    write, room = os.write, [40]

    def full(fd, data):
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = write(fd, data[: room[0]])
        room[0] -= written
        return written

    seen = _seen(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("mendline.ingest.durable.os.write", full)
        for number in range(20):
            seen.add(_digest(number), 0)
        seen.add(_digest(20), hours * HOUR_NS)
        with pytest.raises(OSError, match="No space left"):
            seen.write(durably=True)
        assert all(_digest(number) in seen for number in range(21))
    seen.write(durably=True)
    for known in (seen, _seen(tmp_path, hours * HOUR_NS)):
        assert all(_digest(number) in known for number in range(21))
        assert _digest(21) not in known


def test_files_of_the_spool_stay_while_their_digests_cannot_be_written(open_spool, tmp_path, monkeypatch):
    spool = open_spool(segment_bytes=1)
    for number in range(3):
        _send(spool, number).result(10)
    with monkeypatch.context() as patched:
        patched.setattr("mendline.ingest.seen.write_all", _full)
        spool.finish(spool.end)
    spool = open_spool(segment_bytes=1)
    assert [_send(spool, number).result(10) for number in range(4)] == [False] * 3 + [True]


def test_hour_whose_clock_was_set_back_is_kept_and_goes_with_the_present_one(tmp_path):
    seen = _seen(tmp_path, 5 * HOUR_NS)
    seen.add(_digest(1), 5 * HOUR_NS)
    seen.close()
    for _ in range(2):
        again = _seen(tmp_path, 3 * HOUR_NS)
        assert _digest(1) in again
        again.close()
    assert [path.name for path in (tmp_path / "seen").iterdir()] == ["3.digests"]


def test_digests_with_equal_first_halves_are_told_apart(tmp_path):
    seen = _seen(tmp_path)
    twins = [b"samehalf" + number.to_bytes(8, "little") for number in range(20)]
    for twin in twins[:10]:
        seen.add(twin, 0)
    seen.add(_digest(0), HOUR_NS)
    assert [twin in seen for twin in twins] == [True] * 10 + [False] * 10
    seen.close()


def test_client_that_goes_away_does_not_hurt_the_spool(open_spool):
    spool = open_spool()
    futures = [_send(spool, number) for number in range(100)]
    assert not any(future.cancel() for future in futures if not future.done())
    assert all(future.result(10) for future in futures)


def test_low_disk_refuses_early_and_takes_in_again_by_itself(open_spool, tmp_path):
    free, time = [10**9], [0.0]
    disk = Disk(tmp_path, 10**8, free=lambda: free[0], monotonic=lambda: time[0])
    spool = open_spool(disk=disk)
    assert _send(spool, 1).result(10)
    free[0], time[0] = 10**8 - 1, 1.0
    with pytest.raises(DiskLowError):
        _send(spool, 2).result(10)
    assert "disk" in spool.refusal()
    free[0], time[0] = 10**9, 2.0
    assert _send(spool, 2).result(10)
    assert spool.refusal() == ""


def test_ballast_is_given_up_when_space_runs_out_and_made_again_when_there_is_room(tmp_path):
    free = [10**9]
    disk = Disk(tmp_path, 10**8, free=lambda: free[0])
    ballast = tmp_path / "ballast"
    assert ballast.stat().st_blocks * 512 >= BALLAST_BYTES
    free[0] = 10**8 // 2 - 1
    disk.look()
    assert not ballast.exists()
    free[0] = 10**8 + BALLAST_BYTES
    disk.look()
    assert not ballast.exists()
    free[0] = 10**9
    disk.look()
    assert ballast.exists()
