"""What agents cost a function, beside each other: under the real runtime client, each run paired with a bare one.

`make bench ARGS=peers`. The peers come from PyPI into `.venv-peers` at first. Their releases change: the table says
which was run. `--rounds N` (default 3) and names limit the run; `--write` puts the tables into docs/performance.md.
"""

from __future__ import annotations

import argparse
import functools
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import held
from bars import at_least_one
from harness import Figures, World, run
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

ROOT = Path(__file__).resolve().parents[2]
INVOCATIONS = 200
MORE_STARTS = 2
_EMPTY = "def handler(event, context):\n    return {'ok': True}\n"
_ONE = """
def work(number):
    return number


def handler(event, context):
    return {'ok': sum(work(number) for number in range(200))}
"""
_MANY = (
    "".join(f"def work_{number}(number):\n    return number\n\n" for number in range(200))
    + "def handler(event, context):\n    return {'ok': "
    + " + ".join(f"work_{number}({number})" for number in range(200))
    + "}\n"
)
_CALLS = """
import boto3
import urllib3

table = boto3.client("dynamodb")
queue = boto3.client("sqs")
http = urllib3.PoolManager()


def handler(event, context):
    table.put_item(TableName="orders", Item={"id": {"S": event["order"]}, "quantity": {"N": str(event["quantity"])}})
    queue.send_message(QueueUrl="https://sqs.eu-west-1.amazonaws.com/123456789012/payments", MessageBody="{}")
    http.request("GET", SERVICES + "/price")
    return {"statusCode": 200, "body": "ok"}
"""


@dataclass(frozen=True)
class Agent:
    """How one is switched on: packages from PyPI, variables, and a module `shown` that has the handler."""

    name: str
    packages: tuple[str, ...] = ()
    env: Callable[[World], dict[str, str]] = lambda world: {}
    module: str = ""
    handler: str = "app.handler"
    wrapper: bool = False


def _otlp(world: World) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{world.collector}", "OTEL_SERVICE_NAME": "shop"}


def _ours(way: str) -> Agent:
    return Agent(f"mendline {way}", env=lambda world: {**_otlp(world), "MENDLINE_EXPORT": way}, wrapper=True)


AGENTS = (
    _ours("log"),
    _ours("http"),
    _ours("extension"),
    Agent(
        "powertools",
        ("aws-lambda-powertools", "aws-xray-sdk"),
        lambda world: {"AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{world.xray}", "POWERTOOLS_SERVICE_NAME": "shop",
                       "LAMBDA_TASK_ROOT": "/var/task"},
        "from aws_lambda_powertools import Tracer\ntracer = Tracer()\nimport app\n"
        "handler = tracer.capture_lambda_handler(app.handler)\n",
        "shown.handler",
    ),
    Agent(
        "opentelemetry",
        ("opentelemetry-instrumentation-aws-lambda", "opentelemetry-instrumentation-botocore",
         "opentelemetry-instrumentation-urllib3", "opentelemetry-exporter-otlp-proto-http", "opentelemetry-sdk"),
        lambda world: {**_otlp(world), "ORIG_HANDLER": "app.handler"},
        "from opentelemetry import trace\nfrom opentelemetry.sdk.trace import TracerProvider\n"
        "from opentelemetry.sdk.trace.export import BatchSpanProcessor\n"
        "from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter\n"
        "provider = TracerProvider()\nprovider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))\n"
        "trace.set_tracer_provider(provider)\n"
        "from opentelemetry.instrumentation.botocore import BotocoreInstrumentor\nBotocoreInstrumentor().instrument()\n"
        "from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor\nURLLib3Instrumentor().instrument()\n"
        "from opentelemetry.instrumentation.aws_lambda import AwsLambdaInstrumentor\n"
        "AwsLambdaInstrumentor().instrument()\nfrom app import handler\n",
        "shown.handler",
    ),
    Agent(
        "sentry",
        ("sentry-sdk",),
        lambda world: {"SENTRY_DSN": f"http://key@127.0.0.1:{world.collector}/1"},
        "import sentry_sdk\nfrom sentry_sdk.integrations.aws_lambda import AwsLambdaIntegration\n"
        "sentry_sdk.init(traces_sample_rate=1.0, integrations=[AwsLambdaIntegration()])\nfrom app import handler\n",
        "shown.handler",
    ),
    Agent(
        "thundra",
        ("thundra",),
        lambda world: {"CATCHPOINT_APIKEY": "key",
                       "CATCHPOINT_REPORT_REST_BASEURL": f"http://127.0.0.1:{world.collector}"},
        "import catchpoint\nimport app\nhandler = catchpoint.lambda_wrapper(app.handler)\n",
        "shown.handler",
    ),
    Agent(
        "lumigo",
        ("lumigo-tracer",),
        lambda world: {"COLLECTOR": str(world.collector)},
        "import http.client, os\nimport lumigo_tracer.lambda_tracer.lambda_reporter as reporter\n"
        "import types\n"
        "plain = types.SimpleNamespace(**vars(http.client))\n"  # it knows only https: spared that here
        "port = int(os.environ['COLLECTOR'])\n"
        "plain.HTTPSConnection = lambda *a, **k: http.client.HTTPConnection('127.0.0.1', port)\n"
        "reporter.http = types.SimpleNamespace(client=plain)\n"
        "from lumigo_tracer import lumigo_tracer\nimport app\n"
        "handler = lumigo_tracer(token='t_10faa5e13e7844aaa1234')(app.handler)\n",
        "shown.handler",
    ),
    Agent(
        "datadog (log)",
        ("datadog-lambda",),
        lambda world: {"DD_LAMBDA_HANDLER": "app.handler", "DD_API_KEY": "0" * 32, "DD_FLUSH_TO_LOG": "true",
                       "DD_SITE": "datadoghq.com", "DD_SERVICE": "shop"},
        handler="datadog_lambda.handler.handler",
    ),
)  # fmt: skip
_FOLLOWED = ",".join(["app.work", *(f"app.work_{number}" for number in range(200))])
FOLLOWING = tuple(
    Agent(
        f"mendline log, {name}",
        env=lambda world, share=share: {
            **_otlp(world), "MENDLINE_EXPORT": "log", "MENDLINE_TRACE": _FOLLOWED, "MENDLINE_SAMPLING": share
        },
        wrapper=True,
    )
    for name, share in (("spans sent", "1"), ("sums alone", "0"))
)  # fmt: skip
BARE = Agent("bare")
_THERE = frozenset(("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "python_dateutil", "six", "six.py",
                    "urllib3", ".done"))  # fmt: skip
