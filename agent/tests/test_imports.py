"""What the agent loads is part of its price: a listed part of the standard library, and of that only the cheap part."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mendline_agent

PACKAGE = Path(mendline_agent.__file__).parent
MODULES = sorted(PACKAGE.glob("*.py"))

# Loaded by the runtime anyway, or cheap, at the top of a module.
ANYWHERE = {
    "_contextvars", "_thread", "builtins",
    "__future__", "binascii", "collections", "functools", "itertools", "json", "os", "re", "struct",
    "sys", "threading", "time", "traceback",
}  # fmt: skip
# Only inside functions: when the first export, the first https endpoint, or the first such message needs it.
LAZY = {
    "_socket",
    "base64",
    "fnmatch",
    "hmac",
    "importlib",
    "math",
    "opcode",
    "socket",
    "ssl",
    "zlib",
}
EXPENSIVE = {
    "asyncio", "concurrent.futures", "dataclasses", "datetime", "email", "gzip", "hashlib", "http",
    "http.client", "importlib.metadata", "inspect", "logging.handlers", "random", "socket", "ssl",
    "subprocess", "typing", "urllib.parse", "urllib.request", "uuid", "botocore", "urllib3", "requests",
}  # fmt: skip
# What awslambdaric 4 has loaded before it loads a handler, as far as it matters here.
RUNTIME = "import __future__, json, logging, threading, traceback, functools, time, os, decimal, re, importlib"


def _imports(tree: ast.Module):
    """(module, is at the top) of each import that runs; those for type checkers do not."""
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module, id(node) in top


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_only_a_listed_part_of_the_standard_library_is_imported(path):
    for module, at_top in _imports(ast.parse(path.read_text())):
        allowed = ANYWHERE if at_top else ANYWHERE | LAZY
        assert module.partition(".")[0] in allowed, f"{path.name} imports {module}"


def _modules_after(program: str) -> set[str]:
    code = f"{RUNTIME}\nimport sys\nbefore = set(sys.modules)\n{program}\nprint(*sorted(set(sys.modules) - before))"
    nowhere = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}  # a server may listen at the usual one
    env = {**os.environ, **nowhere}
    told = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    return set(told.split())


def test_importing_the_agent_loads_itself_only():
    assert _modules_after("import mendline_agent") == {"mendline_agent"}


def test_wrapping_a_handler_loads_nothing_expensive():
    loaded = _modules_after("import mendline_agent; mendline_agent.instrument(lambda event, context: None)")
    assert not loaded & EXPENSIVE
    assert {name.partition(".")[0] for name in loaded} <= {
        "mendline_agent", "_contextvars", "__future__",
    }  # fmt: skip


def test_an_invocation_loads_nothing_expensive():
    loaded = _modules_after(
        "import mendline_agent; mendline_agent.instrument(lambda event, context: None)({'a': 'x' * 2000}, None)"
    )
    assert not loaded & EXPENSIVE


def test_an_invocation_loads_only_what_its_event_needs():
    loaded = _modules_after(
        "import mendline_agent; mendline_agent.instrument(lambda event, context: None)({'a': {'b': 1}, 'c': 'd'}, None)"
    )
    unneeded = ("chaos", "chaos_peer", "event_triggers", "record_triggers", "http_triggers", "frames", "batches")
    assert not loaded & {f"mendline_agent.{name}" for name in (*unneeded, "dynamodb_keys")}


def test_files_are_short_and_say_what_they_hold():
    for path in MODULES:
        text = path.read_text()
        assert len(text.splitlines()) < 400
        assert ast.get_docstring(ast.parse(text)), path
