"""The texts of statements: `sql/` are reads, `changes/` what the writer does beside inserts, `upkeep/` is of
schema and retention, `sql/parts/` is shared.

`{PART(name)}` stands for a part; `{CURRENT}` for the condition that a row of invocations still holds, in a read of the
range {start_ns} to {end_ns}: what was replaced, and not yet merged away, is named by rows of sign -1; `{COST}` for the
price of a row `r` of invocations, `{TIMED_OUT}` for whether its time was up. Remarks are left out of reads, which the
client takes apart word by word each time.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from mendline.errors import UsageError
from mendline.store.costs import COST
from mendline.store.timeouts import timed_out

_NAME = re.compile(r"[a-z_]+")
_PART = re.compile(r"\{PART\(([a-z_]+)\)\}")
_REMARK = re.compile(r"^ *--.*\n", re.MULTILINE)
_REPLACED = """FROM invocations
                WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
                    AND start < fromUnixTimestamp64Nano({end_ns:Int64})"""


def current(of: str = "") -> str:
    """The condition that a row of invocations still holds, of an alias such as `r.`.

    That nothing was replaced, as of days that are merged, is known before anything else is read: which execution a row
    is of, three columns of long texts, then is not.
    """
    return f"""{of}sign = 1 AND (
                (SELECT count() = 0 {_REPLACED})
                OR ({of}execution, {of}revision) NOT IN (SELECT execution, revision {_REPLACED}))"""


@cache
def sql_of(folder: str, statement: str) -> str:
    """The text of `{folder}/{statement}.sql`. Raises UsageError for what is no name."""
    if not _NAME.fullmatch(statement):
        raise UsageError(f"'{statement}' is not the name of a statement.")
    text = resources.files("mendline.store").joinpath(folder, f"{statement}.sql").read_text("utf-8")
    known = {"{CURRENT}": current(), "{COST}": COST, "{TIMED_OUT}": timed_out("r.")}
    text = with_parts(text)
    for name, sql in known.items():
        text = text.replace(name, sql)
    return _REMARK.sub("", text) if folder == "sql" else text


def with_parts(text: str) -> str:
    """A statement with the parts that it names."""
    return _PART.sub(lambda call: sql_of("sql/parts", call[1]), text)
