"""Exact chances that so many of the selected rows share something: the hypergeometric distribution.

Of `rows` rows, `selected` are selected and `having` have a property; were the property of no consequence, the number
of rows with both would be hypergeometric (R. A. Fisher, "The Design of Experiments", 1935). Chances are kept as natural
logarithms: those of real causes are smaller than any float.
"""

from __future__ import annotations

from functools import cache
from math import inf, lgamma, log


@cache
def _log_factorial(n: int) -> float:
    return lgamma(n + 1)


def log_choose(n: int, k: int) -> float:
    """The logarithm of how many ways there are to choose `k` of `n`; -inf for none."""
    if not 0 <= k <= n:
        return -inf
    return _log_factorial(n) - _log_factorial(k) - _log_factorial(n - k)


def log_tail(both: int, having: int, selected: int, rows: int) -> float:
    """The logarithm of the chance of `both` or more by luck; 0.0 where as many had to be."""
    most, least = min(having, selected), max(0, having + selected - rows)
    if both <= least:
        return 0.0
    if both > most:
        return -inf
    first = log_choose(having, both) + log_choose(rows - having, selected - both) - log_choose(rows, selected)
    total = term = 1.0
    for k in range(both, most):
        term *= (having - k) * (selected - k) / ((k + 1) * (rows - having - selected + k + 1))
        total += term
        if term < total * 1e-12:
            break
    return min(0.0, first + log(total))


def log_least(having: int, selected: int, rows: int) -> float:
    """The logarithm of the smallest chance that any outcome has with these margins: what Tarone's gate asks."""
    most = min(having, selected)
    return log_tail(most, having, selected, rows)


def least_support(selected: int, rows: int, log_alpha: float) -> int:
    """The fewest rows a property must have before any outcome can be rarer than `log_alpha`; rows + 1 for never."""
    if log_least(min(selected, rows), selected, rows) > log_alpha:
        return rows + 1
    low, high = 1, selected
    while low < high:
        middle = (low + high) // 2
        if log_least(middle, selected, rows) <= log_alpha:
            high = middle
        else:
            low = middle + 1
    return low
