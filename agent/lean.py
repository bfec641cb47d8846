"""What is installed of the agent: its code without docstrings and comments, each line where it is in the repository.

The wheel and the layer carry it so (`hatch_build.py`, `mendline layer build`); what users call keeps its documentation.
As a script, `lean.py FOLDER` rewrites the modules in it.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from pathlib import Path

_DOCUMENTED = ("__init__.py",)


def lean(source: str) -> str:
    """The same program on the same lines; names, code and the lines of tracebacks stay."""
    lines = source.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip() + "\n"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            told = node.body[0] if node.body else None
            if isinstance(told, ast.Expr) and isinstance(told.value, ast.Constant) and type(told.value.value) is str:
                first, last = told.lineno - 1, (told.end_lineno or told.lineno) - 1
                lines[first] = lines[first][: told.col_offset] + '""\n'  # only code before it: its bytes are characters
                lines[first + 1 : last + 1] = ["\n"] * (last - first)
    return "".join(lines)


def write_lean(source: Path, target: Path) -> list[Path]:
    """Write lean copies of all modules in a folder to the same places in another (or the same); answers these."""
    written = []
    for path in sorted(source.rglob("*.py")):
        text = path.read_text("utf-8")
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text if path.name in _DOCUMENTED else lean(text), "utf-8")
        written.append(place)
    return written


if __name__ == "__main__":
    write_lean(Path(sys.argv[1]), Path(sys.argv[1]))
