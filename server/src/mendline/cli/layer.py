"""`mendline layer build`: the agent as a Lambda layer, with its exec wrapper, compiled for one Python."""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from mendline.errors import UsageError

_OLDEST = (3, 9)
_LAYER_ROOT = "/opt/python"  # where Lambda has a layer's Python packages
_PYC_HEADER_BYTES = 16  # of which the first 4 are the magic number
# What each start of the agent loads, in the order in which they need each other.
_AT_START = (
    "guard", "hooks", "redaction", "capture", "spans", "wire", "operations", "lines", "triggers", "invocation",
    "process", "settings", "outbox", "log_export", "transport", "export", "agent",
)  # fmt: skip
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the same files give the same archive
_HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
_EPILOG = """\
Publish it, and give functions the layer and one variable:
  aws lambda publish-layer-version --layer-name mendline --zip-file fileb://mendline-layer.zip
  AWS_LAMBDA_EXEC_WRAPPER=/opt/mendline

It is pure Python: one layer serves x86_64 and arm64, and every Python from 3.9 on; --python says for which one it is
compiled beforehand, which saves that one some milliseconds of each cold start. deploy/aws/ has templates.
"""


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "layer",
        help="build the agent as a Lambda layer",
        description="Build the agent as a Lambda layer.",
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    build = actions.add_parser(
        "build",
        help="write the layer's zip",
        description="Write a Lambda layer with the agent and its exec wrapper.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    build.add_argument("--output", type=Path, default=Path("mendline-layer.zip"), metavar="FILE", help="where to write")
    build.add_argument("--python", default=_HERE, metavar="VERSION", help=f"compile for this Python (default: {_HERE})")
    build.set_defaults(run=_build)


def _build(parsed: argparse.Namespace) -> int:
    interpreter = _interpreter(parsed.python)
    agent = _agent_folder()
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "python" / agent.name
        shutil.copytree(agent, package, ignore=shutil.ignore_patterns("__pycache__", "bin"))
        shutil.copy(Path(__file__).with_name("layer_start.py"), package / "start.py")
        _make_lean(agent, package)
        _compile(interpreter, package, Path(folder) / "python")
        _put_together(package)
        shutil.copy(agent / "bin" / "mendline", Path(folder) / "mendline")
        try:
            parsed.output.parent.mkdir(parents=True, exist_ok=True)
            _write(Path(folder), parsed.output)
        except OSError as error:
            raise UsageError(f"{parsed.output} cannot be written: {error.strerror}.") from error
    size = parsed.output.stat().st_size
    print(f"{parsed.output}: {size:,} bytes, compiled for Python {parsed.python}")
    print(
        f"aws lambda publish-layer-version --layer-name mendline --zip-file fileb://{parsed.output}"
        f" --compatible-runtimes python{parsed.python} --compatible-architectures x86_64 arm64"
    )
    return 0


def _interpreter(version: str) -> str:
    """The interpreter that compiles for a version. Raises UsageError when there is none."""
    parts = version.split(".")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise UsageError(f"--python is '{version[:20]}'; it is a version of two numbers, like {_HERE}.")
    if (int(parts[0]), int(parts[1])) < _OLDEST:
        raise UsageError(f"--python is '{version[:20]}'; the agent runs on Python 3.9 and newer.")
    if version == _HERE:
        return sys.executable
    found = shutil.which(f"python{version}")
    if found is None or not _is_python(found, version):  # a name on the path may lead to nothing, as pyenv's do
        raise UsageError(
            f"There is no python{version} on this machine to compile for it. Install it, or leave --python away: the"
            f" layer then runs there too, only {_HERE} starts faster."
        )
    return found


def _is_python(path: str, version: str) -> bool:
    command = [path, "-c", "import sys; print(*sys.version_info[:2], sep='.')"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603 - on the path
    except (OSError, subprocess.TimeoutExpired):
        return False
    return told.stdout.strip() == version


def _agent_folder() -> Path:
    """Where the agent's package lies. Raises UsageError when it is not installed."""
    spec = importlib.util.find_spec("mendline_agent")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        if (Path(folder) / "bin" / "mendline").is_file():
            return Path(folder)
    raise UsageError("The agent is not installed beside the server: pip install mendline-agent, or `make setup`.")


def _make_lean(agent: Path, package: Path) -> None:
    """Without docstrings and comments, as an installed agent is already; a checkout has the script for it."""
    script = agent.parents[1] / "lean.py"
    if script.is_file():
        command = [sys.executable, str(script), str(package)]
        subprocess.run(command, check=True)  # noqa: S603 - a script of the checkout, and a folder of our own


def _compile(interpreter: str, package: Path, root: Path) -> None:
    """Compile with the paths that the files have in Lambda, not to be checked against their sources at each import, and
    without columns: tracebacks have their lines all the same."""
    command = [interpreter, "-X", "no_debug_ranges", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    done = subprocess.run(  # noqa: S603 - an interpreter of this machine, and a folder of our own
        [*command, "-s", str(root), "-p", _LAYER_ROOT, str(package)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UsageError(f"The agent could not be compiled by {interpreter}: {(done.stderr or done.stdout)[-300:]}")


def _put_together(package: Path) -> None:
    """Write the file that `layer_start.py` reads, which without its source is for this one Python alone."""
    compiled = package / "__pycache__"
    (start,) = compiled.glob("start.*.pyc")
    start.rename(package / "start.pyc")
    (package / "start.py").unlink()
    tag = start.name.split(".")[1]
    modules = [(compiled / f"{name}.{tag}.pyc").read_bytes() for name in _AT_START]
    codes = [module[_PYC_HEADER_BYTES:] for module in modules]
    listed = " ".join(f"{name}:{len(code)}" for name, code in zip(_AT_START, codes, strict=True)).encode()
    head = modules[0][:4] + len(listed).to_bytes(4, "little")
    (compiled / f"start.{tag}.bin").write_bytes(b"".join([head, listed, *codes]))


def _write(folder: Path, output: Path) -> None:
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _FIXED_TIME)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (0o755 if path.name == "mendline" else 0o644) << 16
                archive.writestr(entry, path.read_bytes())
