"""One spelling for each code: in Python for tables and tests, in SQL for rows on their way into the store.

`com.amazonaws.dynamodb.v20120810#ThrottlingException`, `ThrottlingException: Rate exceeded`, `Throttling` and
`throttling_error` are all `throttling`. Both forms must give the same for every text; a test holds them to it.
"""

from __future__ import annotations

import re

_MESSAGE = re.compile(r":(?:[ \t\r\n]|http).*", re.DOTALL)
_TRAILING = re.compile(r"(?<![^A-Za-z0-9])[^A-Za-z0-9]++\Z")
_PATH = re.compile(r"\A.*[.#/:$+]", re.DOTALL)
_OTHER = re.compile(r"[^A-Za-z0-9]")
_SUFFIXES = ("exception", "error")

NORMAL_SQL = (
    "replaceRegexpOne(lower(replaceRegexpAll(replaceRegexpOne(replaceRegexpOne(replaceRegexpOne({code}, "
    "'(?s):(?:[ \\\\t\\\\r\\\\n]|http).*', ''), '[^A-Za-z0-9]+$', ''), '^(?s).*[.#/:$+]', ''), '[^A-Za-z0-9]', '')), "
    "'^(.+?)(?:exception|error)+$', '\\\\1')"
)
"""The same as `normal` in ClickHouse's SQL; replace `{code}` by the column."""


def normal(code: str) -> str:
    """The last part of a dotted, slashed or prefixed name, in small letters and digits, without Exception or Error."""
    name = _PATH.sub("", _TRAILING.sub("", _MESSAGE.sub("", code, count=1)), count=1)
    name = _OTHER.sub("", name).lower()
    end = len(name)
    while True:
        shorter = next((end - len(word) for word in _SUFFIXES if name.endswith(word, 0, end)), 0)
        if shorter < 1:  # nothing to take off, or nothing would be left
            return name[:end]
        end = shorter
