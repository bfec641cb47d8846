"""Lines that functions write as text: the formats of the managed runtimes, of common loggers, and bare prints."""

from __future__ import annotations

import re

from mendline.ingest.cloudwatch.events import UUID, FunctionLine, Value
from mendline.ingest.cloudwatch.json_lines import load_object, thrown_of
from mendline.ingest.cloudwatch.levels import ERROR, LOWER, UPPER, severity_of

_HEAD = 200  # a level stands this early, or it is a word of the message
_MOST_WORDS = 8
_TIME = re.compile(r"\d[\d/:.,TZ+-]{5,40}")
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.:+Z-]{0,16}")
# A line with a level begins with one of these: a time, a bracket, or the level itself.
_MAY_HAVE_HEAD = frozenset("0123456789[(<TDINWEFCSVALtdinwefcsl")
_AROUND = "[]()<>|:,-"


def parse_function_text(text: str) -> FunctionLine:
    """Level, request id and message of a line; a line in no known format is its own message."""
    first = text[:1]
    if first not in _MAY_HAVE_HEAD:
        return FunctionLine(text)
    if "\t" in text[:64]:
        line = _python(text) if first == "[" else _node(text)
        if line is not None:
            return line
    return _by_head(text)


def _python(text: str) -> FunctionLine | None:
    """`[LEVEL]\\tTIME\\tREQUEST_ID\\tMESSAGE`, as Python's runtime client formats its root logger."""
    parts = text.split("\t", 3)
    if len(parts) < 4 or not _ISO.fullmatch(parts[1]):
        return None
    level = parts[0][1:-1]
    if not severity_of(level) or not (parts[2] == "" or UUID.fullmatch(parts[2])):
        return None
    return FunctionLine(parts[3], level, parts[1], parts[2])


def _node(text: str) -> FunctionLine | None:
    """`TIME\\tREQUEST_ID\\tLEVEL\\tMESSAGE`: Node's console (`undefined` is its id while it starts), and .NET."""
    parts = text.split("\t", 3)
    if len(parts) < 4 or not _ISO.fullmatch(parts[0]):
        return None
    request_id = parts[1] if UUID.fullmatch(parts[1]) else ""
    level = parts[2]
    if not (request_id or parts[1] in ("undefined", "")) or not severity_of(level):
        return None
    attributes = _thrown_after(parts[3]) if severity_of(level) >= ERROR else {}
    return FunctionLine(parts[3], level, parts[0], request_id, attributes)


def _thrown_after(message: str) -> dict[str, Value]:
    """What Node throws out at its end: `Invoke Error \\t{"errorType": …, "stack": […]}`."""
    _, tab, rest = message.partition("\t")
    if not tab or not rest.startswith("{"):
        return {}
    value = load_object(rest)
    return thrown_of(value) if value else {}


def _by_head(text: str) -> FunctionLine:
    """Read the first words: times, ids and threads in brackets may stand before a level; anything else ends it."""
    level = request_id = before = ""
    for word in text[:_HEAD].split(None, _MOST_WORDS)[:_MOST_WORDS]:
        bare = word.strip(_AROUND)
        if bare in UPPER or (bare != word and bare in LOWER):
            level = bare
            if request_id:
                break
        elif UUID.fullmatch(bare):
            request_id = bare
        elif before == "-" and not level:
            pass  # Python's `TIME - LOGGER - LEVEL - MESSAGE`
        elif not (bare == "" or _TIME.fullmatch(bare) or (word[0] == "[" and not level)):
            level = level or _glued(word)
            break
        before = word
    if not level and not _TIME.match(text):
        request_id = ""  # a bare print that begins with the id of something else
    return FunctionLine(text, level, request_id=request_id, certain=False)


def _glued(word: str) -> str:
    """The level in `ERROR:root:boom` and `[ERROR]boom`."""
    level = word.lstrip("[(<").partition(":")[0].partition("]")[0]
    return level if level in UPPER and level != word else ""
