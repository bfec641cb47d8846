"""The one table of error kinds, put together from its families."""

from __future__ import annotations

from dataclasses import dataclass

from mendline.model.error_kinds import aws, databases, go_dotnet, java, node, platform, protocols, python
from mendline.model.error_kinds.kinds import ErrorKind
from mendline.model.error_kinds.normal import normal

FAMILIES: dict[str, tuple[dict[ErrorKind, tuple[str, ...]], ...]] = {
    "AWS services": (aws.COMMON, aws.COMPUTE, aws.DATA, aws.MESSAGING, aws.KEYS, aws.ADMINISTRATION, aws.WATCH),
    "Lambda's platform": (platform.LAMBDA,),
    "HTTP": (protocols.HTTP,),
    "gRPC": (protocols.GRPC,),
    "SQLSTATE and PostgreSQL": (databases.SQLSTATE,),
    "MySQL": (databases.MYSQL,),
    "MongoDB": (databases.MONGODB,),
    "Caches, search and other databases": (databases.CACHES,),
    "Python": (python.LANGUAGE, python.SDK, python.LIBRARIES),
    "Node.js": (node.SYSTEM, node.CLIENTS),
    "Java": (java.LANGUAGE, java.LIBRARIES),
    "Go": (go_dotnet.GO,),
    ".NET": (go_dotnet.DOTNET,),
    "Ruby, Rust and PHP": (go_dotnet.OTHERS,),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A code as its source spells it, and what it means."""

    source: str
    code: str
    kind: ErrorKind


ROWS: tuple[Row, ...] = tuple(
    Row(source, code, kind)
    for source, tables in FAMILIES.items()
    for table in tables
    for kind, codes in table.items()
    for code in codes
)
KINDS: dict[str, ErrorKind] = {normal(row.code): row.kind for row in ROWS}
"""Every code in its one spelling (`normal`)."""
