"""Secrets in a parsed OTLP message: every text in it, attributes by their keys, values nested to any depth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, MutableSequence, Sequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from mendline.ingest.redact.keys import Keys
from mendline.ingest.redact.scan import Scanner
from mendline.ingest.redact.shapes import secrets_of_aws
from mendline.ingest.redact.site import MARK, REDACTED

_NAMES = frozenset({"name", "key", "Name", "Key"})
_VALUES = frozenset({"value", "Value"})
_EMPTY = ("", REDACTED)
_NESTED: dict[str, Callable[[AnyValue], Any]] = {
    "array_value": lambda value: value.array_value.values,
    "kvlist_value": lambda value: value.kvlist_value.values,
    "bytes_value": lambda value: value.bytes_value.replace(MARK, b""),
}


class Walker:
    """Blanks secrets in one message; counts them by rule in `replaced`."""

    __slots__ = ("_beside_aws_key", "_keys", "_scanner", "replaced")

    def __init__(self, keys: Keys, scanner: Scanner) -> None:
        self._keys, self._scanner = keys, scanner
        self._beside_aws_key = False
        self.replaced: Counter[str] = Counter()

    def clean(self, message: Message) -> bool:
        """Blank what is secret in every field of the message, in place; whether anything was changed.

        Fields that OTLP does not know are dropped.
        """
        size, before, known = message.ByteSize(), self.replaced.total(), self.replaced["aws_keys"]
        message.DiscardUnknownFields()
        is_cut = message.ByteSize() != size
        self._message(message)
        if self.replaced["aws_keys"] > known:  # its secret may lie in an attribute beside it
            self._beside_aws_key = True
            self._message(message)
            self._beside_aws_key = False
        return is_cut or self.replaced.total() > before

    def text(self, text: str) -> str:
        """The text without secrets; the same object when there are none."""
        encoded = text.encode()
        cleaned = self._scan(encoded)
        return text if cleaned is encoded else cleaned.decode()

    def _scan(self, data: bytes) -> bytes:
        cleaned = self._scanner.clean(data, self.replaced)
        if self._beside_aws_key:
            for site in reversed(secrets_of_aws(cleaned)):
                cleaned = cleaned[: site.start] + MARK + cleaned[site.end :]
                self.replaced[site.rule] += 1
        return cleaned

    def _message(self, message: Message) -> None:
        if isinstance(message, KeyValue):
            self._pair(message)
        elif isinstance(message, AnyValue):
            self._value(message)
        else:
            for field, value in message.ListFields():
                self._field(message, field, value)

    def _field(self, message: Message, field: FieldDescriptor, value: Any) -> None:
        many = field.is_repeated
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            for each in value if many else (value,):
                self._message(each)
        elif field.type == FieldDescriptor.TYPE_STRING and many:
            self._texts(value)
        elif field.type == FieldDescriptor.TYPE_STRING:
            cleaned = self.text(value)
            if cleaned is not value:
                setattr(message, field.name, cleaned)

    def _texts(self, texts: MutableSequence[str]) -> None:
        for index, text in enumerate(texts):
            texts[index] = self.text(text)

    def _pair(self, pair: KeyValue) -> None:
        rule = self._keys.rule(pair.key)
        if not (rule and self._blank(pair.value, rule, pair.key)):
            self._value(pair.value)
        cleaned = self.text(pair.key)
        if cleaned is not pair.key:
            pair.key = cleaned

    def _value(self, value: AnyValue) -> None:
        kind = value.WhichOneof("value")
        if kind == "string_value":
            cleaned = self.text(value.string_value)
            if cleaned is not value.string_value:
                value.string_value = cleaned
        elif kind == "bytes_value":
            value.bytes_value = self._scan(value.bytes_value)
        elif kind == "array_value":
            self._list(value.array_value.values)
        elif kind == "kvlist_value":
            self._object(value.kvlist_value.values)

    def _list(self, values: Sequence[AnyValue]) -> None:
        """Values one by one; a flag's value after the flag, and the second of a pair after a secret name."""
        blanked = -1
        for index, value in enumerate(values):
            if index == blanked:
                continue
            name = value.string_value
            rule = self._keys.rule(name) if name and index + 1 < len(values) else ""
            is_name = rule and (name.startswith("--") or (not index and len(values) == 2))
            if is_name and values[index + 1].WhichOneof("value") == "string_value":
                self._blank(values[index + 1], rule, name)
                blanked = index + 1
            else:
                self._value(value)

    def _object(self, pairs: Sequence[KeyValue]) -> None:
        """Pairs one by one; of {name, value} the value goes when the name is secret."""
        named = next((pair.value.string_value for pair in pairs if pair.key in _NAMES), "")
        rule = self._keys.rule(named) if named else ""
        for pair in pairs:
            if not (rule and pair.key in _VALUES and self._blank(pair.value, rule, named)):
                self._pair(pair)

    def _blank(self, value: AnyValue, rule: str, key: str) -> bool:
        """Replace the value of a secret key; whether it is settled, so that nobody need look into it."""
        kind = value.WhichOneof("value")
        if kind is None or kind == "bool_value" or (kind == "string_value" and value.string_value in _EMPTY):
            return True
        if kind in ("int_value", "double_value") and key[-1:] in "sS" and key[-2:-1] not in "sS":
            return True  # a plural key counts
        texts = value.array_value.values if kind == "array_value" else ()
        if texts and all(text.WhichOneof("value") == "string_value" for text in texts):
            changed = [text for text in texts if text.string_value not in _EMPTY]
            for text in changed:
                text.string_value = REDACTED
            self.replaced[rule] += bool(changed)
            return True
        if kind in _NESTED and not _NESTED[kind](value):
            return True
        value.string_value = REDACTED
        self.replaced[rule] += 1
        return True
