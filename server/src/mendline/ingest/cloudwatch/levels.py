"""Log levels by the names that loggers write, as OpenTelemetry's severity numbers."""

from __future__ import annotations

_NUMBERS = {
    "trace": 1, "trce": 1, "verbose": 1, "finest": 1, "finer": 2, "silly": 1,
    "debug": 5, "dbug": 5, "fine": 5, "config": 6,
    "info": 9, "information": 9, "informational": 9, "notice": 10, "log": 9,
    "warn": 13, "warning": 13,
    "error": 17, "err": 17, "fail": 17, "severe": 17, "lambda_error": 17,
    "critical": 21, "crit": 21, "fatal": 21, "alert": 21, "emerg": 21, "emergency": 21, "panic": 21,
}  # fmt: skip
# pino and bunyan write numbers
_PINO = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}

INFO, WARN, ERROR = 9, 13, 17
UPPER = frozenset(name.upper() for name in _NUMBERS) - {"LOG", "FINE", "CONFIG", "FAIL", "ALERT", "SILLY", "PANIC"}
LOWER = frozenset(_NUMBERS)


def severity_of(level: str) -> int:
    """OpenTelemetry's severity number of a level's name in any case; 0 when it is not a level we know."""
    return _NUMBERS.get(level) or _NUMBERS.get(level.lower(), 0)


def level_of_number(number: float) -> str:
    """The name of a level that a logger wrote as a number (pino, bunyan); empty when it is none of theirs."""
    return _PINO.get(int(number), "") if number == number and abs(number) < 1e9 else ""
