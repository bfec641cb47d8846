"""OTLP/JSON read as OTLP says it ("JSON Protobuf Encoding"), which the generic reader of protobuf gets wrong.

Ids are hexadecimal, enums are numbers, names are lowerCamelCase, what is unknown is passed over. `to_protobuf` is the
entry: JSON in, the same request as protobuf out, so that everything behind it knows one form only. Pure.
"""

from __future__ import annotations

from mendline.ingest.otlp_json.decode import to_protobuf

__all__ = ["to_protobuf"]
