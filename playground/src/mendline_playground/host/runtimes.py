"""The runtimes that functions can have here: the Python that runs the host, and Node.js where its client was built."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import mendline_playground.runtime
from mendline_playground.host.function import THIS_PYTHON, Function

_FOLDER = Path(mendline_playground.runtime.__path__[0])
_BOOTSTRAP, _HOSTS = _FOLDER / "bootstrap.py", _FOLDER / "hosts.cjs"


class RuntimeUnavailableError(ValueError):
    """A function has a runtime that this machine has not; the sentence says what is missing."""


@dataclass(frozen=True, slots=True)
class NodeRuntime:
    """Node.js with AWS's runtime client; packages for functions may lie beside the client in `modules`."""

    executable: str
    client: Path
    identifier: str

    @property
    def modules(self) -> Path:
        """The `node_modules` that holds the client."""
        return self.client.parents[1]


@cache
def node_runtime() -> NodeRuntime:
    """The Node.js there is; raises RuntimeUnavailableError with what is missing."""
    executable = shutil.which("node")
    if executable is None:
        raise RuntimeUnavailableError("There is no Node.js here (`node` is not on the path).")
    client = Path(sys.prefix) / "node" / "node_modules" / "aws-lambda-ric" / "index.mjs"
    if not client.with_name("rapid-client.node").is_file():
        raise RuntimeUnavailableError(
            "AWS's runtime client for Node.js (aws-lambda-ric) is not built. `make node` builds it, in about a minute, "
            "or says what is missing: it needs npm, cmake, make and a C++ compiler."
        )
    version = subprocess.run([executable, "--version"], capture_output=True, text=True, check=True)  # noqa: S603 - node
    return NodeRuntime(executable, client, f"nodejs{version.stdout.strip().lstrip('v').partition('.')[0]}.x")


def check_runtime(function: Function) -> None:
    """Raise RuntimeUnavailableError if the function cannot run here."""
    if function.runtime.startswith("nodejs"):
        node_runtime()
    elif function.runtime != THIS_PYTHON:
        raise RuntimeUnavailableError(
            f"{function.name} has the runtime {function.runtime}; there are {THIS_PYTHON} and, where built, Node.js."
        )


def runtime_command(function: Function) -> list[str]:
    """The command of the runtime, behind the function's exec wrapper if it has one."""
    if function.runtime.startswith("nodejs"):
        node = node_runtime()
        mapping = ["--require", str(_HOSTS)] if "PLAYGROUND_HOSTS" in function.env else []
        command = [node.executable, *mapping, str(node.client), function.handler]
    else:
        command = [sys.executable, str(_BOOTSTRAP)]
    wrapper = function.env.get("AWS_LAMBDA_EXEC_WRAPPER")
    return [wrapper, *command] if wrapper else command


def runtime_variables_of(function: Function) -> dict[str, str]:
    """The variables that only this kind of runtime has: where it finds itself, and where modules are looked for."""
    opt = function.opt_dir
    if function.runtime.startswith("nodejs"):
        folders = [opt / "nodejs" / "node_modules"] if opt is not None else []
        paths = [*folders, node_runtime().client.parents[1]]
        return {"LAMBDA_RUNTIME_DIR": str(node_runtime().client.parent), "NODE_PATH": _joined(paths)}
    paths = [function.code_dir, *([opt / "python"] if opt is not None else [])]
    return {"LAMBDA_RUNTIME_DIR": str(_FOLDER), "PYTHONPATH": _joined(paths)}


def _joined(paths: list[Path]) -> str:
    return ":".join(map(str, paths))
