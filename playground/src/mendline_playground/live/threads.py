"""Calls that block, in threads, and over when they return: what was begun can then be undone."""

import asyncio
from collections.abc import Callable
from typing import Any


async def finish(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call it in a thread; whoever is cancelled meanwhile is told so only when the call has ended."""
    work = asyncio.ensure_future(asyncio.to_thread(call, *arguments, **named))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise
