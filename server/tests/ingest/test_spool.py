"""What the spool acknowledged is there after a crash; damage costs what lies behind it in its file, never the start."""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading

import pytest

from mendline.clock import SystemClock
from mendline.errors import SpoolFullError
from mendline.ingest.durable import write_all
from mendline.ingest.segment import SUFFIX, first_offset
from mendline.ingest.spool import Arrival, Spool
from mendline.model.signal import Signal

EVERYTHING = {"most_records": 2**40, "most_bytes": 2**40}


@pytest.fixture
def open_spool(tmp_path):
    opened = []

    def open_one(**limits):
        limits = {"most_bytes": 2**30, **limits}
        opened.append(Spool(tmp_path / "spool", SystemClock(), **limits))
        return opened[-1]

    yield open_one
    for spool in opened:
        spool.close()


def _append(spool, *bodies):
    for future in [spool.append(Signal.TRACES, body, 1) for body in bodies]:
        future.result(10)


def _bodies(spool, first=None):
    found, position = [], spool.journal.done if first is None else first
    while records := spool.read(position, **EVERYTHING):
        found += [record.body for record in records]
        position = records[-1].end
    return found


def _files(tmp_path):
    return sorted((tmp_path / "spool").glob(f"*{SUFFIX}"))


def test_records_come_back_in_order_after_reopening(open_spool):
    _append(open_spool(), b"one", b"", b"three" * 1000)
    assert _bodies(open_spool()) == [b"one", b"", b"three" * 1000]


def test_what_is_finished_does_not_come_back(open_spool):
    spool = open_spool()
    _append(spool, b"one", b"two", b"three")
    first = spool.read(0, most_records=1, most_bytes=2**40)
    spool.finish(first[-1].end)
    assert _bodies(open_spool()) == [b"two", b"three"]


def test_batches_respect_their_limits_but_never_stall(open_spool):
    spool = open_spool()
    _append(spool, *[b"x" * 100] * 5)
    assert len(spool.read(0, most_records=2, most_bytes=2**40)) == 2
    assert len(spool.read(0, most_records=2**40, most_bytes=250)) == 2
    assert len(spool.read(0, most_records=0, most_bytes=0)) == 1


def test_full_files_are_closed_and_deleted_when_stored(open_spool, tmp_path):
    spool = open_spool(segment_bytes=200)
    for _ in range(5):
        _append(spool, b"x" * 150)
    assert len(_files(tmp_path)) >= 3
    assert len(_bodies(spool)) == 5
    spool.finish(spool.end)
    assert len(_files(tmp_path)) == 1


def test_over_its_cap_it_refuses_and_recovers(open_spool):
    spool = open_spool(most_bytes=500)
    _append(spool, b"x" * 300)
    with pytest.raises(SpoolFullError):
        _append(spool, b"x" * 300)
    spool.finish(spool.end)
    _append(spool, b"y" * 300)
    assert _bodies(spool) == [b"y" * 300]


def test_failed_write_refuses_and_leaves_no_trace(open_spool, monkeypatch):
    spool = open_spool()
    _append(spool, b"before")

    def full(fd, *data):
        os.pwrite(fd, data[0][:3], os.fstat(fd).st_size)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("mendline.ingest.spool.write_all", full)
        with pytest.raises(SpoolFullError):
            _append(spool, b"never")
    _append(spool, b"after")
    assert _bodies(spool) == [b"before", b"after"]
    assert _bodies(open_spool()) == [b"before", b"after"]


def test_any_number_of_requests_becomes_durable_at_once(open_spool):
    bodies = [b"%d" % number for number in range(1500)]
    spool = open_spool()
    for future in spool.append_all([Arrival(Signal.LOGS, body, 1) for body in bodies]):
        assert future.result(10)
    assert _bodies(open_spool()) == bodies


def test_disk_that_takes_a_part_of_a_commit_gets_the_rest(open_spool, monkeypatch):
    writev = os.writev
    monkeypatch.setattr("mendline.ingest.durable.os.writev", lambda fd, parts: writev(fd, [b"".join(parts)[:40]]))
    spool = open_spool()
    _append(spool, b"one" * 50, b"two")
    assert _bodies(open_spool()) == [b"one" * 50, b"two"]


def test_failed_write_that_cannot_be_cut_is_never_followed_by_another(open_spool, monkeypatch):
    spool = open_spool()
    _append(spool, b"before")

    def full(fd, *data):
        os.pwrite(fd, data[0][:3], os.fstat(fd).st_size)
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("mendline.ingest.spool.write_all", full)
        patched.setattr("mendline.ingest.spool.os.ftruncate", _no_descriptors)
        with pytest.raises(SpoolFullError):
            _append(spool, b"never")
        patched.setattr("mendline.ingest.spool.write_all", write_all)
        with pytest.raises(SpoolFullError):
            _append(spool, b"not before that is cut")
    _append(spool, b"after")
    assert _bodies(open_spool()) == [b"before", b"after"]


