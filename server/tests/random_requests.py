"""Export requests with anything in any field that OTLP has, from a seed."""

from __future__ import annotations

import random
import struct

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

_CHARACTERS = "aZ9 .-_/\\\"'\n\t\r\b\f\0\x01\x1f\x7fé\u2028\u2029😀{}$:,"
_DOUBLES = (0.0, -0.0, 1.0, 0.1, 1e20, 1e21, -1.5e-7, 1e-6, 123456.789, 5e-324, 1.7e308, float("nan"), float("-inf"))
_INTEGERS = (0, 1, 2, 3, 7, 127, 2**31 - 1)
_LONG = (0, 1, 300, 2**53 + 1, 2**63 - 1)
_TIME = ("start_time_unix_nano", "end_time_unix_nano", "time_unix_nano", "observed_time_unix_nano")
_SHORT_LISTS, _MOST_DEPTH = 2, 9


class RandomRequests:
    """`fill` gives each field of a message a value, or none; times lie around `now_ns`, or anywhere."""

    def __init__(self, seed: int, now_ns: int) -> None:
        self._random, self._now_ns = random.Random(seed), now_ns

    def fill(self, message: Message, depth: int = 0) -> Message:
        """The message, filled."""
        taken: set[str] = set()
        fields = list(message.DESCRIPTOR.fields)
        for field in self._random.sample(fields, len(fields)):
            choice = field.containing_oneof
            if (choice is not None and choice.name in taken) or (depth > 3 and self._random.random() < 0.3):
                continue
            if choice is not None:
                taken.add(choice.name)
            self._set(message, field, depth)
        return message

    def _set(self, message: Message, field: FieldDescriptor, depth: int) -> None:
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            if depth >= _MOST_DEPTH:
                return
            if field.is_repeated:
                for _ in range(self._random.randint(depth < 2, _SHORT_LISTS)):
                    self.fill(getattr(message, field.name).add(), depth + 1)
            else:
                getattr(message, field.name).SetInParent()
                self.fill(getattr(message, field.name), depth + 1)
        elif field.is_repeated:
            getattr(message, field.name).extend(self._scalar(field) for _ in range(self._random.randint(0, 3)))
        else:
            setattr(message, field.name, self._scalar(field))

    def _scalar(self, field: FieldDescriptor) -> object:
        if field.name in _TIME:
            return self._random.choice((self._now_ns, self._now_ns + self._random.randrange(10**9), 0, 1, 2**64 - 1))
        if field.name.endswith(("trace_id", "span_id")):
            return self._random.randbytes(self._random.choice((0, 16 if field.name == "trace_id" else 8, 4)))
        kind = field.cpp_type
        if kind == FieldDescriptor.CPPTYPE_STRING:
            if field.type == FieldDescriptor.TYPE_BYTES:
                return self._random.randbytes(self._random.randrange(5))
            return "".join(self._random.choices(_CHARACTERS, k=self._random.randrange(6)))
        if kind == FieldDescriptor.CPPTYPE_DOUBLE:
            (anything,) = struct.unpack("<d", self._random.randbytes(8))
            return self._random.choice((*_DOUBLES, anything, self._random.random()))
        if kind == FieldDescriptor.CPPTYPE_BOOL:
            return self._random.random() < 0.5
        if kind in (FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64):
            sign = self._random.choice((1, -1)) if kind == FieldDescriptor.CPPTYPE_INT64 else 1
            return self._random.choice(_LONG) * sign
        return self._random.choice(_INTEGERS)
