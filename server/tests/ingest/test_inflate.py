"""Every Content-Encoding that OTLP clients use is undone, within bounds, and what is none of them is refused."""

from __future__ import annotations

import gzip
import random
import time
import tracemalloc
import zlib

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from mendline.errors import IngestError
from mendline.ingest.inflate import inflate

MIB = 1024 * 1024


def _bare_deflate(data):
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


COMPRESS = {
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "bare": _bare_deflate,
    "zstd": zstd.compress,
}
ENCODING = {"gzip": "gzip", "zlib": "deflate", "bare": "deflate", "zstd": "zstd"}


def _refused(body, encoding, most=1000):
    with pytest.raises(IngestError) as refused:
        inflate(body, encoding, most)
    return refused.value.code


@pytest.mark.parametrize("form", COMPRESS)
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=5_000), level=st.integers(1, 9))
def test_what_was_compressed_comes_back(form, data, level):
    assert inflate(COMPRESS[form](data), ENCODING[form], 5_000) == data
    assert inflate(zlib.compress(data, level), "deflate", 5_000) == data


@pytest.mark.parametrize("form", COMPRESS)
def test_large_body_that_hardly_compresses_comes_back(form):
    data = random.Random(1).randbytes(3 * MIB)
    assert inflate(COMPRESS[form](data), ENCODING[form], 3 * MIB) == data


@pytest.mark.parametrize("form", COMPRESS)
@pytest.mark.parametrize(("size", "fits"), [(999, True), (1000, True), (1001, False), (100_000, False)])
def test_bound_is_exact(form, size, fits):
    body = COMPRESS[form](b"x" * size)
    if fits:
        assert len(inflate(body, ENCODING[form], 1000)) == size
    else:
        assert _refused(body, ENCODING[form]) == "too_large"


@pytest.mark.parametrize("form", ["gzip", "zstd"])
def test_several_members_are_one_body_and_bounded_together(form):
    one = COMPRESS[form](b"x" * 500)
    assert inflate(one * 2, ENCODING[form], 1000) == b"x" * 1000
    assert _refused(one * 3, ENCODING[form]) == "too_large"


@pytest.mark.parametrize("form", COMPRESS)
@pytest.mark.parametrize("end", [-1, -5, 3, 1])
def test_cut_body_is_refused(form, end):
    assert _refused(COMPRESS[form](b"x" * 900)[:end], ENCODING[form]) == "bad_encoding"


@pytest.mark.parametrize("form", COMPRESS)
@pytest.mark.parametrize("rubbish", [b"\0", b"trailing rubbish", b"\x1f\x8b"])
def test_rubbish_after_the_end_is_refused(form, rubbish):
    assert _refused(COMPRESS[form](b"x") + rubbish, ENCODING[form]) == "bad_encoding"


@pytest.mark.parametrize("form", COMPRESS)
def test_body_of_another_encoding_is_refused(form):
    for other in {"gzip", "deflate", "zstd"} - {ENCODING[form]}:
        assert _refused(COMPRESS[form](b"some text that is long enough"), other) == "bad_encoding"


@pytest.mark.parametrize("encoding", ["br", "snappy", "gzip, gzip", "x" * 5_000])
def test_unknown_encoding_is_refused_with_what_is_read(encoding):
    with pytest.raises(IngestError) as refused:
        inflate(b"x", encoding, 1000)
    assert (refused.value.code, refused.value.status) == ("bad_encoding", 415)
    assert "gzip, deflate, zstd" in refused.value.message
    assert len(refused.value.message) < 200


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", " gzip ", "x-gzip"])
def test_name_of_the_encoding_is_read_leniently(encoding):
    assert inflate(gzip.compress(b"text"), encoding, 1000) == b"text"


@pytest.mark.parametrize("form", COMPRESS)
def test_bomb_never_exists_in_memory(form):
    bomb = COMPRESS[form](b"\0" * (200 * MIB))
    tracemalloc.start()
    assert _refused(bomb, ENCODING[form], 4 * MIB) == "too_large"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 24 * MIB


@pytest.mark.parametrize("form", ["gzip", "zstd"])
def test_body_of_empty_members_is_refused_in_no_time(form):
    body = COMPRESS[form](b"") * 500_000
    started = time.thread_time()
    assert _refused(body, ENCODING[form], 64 * MIB) == "bad_encoding"
    assert time.thread_time() - started < 60  # a second; what is quadratic takes many minutes


def test_zstd_frame_that_wants_a_large_window_is_refused():
    wide = zstd.compress(b"x" * (20 * MIB), options={zstd.CompressionParameter.window_log: 27})
    streamed = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    frame = streamed.compress(b"x" * MIB) + streamed.flush()
    assert _refused(frame, "zstd", 64 * MIB) == "bad_encoding"
    assert _refused(wide, "zstd", 64 * MIB) == "bad_encoding"


@settings(max_examples=75, deadline=None)
@given(body=st.binary(max_size=300), encoding=st.sampled_from(["gzip", "deflate", "zstd"]))
def test_any_bytes_are_inflated_or_refused_in_words(body, encoding):
    try:
        assert len(inflate(body, encoding, 1000)) <= 1000
    except IngestError as refused:
        assert refused.code in {"bad_encoding", "too_large"}


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_stray_bytes_behind_the_data_are_called_that(name):
    with pytest.raises(IngestError, match="goes on with something else"):
        inflate(COMPRESS[name](b"data") + b"stray", ENCODING[name], 1000)
