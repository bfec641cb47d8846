"""Line by line through a function that asks for it: what ran, what its variables became, and what it never does."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import threading

import pytest

from mendline_agent import steps as steps_module
from mendline_agent import traced as follow
from mendline_agent.guard import GUARD
from mendline_agent.steps import BUDGET_NS, MOST_LINES

OLD = not hasattr(sys, "monitoring")


def build(order, password="hunter2"):
    item = {"id": order, "token": "abc"}
    total = 0
    for price in (2, 3):
        total += price
    item["total"] = total
    return item


FIRST = build.__code__.co_firstlineno


@pytest.fixture
def stepped(run, collector, attributes):
    """Runs a function line by line in an invocation; answers its result and what its span says."""

    def once(function, *args, names=(), **kwargs):
        followed, results = follow(function, lines=True, locals=names), []
        root = run(lambda event, context: results.append(followed(*args, **kwargs)))
        (span,) = [one for one in collector.spans() if one.parent_span_id == root.span_id]
        found = attributes(span)
        return results[0], json.loads(found.get("mendline.lines", "[]")), found

    return once


def test_lines_are_told_with_what_variables_became(stepped):
    result, lines, found = stepped(build, "A-1", names=("item", "total", "password", "missing"))
    assert result == {"id": "A-1", "token": "abc", "total": 5}
    assert "mendline.lines.stopped" not in found
    assert [(line - FIRST, *changed) for line, *changed in lines] == [
        (0, {"password": "[redacted]"}),
        (1, {"item": '{"id":"A-1","token":"[redacted]"}'}),
        (2, {"total": "0"}),
        (3,),
        (4, {"total": "2"}),
        (3,),
        (4, {"total": "5"}),
        (3,),
        (5, {"item": '{"id":"A-1","token":"[redacted]","total":5}'}),
        (6,),
    ]


def test_values_are_cut(stepped):
    def long(text):
        text += "é" * 1000
        return len(text)

    _, lines, _ = stepped(long, "x" * 5000, names=("text",))
    values = [value for _, *changed in lines for each in changed for value in each.values()]
    assert values
    assert all(len(value.encode()) <= 256 for value in values)


def test_without_variables_the_lines_alone_are_told(stepped):
    _, lines, _ = stepped(build, "A-1")
    assert {len(line) for line in lines} == {1}


def test_an_error_shows_the_line_that_raised(run, collector, attributes):
    @follow(lines=True)
    def fails(number):
        whole = 7
        return whole / number

    def handler(event, context):
        with pytest.raises(ZeroDivisionError):
            fails(0)

    run(handler)
    (span,) = [one for one in collector.spans() if one.parent_span_id]
    lines = json.loads(attributes(span)["mendline.lines"])
    assert [line for line, *_ in lines] == [fails.__wrapped__.__code__.co_firstlineno + offset for offset in (2, 3)]
    assert sys.gettrace() is None


def test_too_many_lines_end_it_and_it_says_so(stepped):
    def loops():
        count = 0
        while count < 100_000:
            count += 1
        return count

    result, lines, found = stepped(loops)
    assert result == 100_000
    assert len(lines) == MOST_LINES
    assert found["mendline.lines.stopped"] == "lines"
    assert sys.gettrace() is None


def test_too_much_text_ends_it(stepped):
    def grows():
        text = ""
        for number in range(190):
            text = f"{number}{'x' * 200}"
        return len(text)

    _, lines, found = stepped(grows, names=("text",))
    assert found["mendline.lines.stopped"] == "size"
    assert len(json.dumps(lines)) < 16 * 1024


def _other():
    return 1


def _calls():
    return sum(_other() for _ in range(200_000))


@pytest.mark.skipif(not OLD, reason="only a trace function costs the calls of others")
def test_calls_of_others_count_against_the_budget(stepped):
    result, _, found = stepped(_calls)
    assert result == 200_000
    assert found["mendline.lines.stopped"] == "time"


def test_the_budget_is_the_invocation_s(run, collector, attributes):
    def slow(value):
        for _ in range(MOST_LINES // 3):
            value = dict(value)
        return len(value)

    followed = follow(slow, lines=True, locals=("value",))
    big = {f"key {number}": [number] * 3 for number in range(200)}
    run(lambda event, context: [followed(big) for _ in range(60)] and None)
    told = [attributes(one).get("mendline.lines.stopped") for one in collector.spans() if one.parent_span_id]
    assert len(told) == 60
    assert told[-1] == "time"
    assert BUDGET_NS <= 10_000_000


@pytest.mark.parametrize(("interrupted", "stopped"), [(2, None), (1000, "time")])
def test_one_look_that_waited_for_a_cpu_does_not_end_it(stepped, lambda_env, interrupted, stopped):
    left, clock = [interrupted], [0]

    def now_ns():
        clock[0] += 50_000_000 if left[0] > 0 else 1_000
        left[0] -= 1
        return clock[0]

    lambda_env.setattr("mendline_agent.steps.perf_counter_ns", now_ns)
    _, lines, found = stepped(build, "A-1")
    assert found.get("mendline.lines.stopped") == stopped
    assert (len(lines) < 9) == bool(stopped)


def test_who_traces_already_keeps_the_place(run, collector, attributes):
    seen = []

    def debugger(frame, event, arg):
        seen.append(frame.f_code.co_name)
        return debugger

    followed = follow(build, lines=True)

    def handler(event, context):
        sys.settrace(debugger)
        try:
            return followed("A-1")["total"]
        finally:
            sys.settrace(None)

    run(handler)
    (span,) = [one for one in collector.spans() if one.parent_span_id]
    assert "build" in seen
    stopped = attributes(span).get("mendline.lines.stopped")
    assert stopped == ("traced by another" if OLD else None)


def test_a_debugger_that_begins_within_stays(run):
    def debugger(frame, event, arg):
        return None

    @follow(lines=True)
    def breaks():
        sys.settrace(debugger)
        return 1

    def handler(event, context):
        breaks()
        found = sys.gettrace()
        sys.settrace(None)
        assert found is debugger

    run(handler)


@follow(lines=True, locals=("n",))
def countdown(n):
    if n == 0:
        return 0
    below = countdown(n - 1)
    return below + 1


def test_functions_within_functions_each_have_their_lines(run, collector, attributes):
    results = []
    run(lambda event, context: results.append(countdown(2)))
    assert results == [2]
    first = countdown.__wrapped__.__code__.co_firstlineno
    told = [
        json.loads(attributes(one)["mendline.lines"]) for one in collector.spans() if one.name.endswith("countdown")
    ]
    lines = sorted([line - first for line, *_ in rows] for rows in told)
    assert lines == [[0, 2, 3], [0, 2, 4, 5], [0, 2, 4, 5]]
    assert sys.gettrace() is None


def test_each_thread_has_its_own(run, collector, attributes):
    import contextvars

    followed = follow(build, lines=True, locals=("order",))
    barrier = threading.Barrier(3)

    def work(name):
        barrier.wait(5)
        assert followed(name)["id"] == name
        assert sys.gettrace() is None

    def handler(event, context):
        threads = [
            threading.Thread(target=contextvars.copy_context().run, args=(work, f"T-{n}"), daemon=True)
            for n in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)

    run(handler)
    told = [json.loads(attributes(one)["mendline.lines"]) for one in collector.spans() if one.parent_span_id]
    assert sorted(lines[0][1]["order"] for lines in told) == ['"T-0"', '"T-1"', '"T-2"']
    assert {len(lines) for lines in told} == {10}


def test_outside_of_an_invocation_nothing_is_traced(lambda_env):
    @follow(lines=True)
    def looks():
        return sys.gettrace()

    assert looks() is None


def test_generators_are_followed_as_they_are(run, collector, attributes):
    @follow(lines=True)
    def numbers():
        yield 1
        yield 2

    results = []
    run(lambda event, context: results.append(list(numbers())))
    (span,) = [one for one in collector.spans() if one.parent_span_id]
    assert results == [[1, 2]]
    assert attributes(span)["mendline.lines.stopped"] == "generator"


@pytest.mark.skipif(not OLD, reason="there a look at variables does not write them")
def test_variables_that_others_set_are_left_to_them(run, collector, attributes):
    @follow(lines=True)
    def counts():
        count = 0

        def add():
            nonlocal count
            count += 1

        add()
        return count

    results = []
    run(lambda event, context: results.append(counts()))
    (span,) = [one for one in collector.spans() if one.parent_span_id]
    assert results == [1]
    assert attributes(span)["mendline.lines.stopped"] == "shared variables"


@pytest.mark.parametrize("site", ["Steps.at", "Steps._look", "Steps.begin", "Steps.told", "Steps.place"])
def test_a_failure_of_ours_is_not_the_function_s(run, lambda_env, site):
    def fail(*args, **kwargs):
        raise RuntimeError("planted")

    lambda_env.setattr(f"mendline_agent.steps.{site}", fail)
    followed, results = follow(build, lines=True, locals=("item",)), []
    run(lambda event, context: results.append(followed("A-1")["total"]))
    assert results == [5]
    assert sys.gettrace() is None


def test_a_variable_names_the_functions_and_their_variables(tmp_path):
    (tmp_path / "shop.py").write_text("def price(n):\n    whole = n * 2\n    return whole\n")
    program = f"""
        import os, sys
        os.environ.update(MENDLINE_LINES="nothing.here ; shop.price : whole, n", MENDLINE_EXPORT="log")
        sys.path.insert(0, {str(tmp_path)!r})
        import mendline_agent
        import mendline_agent.agent
        mendline_agent.agent.the_agent()
        import shop
        from mendline_agent.operations import ACTIVE
        from mendline_agent import instrument

        def handler(event, context):
            shop.price(4)
            print(ACTIVE.record.inside.calls[0].steps.told()["mendline.lines"])

        instrument(handler)({{}}, None)
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    ).stdout
    assert json.loads(ran.splitlines()[0]) == [[1, {"n": "4"}], [2, {"whole": "8"}], [3]]


def test_nothing_of_it_is_loaded_unless_asked_for(lambda_env):
    lambda_env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    program = (
        "import mendline_agent, sys; mendline_agent.traced(lambda: 1); "
        "mendline_agent.instrument(lambda event, context: None)({}, None); print('mendline_agent.steps' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert ran == "False\n"


def test_no_failure_was_hidden():
    assert steps_module._is_its_own(build.__code__)
    assert "lines" not in GUARD.last or "planted" in GUARD.last
