"""Stack traces of Python, Java, Node, .NET and Go: which lines go on with one, and what was thrown."""

from __future__ import annotations

import re
from dataclasses import dataclass

NBSP = "\u00a0"  # Python's runtime client indents with it where a line break would end the log event
_TRACEBACK = "Traceback (most recent call last)"
_FRAME = re.compile(r"\s{1,16}at \S|\s{1,16}\.\.\. \d{1,6} (?:more|common frames omitted)|\s{0,16}--- End of ")
_FIRST_FRAME = re.compile(r"\n[ \t\u00a0]{1,16}at \S")
_CHAINED = (
    "Caused by: ",
    "\tSuppressed: ",
    "During handling of the above exception, another exception occurred",
    "The above exception was the direct cause of the following exception",
)
_THROWN = re.compile(r"[A-Za-z_$][\w$]{0,100}(?:[.+][A-Za-z_$][\w$]{0,100}){0,20}")
_SUFFIXES = (
    "Error",
    "Exception",
    "Throwable",
    "Fault",
    "Failure",
    "Interrupt",
    "Exit",
    "Warning",
    "Timeout",
    "Iteration",
)
_GO = ("goroutine ", "\t/", "created by ", "[signal ", "main.", "runtime.", "exit status ")
_MOST_LINES_BACK = 20


@dataclass(frozen=True, slots=True)
class Thrown:
    """What was thrown: its type, its message, and the stack trace as text (from the type or the traceback on)."""

    type: str
    message: str
    stack: str


def goes_on(text: str, inside: str) -> bool:
    """Whether a line goes on with the record before it. `inside` is the text of an open stack trace, else empty.

    Frames and causes go on with whatever is before them; other lines only with a stack trace that is open.
    """
    if not text.strip():
        return bool(inside)
    if text[0] in " \t" and _FRAME.match(text):
        return True
    if text.startswith(_CHAINED):
        return True
    if not inside:
        return False
    if inside.startswith("panic: "):
        return text.startswith(_GO)
    if text[0] in " \t" or text[0] == NBSP:
        return True
    return _TRACEBACK in inside and (text.startswith(_TRACEBACK) or _ends_traceback(text))


def closes(text: str) -> bool:
    """Whether a line that went on with a Python traceback is its last: the exception itself."""
    return _ends_traceback(text)


def thrown_in(text: str) -> Thrown | None:
    """The exception that a record's text tells of, when it holds a stack trace."""
    if _TRACEBACK in text:
        return _python(text)
    frame = _FIRST_FRAME.search(text)
    if frame:
        return _framed(text, frame.start())
    if text.startswith("panic: "):
        return Thrown("panic", text[7:].split("\n", 1)[0], text)
    return None


def typed(line: str) -> tuple[str, str] | None:
    """(type, message) of a line that names what was thrown, perhaps behind other words; None when none is named."""
    rest = line.strip()
    for _ in range(10):
        head, colon, tail = rest.partition(": ")
        word = head.removesuffix(":").rpartition(" ")[2].rpartition("\t")[2]
        if word.endswith(_SUFFIXES) and _THROWN.fullmatch(word):
            return word, tail
        if not colon:
            return None
        rest = tail
    return None


def _python(text: str) -> Thrown | None:
    start = text.index(_TRACEBACK)
    last = text.rindex(_TRACEBACK)
    lines = text[last:].split("\n")
    for number, line in enumerate(lines[1:], 1):
        if line and line[0] not in (" ", "\t", NBSP) and (named := _named(line)):
            message = "\n".join([named[1], *lines[number + 1 :]]).rstrip()
            return Thrown(named[0], message, text[start:])
    before = text[:start].rstrip().rpartition("\n")[2]
    named = typed(before.partition("] ")[2] or before)
    return Thrown(*named, text[start:]) if named else None


def _named(line: str) -> tuple[str, str] | None:
    word, _, message = line.partition(": ")
    word = word.rstrip().removesuffix(":")
    return (word, message.rstrip()) if _THROWN.fullmatch(word) else None


def _ends_traceback(line: str) -> bool:
    named = _named(line.partition("\n")[0])
    return named is not None and (named[0].endswith(_SUFFIXES) or "." in named[0] or ": " in line)


def _framed(text: str, first_frame: int) -> Thrown | None:
    start = first_frame
    for _ in range(_MOST_LINES_BACK):
        line_start = text.rfind("\n", 0, start) + 1
        named = typed(text[line_start:start])
        if named:
            message = named[1] + text[start:first_frame]
            return Thrown(named[0], message.strip(), text[line_start:])
        if line_start == 0:
            return None
        start = line_start - 1
    return None
