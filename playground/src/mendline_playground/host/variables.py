"""What processes of an environment are started with: the files of extensions, and the variables that Lambda sets."""

import os
from pathlib import Path

from mendline_playground.host.function import REGION, Function
from mendline_playground.host.runtimes import runtime_variables_of

# Only for the runtime ("Lambda Extensions API", environment variables).
_NOT_FOR_EXTENSIONS = {
    "_HANDLER",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "NODE_PATH",
    "PYTHONPATH",
}


def extension_files(function: Function) -> list[Path]:
    """The files in `/opt/extensions`, each of which is started as an external extension."""
    folder = function.opt_dir / "extensions" if function.opt_dir is not None else None
    if folder is None or not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_file())


def extension_variables(function: Function, stream: str) -> dict[str, str]:
    """Every variable of an external extension."""
    variables = runtime_variables(function, stream)
    return {name: value for name, value in variables.items() if name not in _NOT_FOR_EXTENSIONS}


def runtime_variables(function: Function, stream: str) -> dict[str, str]:
    """Every variable of a new runtime; the function's own come last but cannot take the reserved ones.

    `AWS_LAMBDA_MAX_CONCURRENCY` must never be among them: it switches the runtime client to another mode.
    """
    opt = function.opt_dir
    paths = [os.environ.get("PATH", os.defpath), *([str(opt / "bin")] if opt is not None else [])]
    defaults = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "test",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "LANG": "en_US.UTF-8",
        "PATH": os.pathsep.join(paths),
        "TZ": ":UTC",
        **runtime_variables_of(function),
    }
    reserved = {
        "_HANDLER": function.handler,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": function.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_REGION": REGION,
        "LAMBDA_TASK_ROOT": str(function.code_dir),
    }
    if function.log_format == "JSON" and function.application_log_level is not None:
        reserved["AWS_LAMBDA_LOG_LEVEL"] = function.application_log_level
    return {**defaults, **function.env, **reserved}
