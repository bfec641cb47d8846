"""Imports are timed without being changed: same modules, same errors, nothing left behind."""

from __future__ import annotations

import importlib
import importlib.util
import json
import subprocess
import sys
import threading
import traceback
from importlib.machinery import ModuleSpec

import pytest

from mendline_agent.hooks import _MOST_MODULES, ImportTimer

SPIN = "import time\nuntil = time.perf_counter() + {s}\nwhile time.perf_counter() < until: pass\n"
FILES = {
    "timed_outer.py": SPIN.format(s=0.02) + "import timed_inner, timed_package.part\n",
    "timed_inner.py": SPIN.format(s=0.05),
    "timed_package/__init__.py": "",
    "timed_package/part.py": "from . import other\n",
    "timed_package/other.py": "",
    "timed_broken.py": "import timed_inner\nraise KeyError('mine')\n",
    "timed_missing.py": "import timed_nowhere\n",
}


@pytest.fixture
def timer(tmp_path, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    one = ImportTimer()
    one.install()
    yield one
    one.remove()
    for name in [name for name in sys.modules if name.startswith("timed_")]:
        del sys.modules[name]


def _times(timer):
    return {name: (own, whole) for name, own, whole in timer.summary()["top"]}


def test_own_time_is_apart_from_that_of_what_is_imported(timer):
    import timed_outer

    timer.remove()
    times = _times(timer)
    assert times["timed_outer"][0] > 15
    assert times["timed_inner"][0] >= 50
    assert times["timed_outer"][1] >= times["timed_outer"][0] + times["timed_inner"][1] - 0.03  # each is rounded
    assert timer.summary()["count"] == 5
    assert timer.summary()["total_ms"] >= 70
    assert type(timed_outer.__spec__) is ModuleSpec
    assert timed_outer.__spec__._initializing is False
    assert not [finder for finder in sys.meta_path if isinstance(finder, ImportTimer)]


@pytest.mark.parametrize(("name", "error"), [("timed_broken", KeyError), ("timed_missing", ModuleNotFoundError)])
def test_the_stack_of_a_failing_import_is_as_without_us(timer, name, error):
    def stack():
        with pytest.raises(error) as raised:
            importlib.import_module(name)
        sys.modules.pop("timed_inner", None)
        return [(entry.filename, entry.name) for entry in traceback.extract_tb(raised.value.__traceback__)[1:]]

    followed = stack()
    timer.remove()
    assert followed == stack()
    assert name not in sys.modules


def test_looking_for_a_module_is_no_import(timer):
    spec = importlib.util.find_spec("timed_inner")
    import timed_outer  # noqa: F401

    assert spec.name == "timed_inner"
    assert spec.loader is not None
    assert timer.summary()["count"] == 5


def test_imports_of_other_threads_are_left_alone(timer):
    thread = threading.Thread(target=importlib.import_module, args=("timed_inner",))
    thread.start()
    thread.join(10)
    assert "timed_inner" in sys.modules
    assert timer.count == 0


def test_a_finder_that_asks_all_others_in_turn_does_not_go_round(timer):
    class Asking:
        def find_spec(self, name, path=None, target=None):
            for finder in sys.meta_path:
                if finder is not self and hasattr(finder, "find_spec"):
                    spec = finder.find_spec(name, path, target)
                    if spec is not None:
                        return spec
            return None

    before = list(sys.meta_path)
    sys.meta_path.insert(1, Asking())
    try:
        import timed_inner  # noqa: F401
    finally:
        sys.meta_path[:] = before
    assert "timed_inner" in _times(timer)


def test_a_timer_that_somebody_put_back_does_nothing(timer):
    timer.remove()
    sys.meta_path.insert(0, timer)
    try:
        import timed_inner
    finally:
        sys.meta_path.remove(timer)
    assert type(timed_inner.__spec__) is ModuleSpec
    assert timer.times == []


def test_more_modules_than_can_be_are_imported_untimed(timer):
    timer.count = _MOST_MODULES
    import timed_inner

    assert type(timed_inner.__spec__) is ModuleSpec
    assert timer.times == []


def test_the_first_invocation_under_the_wrapper_tells_what_was_imported(tmp_path, collector):
    (tmp_path / "app.py").write_text(SPIN.format(s=0.03) + "def handler(event, context): return 1\n")
    program = (
        "from mendline_agent.wrapper import handler\nhandler({}, None)\nhandler({}, None)\n"
        "import sys\nassert not [f for f in sys.meta_path if type(f).__name__ == 'ImportTimer']\n"
    )
    env = {"MENDLINE_HANDLER": "app.handler", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], env=env, check=True)
    collector.wait(lambda: len(collector.roots()) == 2)
    first, second = ({p.key: p.value.string_value for p in root.attributes} for root in collector.roots())
    assert "mendline.imports" not in second
    (name, own_ms, _) = json.loads(first["mendline.imports"])["top"][0]
    assert (name, own_ms >= 30) == ("app", True)
