"""Line by line where the interpreter monitors (PEP 669), in every such Python that can be had."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import mendline_agent

SOURCE = Path(mendline_agent.__file__).parents[1]

PROGRAM = '''
import asyncio, json, os, sys, time
os.environ["MENDLINE_EXPORT"] = "log"
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
from mendline_agent import instrument, traced
from mendline_agent.operations import ACTIVE

monitoring, found = sys.monitoring, {}
seen = []
for tool in (monitoring.COVERAGE_ID, 4):  # somebody has one of the free ids, too
    monitoring.use_tool_id(tool, "another")
monitoring.register_callback(1, monitoring.events.LINE, lambda code, line: seen.append(line))

def other(n):
    return n

def build(order):
    item = {"id": order}
    item["total"] = sum(other(n) for n in range(20_000))
    return item

def shares():
    count = 0
    def add():
        nonlocal count
        count += 1
    add()
    return count

def loops():
    count = 0
    while count < 300_000:
        count += 1
    return count

async def waits(order):
    one = order + "!"
    await asyncio.sleep(0)
    two = one * 2
    return two

def numbers():
    yield 1

followed = {
    "build": traced(build, lines=True, locals=("item",)),
    "shares": traced(shares, lines=True, locals=("count",)),
    "loops": traced(loops, lines=True),
    "waits": traced(waits, lines=True, locals=("one", "two")),
    "numbers": traced(numbers, lines=True),
}

async def both():
    return await asyncio.gather(followed["waits"]("a"), followed["waits"]("b"))

@instrument
def handler(event, context):
    monitoring.set_local_events(1, build.__code__, monitoring.events.LINE)
    results = [followed["build"]("A-1")["total"], followed["shares"](), asyncio.run(both())]
    results.append(list(followed["numbers"]()))
    results.append(followed["loops"]())
    found["results"] = results
    calls = ACTIVE.record.inside.calls
    found["told"] = [[call.site.name, *(call.steps.told().values() if call.steps else ())] for call in calls]
    found["first"] = {name: function.__wrapped__.__code__.co_firstlineno for name, function in followed.items()}
    found["traced"] = sys.gettrace() is not None

handler({}, None)
found["others"] = len(seen)
found["tool"] = monitoring.get_tool(3)
from mendline_agent.guard import GUARD
found["failures"] = GUARD.failures
print(json.dumps(found), file=sys.stderr)
'''  # fmt: skip


@pytest.fixture(scope="module", params=[12, 13, 14])
def found(request, tmp_path_factory, interpreter_of):
    interpreter = interpreter_of(request.param)
    file: Path = tmp_path_factory.mktemp("monitored") / "program.py"
    file.write_text(PROGRAM)
    env = {"PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run([interpreter, "-W", "error", file], env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stderr.splitlines()[-1])


def _lines(found, name):
    """Of each call of a function: its lines, counted from its first, and what is said of their end."""
    first = found["first"][name]
    calls = [call[1:] for call in found["told"] if call[0] == f"__main__.{name}"]
    return [([(line - first, *changed) for line, *changed in json.loads(told)], why) for told, why in calls]


def test_lines_and_variables_are_told(found):
    ((lines, why),) = _lines(found, "build")
    assert why is None
    assert lines == [(1, {"item": '{"id":"A-1"}'}), (2, {"item": '{"id":"A-1","total":199990000}'}), (3,)]


def test_shared_variables_are_only_looked_at(found):
    ((lines, _),) = _lines(found, "shares")
    assert (found["results"][1], lines[-1][0]) == (1, 6)
    assert {"count": "1"} in [changed for _, *rest in lines for changed in rest]


def test_coroutines_that_take_turns_have_each_their_own(found):
    assert found["results"][2] == ["a!a!", "b!b!"]
    told = _lines(found, "waits")
    assert [[changed for _, *rest in lines for changed in rest] for lines, _ in told] == [
        [{"one": f'"{name}!"'}, {"two": f'"{name}!{name}!"'}] for name in "ab"
    ]


def test_a_loop_ends_it_and_runs_on(found):
    ((lines, why),) = _lines(found, "loops")
    assert (len(lines), why, found["results"][4]) == (200, "lines", 300_000)


def test_other_tools_see_what_they_saw_and_no_trace_function_is_set(found):
    assert (found["tool"], found["others"], found["traced"], found["failures"]) == ("mendline", 3, False, 0)
    assert [call[1:] for call in found["told"] if call[0] == "__main__.numbers"] == [[]]
