"""New versions of the shop's functions, in the Lambda host and in the emulator alike, and the way back from them."""

import asyncio
import contextlib
import dataclasses
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass

from mendline_playground.host import Alias, Host
from mendline_playground.host.function import Function
from mendline_playground.live.threads import finish
from mendline_playground.shop.deploy import ALIAS, Deployment, release_zip

_FIRST = "1"


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A version that gets a share of a function's invocations, on top of those that were there before."""

    function: str
    version: str
    share: float


class Versions:
    """Publishes versions and points the shop's alias to them. What is taken away again leaves the rest in order."""

    def __init__(self, host: Host, deployment: Deployment) -> None:
        self._host = host
        self._deployment = deployment
        self._first = {function.name: function for function in host.functions}
        self._layers: dict[str, list[Layer]] = defaultdict(list)
        self._switched: dict[str, str] = {}
        self._lock = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def published(
        self, name: str, *, share: float = 1.0, memory_mb: int | None = None, timeout_s: float | None = None
    ) -> AsyncIterator[Layer]:
        """A version, with other settings where they are given, that gets its share; gone again afterwards."""
        first = self._first[name]
        changed = dataclasses.replace(
            first, memory_mb=memory_mb or first.memory_mb, timeout_s=timeout_s or first.timeout_s
        )
        layer = Layer(name, "", share)
        try:
            async with self._lock:
                layer = Layer(name, await self._publish(changed), share)
                self._layers[name].append(layer)
                await self._point(name)
            yield layer
        finally:
            async with self._lock:
                self._layers[name] = [one for one in self._layers[name] if one is not layer]
                await self._point(name)
                self._host.update(first)
                await finish(self._configure, first, "")

    def switched(self, name: str) -> str:
        """The version that the alias of a function has, unless a scenario has deployed another one."""
        return self._switched.get(name, _FIRST)

    async def switch(self, name: str, version: str) -> None:
        """Point the alias of a function to this version of it, until it is switched again."""
        async with self._lock:
            self._switched[name] = version
            await self._point(name)

    async def _publish(self, function: Function) -> str:
        self._host.update(function)
        version = self._host.publish(function.name)
        theirs = await finish(self._configure, function, version)
        if theirs != version:
            raise RuntimeError(f"{function.name} is version {version} in the host and {theirs} in the emulator.")
        return version

    def _configure(self, function: Function, version: str) -> str:
        """Have the emulator know the same; publish it if it is to be a version."""
        client = self._deployment.client("lambda")
        client.update_function_configuration(
            FunctionName=function.name, MemorySize=function.memory_mb, Timeout=max(1, round(function.timeout_s))
        )
        client.update_function_code(FunctionName=function.name, ZipFile=release_zip(version or _FIRST))
        return str(client.publish_version(FunctionName=function.name)["Version"]) if version else ""

    async def _point(self, name: str) -> None:
        """Let the alias have the newest version that takes everything, and above it those that take a share."""
        main, weights = self.switched(name), dict[str, float]()
        for layer in self._layers[name]:
            if layer.share >= 1:
                main, weights = layer.version, {}
            else:
                weights[layer.version] = layer.share
        self._host.point_alias(name, Alias(ALIAS, main, weights))
        await finish(
            self._deployment.client("lambda").update_alias,
            FunctionName=name,
            Name=ALIAS,
            FunctionVersion=main,
            RoutingConfig={"AdditionalVersionWeights": weights},
        )
