"""Texts for people as numbers: durations in seconds, sizes in bytes."""

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])")
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(B|KB|MB|GB)?")
_BYTES = {None: 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}


def parse_duration(text: object) -> float | None:
    """Seconds of `90s`, `1h30m`, `-10m` (0 needs no unit); None when it is no duration."""
    if text == 0 or text == "0":
        return 0.0
    if not isinstance(text, str):
        return None
    body = text.removeprefix("-")
    parts = _PART.findall(body)
    if not parts or "".join(number + unit for number, unit in parts) != body:
        return None
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return -seconds if text.startswith("-") else seconds


def parse_size(text: object) -> float | None:
    """Bytes of `128MB`, `64KB` or a plain number; None when it is no size."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text) if text >= 0 else None
    found = _SIZE.fullmatch(text) if isinstance(text, str) else None
    return float(found[1]) * _BYTES[found[2]] if found else None


def write_duration(seconds: float) -> str:
    """The shortest text of a duration: `1500ms`, `90s`, `1h30m`, `2d`."""
    if seconds < 0:
        return f"-{write_duration(-seconds)}"
    if seconds == 0:
        return "0s"
    if seconds < 1 or (seconds < 60 and seconds % 1):
        return f"{round(seconds * 1000)}ms"
    left, out = round(seconds), ""
    for unit in ("w", "d", "h", "m", "s"):
        whole, left = divmod(left, int(_SECONDS[unit]))
        out += f"{whole}{unit}" if whole else ""
    return out
