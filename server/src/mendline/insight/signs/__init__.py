"""What is wrong though invocations are as fast and fail as seldom as ever: messages that wait, are lost or always fail,
records that nobody worked on, memory that only grows, logs without end, clocks that differ, functions that invoke
themselves, limits that were lowered. Each sign compares a time with what is usual, and names causes."""

from mendline.insight.signs.looked import Looked
from mendline.insight.signs.named import signs_of

__all__ = ["Looked", "signs_of"]
