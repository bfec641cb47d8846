"""Functions of the user's own are followed where asked for, stay what they are, and cost little."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import http.client
import inspect
import json
import sys
import textwrap
import threading

import pytest

from mendline_agent import calling, operations
from mendline_agent import traced as follow
from mendline_agent.inside import MAX_CALLS


@pytest.fixture
def spans(run, collector):
    """Runs a handler's body; answers (root, {name: span}) of what was sent."""

    def sent(body):
        root = run(body)
        others = [span for span in collector.spans() if span.span_id != root.span_id]
        return root, {span.name.rpartition(".")[2]: span for span in others}

    return sent


@follow
def inner(value):
    return value + 1


@follow(arguments=True, result=True)
def outer(value, *, password="x"):
    return {"got": inner(value)}


def test_calls_nest_as_they_were_made(spans, attributes):
    root, found = spans(lambda event, context: outer(1, password="secret"))
    assert found["outer"].parent_span_id == root.span_id
    assert found["inner"].parent_span_id == found["outer"].span_id
    assert found["inner"].trace_id == root.trace_id
    assert found["outer"].start_time_unix_nano <= found["inner"].start_time_unix_nano
    told = attributes(found["outer"])
    assert json.loads(told["mendline.arguments"]) == {"value": 1, "password": "[redacted]"}
    assert json.loads(told["mendline.result"]) == {"got": 2}
    assert told["code.function.name"].endswith("test_traced.outer")
    assert "mendline.arguments" not in attributes(found["inner"])
    assert sorted(row[:3] for row in json.loads(attributes(root)["mendline.functions"])) == [
        [attributes(found["inner"])["code.function.name"], 1, 0],
        [told["code.function.name"], 1, 0],
    ]


def test_what_a_function_calls_is_below_it(spans, attributes):
    @follow
    def asks():
        with contextlib.suppress(OSError):
            http.client.HTTPConnection("127.0.0.1", 9).request("GET", "/")

    _, found = spans(lambda event, context: asks())
    (call,) = [span for span in found.values() if "mendline.resource.type" in attributes(span)]
    assert call.parent_span_id == found["asks"].span_id


def test_an_exception_is_the_same_object_and_told(spans, attributes):
    error = KeyError("password=hunter2")

    @follow
    def fails():
        raise error

    def handler(event, context):
        with pytest.raises(KeyError) as caught:
            fails()
        assert caught.value is error

    root, found = spans(handler)
    assert found["fails"].status.code == 2
    assert "hunter2" not in found["fails"].status.message
    assert attributes(found["fails"])["error.type"] == "KeyError"
    assert json.loads(attributes(root)["mendline.functions"])[0][1:3] == [1, 1]


def test_where_the_stack_ends_each_call_is_told_with_its_error(spans, attributes):
    @follow
    def deeper(count):
        return deeper(count + 1)

    def handler(event, context):
        with pytest.raises(RecursionError):
            deeper(0)
        return inner(1)

    root, found = spans(handler)
    assert found["inner"].parent_span_id == root.span_id
    sums = {row[0].rpartition(".")[2]: row[1:3] for row in json.loads(attributes(root)["mendline.functions"])}
    assert sums["inner"] == [1, 0]
    assert sums["deeper"][0] == sums["deeper"][1] > 100


def test_calls_are_summed_up_alike_whether_or_not_they_were_read_before(run, attributes):
    def rows(*calls):
        root = run(lambda event, context: [call() for call in calls])
        return sorted(row[1:3] for row in json.loads(attributes(root)["mendline.functions"]))

    def look():
        assert calling.current_call(operations.ACTIVE.record) is None

    def fail():
        with contextlib.suppress(ValueError):
            failing()

    @follow
    def failing():
        raise ValueError

    @follow
    def other():
        return 1

    one = functools.partial(inner, 1)
    assert rows(other, one, other) == rows(other, look, one, other) == [[1, 0], [2, 0]]
    assert rows(one, one) == rows(one, look, one) == [[2, 0]]
    assert rows(one, look, fail, one, fail) == rows(one, fail, fail, one) == [[2, 0], [2, 2]]


