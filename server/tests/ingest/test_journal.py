"""What the journal wrote down is there after a crash, whatever the disk did to the write that came last."""

from __future__ import annotations

import errno
import json
import zlib

import pytest

from mendline.ingest import journal as module
from mendline.ingest.damaged import Damaged
from mendline.ingest.durable import write_all_at
from mendline.ingest.journal import PLACE_BYTES, PLACES, Journal

LINE_BYTES = 93


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal"


def _journal(path, **options):
    return Journal(path, Damaged(path.parent / "damaged"), **options)


def _open(path, **options):
    journal = _journal(path, **options)
    journal.close()
    return journal.done, journal.open_batch


def _fill_disk(monkeypatch, room=0):
    """From now on a write puts down so many bytes and fails."""

    def full(fd, data, offset):
        write_all_at(fd, data[:room], offset)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "write_all_at", full)


def test_open_batch_survives(path):
    journal = _journal(path)
    journal.begin(0, 100)
    journal.finish(100)
    journal.begin(100, 250)
    journal.close()
    assert _open(path) == (100, (100, 250))


@pytest.mark.parametrize("room", [0, 1, 20, 21, 62, 84, LINE_BYTES - 2])
def test_batch_that_could_not_be_written_down_is_not_begun_here_nor_on_the_disk(path, monkeypatch, room):
    journal = _journal(path)
    journal.begin(0, 100)
    journal.finish(100)
    with monkeypatch.context() as patched:
        _fill_disk(patched, room)
        with pytest.raises(OSError, match="No space left"):
            journal.begin(100, 200)
    assert journal.open_batch is None
    assert _open(path) == (100, None)
    journal.begin(100, 300)
    journal.close()
    assert _open(path) == (100, (100, 300))


def test_batch_whose_end_could_not_be_written_down_is_repeated_after_a_crash_and_else_over(path, monkeypatch):
    journal = _journal(path)
    journal.begin(0, 100)
    with monkeypatch.context() as patched:
        _fill_disk(patched, 5)
        journal.finish(100)
    assert (journal.done, journal.open_batch) == (100, None)
    assert _open(path) == (0, (0, 100))
    journal.begin(100, 200)
    journal.close()
    assert _open(path) == (100, (100, 200))


def test_it_never_grows(path):
    journal = _journal(path)
    size = path.stat().st_size
    for number in range(50):
        journal.begin(number, number + 1)
        journal.finish(number + 1)
    journal.close()
    assert path.stat().st_size == size


def test_start_is_no_batch_so_the_time_of_the_file_stays(path):
    _open(path)
    assert path.stat().st_mtime == 0
    journal = _journal(path)
    journal.begin(0, 1)
    journal.close()
    written = path.stat().st_mtime_ns
    _open(path)
    assert path.stat().st_mtime_ns == written > 0


def test_new_journal_begins_where_it_is_told(path):
    assert _open(path, first=77) == (77, None)
    assert _open(path, first=99) == (77, None)


def _lines(*texts):
    return b"".join(b"%s %08x\n" % (text, zlib.crc32(text)) for text in texts)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (_lines(b"done 5"), (5, None)),
        (_lines(b"done 5", b"begin 5 9"), (5, (5, 9))),
        (_lines(b"done 5", b"begin 5 9", b"done 9"), (9, None)),
        (_lines(b"done 5", b"begin 5 9") + b"done 9 00000000\n", (5, (5, 9))),
    ],
)
def test_journal_of_before_is_read(path, lines, told):
    path.write_bytes(lines)
    assert [_open(path), _open(path)] == [told, told]


WHOLE = (7, (7, 9))
BEFORE = (7, None)


def _written(path):
    journal = _journal(path)
    journal.begin(5, 7)
    journal.finish(7)
    journal.begin(7, 9)
    journal.close()
    return path.read_bytes()


@pytest.mark.parametrize("place", range(PLACES))
def test_byte_that_changed_anywhere_costs_one_line_and_is_told(path, place):
    data = _written(path)
    told = set()
    for at in range(place * PLACE_BYTES, place * PLACE_BYTES + LINE_BYTES):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        damaged = Damaged(path.parent / f"damaged-{at}")
        journal = Journal(path, damaged)
        journal.close()
        assert damaged.found == 1
        told.add((journal.done, journal.open_batch))
        assert _open(path) == (journal.done, journal.open_batch)
    assert told in ({WHOLE}, {BEFORE})


@pytest.mark.parametrize("place", range(PLACES))
@pytest.mark.parametrize(
    "begun",
    [
        ((7, 9), WHOLE),
        ((5, 7), None),  # the store was not told yet: whatever the journal says
        ((9, 12), (9, (9, 12))),  # the journal is an old one
    ],
)
def test_what_the_store_knows_makes_up_for_a_line_that_is_lost(path, place, begun):
    data = bytearray(_written(path))
    data[place * PLACE_BYTES] ^= 1
    path.write_bytes(data)
    last, told = begun
    assert _open(path, begun=last) in ([told] if told else [WHOLE, BEFORE])


@pytest.mark.parametrize("data", [b"", b"\0" * 8192, b"\xff" * 100, b"done"], ids=["empty", "zeros", "bytes", "cut"])
@pytest.mark.parametrize(("begun", "told"), [(None, (3, None)), ((5, 7), (5, (5, 7)))])
def test_journal_of_which_nothing_is_left_goes_on_where_the_store_is(path, data, begun, told):
    path.write_bytes(data)
    assert _open(path, first=3, begun=begun) == told
    assert json.loads((path.parent / "damaged" / "journal.json").read_text())["reason"]
    assert (path.parent / "damaged" / "journal").read_bytes() == data
    assert _open(path, first=3, begun=begun) == told


@pytest.mark.parametrize("begun", [None, (1, 5), (5, 7), (7, 9)])
def test_whole_journal_is_believed_and_nothing_is_reported(path, begun):
    _written(path)
    assert _open(path, begun=begun) == WHOLE
    assert not (path.parent / "damaged").exists()


def test_spool_that_was_lost_begins_behind_all_that_the_store_knows(path):
    assert _open(path, first=100, begun=(5, 7)) == (100, None)
