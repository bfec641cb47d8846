"""Libraries are followed when, and only when, the user's code imports them; imports go on as ever."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

START = "import sys, mendline_agent; mendline_agent.instrument(lambda event, context: None)\n"


def _run(program: str) -> str:
    code = START + textwrap.dedent(program)
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.strip()


def test_a_library_is_patched_as_it_is_imported():
    program = """
        import http.client
        assert http.client.HTTPConnection.request.__mendline__
        import urllib3, botocore.client
        assert urllib3.connectionpool.HTTPConnectionPool.urlopen.__mendline__
        assert botocore.client.BaseClient._make_api_call.__mendline__
        print("followed")
    """
    assert _run(program) == "followed"


def test_a_library_imported_before_is_patched_at_once():
    code = "import http.client\n" + START + "print(http.client.HTTPConnection.request.__mendline__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_looking_for_a_library_is_not_importing_it():
    program = """
        import importlib.util
        assert importlib.util.find_spec("http.client") is not None
        import http.client
        print(http.client.HTTPConnection.request.__mendline__)
    """
    assert _run(program) == "True"


def test_nothing_is_imported_for_the_user():
    assert _run("print([m for m in ('http.client', 'urllib3', 'botocore') if m in sys.modules])") == "[]"


def test_a_followed_module_looks_as_ever():
    program = """
        import http.client, importlib.util, inspect, pickle
        assert http.client.__spec__.loader is http.client.__loader__
        assert type(http.client.__loader__).__module__ == "_frozen_importlib_external"
        assert "class HTTPConnection" in inspect.getsource(http.client)
        assert importlib.util.find_spec("http.client") is http.client.__spec__
        importlib.reload(http.client)
        print("same")
    """
    assert _run(program) == "same"


def test_a_library_that_is_not_there_is_not_there():
    program = """
        sys.path[:] = [path for path in sys.path if "site-packages" not in path]
        try:
            import urllib3.connectionpool
        except ModuleNotFoundError as error:
            print(error.name)
    """
    assert _run(program) == "urllib3"


def test_a_patch_that_fails_leaves_the_library_usable():
    code = START.replace("import sys", "import sys, types") + textwrap.dedent("""
        import mendline_agent.http_calls as calls
        def broken(module): raise ValueError("planted")
        calls.patch = broken
        import http.client
        print(http.client.HTTPConnection.__name__)
    """)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "HTTPConnection"
    assert "planted" in done.stderr


@pytest.mark.parametrize(("name", "watched"), [("AWS_LAMBDA_RUNTIME_API", True), ("OTHER", False)])
def test_in_lambda_libraries_are_followed_from_the_agent_s_import_on(name, watched):
    program = """
import sys, mendline_agent
before = [finder for finder in sys.meta_path if type(finder).__module__ == "mendline_agent.hooks"]
import http.client
print(len(before), hasattr(http.client.HTTPConnection.request, "__mendline__"))
mendline_agent.instrument(lambda event, context: None)
after = [finder for finder in sys.meta_path if type(finder).__module__ == "mendline_agent.hooks"]
print(len(after), hasattr(http.client.HTTPConnection.request, "__mendline__"))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], env={name: "127.0.0.1:9001"}, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [f"{int(watched)} {watched}", "1 True"]
    assert done.stderr == ""


def test_functions_that_are_chosen_are_followed_although_libraries_are_watched_already(tmp_path):
    (tmp_path / "chosen_module.py").write_text("def price(): return 1\n")
    program = """
import mendline_agent
mendline_agent.instrument(lambda event, context: None)
import chosen_module
print(hasattr(chosen_module.price, "__mendline__"))
"""
    env = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001", "MENDLINE_TRACE": "chosen_module", "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