PAGE = ROOT / "docs" / "performance.md"
_BEGIN, _END = '<!-- made by `make bench ARGS="peers --write"` -->\n', "<!-- until here -->\n"


def _installed(agent: Agent) -> Path | None:
    """Where the agent's packages are, installed at first."""
    if not agent.packages:
        return None
    folder = ROOT / ".venv-peers" / agent.packages[0]
    if not (folder / ".done").exists():
        print(f"bench: installing {', '.join(agent.packages)} …", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-warn-conflicts", "--target", str(folder)]
        subprocess.run([*command, *agent.packages], check=True, stderr=subprocess.DEVNULL)
        (folder / ".done").touch()
    return folder


def _version(agent: Agent) -> str:
    folder = _installed(agent)
    found = next(folder.glob(f"{agent.packages[0].replace('-', '_')}-*.dist-info"), None) if folder else None
    return found.name.removesuffix(".dist-info").rpartition("-")[2] if found else ""


def _once(agent: Agent, code: str, world: World, invocations: int = INVOCATIONS) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "app.py").write_text(code.replace("SERVICES", repr(f"http://127.0.0.1:{world.services}")))
        if agent.module:
            (Path(folder) / "shown.py").write_text(agent.module)
        installed = _installed(agent)
        env = {
            "AWS_LAMBDA_FUNCTION_NAME": "shop", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{world.services}", "_HANDLER": agent.handler,
            "PYTHONPATH": os.pathsep.join([*([str(installed)] if installed else []), folder]),
            **agent.env(world),
        }  # fmt: skip
        command = [sys.executable, "-m", "awslambdaric", agent.handler]
        return run([*_wrapper(agent), *command], env, Path(folder), world, invocations)


@functools.cache
def _layer() -> Path:
    """Our agent as functions get it: the layer, unpacked as Lambda has it in /opt."""
    folder = ROOT / ".venv-peers" / "mendline"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    archive = folder / "layer.zip"
    command = [str(Path(sys.executable).parent / "mendline"), "layer", "build", "--output", str(archive)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with zipfile.ZipFile(archive) as layer:
        layer.extractall(folder)
    (folder / "mendline").chmod(0o755)
    return folder


def _sizes(agents: Sequence[Agent]) -> str:
    """A table: kilobytes on the disk, without what Lambda's Python has anyway."""
    lines = [f"### {held.DISK}\n", "| | as it is written kB | compiled too kB |", "|---|---:|---:|"]
    seen: set[str] = set()
    for agent in agents:
        name = "mendline" if agent.wrapper else f"{agent.name} {_version(agent)}".strip()
        if name in seen:
            continue
        seen.add(name)
        folder = _installed(agent) or _layer()
        files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".zip"]
        kept = [path for path in files if path.relative_to(folder).parts[0].partition("-")[0] not in _THERE]
        compiled = sum(path.stat().st_size for path in kept if path.suffix in (".pyc", ".bin"))
        written = sum(path.stat().st_size for path in kept) - compiled
        lines.append(f"| {name} | {written / 1000:,.0f} | {(written + compiled) / 1000:,.0f} |")
    return "\n".join(lines) + "\n"


def _wrapper(agent: Agent) -> list[str]:
    return [str(_layer() / "mendline")] if agent.wrapper else []


