"""A full disk: requests are refused, reads go on, ingest resumes by itself, nothing that was acknowledged is lost."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import uuid

import pytest
from otlp_requests import request_of
from waiting import eventually

MIB, SPANS = 2**20, 20


class _SmallDisk:
    """A file system of 96 MiB, filled by a file of somebody else until so many bytes are free. Above them everything is
    stored that was acknowledged; with none, a part of a table that is being made cannot be read until there is room."""

    def __init__(self, folder, floor_bytes, leave_bytes):
        self.folder, self.flags = folder, ("--disk-floor-bytes", str(floor_bytes))
        self.keeps_reading = floor_bytes > 0
        self._other, self._leave_bytes = folder / "other-files", leave_bytes

    def fill(self, server):
        with self._other.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while (free := self._free()) > self._leave_bytes:
                file.write(bytes(min(MIB, max(4096, free - self._leave_bytes))))
        assert self._free() <= self._leave_bytes

    def clear(self, server):
        self._other.unlink()

    def _free(self):
        told = os.statvfs(self.folder)
        return told.f_bavail * told.f_frsize


class _NoFileGrows:
    """A limit of the kernel on the server alone, under which no file of it takes another byte; it needs no rights."""

    flags, keeps_reading = (), False

    def __init__(self, folder):
        self.folder = folder

    def fill(self, server):
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    def clear(self, server):
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@pytest.fixture
def mounted(tmp_path):
    """A file system of 96 MiB of its own; mounting one needs root."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small file system here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


_MORE = [pytest.param(name, marks=pytest.mark.thorough) for name in ("to the last byte", "no file grows")]


@pytest.fixture(params=["below the floor", *_MORE])
def disk(request, tmp_path):
    """A disk that can be filled: to less than is kept free, or in full where nothing is kept free."""
    if request.param == "no file grows":
        return _NoFileGrows(tmp_path)
    folder = request.getfixturevalue("mounted")
    return _SmallDisk(folder, 0, 0) if "last" in request.param else _SmallDisk(folder, 16 * MIB, 12 * MIB)


def _batch():
    trace_id = uuid.uuid4()
    spans = [{"trace_id": trace_id.bytes, "span_id": os.urandom(8)} for _ in range(SPANS)]
    return trace_id.hex, request_of(spans)


@pytest.mark.timeout(240)
def test_full_disk_refuses_keeps_reading_and_resumes_by_itself(start_server, disk):
    server = start_server(*disk.flags, data=disk.folder / "data")
    acknowledged = []

    def send():
        trace_id, body = _batch()
        answer = server.post(body)
        if answer.status_code == 200:
            acknowledged.append(trace_id)
        return answer

    def spans(trace_id):
        return len((server.get_json(f"/api/v1/traces/{trace_id}") or {"spans": ()})["spans"])

    for _ in range(5):
        assert send().status_code == 200
    eventually(lambda: spans(acknowledged[0]))
    for _ in range(5):
        assert send().status_code == 200, "these wait for the store when the disk fills"
    disk.fill(server)
    eventually(lambda: send().status_code == 503)
    refused = send()
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    if disk.keeps_reading:
        assert spans(acknowledged[0]) == SPANS

    disk.clear(server)
    eventually(lambda: send().status_code == 200)
    eventually(lambda: server.metric("mendline_spool_bytes") == 0, 60)  # it tries again after 10 s at most
    assert [spans(trace_id) for trace_id in acknowledged] == [SPANS] * len(acknowledged)


@pytest.mark.thorough
def test_server_killed_on_a_full_disk_starts_when_there_is_room_and_has_all_that_was_acknowledged(
    start_server, mounted
):
    disk = _SmallDisk(mounted, 0, 0)
    server = start_server(*disk.flags, data=mounted / "data")
    acknowledged = []
    for number in range(10):
        trace_id, body = _batch()
        if number == 5:
            disk.fill(server)
        if server.post(body).status_code == 200:
            acknowledged.append(trace_id)
    server.kill()
    assert 5 <= len(acknowledged) < 10
    disk.clear(server)
    again = start_server(*disk.flags, data=mounted / "data")
    eventually(lambda: again.metric("mendline_spool_bytes") == 0)
    for trace_id in acknowledged:
        assert len(again.get_json(f"/api/v1/traces/{trace_id}")["spans"]) == SPANS
