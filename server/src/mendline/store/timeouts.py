"""Which invocations ended because their time was up: not those whose own call to something else timed out."""

from __future__ import annotations


def timed_out(row: str = "") -> str:
    """SQL for it over columns of invocations, each behind `row`, such as `r.`.

    The types are the platform's own words (`Sandbox.Timedout` is what a caller is answered), and `timeout` what the
    agent tells shortly before the end, which stays where nothing more was heard.
    """
    return (
        f"({row}error_type IN ('Function.Timeout', 'Sandbox.Timedout')"
        f" OR {row}error_type = 'timeout' AND {row}unfinished)"
    )
