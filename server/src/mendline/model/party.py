"""Whose a resource is: AWS's, a third party's, or one of our own."""

from __future__ import annotations

import re

PROVIDER, THIRD_PARTY, OURS = "provider", "third_party", "ours"
_OF_US = frozenset({"lambda", "postgresql", "mysql", "mariadb", "redis", "mongodb", "memcached", "mssql", "oracle"})
_PRIVATE = re.compile(r"(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[?::1|.*\.(internal|local)$)")
_GATEWAY = re.compile(r".*\.execute-api\.[a-z0-9-]+\.amazonaws\.com|.*\.lambda-url\.[a-z0-9-]+\.on\.aws")


def party_of(resource_type: str, name: str) -> str:
    """PROVIDER for services of AWS; OURS for functions, databases, and hosts that are functions' or private; else
    THIRD_PARTY. '' where nothing is called."""
    if not resource_type:
        return ""
    if resource_type != "http":
        return OURS if resource_type in _OF_US else PROVIDER
    host = name.lower()
    if _PRIVATE.match(host) or _GATEWAY.match(host):
        return OURS
    return PROVIDER if host.partition(":")[0].endswith((".amazonaws.com", ".amazonaws.com.cn")) else THIRD_PARTY
