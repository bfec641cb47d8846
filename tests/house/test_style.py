"""The rules of the house that a machine can check (CONTRIBUTING, "Rules of the house")."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "manager", "base", "util", "helper"}
MOST_LINES = 400
MOST_FUNCTION_LINES = 60
PARENTS = ("agent/src", "server/src", "playground/src")


@cache
def _tracked() -> tuple[Path, ...]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
    return tuple(ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file())


def _of(suffix: str, *folders: str) -> list[Path]:
    return [
        path
        for path in _tracked()
        if path.suffix == suffix and str(path.relative_to(ROOT)).startswith(folders or ("",))
    ]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _modules() -> list[Path]:
    return _of(".py", *PARENTS)


def test_there_is_something_to_check():
    assert len(_modules()) > 30


def test_no_file_holds_everything():
    long = {
        _name(path): lines
        for path in _of(".py") + _of(".js") + _of(".css")
        if (lines := path.read_text().count("\n")) > MOST_LINES
    }
    assert not long


def test_no_module_is_named_after_nothing():
    assert not [_name(path) for path in _tracked() if path.stem.lower() in FORBIDDEN_NAMES]


def test_every_module_says_first_what_lives_there():
    silent = [_name(path) for path in _of(".py") if not ast.get_docstring(ast.parse(path.read_text()))]
    assert not silent


def test_every_javascript_and_css_file_says_first_what_lives_there():
    own = [path for path in _of(".js", "server/src") + _of(".css", "server/src") if "vendor" not in path.parts]
    assert not [_name(path) for path in own if not path.read_text().lstrip().startswith("/*")]


def test_functions_are_one_thought():
    long = {}
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MOST_FUNCTION_LINES:
                    long[f"{_name(path)}:{node.name}"] = lines
    assert not long


def test_sql_lives_in_files_with_one_commented_statement_each():
    files = _of(".sql")
    assert files
    wrong = [
        _name(path)
        for path in files
        if not path.read_text().startswith("-- ") or ";" in re.sub(r"--.*|'[^']*'", "", path.read_text())
    ]
    assert not wrong


def test_templates_never_trust_telemetry():
    wrong = [
        _name(path)
        for path in _of(".html", "server/src")
        if re.search(
            r"\|\s*safe\b|autoescape false|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:",
            path.read_text(),
        )
    ]
    assert not wrong


@pytest.mark.parametrize("suffix", [".py", ".md", ".txt", ".toml", ".yml", ".yaml", ".json", ".html", ".js", ".sh"])
def test_no_machine_paths_and_no_registry_addresses(suffix):
    forbidden = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/|files\.pythonhosted|pypi\.org/simple|registry\.npmjs")
    own = Path(__file__)
    wrong = [
        f"{_name(path)}: {match[0]}"
        for path in _of(suffix)
        if path != own and (match := forbidden.search(path.read_text(errors="replace")))
    ]
    assert not wrong


def _sleeping_calls(tree: ast.AST) -> list[ast.Call]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if ast.unparse(call.func).rpartition(".")[2] in {"sleep", "wait_for_timeout"}]


def _sleeps(path: Path) -> bool:
    """Whether a file sleeps and hopes; a short pause while waiting for a condition (in a loop) is none."""
    tree = ast.parse(path.read_text())
    loops = [node for node in ast.walk(tree) if isinstance(node, (ast.While, ast.For))]
    pauses = {id(call) for loop in loops for call in _sleeping_calls(loop)}
    return any(id(call) not in pauses for call in _sleeping_calls(tree))


def test_tests_do_not_sleep():
    assert not [_name(path) for path in _of(".py") if "tests" in path.parts and _sleeps(path)]


def test_every_lint_exception_gives_its_reason():
    # (after the code a hyphen and why); in the agent and in tests the reasons stand once, in pyproject.toml
    bare = re.compile(r"# noqa(?!: [A-Z0-9, ]+ - \S)")
    wrong = [
        f"{_name(path)}: {line.strip()}"
        for path in _modules()
        for line in path.read_text().splitlines()
        if bare.search(line)
    ]
    assert not wrong
