"""What holds for all tests."""

from __future__ import annotations


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by their argument: gzip holds the time, and workers must agree on the names of tests."""
    return argname if isinstance(val, bytes) else None
