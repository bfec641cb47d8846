"""`mendline explain`: why invocations are not as usual, or what some have in common that the others have not."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from mendline.cli.asking import add_range, add_server, ask_server, moment
from mendline.cli.explained_change import change_lines, verdict_lines
from mendline.cli.explained_path import path_lines
from mendline.errors import UsageError
from mendline.model.timerange import parse_moment
from mendline.query.fields import find_field
from mendline.query.source import Source
from mendline.query.spelling import is_bare_name, value_text

_EPILOG = """\
  mendline explain checkout 2026-05-01T10:00Z
  mendline explain checkout --since 1h
  mendline explain 'function:checkout' --least-ms 500
  mendline explain 'function:checkout' --since 24h --from 2026-05-01T10:00Z --to 2026-05-01T10:20Z
  mendline explain 4bf92f3577b34da6a3ce929d0e0e4736

A function, or a query, is compared with what is usual for it: the same hours yesterday and a week ago where there is
such a history, else the time before; with a TIME, in the half hour around that moment. With a bound, the invocations
inside of it are explained, compared with the others of the query and the range. Of a trace its critical path is told,
and its longest invocation is explained, with those of its function that took as long.
Exit status: 0 something explains them, or nothing changed; 1 nothing explains them; 2 it could not be computed.
"""

_AROUND = timedelta(minutes=15)
_TRACE_ID = re.compile(r"[0-9a-fA-F]{32}")


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "explain",
        help="why some invocations are slow or failing",
        description="Ask a running server what some invocations have in common that the others have not.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "text", metavar="FUNCTION|QUERY|TRACE_ID", nargs="?", default="", help="a function, a filter, or a trace"
    )
    parser.add_argument("at", metavar="TIME", nargs="?", help="what was wrong then: 20m (ago), or 2026-05-01T10:00Z")
    add_range(parser)
    parser.add_argument(
        "--against",
        choices=("auto", "before", "usual"),
        default="auto",
        help="what is usual: the time before, or history",
    )
    parser.add_argument("--from", dest="start", metavar="TIME", help="began at or after this")
    parser.add_argument("--to", dest="end", metavar="TIME", help="began before this")
    parser.add_argument("--least-ms", type=float, metavar="N", help="took at least so many milliseconds")
    parser.add_argument("--most-ms", type=float, metavar="N", help="took at most so many milliseconds")
    parser.add_argument("--trace", metavar="ID", help="the same as TRACE_ID")
    parser.add_argument("--json", action="store_true", help="the whole answer as JSON")
    add_server(parser)
    parser.set_defaults(run=_run)


def _run(parsed: argparse.Namespace) -> int:
    if parsed.at:
        parsed.since, parsed.until = _around(parsed)
    if not parsed.trace and _TRACE_ID.fullmatch(parsed.text):
        parsed.trace, parsed.text = parsed.text, ""
    selection = _selection(parsed)
    if not parsed.trace and not selection:
        return _run_change(parsed)
    text, selection = (_query(parsed.text), selection) if not parsed.trace else _of_trace(parsed)
    body = {"query": text, "start": moment(parsed.since), "end": moment(parsed.until), "selection": selection}
    told = _asked(parsed, "/api/v1/explain", body)
    path = _asked(parsed, f"/api/v1/traces/{parsed.trace}/path", None) if parsed.trace else None
    if parsed.json:
        told |= {"path": path} if path else {}
        print(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for line in (*(path_lines(path) if path else ()), *_lines(told), *_verdict(parsed, told)):
            print(line)
    return int(not told["findings"])


def _around(parsed: argparse.Namespace) -> tuple[str, str]:
    """The range around the moment that was asked about, as far as it has gone by."""
    if (parsed.since, parsed.until) != ("1h", "now") or parsed.trace or _TRACE_ID.fullmatch(parsed.text):
        raise UsageError("TIME is of a function or a query, and says its range; leave --since, --until or TIME away.")
    now = datetime.now(UTC)
    try:
        at = parse_moment(moment(parsed.at), now)
    except UsageError:
        said = "write 20m (ago) or 2026-05-01T10:00Z, and a query of several words in quotes."
        raise UsageError(f"'{parsed.at[:40]}' is not a time; {said}") from None
    if at > now:
        raise UsageError(f"{parsed.at} is yet to come; a TIME has gone by.")
    return (at - _AROUND).isoformat(), min(at + _AROUND, now).isoformat()


def _run_change(parsed: argparse.Namespace) -> int:
    body = {"start": moment(parsed.since), "end": moment(parsed.until), "against": parsed.against}
    told = _asked(parsed, "/api/v1/explain/change", {"query": _query(parsed.text), **body})
    if parsed.json:
        print(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for line in change_lines(told):
            print(line)
    if told["state"] in ("too_few", "no_usual", "no_invocations"):
        return 2
    return int(told["state"] == "changed" and not told["causes"])


def _query(text: str) -> str:
    """A name that is no field is that of a function."""
    named = is_bare_name(text) and not find_field(text, Source.INVOCATIONS)
    return f"function:{value_text(text)}" if named else text


def _verdict(parsed: argparse.Namespace, told: dict[str, Any]) -> Iterator[str]:
    """Whose fault it is, of the trace that was asked about, or of the first example."""
    trace_id = parsed.trace or next((one["trace_id"] for one in told["examples"] if one["selected"]), "")
    judged = _asked(parsed, f"/api/v1/traces/{trace_id}/verdict", None) if trace_id else {"judged": False}
    if judged["judged"]:
        yield "\nWhose fault it is"
        yield from verdict_lines(judged)


def _selection(parsed: argparse.Namespace) -> dict[str, Any]:
    given = {
        "start": parsed.start and moment(parsed.start),
        "end": parsed.end and moment(parsed.end),
        "min_duration_ms": parsed.least_ms,
        "max_duration_ms": parsed.most_ms,
    }
    return {name: value for name, value in given.items() if value is not None}


def _of_trace(parsed: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    if parsed.text or parsed.start or parsed.end or parsed.least_ms is not None or parsed.most_ms is not None:
        raise UsageError("--trace says which invocation is meant; leave the query and the bounds away.")
    spans = _asked(parsed, f"/api/v1/traces/{parsed.trace}", None)["spans"]
    invoked = [span for span in spans if span["function"]]
    if not invoked:
        raise UsageError(f"Trace {parsed.trace} has no invocation of a function; there is nothing to compare it with.")
    longest = max(invoked, key=lambda span: float(span["duration_ms"]))
    quoted = longest["function"].replace("\\", "\\\\").replace('"', '\\"')
    return f'function:"{quoted}"', {"min_duration_ms": round(0.9 * longest["duration_ms"], 3)}


def _asked(parsed: argparse.Namespace, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
    status, told = ask_server(parsed, path, {}, body)
    if status != 200:
        raise UsageError(told.get("shown") or told.get("message", "The server refused."))
    return told


def _sampled(told: dict[str, Any]) -> Iterator[str]:
    """That not all were looked at, and which."""
    looked = told["looked_at"]
    if looked["selected"] < told["selected"] or looked["others"] < told["others"]:
        part = looked.get("part", 1)
        some = f", from {part:.0%} of the time of each function" if part < 1 else ""
        yield f"Looked at by a sample of {looked['selected']:,} and {looked['others']:,}{some}, always the same."


def _lines(told: dict[str, Any]) -> Iterator[str]:
    yield f"{told['selected']:,} selected against {told['others']:,} others of: {told['query'] or 'all invocations'}"
    yield from _sampled(told)
    if told.get("calls_cut"):
        yield f"{told['calls_cut']:,} of these made more than 200 calls: only the first 200 are counted."
    predicates = [one for one in told["findings"] if one["kind"] != "path"]
    paths = [one for one in told["findings"] if one["kind"] == "path"]
    yield "\nWhat they have in common"
    if not told["selected"]:
        yield "  No invocation is selected."
    elif not predicates:
        yield f"  Nothing explains them: {told['tests']:,} possible causes were tried, and none is beyond chance."
    for number, one in enumerate(predicates, 1):
        yield f"  {number}. {one['text']}"
        effect = one["effect"]
        slow_ms, without_ms = effect["p99_ms"], effect["p99_without_ms"]
        if slow_ms > 1.05 * without_ms:
            yield f"     Without these, p99 falls from {slow_ms:,.0f} ms to {without_ms:,.0f} ms."
    if told["hints"]:
        yield "\nWeak hints, of which one in twenty is expected to be chance"
        yield from (f"  - {one['text']}" for one in told["hints"])
    if paths:
        yield "\nWhere their time went"
        yield from (f"  {number}. {one['text']}" for number, one in enumerate(paths, 1))
    chosen = [one for one in told["examples"] if one["selected"]]
    if chosen:
        yield "\nExamples"
        yield from (f"  {one['duration_ms']:>10,.1f} ms  trace {one['trace_id']}" for one in chosen)
