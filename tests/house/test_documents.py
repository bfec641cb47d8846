"""Documents are true: the commands of the README exist, and the reference pages are what the code says."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from mendline.cli.main import build_parser
from mendline.settings import TABLE

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*/README.md")),
]  # fmt: skip


def _commands(page: Path) -> list[str]:
    blocks = re.findall(r"^```(?:sh|bash|console)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line.removeprefix("$ ").strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


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
        if words and words[0].rpartition("/")[2] == "mendline" and not {"--help", "--version"} & set(words):
            build_parser().parse_args(words[1:])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text())
    assert not [link for link in links if not (page.parent / link).exists()]


def test_settings_reference_is_what_the_code_says():
    page = (ROOT / "docs" / "reference" / "settings.md").read_text()
    for setting in TABLE:
        default = f"`{setting.default}`" if setting.default != "" else "none"
        assert f"| `{setting.name}` | `{setting.flag}` | `{setting.variable}` | {default} | {setting.help} |" in page


def test_makefile_has_no_undocumented_target():
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    assert all(re.search(rf"^{target}:.*##", makefile, re.MULTILINE) for target in phony[1].split())


def test_make_without_a_target_lists_them():
    shown = subprocess.run(["make", "-s", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert "make demo" in shown
    assert "make test" in shown
