"""What an injection does to the shop once, when it begins, and how that is undone: deployments, settings, mappings."""

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from mendline_playground.live.threads import finish
from mendline_playground.live.versions import Layer, Versions
from mendline_playground.scenario import Injection
from mendline_playground.shop.deploy import Deployment, Shop, alias_arn, redrive_policy, role_policy
from mendline_playground.shop.plan import FUNCTIONS
from mendline_playground.sources.aws_json import AwsCallError, AwsJson

_MB = 1024 * 1024
_MOST_AT_ONCE = 500  # of one PutRecords


class Acts:
    """Each act is a context: it lasts as long as the context does. `deployed` is told of each new version."""

    def __init__(self, deployment: Deployment, shop: Shop, aws: AwsJson, versions: Versions) -> None:
        self._deployment = deployment
        self._shop = shop
        self._aws = aws
        self._versions = versions

    @contextlib.asynccontextmanager
    async def during(self, injection: Injection, deployed: Callable[[Layer], None]) -> AsyncIterator[None]:
        """What this injection does; nothing for one that only the tables know."""
        async with contextlib.AsyncExitStack() as stack:
            match injection.fault:
                case "deploy":
                    deployed(await self._deploy(stack, injection))
                case "configure" if injection.text("queue"):
                    await self._without_redrive(stack, injection.text("queue"))
                case "configure":
                    await self._configure(stack, injection)
                case "stop":
                    await self._stop(stack, injection.text("function"))
                case "deny":
                    await self._deny(stack, injection)
                case "change":
                    await self._change(stack, injection.text("function"))
                case "flood":
                    self._flood(stack, injection)
            yield

    async def _deploy(self, stack: contextlib.AsyncExitStack, injection: Injection) -> Layer:
        published = self._versions.published(injection.text("function"), share=injection.number("share", 1.0))
        return await stack.enter_async_context(published)

    async def _configure(self, stack: contextlib.AsyncExitStack, injection: Injection) -> None:
        memory_mb = int(injection.number("memory") / _MB) or None
        timeout_s = injection.number("timeout") or None
        published = self._versions.published(injection.text("function"), memory_mb=memory_mb, timeout_s=timeout_s)
        await stack.enter_async_context(published)

    async def _without_redrive(self, stack: contextlib.AsyncExitStack, queue: str) -> None:
        async def set_policy(policy: str) -> None:
            await self._call(
                "sqs",
                "set_queue_attributes",
                QueueUrl=self._shop.queue_urls[queue],
                Attributes={"RedrivePolicy": policy},
            )

        stack.push_async_callback(set_policy, redrive_policy(queue))
        await set_policy("")

    async def _stop(self, stack: contextlib.AsyncExitStack, name: str) -> None:
        if FUNCTIONS[name].trigger == "sns":
            await self._unsubscribe(stack, name)
            return
        told = await self._call("lambda", "list_event_source_mappings", FunctionName=name)
        for uuid in [mapping["UUID"] for mapping in told["EventSourceMappings"]]:
            stack.push_async_callback(self._call, "lambda", "update_event_source_mapping", UUID=uuid, Enabled=True)
            await self._call("lambda", "update_event_source_mapping", UUID=uuid, Enabled=False)

    async def _unsubscribe(self, stack: contextlib.AsyncExitStack, name: str) -> None:
        topic_arn, endpoint = self._shop.topic_arn, alias_arn(name)
        told = await self._call("sns", "list_subscriptions_by_topic", TopicArn=topic_arn)
        for arn in [one["SubscriptionArn"] for one in told["Subscriptions"] if one["Endpoint"] == endpoint]:
            stack.push_async_callback(
                self._call, "sns", "subscribe", TopicArn=topic_arn, Protocol="lambda", Endpoint=endpoint
            )
            await self._call("sns", "unsubscribe", SubscriptionArn=arn)

    async def _deny(self, stack: contextlib.AsyncExitStack, injection: Injection) -> None:
        plan = FUNCTIONS[injection.text("function")]

        async def allow(document: str) -> None:
            await self._call(
                "iam", "put_role_policy", RoleName=f"shop-{plan.name}", PolicyName="shop", PolicyDocument=document
            )

        stack.push_async_callback(allow, role_policy(plan))
        await allow(role_policy(plan, without=injection.text("resource")))

    async def _change(self, stack: contextlib.AsyncExitStack, name: str) -> None:
        told = await self._call("lambda", "get_function_configuration", FunctionName=name)
        before = dict((told.get("Environment") or {}).get("Variables") or {})

        async def set_variables(variables: dict[str, str]) -> None:
            await self._call(
                "lambda", "update_function_configuration", FunctionName=name, Environment={"Variables": variables}
            )

        stack.push_async_callback(set_variables, before)
        await set_variables({**before, "LOG_FORMAT": "set by the playground"})

    def _flood(self, stack: contextlib.AsyncExitStack, injection: Injection) -> None:
        stream, rate = FUNCTIONS[injection.text("function")].source, injection.number("per_second")
        task = asyncio.ensure_future(self._put_junk(stream, rate))
        stack.callback(task.cancel)

    async def _put_junk(self, stream: str, per_second: float) -> None:
        put, began_s = 0, time.monotonic()
        while True:
            due = min(_MOST_AT_ONCE, int((time.monotonic() - began_s) * per_second) - put)
            if due > 0:
                records = [_junk(number) for number in range(put, put + due)]
                with contextlib.suppress(AwsCallError, OSError, TimeoutError):
                    body = {"StreamName": stream, "Records": records}
                    await self._aws.call("kinesis", "Kinesis_20131202.PutRecords", body)
                put += due
            await asyncio.sleep(1.0)

    async def _call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await finish(getattr(self._deployment.client(service), operation), **parameters)
        return answer


def _junk(number: int) -> dict[str, str]:
    data = base64.b64encode(json.dumps({"test": True, "number": number}).encode()).decode()
    return {"Data": data, "PartitionKey": str(number)}
