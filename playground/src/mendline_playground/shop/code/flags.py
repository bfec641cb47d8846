"""The shop's feature flags: a file of JSON that is looked at again when it has changed. Flags begin incidents.

`{"price": [{"fault": "slow", "add": 0.3, "only": {"tenant": "birch"}}]}`: for each function what is on, with the
parameters of docs/scenarios.md.
"""

import json
import logging
import os
import random
import time
import zlib
from typing import Any

logger = logging.getLogger("rules")
logger.setLevel(logging.INFO)
_path = os.environ.get("SHOP_FLAGS", "")
_function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "")
_read_at = 0.0
_changed = 0.0
_flags: list[dict[str, Any]] = []
_kept: list[bytes] = []


def on(fault: str, order: dict[str, Any] | None = None, resource: str = "") -> dict[str, Any] | None:
    """The flag of this name that is on for an order (or a resource), with its parameters."""
    for flag in _current():
        if flag["fault"] != fault or not _meant(flag.get("only") or {}, order or {}):
            continue
        if resource and not f"{resource}/".startswith(f"{flag.get('resource', '')}/"):
            continue
        if _chosen(fault, flag.get("share", 1.0), order or {}):
            return flag
    return None


def begin(order: dict[str, Any]) -> None:
    """What a handler meets at its beginning, when somebody has switched it on."""
    if not _current():
        return
    flag = on("log", order)
    for number in range(int(flag["lines"]) if flag else 0):
        logger.info("rule %d does not apply to order %s, trying the next", number % 37, order.get("id"))
    flag = on("leak", order)
    if flag:
        _kept.append(b"x" * int(flag["each"]))
    flag = on("slow", order)
    if flag and not flag.get("resource"):
        time.sleep(flag.get("add", 0.0))
    for fault in ("raise", "poison"):
        flag = on(fault, order)
        if flag:
            raise _error(flag)


def times(resource: str, order: dict[str, Any]) -> int:
    """How often to make a call where one would do."""
    flag = on("repeat", order, resource)
    return int(flag["times"]) if flag else 1


def tries(resource: str, order: dict[str, Any]) -> int:
    """How often to call again when a call fails."""
    flag = on("retry", order, resource)
    return int(flag["times"]) if flag else 0


def _current() -> list[dict[str, Any]]:
    global _read_at, _changed, _flags  # noqa: PLW0603 - as such modules do
    now = time.monotonic()
    if _path and now - _read_at > 0.5:
        _read_at = now
        try:
            changed = os.stat(_path).st_mtime  # noqa: PTH116 - pathlib would add to cold starts
            if changed != _changed:
                with open(_path, encoding="utf-8") as file:  # noqa: PTH123 - likewise
                    _flags = json.load(file).get(_function, [])
                _changed = changed
        except (OSError, ValueError):
            pass  # it is being written: the next look will see it
    return _flags


def _meant(only: dict[str, str], order: dict[str, Any]) -> bool:
    for name, wanted in only.items():
        if name == "version":
            if wanted != _version:
                return False
        elif name == "item":
            if not any(item.get("sku") == wanted for item in order.get("items", [])):
                return False
        elif order.get(name) != wanted:
            return False
    return True


def _chosen(fault: str, share: float, order: dict[str, Any]) -> bool:
    if share >= 1:
        return True
    if fault == "poison":  # what is poison once is poison whenever it comes back
        return zlib.crc32(str(order.get("id")).encode()) % 1000 < share * 1000
    return random.random() < share  # noqa: S311 - no secret


def _error(flag: dict[str, Any]) -> Exception:
    name = flag.get("error") or "ValueError"
    known = __builtins__.get(name) if isinstance(__builtins__, dict) else getattr(__builtins__, name, None)
    if not (isinstance(known, type) and issubclass(known, Exception)) or name.startswith("Unicode"):
        known = type(name, (Exception,), {"__module__": "builtins"})
    error: Exception = known(flag.get("message") or "invalid value")
    return error


def _wake() -> None:
    """What an environment meets when it begins."""
    for flag in _current():
        if flag["fault"] == "cold" and _meant({"version": (flag.get("only") or {}).get("version", _version)}, {}):
            time.sleep(flag.get("add", 0.0))


_wake()