def test_concurrent_tasks_do_not_mix_their_parents(run, collector):
    @follow
    async def leaf(ready):
        await ready.wait()
        return 1

    @follow
    async def branch(ready):
        return await leaf(ready)

    async def main():
        ready = asyncio.Event()
        tasks = [asyncio.ensure_future(branch(ready)) for _ in range(3)]
        ready.set()
        return await asyncio.gather(*tasks)

    kept = []
    root = run(lambda event, context: kept.extend(asyncio.run(main())))
    assert kept == [1, 1, 1]
    branches = {span.span_id for span in collector.spans() if span.name.endswith("branch")}
    leaves = [span for span in collector.spans() if span.name.endswith("leaf")]
    assert {leaf.parent_span_id for leaf in leaves} == branches
    assert {span.parent_span_id for span in collector.spans() if span.span_id in branches} == {root.span_id}
    assert inspect.iscoroutinefunction(branch)


def test_plain_and_awaited_functions_nest_as_they_were_called(spans, collector):
    @follow
    def deep():
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        return inner(1)

    @follow
    def elsewhere():
        pass

    @follow
    async def middle():
        return deep()

    @follow
    def fails():
        raise ValueError

    @follow
    def top():
        with contextlib.suppress(ValueError):
            fails()
        return inner(0) + asyncio.run(middle()) + inner(2)

    root, found = spans(lambda event, context: top())
    assert found["top"].parent_span_id == found["elsewhere"].parent_span_id == root.span_id
    assert found["middle"].parent_span_id == found["fails"].parent_span_id == found["top"].span_id
    assert found["deep"].parent_span_id == found["middle"].span_id
    above = sorted(span.parent_span_id for span in collector.spans() if span.name.endswith("inner"))
    assert above == sorted([found["top"].span_id, found["deep"].span_id, found["top"].span_id])
    assert len({span.span_id for span in collector.spans()}) == len(collector.spans()) == 9


def test_greenlets_do_not_mix_their_parents(spans, collector):
    greenlet = pytest.importorskip("greenlet")

    @follow
    def leaf():
        return 1

    @follow
    def branch():
        greenlet.getcurrent().parent.switch()
        return leaf()

    def handler(event, context):
        both = [greenlet.greenlet(branch) for _ in range(2)]
        for _ in range(2):
            for one in both:
                one.switch()

    spans(handler)
    branches = {span.span_id for span in collector.spans() if span.name.endswith("branch")}
    assert {span.parent_span_id for span in collector.spans() if span.name.endswith("leaf")} == branches
    assert len(branches) == 2


def test_generators_stay_generators(spans):
    @follow
    def numbers(limit):
        got = []
        for number in range(limit):
            got.append((yield number))
        return got

    def handler(event, context):
        generator = numbers(3)
        assert inspect.isgenerator(generator)
        assert next(generator) == 0
        assert generator.send("a") == 1
        assert generator.send("b") == 2
        with pytest.raises(StopIteration) as ended:
            generator.send("c")
        assert ended.value.value == ["a", "b", "c"]
        assert list(numbers(2)) == [0, 1]
        next(numbers(2))  # left behind

    root, found = spans(handler)
    assert found["numbers"].parent_span_id == root.span_id
    assert inspect.isgeneratorfunction(numbers)


def test_what_cannot_be_followed_unnoticed_comes_back_as_it_is():
    async def items():
        yield 1

    class Kind:
        pass

    for thing in (items, Kind, len, 5):
        assert follow(thing) is thing
    assert follow(inner) is inner


def test_methods_of_every_kind(spans, attributes):
    class Shop:
        @follow(arguments=True)
        def order(self, item):
            return item

        @classmethod
        @follow
        def make(cls):
            return cls()

        @follow
        @staticmethod
        def price(item):
            return 7

    def handler(event, context):
        shop = Shop.make()
        assert (shop.order("a"), Shop.price("a"), shop.price("a")) == ("a", 7, 7)

    _, found = spans(handler)
    assert json.loads(attributes(found["order"])["mendline.arguments"]) == {"item": "a"}
    assert set(found) == {"make", "order", "price"}


