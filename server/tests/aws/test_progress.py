"""Progress and hand-over together: whatever fails in between, nothing is lost and a repeat has the same bytes."""

from __future__ import annotations

import json
import stat

import pytest

from mendline.aws.progress import Progress
from mendline.errors import SpoolFullError
from mendline.model.signal import Export, Signal

ONE, TWO = Export(Signal.LOGS, b"\x00one"), Export(Signal.METRICS, b"two\xff")


def test_state_survives(tmp_path, inbox):
    progress = Progress(tmp_path / "deep" / "own.json", inbox.emit)
    progress.state["at"] = 7
    progress.commit([ONE, TWO])
    assert inbox.exports == [ONE, TWO]
    again = Progress(tmp_path / "deep" / "own.json", inbox.emit)
    again.resume()
    assert again.state == {"at": 7}
    assert inbox.exports == [ONE, TWO]


def test_what_was_not_taken_is_handed_over_again_by_the_same_process_or_the_next(tmp_path, inbox):
    progress = Progress(tmp_path / "own.json", inbox.emit)
    inbox.failing = SpoolFullError("full")
    progress.state["at"] = 7
    with pytest.raises(SpoolFullError):
        progress.commit([ONE])
    with pytest.raises(SpoolFullError):
        progress.resume()
    inbox.failing = None
    again = Progress(tmp_path / "own.json", inbox.emit)
    again.resume()
    assert (again.state, inbox.exports) == ({"at": 7}, [ONE])
    progress.resume()
    assert inbox.exports == [ONE, ONE]  # byte for byte, so that the spool knows the repeat


def test_death_between_handing_over_and_noting_it_repeats_the_same_bytes(tmp_path, inbox):
    def emit_and_die(exports):
        inbox.emit(exports)
        raise KeyboardInterrupt

    progress = Progress(tmp_path / "own.json", emit_and_die)
    progress.state["at"] = 7
    with pytest.raises(KeyboardInterrupt):
        progress.commit([ONE, TWO])
    Progress(tmp_path / "own.json", inbox.emit).resume()
    assert inbox.exports == [ONE, TWO, ONE, TWO]


def test_a_full_disk_loses_nothing(tmp_path, inbox):
    progress = Progress(tmp_path / "file" / "own.json", inbox.emit)
    (tmp_path / "file").write_text("in the way of the folder")
    progress.state["at"] = 7
    with pytest.raises(OSError, match="file"):
        progress.commit([ONE])
    (tmp_path / "file").unlink()
    progress.resume()
    progress.commit()
    assert inbox.exports == [ONE]
    assert Progress(tmp_path / "file" / "own.json", inbox.emit).state == {"at": 7}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        '{"state": 3}',
        '{"state": {}, "pending": [{"signal": "x"}]}',
        '{"pending": []}',
        "\x00" * 100,
    ],
)
def test_a_damaged_file_is_set_aside_and_stops_nothing(tmp_path, inbox, text):
    (tmp_path / "own.json").write_text(text)
    progress = Progress(tmp_path / "own.json", inbox.emit)
    assert progress.damaged
    assert progress.state == {}
    assert (tmp_path / "own.damaged").read_text() == text
    progress.commit([ONE])
    assert json.loads((tmp_path / "own.json").read_text())["pending"] == []


def test_only_the_owner_may_read_the_file(tmp_path, inbox):
    Progress(tmp_path / "own.json", inbox.emit).commit([ONE])
    assert stat.S_IMODE((tmp_path / "own.json").stat().st_mode) == 0o600


def test_nothing_new_writes_nothing(tmp_path, inbox):
    progress = Progress(tmp_path / "own.json", inbox.emit)
    progress.commit()
    before = (tmp_path / "own.json").stat().st_mtime_ns, (tmp_path / "own.json").stat().st_ino
    progress.commit()
    assert ((tmp_path / "own.json").stat().st_mtime_ns, (tmp_path / "own.json").stat().st_ino) == before
