"""What holds for all tests."""

from __future__ import annotations

import gc


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes and what has an address in its text are named by their argument: gzip holds the time, addresses differ, and
    workers must agree on the names of tests."""
    return argname if isinstance(val, bytes) or " at 0x" in repr(val) else None


def pytest_collection_finish() -> None:
    """Thousands of tests and their modules stay until the end: no collection of garbage need look at them again."""
    gc.collect()
    gc.freeze()
