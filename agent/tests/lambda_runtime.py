"""A function under the runtime client that Lambda itself runs, with a Runtime API of the test's."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import mendline_agent

WRAPPER = Path(mendline_agent.__file__).parent / "bin" / "mendline"
TRACE = "5759e988bd862e3fe1be46a994272793"
REQUEST_ID = "8f5ad1f2-0000-4000-8000-000000000001"


GOOD = """
    import os
    import http.client  # followed although nobody decorated anything

    def handler(event, context):
        return {"got": event, "name": os.environ["_HANDLER"], "package": __package__ or ""}
"""


class RuntimeApi:
    """Hands out events one by one and keeps the answers; `next` blocks when there are none left, as Lambda's does."""

    def __init__(self, serve, events, expected):
        self._events = list(events)
        self._ended = threading.Event()
        self.answers = []
        self.done = threading.Event()
        self._expected = expected or max(1, len(self._events))
        self.server = serve(self._answer)

    def _answer(self, request):
        if request.path.endswith("/invocation/next"):
            return self._next()
        self.answers.append((request.path.rpartition("/2018-06-01/runtime/")[2], json.loads(request.body)))
        if len(self.answers) >= self._expected:
            self.done.set()
        return 202, {}, b'{"status":"OK"}'

    def _next(self):
        if not self._events:
            self._ended.wait(20)
            return 500, {}, b""
        headers = {
            "Lambda-Runtime-Aws-Request-Id": REQUEST_ID,
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 10_000),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:shop",
            "Lambda-Runtime-Trace-Id": f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent=53995c3f42cd8ad8;Sampled=1",
            "Content-Type": "application/json",
        }
        return 200, headers, json.dumps(self._events.pop(0)).encode()

    def stop(self):
        self._ended.set()


@contextlib.contextmanager
def runner(serve, collector, tmp_path):
    """Runs user code `{file: text}` under awslambdaric for some events; answers what the Runtime API was told."""
    started = []

    def run(files, events, handler="app.handler", wrapper=(str(WRAPPER),), expected=None, **more):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(textwrap.dedent(text))
        api = RuntimeApi(serve, events, expected)
        env = {
            **{key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ},
            "AWS_LAMBDA_RUNTIME_API": api.server.url.partition("://")[2],
            "AWS_LAMBDA_FUNCTION_NAME": "shop",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "PYTHONDONTWRITEBYTECODE": "1",
            **more,
        }
        command = [*wrapper, sys.executable, "-m", "awslambdaric", handler]
        log = (tmp_path / "log").open("wb")
        process = subprocess.Popen(command, env=env, cwd=tmp_path, stdout=log, stderr=log)
        started.append((process, api, log))
        assert api.done.wait(30), (tmp_path / "log").read_text()
        return api.answers, (tmp_path / "log")

    run.started = started
    yield run
    for process, api, log in started:
        process.kill()
        process.wait()
        api.stop()
        log.close()
