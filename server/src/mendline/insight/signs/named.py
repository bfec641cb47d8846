"""All signs, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mendline.insight.signs.environments import clocks_that_differ, logs_without_end, memory_that_grows
from mendline.insight.signs.looked import Looked
from mendline.insight.signs.messages import messages_that_always_fail, messages_that_are_lost, messages_that_wait
from mendline.insight.signs.work import (
    functions_that_invoke_themselves,
    limits_that_were_lowered,
    records_that_were_dropped,
)
from mendline.model.cause import Cause

_SIGNS: tuple[Callable[[Looked], Iterator[Cause]], ...] = (
    messages_that_wait,
    messages_that_are_lost,
    messages_that_always_fail,
    records_that_were_dropped,
    functions_that_invoke_themselves,
    limits_that_were_lowered,
    memory_that_grows,
    clocks_that_differ,
    logs_without_end,
)


def signs_of(looked: Looked) -> tuple[Cause, ...]:
    """The causes that they name, likeliest first."""
    if not looked.functions:
        return ()
    return tuple(sorted((cause for sign in _SIGNS for cause in sign(looked)), key=lambda one: -one.weight))
