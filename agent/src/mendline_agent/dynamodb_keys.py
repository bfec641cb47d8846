"""Items of DynamoDB as fingerprints, which a writer and a reader of the table's stream compute alike.

A stream's records have ids that no writer is told. Both sides know the item's key (or, of a put whose key is not known,
the whole item) and about when it was written: `dynamodb:TABLE/k:CRC32@SECOND`, or `i:` for an item. What is written
in a fingerprint is not to be had back from it.
"""

from __future__ import annotations

from binascii import b2a_base64, crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_TYPES = frozenset(("S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"))
_MOST_TABLES = 100
_MOST_ITEMS = 100
_MOST_NODES = 200
_FEW, _SHORT = 32, 1024
_MOST_CHARACTERS = 8 * 1024
_LONGEST_S = 4

# Table → the names of its key, as calls by key have shown them.
_key_names: dict[str, tuple[str, ...]] = {}


def fingerprint(item: Any) -> str:
    """Eight hex digits for an item or a key, plain or as DynamoDB types it; empty where it is too large or no item."""
    if type(item) is not dict or not item:
        return ""
    try:
        told = _plain(item) or _any(item)
        return f"{crc32(told.encode('utf-8', 'replace')):08x}"
    except (ValueError, TypeError):
        return ""


def _plain(item: dict[Any, Any]) -> str:
    """What `_any` makes of a small item that has only texts and whole numbers, as DynamoDB types them, at once."""
    out = []
    for name in sorted(item) if len(item) <= _FEW else ():
        value = item[name]
        if type(value) is not dict or len(value) != 1:
            return ""
        ((kind, inner),) = value.items()
        if type(inner) is not str or len(inner) > _SHORT or not (kind == "S" or (kind == "N" and "." not in inner)):
            return ""
        out.append(f"{name}={kind}({inner})")
    return f"M({''.join(out)})" if out else ""


def _any(item: dict[Any, Any]) -> str:
    typed = all(type(value) is dict and len(value) == 1 and _TYPES.issuperset(value) for value in item.values())
    out: list[str] = []
    _write(out, {"M": item} if typed else item, 0)
    return "".join(out)


def _write(out: list[str], value: Any, depth: int) -> None:
    """One value as `TYPE(text)`, with maps and sets in order; ValueError where that is too much or not known."""
    kind, value = _typed(value)
    if kind in ("L", "M"):
        if depth > 8:
            raise ValueError("deep")
        out.append(kind + "(")
        for part in sorted(value) if kind == "M" else value:
            if kind == "M":
                inner, told = value[part], "S"
                if type(inner) is dict and len(inner) == 1:
                    ((told, inner),) = inner.items()
                if type(inner) is str and (told == "S" or (told == "N" and "." not in inner)):  # as most are
                    out.append(f"{part}={told}({inner})")
                    continue
                out.append(f"{part}=")
                part = value[part]  # noqa: PLW2901 - the value under the name
            _write(out, part, depth + 1)
        out.append(")")
    elif kind in ("SS", "NS", "BS"):
        out.append(f"{kind}({','.join(sorted(_scalar(kind[0], part) for part in value))})")
    else:
        out.append(f"{kind}({_scalar(kind, value)})")
    if len(out) > _MOST_NODES or max(map(len, out)) > _MOST_CHARACTERS:
        raise ValueError("large")


def _typed(value: Any) -> tuple[str, Any]:
    kind = type(value)
    if kind is dict:
        if len(value) == 1:
            ((name, inner),) = value.items()
            if name in _TYPES:
                return name, inner
        return "M", value
    if kind is set or kind is frozenset:
        first = next(iter(value), "")
        return ("SS" if type(first) is str else "BS" if type(first) is bytes else "NS"), value
    if value is None:
        return "NULL", True
    return {str: "S", bool: "BOOL", bytes: "B", bytearray: "B", list: "L", tuple: "L"}.get(kind, "N"), value


def _scalar(kind: str, value: Any) -> str:
    if kind == "B" and type(value) in (bytes, bytearray):
        return b2a_base64(value, newline=False).decode()
    if kind == "N":
        kind_of_number = type(value)
        if kind_of_number not in (str, int, float) and kind_of_number.__module__ != "decimal":
            raise ValueError("not a number")
        number = str(value)
        return number.rstrip("0").rstrip(".") if "." in number and "e" not in number.lower() else number
    return str(value) if type(value) in (str, bool) else ""


def _learn(table: str, key: Any) -> None:
    if type(key) is dict and table not in _key_names and len(_key_names) < _MOST_TABLES:
        _key_names[table] = tuple(key)[:2]


def _of_put(table: str, item: Any) -> Iterator[str]:
    names = _key_names.get(table)
    if names is not None and type(item) is dict and all(name in item for name in names):
        yield f"dynamodb:{table}/k:{fingerprint({name: item[name] for name in names})}"
    else:
        told = fingerprint(item)
        if told:
            yield f"dynamodb:{table}/i:{told}"


def _of_key(table: str, key: Any) -> Iterator[str]:
    _learn(table, key)
    told = fingerprint(key)
    if told:
        yield f"dynamodb:{table}/k:{told}"


def written(operation: str, tables: list[str], params: dict[str, Any]) -> list[str]:
    """The fingerprints of what a call writes, without their second; a call that only reads teaches the table's key."""
    found: list[str] = []
    if operation == "PutItem" and tables:
        found.extend(_of_put(tables[0], params.get("Item")))
    elif operation in ("UpdateItem", "DeleteItem") and tables:
        found.extend(_of_key(tables[0], params.get("Key")))
    elif operation == "GetItem" and tables:
        _learn(tables[0], params.get("Key"))
    elif operation in ("BatchWriteItem", "TransactWriteItems"):
        for table, item, key in list(_writes(params))[:_MOST_ITEMS]:
            found.extend(_of_put(table, item) if item is not None else _of_key(table, key))
    return found


def _writes(params: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """(table, item, key) of each write in a batch or a transaction; one of the two is None."""
    from .aws_resources import last_part

    requested = params.get("RequestItems")
    for table, requests in requested.items() if type(requested) is dict else ():
        for request in requests:
            put, delete = request.get("PutRequest"), request.get("DeleteRequest")
            yield last_part(table), (put or {}).get("Item"), (delete or {}).get("Key")
    for entry in params.get("TransactItems") or ():
        for name, action in entry.items():
            if name != "ConditionCheck":
                yield last_part(action.get("TableName", "")), action.get("Item"), action.get("Key")


def at_seconds(links: list[str], start_ns: int, end_ns: int) -> list[str]:
    """Each fingerprint with every second in which the write may have happened, at most the last four."""
    last_s = end_ns // 1_000_000_000
    first_s = max(start_ns // 1_000_000_000, last_s - _LONGEST_S + 1)
    return [f"{link}@{second}" for link in links for second in range(first_s, last_s + 1)]


def read(table: str, change: dict[str, Any], second: int) -> list[str]:
    """The links of a stream's record (`dynamodb` in the event), as its writer may have told them."""
    found = []
    key, image = fingerprint(change.get("Keys")), fingerprint(change.get("NewImage"))
    if key:
        found.append(f"{table}/k:{key}@{second}")
    if image:
        found.append(f"{table}/i:{image}@{second}")
    return found
