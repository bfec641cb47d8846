"""What the import contracts cannot say: pure rooms stay pure whatever they import, and no room escapes a contract."""

from __future__ import annotations

import ast
import configparser
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "server" / "src" / "mendline"
PURE = ("model", "query", "analysis")
# Modules of the standard library without clock, input or output (the clock of `datetime` is looked for below).
ALLOWED = {
    "__future__", "abc", "base64", "bisect", "collections", "contextlib", "dataclasses", "datetime", "decimal",
    "difflib", "enum", "fractions", "functools", "hashlib", "heapq", "itertools", "json", "math", "operator", "re",
    "statistics", "string", "struct", "textwrap", "types", "typing", "unicodedata", "zlib", "zoneinfo",
}  # fmt: skip
OURS = ("mendline.errors", *(f"mendline.{room}" for room in PURE))
CALLS = {"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"}
METHODS = {"now", "today", "utcnow"}


def _modules():
    return [path for room in PURE for path in sorted((SERVER / room).rglob("*.py"))]


def _impurities(tree):
    """What a module does that a pure one may not: (line, what)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            names = []
        for name in names:
            if name.partition(".")[0] not in ALLOWED and not name.startswith(OURS):
                yield node.lineno, f"imports {name}"
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Name) and function.id in CALLS:
                yield node.lineno, f"calls {function.id}()"
            if isinstance(function, ast.Attribute) and function.attr in METHODS:
                yield node.lineno, f"calls .{function.attr}()"


def test_there_is_a_pure_room():
    assert len(_modules()) > 5


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(SERVER)))
def test_pure_rooms_use_no_clock_and_do_no_input_or_output(path):
    assert not list(_impurities(ast.parse(path.read_text("utf-8"))))


@pytest.mark.parametrize(
    "text",
    [
        "import os", "import pathlib", "from pathlib import Path", "import time", "import random", "import secrets",
        "from mendline.store import ClickHouseStore", "import numpy", "def f():\n    import socket",
        "from datetime import datetime\nmoment = datetime.now()", "open('x')", "print(1)",
    ],
)  # fmt: skip
def test_impurity_is_seen(text):
    assert list(_impurities(ast.parse(text)))


def _contracts():
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    return parser


def _lines(contract, key):
    return set(_contracts()[f"importlinter:contract:{contract}"][key].split())


def _rooms():
    """Packages, and modules that lie beside them."""
    folders = {path.name for path in SERVER.iterdir() if (path / "__init__.py").exists()}
    return {f"mendline.{name}" for name in folders | {path.stem for path in SERVER.glob("[a-z]*.py")}}


def test_every_room_but_the_store_is_kept_from_the_database():
    assert _lines("database", "source_modules") == _rooms() - {"mendline.store"}


def test_every_pure_room_is_in_the_contract():
    assert _lines("pure", "source_modules") == {f"mendline.{room}" for room in PURE if (SERVER / room).exists()}


def test_no_link_is_tracked():
    """A link names a place on somebody's machine, and takes the place of what others have there."""
    listed = subprocess.run(["git", "ls-files", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not [line for line in listed.splitlines() if line.startswith("120000")]
