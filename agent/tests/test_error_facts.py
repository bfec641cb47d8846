"""What is told of an error beside its stack: the errors behind it, and the local variables by name."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def fail(traced, collector, make_context, attributes):
    """Runs a handler that raises, and answers the attributes of its span."""

    def once(handler, event=None):
        with pytest.raises(BaseException, match="outer"):
            traced(handler)({} if event is None else event, make_context())
        collector.wait(collector.roots)
        return attributes(collector.roots()[-1])

    return once


def _chain(how):
    def handler(event, context):
        try:
            raise KeyError("inner password=hunter2")
        except KeyError as inner:
            if how == "cause":
                raise ValueError("outer") from inner
            if how == "none":
                raise ValueError("outer") from None
            raise ValueError("outer")  # noqa: B904 - what this is about

    return handler


@pytest.mark.parametrize("how", ["cause", "context"])
def test_the_errors_behind_an_error_are_told_redacted(fail, how):
    found = fail(_chain(how))
    assert json.loads(found["mendline.error.causes"]) == [["KeyError", "'inner password=[redacted]'", how]]


def test_what_python_would_not_print_is_not_told(fail):
    assert "mendline.error.causes" not in fail(_chain("none"))


def test_a_chain_without_end_is_told_in_bounds(fail):
    def handler(event, context):
        errors = [ValueError(f"outer {i}" + "x" * 9_000) for i in range(50)]
        for one, other in zip(errors, errors[1:] + errors[:1], strict=True):
            one.__cause__ = other
        raise errors[0]

    causes = json.loads(fail(handler)["mendline.error.causes"])
    assert len(causes) == 5
    assert all(len(message) <= 1024 for _, message, _ in causes)


def test_a_group_of_errors_is_told_by_its_members_in_bounds(fail):
    def handler(event, context):
        inner = ExceptionGroup("inner", [KeyError("password=hunter2")])
        raise ExceptionGroup("outer", [ValueError("first"), inner, *(OSError(str(n)) for n in range(event["more"]))])

    told = [["ValueError", "first", "member"], ["ExceptionGroup", "inner (1 sub-exception)", "member"],
            ["KeyError", "'password=[redacted]'", "member"]]  # fmt: skip
    assert json.loads(fail(handler, {"more": 0})["mendline.error.causes"]) == told
    assert len(json.loads(fail(handler, {"more": 50})["mendline.error.causes"])) == 5


def test_no_code_of_an_error_runs_to_find_its_causes(fail):
    class SlyError(ValueError):
        touched = False

        def __getattribute__(self, name):
            if name in ("__cause__", "__context__", "__suppress_context__"):
                SlyError.touched = True
            return super().__getattribute__(name)

    def handler(event, context):
        raise SlyError("outer")

    from mendline_agent.frames import causes_of, frames_of
    from mendline_agent.redaction import Redactor

    fail(handler)
    SlyError.touched = False
    causes_of(SlyError("x"), Redactor())
    frames_of(SlyError("x"), Redactor(), None)
    assert SlyError.touched is False


def test_frames_name_their_local_variables_and_no_values(fail):
    def pay(order, token):
        amount = "shown nowhere"
        raise ValueError(f"outer {len(amount)}")

    def handler(event, context):
        return pay({"secret": 1}, "hunter2")

    found = fail(handler)
    frames = json.loads(found["mendline.error.frames"])
    assert [frame["function"].rpartition(".")[2] for frame in frames] == ["handler", "pay"]
    assert frames[1]["locals"] == ["order", "token", "amount"]
    assert frames[1]["file"] == __file__
    assert frames[1]["line"] == pay.__code__.co_firstlineno + 2
    assert "hunter2" not in str(found)
    assert "shown nowhere" not in found["mendline.error.frames"]


def test_values_of_local_variables_are_told_on_request_redacted_and_cut(fail, lambda_env):
    lambda_env.setenv("MENDLINE_LOCALS", "1")

    class Sly:
        def __repr__(self):
            raise AssertionError("described by the user's own code")

    def handler(event, context):
        order, api_token, long, sly = {"id": 42, "password": "x"}, "hunter2", "y" * 100_000, Sly()
        raise ValueError(f"outer {len(order)} {len(api_token)} {len(long)} {sly is None}")

    found = fail(handler)
    (frame,) = json.loads(found["mendline.error.frames"])
    assert frame["locals"]["order"] == '{"id":42,"password":"[redacted]"}'
    assert frame["locals"]["api_token"] == "[redacted]"
    assert len(frame["locals"]["long"].encode()) <= 256
    assert "Sly]" in frame["locals"]["sly"]
    assert "hunter2" not in str(found)


@pytest.mark.parametrize("wanted", ["0", "1"])
def test_a_deep_or_wide_failure_is_told_in_bounds(fail, lambda_env, wanted):
    lambda_env.setenv("MENDLINE_LOCALS", wanted)
    names = ", ".join(f"{'n' * 200}{i}" for i in range(300))
    scope = {}
    exec(f"def wide({names}):\n raise ValueError('outer')\n", scope)

    def deep(left):
        return deep(left - 1) if left else scope["wide"](*["v" * 1_000] * 300)

    found = fail(lambda event, context: deep(300))
    frames = json.loads(found["mendline.error.frames"])
    assert 0 < len(frames) <= 10
    assert len(found["mendline.error.frames"]) <= 12 * 1024
