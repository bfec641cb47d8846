"""`mendline poison`: records that fail at every try; take one out of its queue, and put it back."""

from __future__ import annotations

import argparse
import json
from http import HTTPStatus
from typing import Any

from mendline.cli.asking import add_range, add_server, ask_server, moment
from mendline.cli.flags import add_action
from mendline.errors import MendlineError

_EPILOG = """\
  mendline poison list --since 3h
  mendline poison remove orders 059f36b4-87a3-44ab-83d2-661975830a7d --dry-run
  mendline poison remove orders 059f36b4-87a3-44ab-83d2-661975830a7d
  mendline poison pass analytics kinesis/clicks clicks/shardId-000000000000/4959033827149025
  mendline poison undo 1

A copy is kept on the server before the message is deleted (--move: sent to the queue's dead-letter queue). AWS has no
call that deletes one record of a stream: `pass` changes the mapping of the function that takes from it.
  bisect  batches that fail are halved, and the record is given up after some tries
  skip    what fails is given up after its first try, with its whole batch unless batches are halved
  filter  this record, and no other, is filtered out before the function is invoked
"""


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "poison",
        help="records that fail at every try",
        description="Records that fail at every try: list them, take one out of its queue, put it back.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    listed = add_action(actions, "list", "what fails at every try, and what was taken out")
    add_range(listed)
    remove = add_action(actions, "remove", "take a message out of a queue, with a copy that is kept")
    remove.add_argument("queue", metavar="QUEUE", help="its name, or its ARN")
    remove.add_argument("message", metavar="MESSAGE_ID")
    remove.add_argument("--move", action="store_true", help="to the queue's dead-letter queue, instead of deleting it")
    remove.add_argument("--dry-run", action="store_true", help="only look for it")
    over = add_action(actions, "pass", "let a stream pass over a record, which AWS cannot delete")
    over.add_argument("function", metavar="FUNCTION", help="that takes from the stream")
    over.add_argument("stream", metavar="STREAM", help="its name, or TYPE/NAME")
    over.add_argument("record", metavar="RECORD", help="as `list` tells it")
    over.add_argument("--how", choices=("filter", "bisect", "skip"), default="filter", help="default: filter")
    over.add_argument("--dry-run", action="store_true", help="only tell what would be changed")
    undo = add_action(actions, "undo", "send it again to the queue that it was taken from")
    undo.add_argument("number", metavar="NUMBER", type=int, help="as `list` and `remove` tell it")
    for action, run in ((listed, _list), (remove, _remove), (over, _pass), (undo, _undo)):
        action.add_argument("--json", action="store_true", help="the whole answer as JSON")
        add_server(action)
        action.set_defaults(run=run)


def _asked(
    parsed: argparse.Namespace, path: str, query: dict[str, Any] | None = None, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    status, told = ask_server(parsed, path, query or {}, body)
    if status not in (HTTPStatus.OK, HTTPStatus.CREATED):
        raise MendlineError(told.get("message", f"The server answered {status}."))
    return told


def _list(parsed: argparse.Namespace) -> int:
    span = {"start": moment(parsed.since), "end": moment(parsed.until)}
    found = [it for it in _asked(parsed, "/api/v1/findings", span)["findings"] if it["what"] == "poison_record"]
    removed = _asked(parsed, "/api/v1/removals")["removals"]
    if parsed.json:
        print(json.dumps({"poison": found, "removals": removed}, indent=2, ensure_ascii=False))
        return int(bool(found))
    for one in found:
        print(one["text"])
        for line in (*one["evidence"], *one["ids"]):
            print(f"  {line}")
    if not found:
        print("No record failed at every try in this range.")
    for one in removed:
        if one["how"]:
            back = "the mapping is as it was" if one["put_back_at"] else f"passed over ({one['how']})"
        else:
            now = one["moved_to"] or "the copy alone"
            back = f"put back as {one['put_back_id']}" if one["put_back_at"] else f"in {now}"
        print(f"{one['number']:>4}  {one['removed_at'][:19]}  {one['queue']}  {one['message_id']}  {back}")
    return int(bool(found))


def _remove(parsed: argparse.Namespace) -> int:
    action = "look" if parsed.dry_run else "move" if parsed.move else "remove"
    body = {"queue": parsed.queue, "message_id": parsed.message, "action": action}
    told = _asked(parsed, "/api/v1/removals", body=body)
    if parsed.json:
        print(json.dumps(told, indent=2, ensure_ascii=False))
    elif parsed.dry_run:
        print(
            f"It is there, with {told['characters']:,} characters, received {told['receives']} times. Nothing changed."
        )
    else:
        where = f"moved to {told['moved_to']}" if told["moved_to"] else "deleted"
        print(f"Taken out of {told['queue']} and {where}; a copy is kept.")
        print(f"To put it back: mendline poison undo {told['number']}")
    return 0


def _pass(parsed: argparse.Namespace) -> int:
    body = {
        "queue": parsed.stream, "function": parsed.function, "message_id": parsed.record, "action": parsed.how,
        "dry_run": parsed.dry_run,
    }  # fmt: skip
    told = _asked(parsed, "/api/v1/removals", body=body)
    if parsed.json:
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return 0
    for name, value in told["after"].items():
        print(f"{name}: {json.dumps(told['before'][name])} -> {json.dumps(value)}")
    if parsed.dry_run:
        print("Nothing changed.")
    else:
        print("The mapping was changed, which takes AWS about a minute.")
        print(f"To set it back when the record is through: mendline poison undo {told['number']}")
    return 0


def _undo(parsed: argparse.Namespace) -> int:
    told = _asked(parsed, f"/api/v1/removals/{parsed.number}/undo", body={})
    if parsed.json:
        print(json.dumps(told, indent=2, ensure_ascii=False))
    elif told["how"]:
        print(f"The mapping of {told['function']} and {told['queue']} is set as it was.")
    else:
        print(f"Sent to {told['queue']} again, as message {told['put_back_id']}: SQS gives each a new id.")
    return 0
