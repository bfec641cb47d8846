"""The first promise: the handler is called once, and what it returns or raises is what the runtime gets."""

from __future__ import annotations

import asyncio
import functools
import io
import subprocess
import sys

import pytest

from mendline_agent import instrument

RESULTS = [None, 0, "text", {"statusCode": 200}, [1], b"bytes", object(), io.StringIO("stream"), float("nan")]


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_the_result_is_the_object_returned(traced, make_context, result):
    assert traced(lambda event, context: result)({}, make_context()) is result


class _OwnError(Exception):
    pass


class _UnprintableError(Exception):
    def __str__(self):
        raise RuntimeError("no text for you")


ERRORS = [
    ValueError("x"),
    _OwnError(),
    _UnprintableError(),
    SystemExit(3),
    KeyboardInterrupt(),
    GeneratorExit(),
    MemoryError(),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_the_exception_is_the_object_raised_and_the_span_says_so(traced, collector, make_context, attributes, error):
    calls = []

    def handler(event, context):
        calls.append(event)
        raise error

    with pytest.raises(type(error)) as caught:
        traced(handler)({}, make_context())
    assert caught.value is error
    assert len(calls) == 1
    collector.wait(collector.roots)
    root = collector.root()
    assert root.status.code == 2
    assert attributes(root)["error.type"].endswith(type(error).__name__)
    (event,) = root.events
    assert event.name == "exception"
    assert "in handler" in attributes(event)["exception.stacktrace"]
    assert "instrumented" not in attributes(event)["exception.stacktrace"]


def test_a_generator_is_returned_unconsumed(traced, make_context):
    consumed = []

    def handler(event, context):
        consumed.append(1)
        yield 1

    generator = traced(handler)({}, make_context())
    assert consumed == []
    assert list(generator) == [1]


def test_a_file_is_returned_unread(traced, make_context):
    file = io.BytesIO(b"abc")
    assert traced(lambda event, context: {"body": file})({}, make_context())["body"].read() == b"abc"


class _StreamedOnce(list):
    """As simplejson streams: it looks like a list, and gives its items once."""

    def __init__(self, items):
        super().__init__()
        self._items = iter(items)

    def __iter__(self):
        return self._items

    def __len__(self):
        return 1


class _Draining(dict):
    def items(self):
        while self:
            yield self.popitem()


class _Telling(dict):
    def _told(self, *_args):
        raise SystemExit("the agent ran code of the user's")

    items = keys = values = get = copy = __iter__ = __contains__ = __getitem__ = __len__ = _told


class _Disguised:
    @property
    def __class__(self):
        raise SystemExit("the agent asked for the class")


class _Key(str):
    __slots__ = ()

    def __str__(self):
        raise SystemExit("the agent printed a key")


class _Bytes(bytes):
    def __len__(self):
        raise SystemExit("the agent measured bytes")


@pytest.mark.parametrize("place", ["result", "event", "inside"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: _Draining(a=1, b=2),
        lambda: _Telling(statusCode=200, batchItemFailures=[_Telling()], name="a", value="b"),
        _Disguised,
        lambda: {_Key("a"): 1},
        lambda: _Bytes(b"abc"),
    ],
    ids=["draining", "telling", "disguised", "key", "bytes"],
)
def test_no_code_of_values_is_run(traced, collector, make_context, make, place):
    value = make()
    event = {"Records": [{"eventSource": "aws:sqs"}], "own": value} if place != "event" else value
    result = [value] if place == "inside" else value
    assert traced(lambda event, context: result)(event, make_context()) is result
    if type(value) is _Draining:
        assert dict.items(value) == {"a": 1, "b": 2}.items()
    collector.wait(collector.roots)


def test_a_list_that_streams_is_still_to_be_read(traced, make_context):
    rows = traced(lambda event, context: {"rows": _StreamedOnce(range(5))})({}, make_context())["rows"]
    assert list(rows) == [0, 1, 2, 3, 4]


def test_a_method_is_followed_like_a_function(traced, collector, make_context, attributes):
    class Handlers:
        @traced
        def own(self, event, context):
            return event["a"]

        @classmethod
        @traced
        def of_class(cls, event, context):
            return event["a"]

    assert Handlers().own({"a": 1}, make_context(request_id="r1")) == 1
    assert Handlers().own({"a": 2}, context=make_context(request_id="r2")) == 2
    assert Handlers.of_class({"a": 3}, make_context(request_id="r3")) == 3
    collector.wait(lambda: len(collector.roots()) == 3)
    told = [
        (attributes(root)["faas.invocation_id"], attributes(root)["mendline.request"]) for root in collector.roots()
    ]
    assert told == [("r1", '{"a":1}'), ("r2", '{"a":2}'), ("r3", '{"a":3}')]


def test_a_coroutine_is_returned_unawaited(traced, make_context):
    async def handler(event, context):
        return 7

    assert asyncio.run(traced(handler)({}, make_context())) == 7


def test_event_and_context_are_passed_on_as_they_are(traced, make_context):
    event, context, seen = {"a": [1]}, make_context(), []
    traced(lambda *args, **kwargs: seen.append((args, kwargs)))(event, context=context)
    ((args, kwargs),) = seen
    assert args[0] is event
    assert kwargs["context"] is context


def test_wrapping_twice_is_a_no_op(traced):
    once = traced(lambda event, context: None)
    assert traced(once) is once


def test_names_and_attributes_of_the_handler_stay(traced):
    def handler(event, context):
        """Said by the user."""

    handler.mark = 1
    wrapped = traced(handler)
    assert (wrapped.__name__, wrapped.__doc__, wrapped.mark) == ("handler", "Said by the user.", 1)


def test_anything_callable_can_be_wrapped(traced, make_context):
    class Handler:
        def __call__(self, event, context):
            return "called"

    assert traced(Handler())({}, make_context()) == "called"
    assert traced(functools.partial(lambda a, event, context: a, 5))({}, make_context()) == 5


def test_decorator_takes_options(traced, collector, make_context, attributes):
    @traced(capture=False, service="checkout")
    def handler(event, context):
        return {"a": 1}

    handler({"secretive": 1}, make_context())
    collector.wait(collector.roots)
    assert "mendline.request" not in attributes(collector.root())
    assert "mendline.response" not in attributes(collector.root())
    assert collector.resource()["service.name"] == "checkout"


def test_a_handler_that_calls_an_instrumented_one_is_one_invocation(traced, collector, make_context):
    inner = traced(lambda event, context: "inner")
    outer = traced(lambda event, context: inner(dict(event), context))
    assert outer({}, make_context()) == "inner"
    collector.wait(collector.roots)
    collector.root()


def test_handlers_work_without_a_lambda_context(traced, collector):
    assert traced(lambda event, context: event)("event", None) == "event"
    assert traced(lambda: 5)() == 5
    collector.wait(lambda: len(collector.roots()) == 2)


def test_disabled_means_untouched(lambda_env):
    lambda_env.setenv("MENDLINE_DISABLED", "1")

    def handler(event, context):
        pass

    assert instrument(handler) is handler
    assert instrument(service="x")(handler) is handler


def test_disabled_imports_nothing_more():
    program = (
        "import os, sys; os.environ['MENDLINE_DISABLED'] = '1'\n"
        "import mendline_agent; mendline_agent.instrument(lambda e, c: None)\n"
        "print([m for m in sys.modules if m.startswith('mendline_agent.')])"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


@pytest.mark.parametrize(
    ("endpoint", "sentence"),
    [
        ("grpc://collector:4317", "must begin with http"),
        ("http://collector:abc", "has 'abc' as its port"),
        ("http://collector:99999", "has '99999' as its port"),
    ],
)
def test_a_bad_endpoint_leaves_the_handler_untouched(lambda_env, capfd, endpoint, sentence):
    lambda_env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)

    def handler(event, context):
        pass

    assert instrument(handler) is handler
    assert sentence in capfd.readouterr().err