def _counted(body: bytes) -> tuple[float, float]:
    """Spans of the last invocation, and values of attributes on them and on their resource; no numbers where what was
    sent is not in OTLP."""
    if not body:
        return math.nan, math.nan
    told = ExportTraceServiceRequest.FromString(body).resource_spans
    spans = [span for resource in told for scope in resource.scope_spans for span in scope.spans]
    values = [*(one.resource for one in told), *spans, *(event for span in spans for event in span.events)]
    return len(spans), sum(len(one.attributes) for one in values)


def _row(agent: Agent, code: str, world: World) -> dict[str, float]:
    """What a process with many invocations tells; of starts and first invocations also others that have just one."""
    figures = _once(agent, code, world)
    starts = [figures, *(_once(agent, code, world, 1) for _ in range(MORE_STARTS))]
    warm = slice(20, None)
    medians = {
        "init": [start.init_wall for start in starts],
        "init cpu": [start.init_cpu for start in starts],
        "first": [start.answered[0] for start in starts],
        "answer": figures.answered[warm],
        "billed": figures.done[warm],
        "cpu": figures.cpu[warm],
    }
    spans, values = _counted(figures.last)
    return {
        **{name: statistics.median(measured) * 1e3 for name, measured in medians.items()},
        "RSS": figures.peak_rss / 2**20,
        "sent": figures.sent / INVOCATIONS,
        "logged": figures.logged / INVOCATIONS,
        "spans": spans,
        "values": values,
    }


def compare(title: str, code: str, agents: Sequence[Agent], rounds: int, delay_s: float = 0.0) -> str:
    """A table: medians over the rounds of agent minus bare, the bare run being the one just before."""
    world = World(delay_s)
    added: dict[str, list[dict[str, float]]] = {agent.name: [] for agent in agents}
    bare: list[dict[str, float]] = []
    failed: dict[str, str] = {}
    for number in range(rounds):
        print(f"bench: {title}, round {number + 1} of {rounds} …", file=sys.stderr)
        for agent in agents:
            if agent.name in failed:
                continue
            base = _row(BARE, code, world)
            bare.append(base)
            try:
                row = _row(agent, code, world)
            except RuntimeError as error:
                failed[agent.name] = str(error).strip().splitlines()[-1][:100]
                continue
            kept = ("sent", "logged", "spans", "values")
            added[agent.name].append({key: value - (0 if key in kept else base[key]) for key, value in row.items()})
    world.close()
    return _table(title, bare, added, failed, {agent.name: _version(agent) for agent in agents})


def _table(
    title: str,
    bare: list[dict[str, float]],
    added: dict[str, list[dict[str, float]]],
    failed: dict[str, str],
    versions: dict[str, str],
) -> str:
    columns = list(bare[0])
    units = dict.fromkeys(columns, "ms") | {"RSS": "MiB", "sent": "B", "logged": "B", "spans": "", "values": ""}
    lines = [f"### {title}\n", "| | " + " | ".join(f"{name} {units[name]}".strip() for name in columns) + " |"]
    lines.append("|---|" + "---:|" * len(columns))
    middle = {name: statistics.median(row[name] for row in bare) for name in columns}
    absolute = ["?" if math.isnan(middle[name]) else f"{middle[name]:.2f}" for name in columns]
    lines.append(f"| bare (absolute) | {' | '.join(absolute)} |")
    for name, rows in added.items():
        label = f"{name} {versions[name]}".strip()
        if name in failed:
            lines.append(f"| {label} | did not run: {failed[name]} |")
            continue
        cells = {column: statistics.median(row[column] for row in rows) for column in columns}
        told = [
            "?" if math.isnan(cell) else f"{cell:.0f}" if units[column] in ("B", "") else f"{cell:+.2f}"
            for column, cell in cells.items()
        ]
        lines.append(f"| {label} | " + " | ".join(told) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all workloads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these agents (the beginning of a name)")
    parser.add_argument("--rounds", type=at_least_one, default=3)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    parsed = parser.parse_args()
    chosen = [it for it in AGENTS if not parsed.names or any(it.name.startswith(name) for name in parsed.names)]
    for agent in chosen:
        _installed(agent)
    rounds = parsed.rounds
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    tables = [
        f"{today}: {INVOCATIONS} invocations a process, {MORE_STARTS} starts more, {rounds} rounds.\n",
        compare(held.EMPTY, _EMPTY, chosen, rounds),
        compare(held.CALLS, _CALLS, chosen, rounds),
        compare(held.ONE, _ONE, FOLLOWING, rounds),
        compare(held.MANY, _MANY, FOLLOWING, rounds),
        compare(held.FAR, _EMPTY, chosen, max(1, rounds // 2), 0.010),
        _sizes(chosen),
    ]
    text = "\n".join([tables[0], held.held("\n".join(tables)), *tables[1:]])
    print(text)
    if parsed.write:
        write(text)


def write(text: str) -> None:
    """Put the tables between their marks in the page."""
    before, _, rest = PAGE.read_text().partition(_BEGIN)
    PAGE.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{rest.partition(_END)[2]}")


if __name__ == "__main__":
    main()
