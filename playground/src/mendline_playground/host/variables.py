"""What the runtime process is started with: its command and the variables that Lambda sets."""

import os
import sys
from pathlib import Path

import mendline_playground.runtime
from mendline_playground.host.function import REGION, Function

_BOOTSTRAP = Path(mendline_playground.runtime.__path__[0]) / "bootstrap.py"


def runtime_command(function: Function) -> list[str]:
    """The command of the runtime, behind the function's exec wrapper if it has one."""
    command = [sys.executable, str(_BOOTSTRAP)]
    wrapper = function.env.get("AWS_LAMBDA_EXEC_WRAPPER")
    return [wrapper, *command] if wrapper else command


def runtime_variables(function: Function, stream: str) -> dict[str, str]:
    """Every variable of a new environment; the function's own come last but cannot take the reserved ones.

    `AWS_LAMBDA_MAX_CONCURRENCY` must never be among them: it switches the runtime client to another mode.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    defaults = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "test",
        "AWS_LAMBDA_LOG_FORMAT": "Text",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "LANG": "en_US.UTF-8",
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(function.code_dir),
        "TZ": ":UTC",
    }
    reserved = {
        "_HANDLER": function.handler,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{version}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_REGION": REGION,
        "LAMBDA_RUNTIME_DIR": str(_BOOTSTRAP.parent),
        "LAMBDA_TASK_ROOT": str(function.code_dir),
    }
    return {**defaults, **function.env, **reserved}
