"""Lists of submessages in protobuf messages."""

from __future__ import annotations

from typing import Any


def keep_only(items: Any, wanted: list[Any]) -> None:
    """Leave only some of the submessages, which are of the same list. They are copied first: deleting frees them."""
    kept = [type(item).FromString(item.SerializeToString()) for item in wanted]
    del items[:]
    items.extend(kept)
