"""Documents are true: the commands of the README exist, and the reference pages are what the code says."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from mendline.cli.main import build_parser
from mendline.insight.findings import WHATS
from mendline.settings import TABLE
from mendline_playground.cli import build_parser as build_playground_parser

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*/README.md")),
]  # fmt: skip


OURS = re.compile(r"(?:\S*/)?(?:make|mendline|mendline-playground)(?: |$)")
HOLES = re.compile(r"[A-Z]{2,}(?![=/A-Z])|…|\.\.\.")  # what a person fills in: DIR, PORT, …


def _commands(page: Path) -> list[str]:
    """All lines of blocks for a shell; of other blocks and code in sentences what begins as a command of ours."""
    text = page.read_text()
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^ {4}(\S.*)$", prose, re.MULTILINE)
    inline = re.findall(r"`([^`\n]+)`", prose)
    shell = [line for tag, block in blocks if tag in ("sh", "bash", "console") for line in block.splitlines()]
    other = [line for tag, block in blocks if tag not in ("sh", "bash", "console") for line in block.splitlines()]
    lines = [line.removeprefix("$ ").strip() for line in shell]
    lines += [line.strip() for line in (*other, *indented, *inline) if OURS.match(line.strip().removeprefix("$ "))]
    return [line for line in lines if line and not line.startswith("#")]


PARSERS = {"mendline": build_parser, "mendline-playground": build_playground_parser}


def test_the_map_has_every_room():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    shown = {
        name for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for name in re.findall(r"`([\w./-]+)`", row)
    }
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    folders = {f"{path.split('/')[0]}/" for path in tracked if "/" in path and not path.startswith((".", "tests/"))}
    rooms = {path.split("/")[3] for path in tracked if re.match(r"server/src/mendline/\w+/", path)}
    assert {name.split("/")[0] + "/" for name in shown if "/" in name} >= folders
    assert shown >= rooms


def test_readme_shows_how_to_start():
    assert "make demo" in " ".join(_commands(ROOT / "README.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_documented_make_targets_exist(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = {match for line in _commands(page) for match in re.findall(r"\bmake ([a-z]+)", line)}
    assert used <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_documented_commands_parse(page):
    for line in _commands(page):
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words.pop(0)
        program = words[0].rpartition("/")[2] if words else ""
        if program in PARSERS and len(words) > 1 and not {"--help", "--version"} & set(words):
            _parse(PARSERS[program](), words[1:], line)


def _parse(parser, words, line):
    """That every command and flag in a line is there; values may be holes, and what must be given may be left out."""
    for action in parser._actions:
        action.required = False
    if parser._subparsers and words and not words[0].startswith("-"):
        (commands,) = (action for action in parser._actions if hasattr(action, "choices") and action.choices)
        assert words[0] in commands.choices, f"{line}: there is no command {words[0]}"
        _parse(commands.choices[words[0]], words[1:], line)
        return
    known = {flag for action in parser._actions for flag in action.option_strings}
    for word in words:
        if word.startswith("--"):
            assert word.partition("=")[0] in known, f"{line}: there is no flag {word}"
    if not any(HOLES.fullmatch(word) or "|" in word for word in words):
        parser.parse_args(words)


@pytest.mark.parametrize("line", ["mendline srve", "mendline serve --prot 1", "make nothing", "mendline keys creat"])
def test_command_that_is_not_there_is_seen(line, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"Run `{line}` now.\n\n    {line}\n")
    assert _commands(page) == [line, line]
    check = test_documented_make_targets_exist if line.startswith("make") else test_documented_commands_parse
    with pytest.raises((AssertionError, SystemExit)):
        check(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text())
    assert not [link for link in links if not (page.parent / link).exists()]


def test_settings_reference_is_what_the_code_says():
    page = (ROOT / "docs" / "reference" / "settings.md").read_text()
    for setting in TABLE:
        default = f"`{setting.default}`" if setting.default != "" else "none"
        assert f"| `{setting.name}` | `{setting.flag}` | `{setting.variable}` | {default} | {setting.help} |" in page


def _attribute_names(source: Path) -> set[str]:
    """What a module of the agent writes into attributes: keys of dicts and of what is assigned, and names of ours."""
    tree, found = ast.parse(source.read_text()), set()
    for node in ast.walk(tree):
        of_attributes = isinstance(node, ast.Subscript) and ast.unparse(node.value) != "sys.modules"
        keys = node.keys if isinstance(node, ast.Dict) else [node.slice] if of_attributes else []
        found |= {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
        if isinstance(node, ast.Constant) and str(node.value).startswith("mendline."):
            found.add(node.value)
    return {name for name in found if re.fullmatch(r"[a-z][a-z_]+(\.[a-z_]+)+", name)}


AGENT = sorted((ROOT / "agent" / "src" / "mendline_agent").glob("*.py"))


@pytest.mark.parametrize("source", AGENT, ids=lambda source: source.stem)
def test_every_attribute_that_the_agent_writes_is_in_the_reference(source):
    page = (ROOT / "docs" / "reference" / "attributes.md").read_text()
    told = set(re.findall(r"`([a-z_.]+)`", page))
    families = tuple(family for family in re.findall(r"`([a-z_.]+\.)\*`", page) if family != "mendline.")
    assert {name for name in _attribute_names(source) if not name.startswith(families)} <= told


def test_attributes_are_found_where_the_agent_writes_them():
    found = set().union(*map(_attribute_names, AGENT))
    assert {"mendline.links.in", "mendline.arguments", "db.query.text", "log.iostream", "error.type"} <= found


def test_makefile_has_no_undocumented_target():
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    assert all(re.search(rf"^{target}:.*##", makefile, re.MULTILINE) for target in phony[1].split())


def test_make_without_a_target_lists_them():
    shown = subprocess.run(["make", "-s", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert "make demo" in shown
    assert "make test" in shown


def test_each_finding_stands_in_the_page_about_what_is_watched_for():
    page = (ROOT / "docs" / "watch.md").read_text()
    assert [what for what in WHATS if f"`{what}`" not in page] == []
