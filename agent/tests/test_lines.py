"""What a function logs and prints is told with its invocation, and goes on exactly as it would without us."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import textwrap
import threading

import pytest

from mendline_agent import agent as agent_module
from mendline_agent import traced as followed
from mendline_agent.lines import LINE_BYTES, MOST_CHARACTERS, MOST_LINES, Lines
from mendline_agent.operations import ACTIVE, Record
from mendline_agent.redaction import Redactor
from mendline_agent.spans import TraceContext

LOG = logging.getLogger("shop.orders")
LOG.setLevel(logging.INFO)


def _bodies(collector):
    return [record.body.string_value for record in collector.log_records()]


def test_lines_and_records_are_joined_to_invocation_trace_and_open_span(run, collector, attributes, make_context):
    @followed(name="inner")
    def inner():
        LOG.warning("low stock: %d", 3)

    def handler(event, context):
        print("hello")
        print("careful", file=sys.stderr)
        inner()

    root = run(handler)
    printed, stderr, logged = collector.log_records()
    (span,) = [span for span in collector.spans() if span.name == "inner"]
    assert [record.span_id for record in (printed, stderr, logged)] == [root.span_id, root.span_id, span.span_id]
    assert {record.trace_id for record in (printed, stderr, logged)} == {root.trace_id}
    request_id = make_context.aws_request_id
    assert attributes(printed) == {"log.iostream": "stdout", "faas.invocation_id": request_id}
    assert attributes(stderr)["log.iostream"] == "stderr"
    assert attributes(logged) == {"logger": "shop.orders", "faas.invocation_id": request_id}
    assert (logged.body.string_value, logged.severity_number, logged.severity_text) == ("low stock: 3", 13, "WARNING")
    assert (printed.body.string_value, printed.severity_number) == ("hello", 0)
    for record in (printed, stderr, logged):
        assert root.start_time_unix_nano <= record.time_unix_nano + 1_000 <= root.end_time_unix_nano + 1_000_000
    resource = collector.log_exports()[0].resource_logs[0].resource
    assert attributes(resource) == collector.resource()
    assert [request.path for request in collector.requests] == ["/v1/traces", "/v1/logs"]


@pytest.mark.parametrize(
    ("fails", "ratio", "told"), [(True, "0", True), (False, "0", False), (False, "1", True)],
    ids=["failed", "well and not in the share", "in the share"],
)  # fmt: skip
def test_lines_are_told_when_the_spans_are(run, lambda_env, collector, fails, ratio, told):
    lambda_env.setenv("MENDLINE_SAMPLING", ratio)

    def handler(event, context):
        print("line")
        if fails:
            raise ValueError

    with contextlib.suppress(ValueError):
        run(handler)
    collector.wait(collector.roots)
    assert _bodies(collector) == (["line"] if told else [])


def test_an_invocation_without_lines_sends_no_second_request(run, collector):
    run()
    assert [request.path for request in collector.requests] == ["/v1/traces"]


def test_an_exception_that_is_logged_comes_with_type_message_and_stack(run, collector, attributes):
    def handler(event, context):
        try:
            raise KeyError("password=hunter2")
        except KeyError:
            LOG.exception("refused")

    run(handler)
    (record,) = collector.log_records()
    found = attributes(record)
    assert (record.severity_number, found["exception.type"]) == (17, "KeyError")
    assert "in handler" in found["exception.stacktrace"]
    assert "raise KeyError" in found["exception.stacktrace"]
    assert "hunter2" not in str(found)


def test_secrets_are_blanked_and_long_lines_cut(run, collector):
    key = "AKIA" + "Q" * 16

    def handler(event, context):
        print("token=abcdef", "x" * 10_000)
        print("y" * (LINE_BYTES - 8), key)
        print("z" * (8 * 1024 - 8), key)

    run(handler)
    first, second, third = _bodies(collector)
    assert first.startswith("token=[redacted] xxx")
    assert all(len(body.encode()) <= LINE_BYTES for body in (first, second, third))
    assert "AKIA" not in second
    assert "AKIA" not in third
    assert first.endswith("…[cut]")


def test_the_newest_lines_are_kept_and_the_others_counted(run, collector, attributes):
    root = run(lambda event, context: [print("line", n) for n in range(MOST_LINES + 500)])
    assert attributes(root)["mendline.logs.dropped"] == 500
    bodies = _bodies(collector)
    assert (len(bodies), bodies[0], bodies[-1]) == (MOST_LINES, "line 500", f"line {MOST_LINES + 499}")


def test_few_long_lines_are_bounded_too(run, collector, attributes):
    def handler(event, context):
        for _ in range(100):
            print("x" * 8000)
        sys.stdout.write("a\n" * MOST_CHARACTERS)

    root = run(handler)
    assert attributes(root)["mendline.logs.dropped"] == 100 + MOST_CHARACTERS - MOST_LINES
    assert set(_bodies(collector)) == {"a"}


def test_pieces_make_lines_for_each_thread(run, collector):
    def handler(event, context):
        went, go_on = threading.Event(), threading.Event()

        def other():
            sys.stdout.write("from the ")
            went.set()
            assert go_on.wait(10)
            sys.stdout.write("thread\nnot ended")

        thread = threading.Thread(target=other)
        sys.stdout.write("from ")
        thread.start()
        assert went.wait(10)
        sys.stdout.write("the handler\n\n")
        go_on.set()
        thread.join(10)

    run(handler)
    assert _bodies(collector) == ["from the handler", "from the thread", "not ended"]


def test_a_record_that_a_handler_writes_to_stdout_is_told_once(run, collector, monkeypatch):
    def handler(event, context):
        monkeypatch.setattr(LOG, "handlers", [logging.StreamHandler(sys.stdout), logging.StreamHandler(sys.stderr)])
        LOG.info("once")
        print("printed")

    run(handler)
    assert _bodies(collector) == ["once", "printed"]


@pytest.mark.parametrize(("handlers", "level", "told"), [
    ([logging.NullHandler()], 40, False), ([logging.StreamHandler()], 30, True), ([], 30, True), ([], 20, False),
    ([logging.Handler(40)], 30, False),
])  # fmt: skip
def test_what_no_handler_shows_is_not_told(run, collector, monkeypatch, handlers, level, told):
    def handler(event, context):
        monkeypatch.setattr(LOG, "propagate", False)
        monkeypatch.setattr(LOG, "handlers", handlers)
        LOG.log(level, "shown?")

    run(handler)
    assert (_bodies(collector) == ["shown?"]) is told


def test_no_code_of_the_user_s_runs_to_describe_a_record(run, collector, monkeypatch):
    class Order:
        def __init__(self):
            self.asked = 0

        def __str__(self):
            self.asked += 1
            return "order 7"

    class Silent(logging.Handler):
        def emit(self, record):
            pass

    order = Order()

    def handler(event, context):
        monkeypatch.setattr(LOG, "propagate", False)
        monkeypatch.setattr(LOG, "handlers", [Silent()])
        LOG.info("got %s", order)
        LOG.info({"order": 7, "password": "x"})
        LOG.info("%(a)s and %(b)s", {"a": 1, "b": "two"})
        LOG.handlers = [logging.StreamHandler(sys.stderr)]
        LOG.info("has %s", order)

    run(handler)
    assert order.asked == 1
    unformatted, mapping, named, formatted = _bodies(collector)
    assert unformatted == f'got "[{Order.__module__}.{Order.__qualname__}]"'
    assert json.loads(mapping) == {"order": 7, "password": "[redacted]"}
    assert (named, formatted) == ("1 and two", "has order 7")


def test_an_error_in_a_handler_of_the_user_s_is_the_user_s(run, collector, monkeypatch):
    class Broken(logging.Handler):
        def emit(self, record):
            raise RuntimeError("mine")

    def handler(event, context):
        monkeypatch.setattr(LOG, "handlers", [Broken()])
        with pytest.raises(RuntimeError, match="mine"):
            LOG.info("not shown")
        print("told")

    run(handler)
    assert _bodies(collector) == ["told"]


@pytest.mark.parametrize("site", ["Lines.add", "Lines.printed", "Lines.tell", "_handled", "Line.encoded"])
def test_a_failure_in_here_is_not_the_function_s(traced, collector, make_context, lambda_env, capsys, site):
    def fail(*args, **kwargs):
        raise ValueError("planted")

    lambda_env.setattr(f"mendline_agent.lines.{site}", fail)

    def handler(event, context):
        print("printed")
        LOG.warning("logged")
        return "result"

    assert traced(handler)({}, make_context()) == "result"
    assert "printed" in capsys.readouterr().out
    collector.wait(collector.roots)


def test_a_collector_that_takes_no_logs_costs_nothing_but_them(traced, serve, lambda_env, make_context):
    server = serve(lambda request: (404 if request.path == "/v1/logs" else 200, {}, b""))
    lambda_env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
    handler = traced(lambda event, context: print("line"))
    for _ in range(5):
        handler({}, make_context())
    paths = [request.path for request in server.requests]
    assert paths.count("/v1/traces") == 5
    assert paths.count("/v1/logs") == 2


def test_what_was_lost_is_told_with_the_next_success(traced, serve, lambda_env, make_context, attributes, collector):
    agent = agent_module.the_agent()
    agent.exporter.records(agent.settings).ring.dropped = 7
    traced(lambda event, context: print("line"))({}, make_context())
    assert attributes(collector.log_exports()[0].resource_logs[0].resource)["mendline.dropped_logs"] == 7


@pytest.mark.parametrize(("variable", "path", "logs_path"), [
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "/base/", "/base/v1/logs"),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/v1/traces", "/v1/logs"),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/only/spans", None),
])  # fmt: skip
def test_lines_go_beside_the_spans(traced, collector, lambda_env, make_context, variable, path, logs_path):
    lambda_env.setenv("OTEL_EXPORTER_OTLP_HEADERS", "key=general")
    lambda_env.setenv(variable, collector.url + path)
    traced(lambda event, context: print("line"))({}, make_context())
    told = [(it.path, it.headers["key"]) for it in collector.requests[1:]]
    assert told == ([] if logs_path is None else [(logs_path, "general")])


def test_the_log_way_sends_no_lines_since_the_log_has_them(lambda_env, make_context, monkeypatch, capsys):
    lambda_env.setenv("MENDLINE_EXPORT", "log")
    written = []
    monkeypatch.setattr("mendline_agent.log_export._write", written.append)
    agent = agent_module.the_agent()
    agent_module.wrap(lambda event, context: print("line"), service=None, capture=None)({}, make_context())
    agent_module._agents.clear()
    os.close(agent.memory._file)
    assert len(written) == 1
    assert capsys.readouterr().out == "line\n"


def test_an_answer_of_the_server_can_switch_lines_off_but_not_on(traced, collector, make_context, lambda_env):
    config = agent_module.the_agent().config
    config._apply({"version": "a1", "capture": {"logs": False}})
    traced(lambda event, context: print("line"))({}, make_context())
    assert _bodies(collector) == []
    config._apply({"version": "a2"})
    assert config.logs
    config._may_log = False
    config._apply({"version": "a3", "capture": {"logs": True}})
    assert not config.logs


def test_a_notice_has_the_last_lines_and_sends_all_once(traced, collector, make_context, attributes):
    def handler(event, context):
        if event:
            for n in range(30):
                print("step", n)
            LOG.error("waiting for password=hunter2")
            collector.wait(collector.log_records)
            print("in time after all")

    wrapped = traced(handler)
    wrapped({"slow": 1}, make_context(800))
    wrapped({}, make_context())
    notice, final = collector.roots()[:2]
    last = attributes(notice)["mendline.logs.last"].split("\n")
    assert (len(last), last[0], last[-1]) == (20, "step 11", "ERROR waiting for password=[redacted]")
    assert "mendline.logs.last" not in attributes(final)
    assert _bodies(collector) == [
        *[f"step {n}" for n in range(30)],
        "waiting for password=[redacted]",
        "in time after all",
    ]


def test_the_last_lines_are_few_and_short():
    lines = Lines(Record(TraceContext(b"t" * 16, b"s" * 8), print, ""))
    for n in range(40):
        lines.add(f"{n:03}" + "x" * 500, {})
    last = lines.last(Redactor())
    assert len(last) <= LINE_BYTES
    assert [line[:3] for line in last.split("\n")] == [f"{n:03}" for n in range(32, 40)]


PROGRAM = """
    import io, logging, sys
    before = sys.stdout, sys.stderr, logging.root.handlers[:], logging.Handler.handle
    facts = lambda: [
        (s.fileno(), s.isatty(), s.encoding, s.errors, s.line_buffering, s.buffer is not None, s.name, s.mode, type(s))
        for s in (sys.stdout, sys.stderr)
    ]
    was = facts()
    import mendline_agent
    def handler(event, context):
        logging.warning("through lastResort or basicConfig")
        sys.stdout.writelines(["one\\n", "two\\n"])
        try:
            sys.stdout.write(b"bytes")
        except TypeError as error:
            print(type(error).__name__)
        return sys.stdout.write("x\\n")
    wrapped = mendline_agent.instrument(handler)
    assert (sys.stdout, sys.stderr) == before[:2]
    assert facts() == was
    assert logging.root.handlers == before[2] == []
    print(wrapped({}, None))
    assert len(logging.root.handlers) == 1  # basicConfig, which logging.warning calls, still finds nothing there
    sys.stdout.reconfigure(line_buffering=True)
    print("unchanged", logging.Handler.handle is before[3], "write" in vars(sys.stdout), file=sys.stderr)
"""


@pytest.mark.parametrize(("logs", "followed"), [("1", "False True"), ("0", "True False")])
def test_streams_and_logging_stay_what_they_are(collector, logs, followed):
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "MENDLINE_LOGS": logs}
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore::ResourceWarning", "-c", textwrap.dedent(PROGRAM)],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.stderr == f"WARNING:root:through lastResort or basicConfig\nunchanged {followed}\n"
    assert ran.stdout == "one\ntwo\nTypeError\nx\n2\n"
    expected = ["through lastResort or basicConfig", "one", "two", "TypeError", "x"]
    assert _bodies(collector) == (expected if logs == "1" else [])


def test_nothing_is_kept_outside_of_invocations(traced, make_context, collector):
    traced(lambda event, context: None)({}, make_context())
    print("between")
    LOG.warning("between")
    assert ACTIVE.record is None
    traced(lambda event, context: None)({}, make_context())
    assert _bodies(collector) == []