def test_file_torn_at_any_byte_keeps_every_whole_record_before(open_spool, tmp_path):
    spool = open_spool()
    _append(spool, b"first", b"second")
    (path,) = _files(tmp_path)
    whole = path.read_bytes()
    ends = [record.end - first_offset(path) for record in spool.read(0, **EVERYTHING)]
    for cut in range(len(whole)):
        for leftover in (tmp_path / "spool").glob(f"*{SUFFIX}"):
            leftover.unlink()
        (tmp_path / "spool" / "journal").unlink(missing_ok=True)
        path.write_bytes(whole[:cut])
        reopened = open_spool()
        assert len(_bodies(reopened, 0)) == sum(end <= cut for end in ends), cut
        _append(reopened, b"new")
        assert _bodies(reopened, 0)[-1] == b"new"


def test_flipped_bit_is_set_aside_and_reported(open_spool, tmp_path):
    spool = open_spool()
    _append(spool, b"first", b"second")
    (path,) = _files(tmp_path)
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(damaged)
    reopened = open_spool()
    assert _bodies(reopened, 0) == [b"first"]
    assert reopened.damaged_files == 1
    assert list((tmp_path / "spool" / "damaged").iterdir())


def test_damage_found_while_running_is_reported_once_and_the_next_file_is_read(open_spool, tmp_path):
    spool = open_spool(segment_bytes=1)
    _append(spool, b"first")
    _append(spool, b"second")
    first, *_ = _files(tmp_path)
    damaged = bytearray(first.read_bytes())
    damaged[-1] ^= 1
    first.write_bytes(damaged)
    for _ in range(3):
        assert _bodies(spool, spool.journal.done) == [b"second"]
    assert spool.damaged_files == 1
    assert list((tmp_path / "spool" / "damaged").iterdir())


def test_new_file_that_cannot_be_begun_stops_nothing(open_spool, tmp_path, monkeypatch):
    spool = open_spool(segment_bytes=1)
    monkeypatch.setattr("mendline.ingest.spool.sync_folder", _no_descriptors)
    _append(spool, b"first")
    _append(spool, b"second")
    monkeypatch.undo()
    _append(spool, b"third")
    assert _bodies(spool, spool.journal.done) == [b"first", b"second", b"third"]


def _no_descriptors(*_):
    raise OSError(errno.EMFILE, "Too many open files")


def test_age_is_told_while_files_are_deleted(open_spool):
    spool = open_spool(segment_bytes=1)
    for _ in range(100):
        _append(spool, b"x")
    failed = []

    def ask():
        try:
            while spool.pending_bytes:
                spool.oldest_ns()
        except Exception as error:
            failed.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    while spool.pending_bytes:
        (record,) = spool.read(spool.journal.done, most_records=1, most_bytes=1)
        spool.finish(record.end)
    asking.join(10)
    assert not failed


def test_spool_that_was_lost_gives_out_no_offset_again(open_spool, tmp_path):
    spool = open_spool()
    _append(spool, b"first")
    end = spool.end
    shutil.rmtree(tmp_path / "spool")
    assert open_spool().end > end


def _made_of(data):
    return lambda path: path.write_bytes(data)


STRAYS = {
    "a copy": ("copy-of-0001.segment", _made_of(b"x")),
    "too short a number": ("0001.segment", _made_of(b"x")),
    "a folder": ("99999999999999999999.segment", os.mkdir),
    "a link to nothing": ("99999999999999999998.segment", lambda path: path.symlink_to("nowhere")),
    "offsets of another": ("offset", None),
}


@pytest.mark.parametrize(("name", "make"), STRAYS.values(), ids=STRAYS)
def test_stray_file_is_set_aside_with_a_reason_and_costs_no_start(open_spool, tmp_path, name, make):
    spool = open_spool()
    _append(spool, b"one", b"two")
    (path,) = _files(tmp_path)
    if make:
        make(path.with_name(name))
    else:
        name = f"{first_offset(path) + 1:020d}{SUFFIX}"
        shutil.copy(path, path.with_name(name))
    again = open_spool()
    assert _bodies(again) == [b"one", b"two"]
    assert again.damaged_files == 1
    assert json.loads((tmp_path / "spool" / "damaged" / f"{name}.json").read_text())["reason"]
    assert open_spool().damaged_files == 0


@pytest.mark.parametrize("name", ["journal", "seen"])
@pytest.mark.parametrize("make", [os.mkdir, _made_of(b"something else")], ids=["a folder", "a file"])
def test_file_where_a_folder_should_be_and_a_folder_where_a_file_should_be_cost_no_start(
    open_spool, tmp_path, name, make
):
    (tmp_path / "spool").mkdir()
    make(tmp_path / "spool" / name)
    _append(open_spool(), b"one")
    assert _bodies(open_spool()) == [b"one"]


def test_damage_that_cannot_be_set_aside_costs_no_start(open_spool, tmp_path):
    spool = open_spool()
    _append(spool, b"one", b"two")
    (path,) = _files(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    (tmp_path / "spool" / "damaged").touch()  # a file where the folder should be
    (tmp_path / "spool" / "stray.segment").touch()
    again = open_spool()
    assert _bodies(again) == [b"one"]
    assert again.damaged_files == 2
    _append(again, b"three")
    assert _bodies(open_spool()) == [b"one", b"three"]
