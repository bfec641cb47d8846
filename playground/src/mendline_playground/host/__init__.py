"""A local Lambda: the real runtime clients under our own Runtime API, environments and log lines.

What others build on, and all they need:

- `Host(functions, ...)`, an async context manager; `deploy`, `update`, `publish`, `point_alias`,
  `reserve_concurrency` and `configure_events` are the control plane, by name and without waiting;
- `await host.invoke(name, payload, qualifier=..., invocation_type=...)` runs it (`RequestResponse`), takes it for later
  (`Event`) or only checks (`DryRun`), and answers a `Result`. A failed function is a `Result` with a `function_error`;
  an `InvokeError` says that nothing ran, and a `ThrottledError` (429) among them that it may later. What fails as
  `Event` the host itself retries;
- `Host(metric_sink=...)` is called with each `Metric` of AWS/Lambda, `log_sink=` with each `LogEvent`; both are called
  on the loop and must not block;
- `Host(deliver=...)` sends each `Delivery` to a destination or dead-letter queue that is no function;
- `Host(speed=...)` divides the platform's waits and ages (retries, backoff, maximum event age), never the time that a
  function has: a poller should divide its own waits by the same factor;
- `Function(runtime="nodejs20.x")` runs on Node.js; `node_runtime()` raises `RuntimeUnavailableError`, a sentence for
  a person, where that is not there;
- `InvokeFront(host)` is the same Invoke over HTTP, for SDKs.
"""

from mendline_playground.host.catalogue import Alias
from mendline_playground.host.destinations import Delivery, EventInvokeConfig
from mendline_playground.host.environment import Environment
from mendline_playground.host.front import InvokeFront
from mendline_playground.host.function import Function
from mendline_playground.host.invocation import Result
from mendline_playground.host.logs import LogEvent
from mendline_playground.host.metrics import Metric
from mendline_playground.host.refusals import (
    InvalidInvokeError,
    InvokeError,
    ThrottledError,
    TooLargeError,
    UnknownFunctionError,
)
from mendline_playground.host.runtimes import RuntimeUnavailableError, node_runtime
from mendline_playground.host.service import Host

__all__ = [
    "Alias",
    "Delivery",
    "Environment",
    "EventInvokeConfig",
    "Function",
    "Host",
    "InvalidInvokeError",
    "InvokeError",
    "InvokeFront",
    "LogEvent",
    "Metric",
    "Result",
    "RuntimeUnavailableError",
    "ThrottledError",
    "TooLargeError",
    "UnknownFunctionError",
    "node_runtime",
]
