"""Blocks of a page that a benchmark writes: between `<!-- NAME: … -->` and `<!-- end of NAME -->`."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

PERFORMANCE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"


def asked_to_write(about: str) -> bool:
    """Whether the command line says --write."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    return bool(parser.parse_args().write)


def rewrite(page: Path, name: str, lines: list[str]) -> None:
    """Put lines into the block of that name, which must be there."""
    text = page.read_text("utf-8")
    block = re.compile(rf"(<!-- {name}: [^\n]*-->\n\n).*?(\n\n<!-- end of {name} -->)", re.DOTALL)
    if not block.search(text):
        raise SystemExit(f"{page} has no block '{name}'.")
    page.write_text(block.sub(lambda found: f"{found[1]}{chr(10).join(lines)}{found[2]}", text), "utf-8")
