"""What the embedded engine may keep in memory beside its data: by itself it would take half of the machine for caches.

They are server settings of ClickHouse under their own names. What is asked again and again fits; the rest is read anew
from the files, which the system keeps as long as there is room.
"""

from __future__ import annotations

from mendline.settings import MIB

ENGINE_OPTIONS: dict[str, int] = {
    "mark_cache_size": 64 * MIB,  # where columns of parts begin
    "index_mark_cache_size": 16 * MIB,
    "uncompressed_cache_size": 16 * MIB,  # blocks of columns, such as their dictionaries, that small reads need again
    "primary_index_cache_size": 16 * MIB,
    "text_index_tokens_cache_size": 16 * MIB,  # words of logs
    "text_index_header_cache_size": 16 * MIB,
    "text_index_postings_cache_size": 32 * MIB,
    "query_condition_cache_size": 16 * MIB,
    "compiled_expression_cache_size": 32 * MIB,
}
"""Bytes, by the name of each cache. All connections of a process must open the engine with the same."""
