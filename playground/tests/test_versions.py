"""Versions and aliases: what a qualifier runs, and what the handler, the log and the caller are told of it."""

import collections
import json

import pytest

from mendline_playground.host import Alias, Host, InvalidInvokeError, UnknownFunctionError

pytestmark = pytest.mark.anyio

CODE = """
    import os

    def handler(event, context):
        return [os.environ["OWN"], context.function_version, context.invoked_function_arn]
"""
ARN = "arn:aws:lambda:us-east-1:000000000000:function:shown"


@pytest.fixture
def versions(function):
    """A function with versions 1 and 2, an alias `live` of 1, and a $LATEST that differs from both."""
    first = function(CODE, env={"OWN": "first"})
    host = Host([first])
    assert host.publish("shown") == "1"
    host.update(first.__class__("shown", "app.handler", first.code_dir, env={"OWN": "second"}))
    assert host.publish("shown") == "2"
    host.update(first.__class__("shown", "app.handler", first.code_dir, env={"OWN": "latest"}))
    host.point_alias("shown", Alias("live", "1"))
    return host


NAMED = [
    ("shown", None, "$LATEST", "latest", ARN),
    ("shown", "$LATEST", "$LATEST", "latest", f"{ARN}:$LATEST"),
    ("shown", "1", "1", "first", f"{ARN}:1"),
    ("shown:2", None, "2", "second", f"{ARN}:2"),
    (ARN, "live", "1", "first", f"{ARN}:live"),
    (f"{ARN}:live", "live", "1", "first", f"{ARN}:live"),
    ("000000000000:function:shown:live", None, "1", "first", f"{ARN}:live"),
]


async def test_a_qualifier_runs_its_version_and_the_handler_sees_both(versions):
    async with versions as host:
        for name, qualifier, version, own, arn in NAMED:
            result = await host.invoke(name, b"{}", qualifier=qualifier, log_tail=True)
            assert json.loads(result.payload) == [own, version, arn]
            assert result.executed_version == version
            assert f"START RequestId: {result.request_id} Version: {version}\n" in result.log_tail
        streams = {event.stream.partition("/[")[2].partition("]")[0] for event in host.logs("shown")}
    assert streams == {"$LATEST", "1", "2"}


async def test_what_is_not_there_or_not_one_name_is_refused(versions):
    async with versions as host:
        for name, qualifier in [("absent", None), ("shown", "3"), ("shown:nobody", None)]:
            with pytest.raises(UnknownFunctionError):
                await host.invoke(name, b"{}", qualifier=qualifier)
        for name, qualifier in [("shown:1", "2"), ("not a name", None), ("arn:aws:s3:::bucket", None)]:
            with pytest.raises(InvalidInvokeError):
                await host.invoke(name, b"{}", qualifier=qualifier)
        with pytest.raises(UnknownFunctionError):
            host.point_alias("shown", Alias("live", "9"))
        with pytest.raises(ValueError, match="shares"):
            host.point_alias("shown", Alias("live", "1", {"2": 1.5}))


async def test_a_weighted_alias_sends_about_its_share_to_the_other_version(versions):
    async with versions as host:
        host.point_alias("shown", Alias("live", "1", {"2": 0.25}))
        ran = collections.Counter()
        for _ in range(100):
            result = await host.invoke("shown", b"{}", qualifier="live", invocation_type="DryRun")
            ran[result.executed_version] += 1
        assert set(ran) == {"1", "2"}
        assert 12 <= ran["2"] <= 38


async def test_an_update_shuts_warm_environments_of_the_old_code_down(versions, call, eventually):
    async with versions as host:
        await call(host)
        (old,) = host.environments("shown")
        host.update(old.function.__class__("shown", "app.handler", old.function.code_dir, env={"OWN": "new"}))
        assert old not in host.environments("shown")
        await eventually(lambda: old.pid is None)
        assert json.loads((await call(host)).payload)[0] == "new"


async def test_at_the_cap_an_idle_environment_makes_room_for_another_version(versions, call):
    async with versions as host:
        for qualifier in ("1", "2", "1"):
            result = await call(host, qualifier=qualifier)
            assert result.function_error is None
            assert len(host.environments("shown")) <= 2
