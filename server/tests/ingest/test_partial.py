"""What was left out of a request is known for a day, and a damaged line costs no more than itself."""

from __future__ import annotations

from mendline.ingest import partial
from mendline.ingest.partial import Partial

HOUR_NS = 3600 * 10**9
LEFT_OUT = {"invalid_ids": 3}


def test_what_was_left_out_is_forgotten_after_a_day_and_beyond_the_newest(tmp_path, monkeypatch):
    monkeypatch.setattr(partial, "MOST", 2)
    told = Partial(tmp_path / "partial", 0)
    for number in range(3):
        told.add(bytes([number]), LEFT_OUT, number * HOUR_NS)
    assert [bool(told.left_out(bytes([number]))) for number in range(3)] == [False, True, True]
    told.add(b"later", LEFT_OUT, 26 * HOUR_NS)
    assert (told.left_out(b"\x01"), told.left_out(b"\x02")) == ({}, LEFT_OUT)
    assert Partial(tmp_path / "partial", 27 * HOUR_NS).left_out(b"\x02") == {}


def test_damaged_line_costs_no_other(tmp_path):
    Partial(tmp_path / "partial", 0).add(b"digest", LEFT_OUT, 0)
    whole = (tmp_path / "partial").read_bytes()
    (tmp_path / "partial").write_bytes(b"\xff no line\n" + whole + whole[:-5])
    assert Partial(tmp_path / "partial", 0).left_out(b"digest") == LEFT_OUT


def test_file_is_written_anew_when_most_of_it_is_forgotten(tmp_path):
    told = Partial(tmp_path / "partial", 0)
    for _ in range(1010):
        told.add(b"same", LEFT_OUT, 0)
    assert len((tmp_path / "partial").read_text().splitlines()) < 20
