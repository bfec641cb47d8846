"""Request bodies decompressed within bounds: no body makes the server hold more than it allows."""

from __future__ import annotations

import zlib

from mendline.errors import BadEncodingError, BodyTooLargeError

_CHUNK = 256 * 1024


def inflate(body: bytes, encoding: str, most_bytes: int) -> bytes:
    """Undo the Content-Encoding. Raises BadEncodingError, or BodyTooLargeError before more than `most_bytes` exist."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        if len(body) > most_bytes:
            raise _too_large(most_bytes)
        return body
    if encoding != "gzip":
        raise BadEncodingError(f"Content-Encoding '{encoding[:40]}' is not understood here; send gzip, or no encoding.")
    return _gunzip(body, most_bytes)


def _gunzip(body: bytes, most_bytes: int) -> bytes:
    out = bytearray()
    rest = body
    try:
        while rest:
            decoder = zlib.decompressobj(wbits=31)
            pending = rest
            while pending and not decoder.eof:
                out += decoder.decompress(pending, min(_CHUNK, most_bytes + 1 - len(out)))
                if len(out) > most_bytes:
                    raise _too_large(most_bytes)
                pending = decoder.unconsumed_tail
            if not decoder.eof:
                raise BadEncodingError("The gzip body ends too early; it was cut on its way. Send it again whole.")
            rest = decoder.unused_data
    except zlib.error as error:
        raise BadEncodingError(
            "Content-Encoding says gzip, but the body is not gzip. Remove the header or compress."
        ) from error
    return bytes(out)


def _too_large(most_bytes: int) -> BodyTooLargeError:
    return BodyTooLargeError(
        f"The request is larger than {most_bytes:,} bytes after decompression (setting max_inflated_bytes);"
        " send smaller batches."
    )
