"""`mendline policies`: policies as files, and what they would have said. `list` and `apply` work on the data directory,
beside a running server too, which follows within seconds; `test` asks a server, which has the data."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mendline.cli.asking import add_server, ask_server
from mendline.cli.state import add_state_flags, opened_state, print_table
from mendline.clock import SystemClock
from mendline.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from mendline.alerting.policies import Policies
    from mendline.store.state import State

_EPILOG = """\
  mendline policies list
  mendline policies list --yaml                           as a file, to begin with
  mendline policies apply ./policies --plan
  mendline policies apply ./policies
  mendline policies test ./policies --days 7              what these would have said in the last week
  mendline policies test 'error | count() by function | over 5m | where count() > 5'

docs/alerting.md says how files are written. Exit status of `test`: 1 where one would have sent more than --most a week.
"""


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "policies",
        help="what people are told of, as files",
        description="List policies, take them from files, and try them on the past.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    listed = actions.add_parser("list", help="list all", description="List all policies.", allow_abbrev=False)
    listed.add_argument("--yaml", action="store_true", help="as a file")
    applied = actions.add_parser(
        "apply", help="take them from files", description="Have policies and receivers be as files say.",
        allow_abbrev=False,
    )  # fmt: skip
    applied.add_argument("folder", type=Path, metavar="DIR", help="where the files *.yaml are")
    applied.add_argument("--plan", action="store_true", help="say what would change, and change nothing")
    for action, run in ((listed, _list), (applied, _apply)):
        action.add_argument("--project", default="default", metavar="NAME", help="of which project (default: default)")
        add_state_flags(action)
        action.set_defaults(run=run)
    tested = actions.add_parser(
        "test", help="try them on the past", description="What policies would have said.", allow_abbrev=False
    )
    tested.add_argument("what", metavar="DIR|QUERY", help="a folder of files, or a query with a condition")
    tested.add_argument("--days", type=int, default=7, metavar="N", help="how far back, 1 to 28 (default: 7)")
    tested.add_argument("--most", type=float, metavar="N", help="messages a week that are still fine (default: any)")
    tested.add_argument("--with-experiments", action="store_true", help="also what chaos experiments struck")
    tested.add_argument("--json", action="store_true", help="print JSON")
    add_server(tested)
    tested.set_defaults(run=_test)


def _list(parsed: argparse.Namespace) -> int:
    from mendline.alerting.policy_files import as_yaml  # noqa: PLC0415 - a command starts fast
    from mendline.model.policy import policy_document  # noqa: PLC0415 - likewise
    from mendline.model.told import duration_text  # noqa: PLC0415 - likewise

    with opened_state(parsed, make=False) as state:
        policies = _policies(state, parsed.project)
        told, receivers = policies.all(), policies.receivers()
    if parsed.yaml:
        print(as_yaml(told, receivers), end="")
    elif parsed.json:
        print(json.dumps([{**policy_document(one), "origin": one.origin} for one in told], indent=2))
    else:
        rows = [
            (one.name, one.severity if one.enabled else "off", duration_text(one.every_s), one.origin, one.query)
            for one in told
        ]
        print_table(("policy", "severity", "every", "from", "query"), rows)
    return 0


def _apply(parsed: argparse.Namespace) -> int:
    from mendline.alerting.policy_files import read_folder  # noqa: PLC0415 - a command starts fast

    told = read_folder(parsed.folder)
    with opened_state(parsed, make=True) as state:
        changes = _policies(state, parsed.project).apply(told, SystemClock().now(), plan=parsed.plan)
    if parsed.json:
        print(json.dumps([{"kind": kind, "name": name, "change": change} for kind, name, change in changes], indent=2))
    else:
        print_table(("kind", "name", "would be" if parsed.plan else "is"), changes)
    return 0


def _test(parsed: argparse.Namespace) -> int:
    if not 1 <= parsed.days <= 28:
        raise UsageError(f"--days is {parsed.days}; it must be 1 to 28.")
    folder, told = Path(parsed.what), []
    if "|" in parsed.what:
        policies = [{"name": "this", "query": parsed.what}]
    else:
        from mendline.alerting.policy_files import read_folder  # noqa: PLC0415 - a command starts fast
        from mendline.model.policy import policy_document  # noqa: PLC0415 - likewise

        if not parsed.what.strip():
            raise UsageError("Say a folder of files, or a query with a condition: error | count() | where count() > 5")
        policies = [policy_document(one) for one in read_folder(folder).policies]
    noisy = False
    for policy in policies:
        told_of = {"policy": policy, "days": parsed.days, "experiments": "with" if parsed.with_experiments else ""}
        status, answer = ask_server(parsed, "/api/v1/policies/test", {}, told_of)
        if status != 200:
            raise UsageError(f"{policy['name']}: {answer.get('message', 'the server refused')}")
        told.append({"name": policy["name"], **answer})
        noisy |= parsed.most is not None and answer["messages_per_week"] > parsed.most
    if parsed.json:
        print(json.dumps(told, indent=2))
    else:
        for one in told:
            print(f"{one['name']}: {one['text']}")
            for fired in one["fired"][:10]:
                print(f"  {fired['start']} to {fired['end']}  {fired['group']}")
            for word in ("caught", "missed"):
                for incident in one[word][:10]:
                    print(f"  {word}: incident {incident['id']}, {incident['title']}")
    return 1 if noisy else 0


def _policies(state: State, project: str) -> Policies:
    from mendline.alerting.policies import Policies  # noqa: PLC0415 - the database takes time to import
    from mendline.store.state import list_projects  # noqa: PLC0415 - the same

    with state.reading() as connection:
        if project not in {it.name for it in list_projects(connection)}:
            raise NotFoundError(f"There is no project '{project[:80]}'; `mendline projects list` shows all.")
    return Policies(state, project)
