"""Request bodies decompressed within bounds: no body makes the server hold more than it allows, or work for long."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from typing import Protocol

from mendline.errors import BadEncodingError, BodyTooLargeError, UnknownEncodingError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_CHUNK, _STEP = 64 * 1024, 1024 * 1024  # bytes that go in, and at most come out, at once
_MOST_MEMBERS = 4096  # bgzip makes 1,024 of 64 MiB; a body of nothing but empty members would keep us busy
_BEGINS = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}  # deflate begins with nothing of its own
_ZSTD_OPTIONS = {int(zstd.DecompressionParameter.window_log_max): 23}  # 8 MiB, as RFC 9659 says


class _Decoder(Protocol):
    """What zlib and zstd have in common: one member (of gzip) or frame (of zstd)."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: memoryview | bytes, max_length: int, /) -> bytes: ...


def inflate(body: bytes, encoding: str, most_bytes: int, arrived: Callable[[int], None] = lambda size: None) -> bytes:
    """Undo the Content-Encoding: gzip, deflate (with zlib's header or bare, since clients send both), zstd, or none.

    `arrived` is told of each MiB or less that comes out, before the next does, and may raise. Raises BadEncodingError,
    or BodyTooLargeError before more than `most_bytes` exist.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        if len(body) > most_bytes:
            raise _too_large(most_bytes)
        arrived(len(body))
        return body
    out = _Out(most_bytes, arrived)
    if name in ("gzip", "x-gzip"):
        return _decompress(body, "gzip", lambda: zlib.decompressobj(wbits=31), out, _MOST_MEMBERS)
    if name == "deflate":
        wbits = zlib.MAX_WBITS if has_zlib_header(body) else -zlib.MAX_WBITS
        return _decompress(body, "deflate", lambda: zlib.decompressobj(wbits), out, 1)
    if name == "zstd":
        return _decompress(body, "zstd", lambda: zstd.ZstdDecompressor(options=_ZSTD_OPTIONS), out, _MOST_MEMBERS)
    raise UnknownEncodingError(
        f"Content-Encoding '{encoding[:40]}' is not understood here; send gzip, deflate, zstd, or no encoding."
    )


class _Out:
    """What came out so far."""

    def __init__(self, most_bytes: int, arrived: Callable[[int], None]) -> None:
        self.data = bytearray()
        self._most_bytes, self._arrived = most_bytes, arrived

    def take(self, decoder: _Decoder, chunk: memoryview) -> None:
        """Take all that a chunk gives. Raises BodyTooLargeError, and whatever `arrived` does."""
        given: memoryview | bytes = chunk
        while True:
            step = min(_STEP, self._most_bytes + 1 - len(self.data))
            part = decoder.decompress(given, step)
            self.data += part
            if len(self.data) > self._most_bytes:
                raise _too_large(self._most_bytes)
            self._arrived(len(part))
            if len(part) < step or decoder.eof:
                return
            given = getattr(decoder, "unconsumed_tail", b"")  # zstd keeps it


def _decompress(body: bytes, name: str, start: Callable[[], _Decoder], out: _Out, most_members: int) -> bytes:
    """All members of a body. It is fed by chunks, since a decoder copies what it does not use."""
    view = memoryview(body)
    position = members = 0
    try:
        while position < len(view):
            members += 1
            if members > most_members:
                raise BadEncodingError(f"After the end of its {name} data the body goes on. Send one body at a time.")
            position = _member(view, position, start(), name, out)
    except (zlib.error, zstd.ZstdError) as error:
        if members > 1:
            raise BadEncodingError(
                f"After the end of its {name} data the body goes on with something else. Send {name} and nothing more."
            ) from error
        if name in _BEGINS and body.startswith(_BEGINS[name]):
            raise BadEncodingError(f"The {name} body was damaged on its way. Send it again whole.") from error
        raise BadEncodingError(
            f"Content-Encoding says {name}, but the body is not {name}. Remove the header or compress."
        ) from error
    return bytes(out.data)


def _member(view: memoryview, position: int, decoder: _Decoder, name: str, out: _Out) -> int:
    """Append one member to `out`; answers where the next one begins."""
    while not decoder.eof:
        if position >= len(view):
            raise BadEncodingError(f"The {name} body ends too early; it was cut on its way. Send it again whole.")
        chunk = view[position : position + _CHUNK]
        out.take(decoder, chunk)
        position += len(chunk)
    return position - len(decoder.unused_data)


def has_zlib_header(body: bytes) -> bool:
    """RFC 1950: method 8 in the low half of the first byte, and both bytes together a multiple of 31."""
    return len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0


def _too_large(most_bytes: int) -> BodyTooLargeError:
    return BodyTooLargeError(
        f"The request is larger than {most_bytes:,} bytes after decompression (setting max_inflated_bytes);"
        " send smaller batches."
    )
