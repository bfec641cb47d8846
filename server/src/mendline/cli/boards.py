"""`mendline boards`: boards as files, NAME.board.txt each. Works on the data directory, beside a running server too."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mendline.cli.state import add_state_flags, as_json, as_text, opened_state, print_table
from mendline.clock import SystemClock
from mendline.errors import MendlineError, NotFoundError, UsageError

if TYPE_CHECKING:
    from mendline.insight.boards import Boards
    from mendline.store.state import State

_ENDING = ".board.txt"
_EPILOG = """\
A file is what `/boards/NAME.txt` answers: a paragraph for each panel, its title, then its query.

  mendline boards save ./boards
  mendline boards apply ./boards --plan
  mendline boards apply ./boards
"""


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "boards",
        help="keep boards as files",
        description="List boards, write them to files, and take them from files.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    for name, text, run in (
        ("list", "List all boards.", _list),
        ("save", "Write every board to a file of a folder.", _save),
        (
            "apply",
            "Take the boards of a folder, if all are right; others stay as they are.",
            _apply,
        ),
    ):
        action = actions.add_parser(name, help=text[0].lower() + text[1:-1], description=text, allow_abbrev=False)
        if run is not _list:
            action.add_argument("folder", type=Path, metavar="DIR", help=f"where the files NAME{_ENDING} are")
        if run is _apply:
            action.add_argument("--plan", action="store_true", help="say what would change, and change nothing")
        action.add_argument("--project", default="default", metavar="NAME", help="of which project (default: default)")
        add_state_flags(action)
        action.set_defaults(run=run)


def _list(parsed: argparse.Namespace) -> int:
    with opened_state(parsed, make=False) as state:
        boards = _boards(state, parsed.project).all()
    if parsed.json:
        told = [{"name": it.name, "changed": as_json(it.changed), "by": it.changed_by} for it in boards]
        print(json.dumps(told, indent=2))
    elif boards:
        print_table(("board", "changed", "by"), [(it.name, as_text(it.changed), it.changed_by or "-") for it in boards])
    else:
        print("There are no boards yet; make one on the page /boards, or with `mendline boards apply`.")
    return 0


def _save(parsed: argparse.Namespace) -> int:
    with opened_state(parsed, make=False) as state:
        boards = _boards(state, parsed.project).all()
    parsed.folder.mkdir(parents=True, exist_ok=True)
    for board in boards:
        (parsed.folder / f"{board.name}{_ENDING}").write_text(board.text, encoding="utf-8")
    return _said(parsed, [(board.name, "saved") for board in boards])


def _apply(parsed: argparse.Namespace) -> int:
    from mendline.model.board import check_board_name, read_board  # noqa: PLC0415 - a command starts fast

    if not parsed.folder.is_dir():
        raise NotFoundError(f"There is no folder {parsed.folder}.")
    texts: dict[str, str] = {}
    for file in sorted(parsed.folder.glob(f"*{_ENDING}")):
        name = file.name.removesuffix(_ENDING)
        try:
            texts[check_board_name(name)] = file.read_text(encoding="utf-8")
            read_board(texts[name])
        except (MendlineError, UnicodeDecodeError) as error:
            raise UsageError(f"{file}: {getattr(error, 'message', 'it is no text in UTF-8')}") from None
    if not texts:
        raise NotFoundError(f"There is no file NAME{_ENDING} in {parsed.folder}.")
    with opened_state(parsed, make=True) as state:
        boards = _boards(state, parsed.project)
        known = {board.name: board.text for board in boards.all()}
        told = [(name, _change(text, known.get(name))) for name, text in texts.items()]
        for name, change in told:
            if change != "unchanged" and not parsed.plan:
                boards.save(name, texts[name], SystemClock().now(), "a file")
    return _said(parsed, told)


def _change(text: str, before: str | None) -> str:
    if before is None:
        return "new"
    return "unchanged" if text.replace("\r\n", "\n").strip() == before.strip() else "changed"


def _boards(state: State, project: str) -> Boards:
    from mendline.insight.boards import Boards  # noqa: PLC0415 - the database takes time to import
    from mendline.store.state import list_projects  # noqa: PLC0415 - the same

    with state.reading() as connection:
        if project not in {it.name for it in list_projects(connection)}:
            raise NotFoundError(f"There is no project '{project[:80]}'; `mendline projects list` shows all.")
    return Boards(state, project)


def _said(parsed: argparse.Namespace, told: list[tuple[str, str]]) -> int:
    if parsed.json:
        print(json.dumps([{"name": name, "change": change} for name, change in told], indent=2))
    elif told:
        print_table(("board", "would be" if getattr(parsed, "plan", False) else "is"), told)
    else:
        print("There are no boards yet.")
    return 0
