"""Text that came from outside, made fit to look at: nothing invisible, nothing endless. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from markupsafe import Markup, escape

# Control characters but tab and newline; marks that reorder or hide text; halves of surrogate pairs.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)

_JOINT = re.compile(r"([./_])(?=\w)")


def visible(value: Any) -> Any:
    """Show hidden characters as escapes (`\\x1b`, `\\u202e`). Runs on every expression of every template."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return _HIDDEN.sub(_escaped, value.replace("\r\n", "\n"))


def clip(text: str, most: int = 80) -> str:
    """At most so many characters, the last of them an ellipsis where some were cut."""
    return text if len(text) <= most else text[: most - 1] + "…"


def short_arn(text: str) -> str:
    """What an ARN names within its service and account; any other text as it is."""
    return text.split(":", 5)[5] if text.startswith("arn:") and text.count(":") >= 5 else text


def breakable(text: str) -> Markup:
    """A name with dots or slashes, escaped, that a narrow column may break behind them."""
    return Markup(_JOINT.sub(r"\1<wbr>", str(escape(visible(text)))))  # noqa: S704 - escaped before


def pretty_json(text: str) -> str:
    """JSON with indentation; what is not JSON (or is cut) comes back as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def as_json(value: Any) -> str:
    """A value as JSON with indentation."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def rows(text: str, width: int = 110, most: int = 12) -> int:
    """How many rows a field needs for a text, about."""
    return min(most, sum(1 + len(line) // width for line in text.split("\n")))


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
