"""The reference page of error kinds, made from the table."""

from __future__ import annotations

from mendline.model.error_kinds.kinds import MEANINGS, ErrorKind
from mendline.model.error_kinds.messages import MARKS
from mendline.model.error_kinds.table import FAMILIES, KINDS, ROWS

_BEGIN = """# Error kinds

`error.kind` says in one word what went wrong, the same for every language and service. It is computed at ingest from
the error's code (`error.type`, `exception.type`, an AWS error code, a status code) and, where that says nothing or only
that there was an error, from its message. What neither explains has no kind, is counted, and is listed.

A code is taken by the last part of its name, in small letters and digits, without `Exception` or `Error` at its end:
`com.amazonaws.dynamodb.v20120810#ThrottlingException`, `ThrottlingException: Rate exceeded` and `Throttling` are one.
`unhandled` gives way to what the message says.

This page is made from the table in `server/src/mendline/model/error_kinds/`; a test compares them.

| kind | means | the same call may succeed later |
|---|---|---|
"""


def reference_page() -> str:
    """The text of docs/reference/error-kinds.md."""
    lines = [_BEGIN.rstrip("\n")]
    lines += [
        f"| `{kind}` | {meaning.text} | {'yes' if meaning.retry_helps else ''} |" for kind, meaning in MEANINGS.items()
    ]
    lines += ["", f"## Codes ({len(KINDS)})"]
    for source in FAMILIES:
        lines += ["", f"### {source}", "", "| kind | codes |", "|---|---|"]
        for kind in ErrorKind:
            codes = dict.fromkeys(row.code for row in ROWS if row.source == source and row.kind is kind)
            if codes:
                lines.append(f"| `{kind}` | {' '.join(codes)} |")
    lines += ["", f"## Messages ({len(MARKS)})", "", "In this order; letters' case does not matter.", ""]
    lines += ["| kind | text |", "|---|---|", *(f"| `{kind}` | `{mark}` |" for mark, kind in MARKS)]
    return "\n".join(lines) + "\n"
