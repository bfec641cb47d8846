"""`mendline layer build`: a layer that a function can have, the same bytes each time."""

from __future__ import annotations

import base64
import gzip
import json
import marshal
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mendline_playground.host import Function, Host

ROOT = Path(__file__).parents[2]
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_PYC_HEADER_BYTES, _HASHED_UNCHECKED = 16, 0b01


def _build(output, *more):
    return subprocess.run(
        [sys.executable, "-m", "mendline", "layer", "build", "--output", str(output), *more],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def layer(tmp_path_factory):
    output = tmp_path_factory.mktemp("layer") / "made" / "for" / "mendline-layer.zip"
    built = _build(output)
    assert (built.returncode, built.stderr) == (0, "")
    assert f"compatible-runtimes python{VERSION}" in built.stdout
    return output


@pytest.mark.thorough
def test_same_sources_give_the_same_bytes(layer, tmp_path):
    assert _build(tmp_path / "again.zip").returncode == 0
    assert (tmp_path / "again.zip").read_bytes() == layer.read_bytes()


def test_every_module_is_compiled_for_its_place_in_lambda_and_never_checked(layer):
    with zipfile.ZipFile(layer) as archive:
        names = archive.namelist()
        sources = [name for name in names if name.endswith(".py")]
        tag = sys.implementation.cache_tag
        for source in sources:
            folder, _, name = source.rpartition("/")
            compiled = archive.read(f"{folder}/__pycache__/{name[:-3]}.{tag}.pyc")
            assert int.from_bytes(compiled[4:8], "little") == _HASHED_UNCHECKED
            code = marshal.loads(compiled[_PYC_HEADER_BYTES:])
            assert code.co_filename == f"/opt/{source}"
            assert {columns for *_, first, last in code.co_positions() for columns in (first, last)} <= {None}
        assert str(Path.home()).encode() not in b"".join(map(archive.read, names))
    assert "python/mendline_agent/wrapper.py" in sources
    assert {name for name in names if not name.startswith("python/mendline_agent/")} == {"mendline"}


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.anyio
async def test_function_with_the_layer_is_followed(layer, tmp_path):
    with zipfile.ZipFile(layer) as archive:
        for entry in archive.infolist():  # as Lambda does: with the modes that the archive has
            path = Path(archive.extract(entry, tmp_path / "opt"))
            path.chmod((entry.external_attr >> 16) & 0o777)
    assert os.access(tmp_path / "opt" / "mendline", os.X_OK)
    code = tmp_path / "code"
    code.mkdir()
    (code / "app.py").write_text(
        "import mendline_agent\ndef handler(event, context):\n    return mendline_agent.__file__\n"
    )
    env = {"AWS_LAMBDA_EXEC_WRAPPER": str(tmp_path / "opt" / "mendline"), "MENDLINE_EXPORT": "log"}
    async with Host([Function("shop", "app.handler", code, env=env)]) as host:
        answer = await host.invoke("shop", b"{}", log_tail=True)
        assert json.loads(answer.payload).endswith("mendline_agent/__init__.py")
        assert any(event.message.startswith("MENDLINE1 1/1 ") for event in host.logs("shop"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--python", "2.7"], "runs on Python 3.9 and newer"),
        (["--python", "three"], "a version of two numbers"),
        (["--python", "3.99"], "There is no python3.99 on this machine"),
    ],
)
def test_a_version_that_cannot_be_is_said(tmp_path, arguments, sentence):
    refused = _build(tmp_path / "layer.zip", *arguments)
    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert not (tmp_path / "layer.zip").exists()


@pytest.mark.parametrize("script", ["echo pyenv: python3.98: command not found >&2; exit 127", "echo 3.11"])
def test_a_python_on_the_path_that_is_none_is_said(tmp_path, monkeypatch, script):
    shim = tmp_path / "python3.98"
    shim.write_text(f"#!/bin/sh\n{script}\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    refused = _build(tmp_path / "layer.zip", "--python", "3.98")
    assert refused.returncode == 2
    assert refused.stderr.startswith("mendline: There is no python3.98 on this machine")


def test_a_traceback_through_the_layer_has_its_lines(layer, tmp_path):
    with zipfile.ZipFile(layer) as archive:
        archive.extractall(tmp_path)
    program = (
        "import sys; sys.dont_write_bytecode = True\nfrom mendline_agent import instrument\n"
        "@instrument\ndef handler(event, context):\n    raise KeyError('mine')\nhandler({}, None)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "python"), "MENDLINE_EXPORT": "log"}
    raised = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=env, check=False)
    (line,) = [line for line in raised.stderr.splitlines() if "instrumented" in line]
    source = (tmp_path / "python" / "mendline_agent" / "agent.py").read_text().splitlines()
    number = int(line.rpartition("line ")[2].partition(",")[0])
    assert "handler(*A,**K)" in source[number - 1]
    told = gzip.decompress(base64.b64decode(raised.stdout.split()[2]))
    assert b'"function":"handler"' in told
    assert b'"function":"wrap' not in told


@pytest.mark.parametrize("way", ["extension", " LOG"])
def test_what_each_start_needs_comes_from_one_file(layer, tmp_path, way):
    with zipfile.ZipFile(layer) as archive:
        archive.extractall(tmp_path)
    program = (
        "import inspect, logging, sys, mendline_agent\n"
        "ours = {name[15:]: module for name, module in sys.modules.items() if name.startswith('mendline_agent.')}\n"
        "together = {name for name, module in ours.items() if vars(module).get('__cached__') is None}\n"
        "for name in together:\n"
        "    assert getattr(mendline_agent, name) is ours[name]\n"
        "    assert inspect.getsource(ours[name]) == open(ours[name].__file__).read()\n"
        "print(len(together) > 10, 'agent' in together, *sorted(ours.keys() - together))\n"
    )
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "python"), "MENDLINE_EXPORT": way, "AWS_LAMBDA_RUNTIME_API": "x"}

    def said():
        command = [sys.executable, "-B", "-c", program]
        return subprocess.run(command, capture_output=True, text=True, env=env, check=True).stdout.split()

    many, has_agent, *others = said()
    assert (many, has_agent) == ("True", "True")
    assert set(others) <= {"start", "extension"}
    (together,) = tmp_path.rglob("start.*.bin")
    together.write_bytes(b"of another Python")
    assert said()[:2] == ["False", "False"]


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    refused = _build(tmp_path / "file" / "folder" / "layer.zip")
    assert refused.returncode == 2
    assert "cannot be written: Not a directory" in refused.stderr
