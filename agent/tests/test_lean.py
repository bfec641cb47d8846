"""What is installed is small: the same program on the same lines, without what is written for its readers."""

from __future__ import annotations

import ast
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import mendline_agent

AGENT = Path(__file__).parents[1]
PACKAGE = Path(mendline_agent.__file__).parent
LEAN = runpy.run_path(str(AGENT / "lean.py"))
MOST_BYTES = 250_000

ODD = '''"""Module, of
two lines with → in them."""  # and a comment
from __future__ import annotations

def one(): "said on its line"

class Two:
    """Only this."""

    def five(self, *args, **kwargs):
        return f"{self.four(1)} of yourself {kwargs}" "self", self.args, args, kwargs["kwargs"]

def three(text="# no comment"):  # but this is
    """Said."""
    # alone on its line
    return f"{text}#" + """# not
    a docstring"""

def four(items):
    for item in items:
        if item:
            yield 0 if item . odd else "0" in f"{ item = } {item!r:>{ 4 }}" or not - 1, b"" b"", [ 1 .real ]
            print([
                item,
            ], """
              as it is""", """as"""
              """ it is""")
'''


class _Untyped(ast.NodeTransformer):
    """The program alone: no docstrings, no types, nothing that runs for type checkers only."""

    def generic_visit(self, node):
        for name in ("annotation", "returns"):
            if hasattr(node, name):
                setattr(node, name, None)
        super().generic_visit(node)
        for name in ("body", "orelse"):
            if isinstance(getattr(node, name, None), list):
                setattr(
                    node,
                    name,
                    [
                        one
                        for one in getattr(node, name)
                        if not isinstance(one, (ast.Pass, ast.Expr))
                        or not isinstance(getattr(one, "value", ast.Constant("")), ast.Constant)
                    ],
                )
        return node

    def visit_Name(self, node):
        node.id = LEAN["_SHORT"].get(node.id, node.id)
        return node

    def visit_arg(self, node):
        node.arg = LEAN["_SHORT"].get(node.arg, node.arg)
        return self.generic_visit(node)

    def visit_Module(self, node):
        if not any(isinstance(one, ast.If) and one.orelse for one in node.body):
            switch = ast.dump(ast.parse("TYPE_CHECKING = False").body[0])
            node.body = [one for one in node.body if ast.dump(one) != switch]
        return self.generic_visit(node)

    def visit_AnnAssign(self, node):
        plain = ast.Assign([node.target], node.value, lineno=node.lineno)
        return self.generic_visit(plain) if node.value is not None else None

    def visit_If(self, node):
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
            if not node.orelse:
                return None
        return self.generic_visit(node)

    def visit_ImportFrom(self, node):
        return None if node.module == "__future__" else node


def _code(source):
    """Its tree, and the line of each statement."""
    tree = _Untyped().visit(ast.parse(source))
    return ast.dump(tree), [node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt)]


@pytest.mark.parametrize(
    "source", [ODD, *(path.read_text() for path in sorted(PACKAGE.glob("*.py")))], ids=lambda s: s[:30]
)
def test_a_lean_module_is_the_same_program_on_the_same_lines(source):
    lean = LEAN["lean"](source)
    assert _code(lean) == _code(source)
    assert lean.count("\n") == source.count("\n")
    assert LEAN["lean"](lean) == lean


def test_no_name_that_is_made_shorter_is_passed_to():
    passed = {call.arg for path in PACKAGE.glob("*.py") for call in ast.walk(ast.parse(path.read_text()))
              if isinstance(call, ast.keyword)}  # fmt: skip
    assert not passed & (LEAN["_SHORT"].keys() - {"self", "args", "kwargs"})


def test_nothing_is_said_in_a_lean_module():
    lean = LEAN["lean"](ODD)
    assert "but this is" not in lean
    assert "alone" not in lean
    assert "Said" not in lean
    assert "Only" not in lean
    assert "# no comment" in lean


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(AGENT)], check=True, capture_output=True, timeout=100)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.startswith("mendline_agent/")}


def test_the_wheel_is_small_and_has_every_file(wheel):
    sources = [path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert sorted(wheel) == sorted(f"mendline_agent/{path.relative_to(PACKAGE).as_posix()}" for path in sources)
    assert sum(map(len, wheel.values())) < MOST_BYTES
    assert wheel["mendline_agent/wire.py"] == LEAN["lean"]((PACKAGE / "wire.py").read_text()).encode()


def test_what_users_call_keeps_its_documentation(wheel):
    assert wheel["mendline_agent/__init__.py"] == (PACKAGE / "__init__.py").read_bytes()
