"""What is installed of the agent: its code without docstrings, comments, types and most blanks, each line where it is
here, and the names that all have for what is passed to them shorter.

The wheel and the layer carry it so (`hatch_build.py`, `mendline layer build`); what users call keeps its documentation.
As a script, `lean.py FOLDER` rewrites the modules in it.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from functools import partial
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeGuard

_DOCUMENTED = ("__init__.py",)
# None of them is a parameter that anybody passes by its name, nor an attribute that a class has without an object.
_SHORT = {"self": "I", "args": "A", "kwargs": "K", "operation": "O", "trigger": "T", "asked": "Q", "original": "F",
          "record": "R", "redactor": "B", "span": "S", "deadline_s": "D", "params": "P", "invocation": "N",
          "connection": "C", "found": "H", "number": "J", "identity": "Y", "inner": "U", "taken": "E",
          "endpoint": "G", "began_ns": "V", "document": "W", "length": "L", "message": "M"}  # fmt: skip
_NAMED = re.compile(rf"(?<![.\w])({'|'.join(_SHORT)})\b")
_HOLE = re.compile(r"\{[^{}]*")


def lean(source: str) -> str:
    """The same program on the same lines: tracebacks lead where they did."""
    text, tree = _Text(source), ast.parse(source)
    for node in ast.walk(tree):
        _without_strings(text, node)
        _without_types(text, node)
    switches = [node for node in tree.body if _is_for_types(node)]
    if switches and not any(node.orelse for node in switches):
        (switch,) = (node for node in tree.body if isinstance(node, ast.Assign) and _is_switch(node.targets[0]))
        text.cut(text.begin(switch), text.end(switch))
    for node in switches:
        if node.orelse:
            text.cut(text.begin(node.body[0]), text.end(node.body[-1]), "pass")
        else:
            text.cut(text.begin(node), text.end(node))
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    depth = 0
    for before, token, after in zip([*tokens[-1:], *tokens], tokens, [*tokens[1:], *tokens[:1]]):  # noqa: B905 - Python 3.9
        depth += (token.string in tuple("([{")) - (token.string in tuple(")]}"))
        is_another = before.string == "." or (depth and after.string == "=")
        if token.type == tokenize.COMMENT:
            text.cut(text.at(*token.start), text.at(*token.end))
        elif (token.string in _SHORT and not is_another) or _is_format(token):
            shorter = _shorter if token.type == tokenize.NAME else partial(_HOLE.sub, lambda hole: _shorter(hole[0]))
            text.cut(text.at(*token.start), text.at(*token.end), shorter(token.string))
    return _dense(_shallow(text.written()))


def _shorter(code: str) -> str:
    return _NAMED.sub(lambda found: _SHORT[found[0]], code)


def _is_format(token: tokenize.TokenInfo) -> bool:
    """Whether names stand in a text; from Python 3.12 on they are tokens of their own."""
    return token.type == tokenize.STRING and "f" in token.string[: token.string.index(token.string[-1])].lower()


def _shallow(source: str) -> str:
    """The same with one blank for each level of indentation, and none before lines that go on with the one above."""
    lines = source.splitlines(keepends=True)
    depth, begins, done = 0, True, set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        row, last = token.start[0], token.end[0]
        if token.type in (tokenize.INDENT, tokenize.DEDENT):
            depth += 1 if token.type == tokenize.INDENT else -1
        elif token.type == tokenize.NEWLINE:
            begins = True
        elif token.type not in (tokenize.NL, tokenize.ENDMARKER):
            if row not in done:
                lines[row - 1] = (" " * depth if begins else "") + lines[row - 1].lstrip(" ")
            begins = False
            done.update(range(row, last + 1))  # what a text of several lines holds stays
    return "".join(lines)


def _dense(source: str) -> str:
    """The same without the blanks that only readers need between the parts of a line; what is in texts stays."""
    lines, ends, within = source.splitlines(keepends=True), (0, 0), 0
    cuts: list[tuple[int, int, int]] = []
    before = ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        name = tokenize.tok_name[token.type]
        inner = within > 0  # of a text with names in it, which is taken apart from Python 3.12 on
        within += (name == "FSTRING_START") - (name == "FSTRING_END")
        (row, column), text = token.start, token.string
        follows = ends[0] == row and ends[1] < column and before and text.strip()
        if follows and not inner and not _belong_apart(before[-1], text[0]):
            cuts.append((row, ends[1], column))
        if token.type not in (tokenize.INDENT, tokenize.DEDENT):
            ends, before = token.end, text.strip()
    for row, begin, end in reversed(cuts):
        lines[row - 1] = lines[row - 1][:begin] + lines[row - 1][end:]
    return "".join(lines)


def _belong_apart(before: str, after: str) -> bool:
    """Whether what ends and begins so would be something else without a blank between."""
    quotes, word = "'\"", "_"
    if before in quotes:
        return after in quotes
    return (before.isalnum() or before == word) and (after.isalnum() or after in (word, "."))


class _Text:
    """A source in characters, of which ranges are left out; the ends of their lines stay."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lines = source.splitlines(keepends=True)
        self._begins = [0]
        for line in self._lines:
            self._begins.append(self._begins[-1] + len(line))
        self._cuts: dict[int, tuple[int, str]] = {}

    def at(self, row: int, column: int) -> int:
        """The place of a token."""
        return self._begins[row - 1] + column

    def begin(self, node: ast.AST) -> int:
        """Where a node begins; the tree counts columns in bytes."""
        return self._place(node.lineno, node.col_offset)  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> int:
        """Where it ends."""
        return self._place(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def _place(self, row: int, octets: int) -> int:
        return self.at(row, len(self._lines[row - 1].encode()[:octets].decode()))

    def cut(self, begin: int, end: int, instead: str = "") -> None:
        """Leave a range out, with the blanks before it, or have something short in its place."""
        while not instead and self._source[begin - 1 : begin] == " ":
            begin -= 1
        self._cuts[begin] = end, instead

    def before(self, what: str, end: int) -> int:
        """The last place of a text before another."""
        return self._source.rindex(what, 0, end)

    def written(self) -> str:
        """What is left."""
        pieces, done = [], 0
        for begin, (end, instead) in sorted(self._cuts.items()):
            if begin >= done:
                pieces += [self._source[done:begin], instead, "\n" * self._source.count("\n", begin, end)]
                done = end
        return "".join([*pieces, self._source[done:]])


def _without_strings(text: _Text, node: ast.AST) -> None:
    """Docstrings, also those of attributes, and attributes that are only declared."""
    if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        idle = [one for one in node.body if _is_idle(one)]
        for one in idle:
            needed = one is node.body[0] and len(idle) == len(node.body)
            text.cut(text.begin(one), text.end(one), '""' if needed else "")


def _is_idle(node: ast.stmt) -> bool:
    if isinstance(node, ast.AnnAssign):
        return node.value is None
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and type(node.value.value) is str


def _is_for_types(node: ast.AST) -> TypeGuard[ast.If]:
    return isinstance(node, ast.If) and _is_switch(node.test)


def _is_switch(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "TYPE_CHECKING"


def _without_types(text: _Text, node: ast.AST) -> None:
    if isinstance(node, ast.arg) and node.annotation is not None:
        text.cut(text.begin(node) + len(node.arg), text.end(node.annotation))
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns is not None:
        text.cut(text.before(" ->", text.begin(node.returns)), text.end(node.returns))
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        text.cut(text.end(node.target), text.end(node.annotation))
    elif isinstance(node, ast.ImportFrom) and node.module == "__future__":
        text.cut(text.begin(node), text.end(node))


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