def test_outside_of_an_invocation_nothing_is_recorded(collector, traced, make_context):
    assert outer(1) == {"got": 2}
    traced(lambda event, context: None)({}, make_context())
    collector.wait(collector.roots)
    assert len(collector.spans()) == 1


def test_a_thread_of_the_invocation_is_below_it(spans):
    def handler(event, context):
        thread = threading.Thread(target=inner, args=(1,))
        thread.start()
        thread.join()

    root, found = spans(handler)
    assert found["inner"].parent_span_id == root.span_id


def test_sums_are_those_of_the_spans_whatever_the_invocation_before_has_called(run, collector, attributes):
    first, second = follow(name='of "one"')(lambda: None), follow(lambda: list(range(20_000)), name="two")
    third = follow(lambda: 1 / 0, name="three")

    def handler(calls):
        for call in calls:
            with contextlib.suppress(ZeroDivisionError):
                call()

    for order in ("12", "12", "21", "12", "1", "122", "12", "123", "112", "12"):
        root = run(lambda event, context, order=order: handler([(first, second, third)[int(n) - 1] for n in order]))
        found = [span for span in collector.spans() if span.trace_id == root.trace_id and span != root]
        assert len(found) == len(order)
        for name, *told in json.loads(attributes(root)["mendline.functions"]):
            calls = [span for span in found if span.name == name]
            spent = [span.end_time_unix_nano - span.start_time_unix_nano for span in calls]
            failed = sum(span.status.code == 2 for span in calls)
            assert told == [len(calls), failed, sum(spent) // 1000 / 1000, max(spent) // 1000 / 1000]


def test_beyond_a_thousand_calls_only_sums_go(run, collector, attributes):
    root = run(lambda event, context: [inner(n) for n in range(MAX_CALLS + 50)])
    assert json.loads(attributes(root)["mendline.functions"])[0][1] == MAX_CALLS + 50
    assert 900 < len(collector.spans()) <= MAX_CALLS + 1


def test_disabled_means_untouched(lambda_env):
    lambda_env.setenv("MENDLINE_DISABLED", "1")

    def function():
        pass

    assert follow(function) is function
    assert follow(arguments=True)(function) is function


CART = """
from abc import ABC
from json import dumps

def add(item):
    return check(item)

def check(item):
    return item

class Cart(ABC):
    def total(self):
        return self._sum()

    def _sum(self):
        return 3

    def __len__(self):
        return 1
"""


@pytest.fixture
def cart(tmp_path, monkeypatch):
    """A package `shopping` with a module `cart` that is not imported yet."""
    package = tmp_path / "shopping"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "cart.py").write_text(textwrap.dedent(CART))
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "shopping"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ("shopping.cart", {"add", "check", "total", "_sum"}),
        ("shopping.*", {"add", "check", "total", "_sum"}),
        ("shopping.cart.add", {"add"}),
        ("shopping.cart.Cart", {"total", "_sum"}),
        ("shopping.cart.Cart.total, shopping.cart.check", {"total", "check"}),
        ("shopping.nothing, shopping.cart.Nobody.there, other.*", set()),
        ("", set()),
    ],
)
def test_functions_named_in_the_environment_are_followed(cart, lambda_env, spans, chosen, names):
    lambda_env.setenv("MENDLINE_TRACE", chosen)

    def handler(event, context):
        from shopping import cart

        assert cart.add(1) == 1
        assert (cart.Cart().total(), len(cart.Cart()), cart.dumps({})) == (3, 1, "{}")

    assert set(spans(handler)[1]) == names


def test_the_handler_itself_is_not_followed_twice(cart, lambda_env, spans):
    lambda_env.setenv("MENDLINE_TRACE", "shopping.cart")
    lambda_env.setenv("_HANDLER", "shopping/cart.add")
    assert set(spans(lambda event, context: __import__("shopping.cart").cart.add(1))[1]) == {"check"}
