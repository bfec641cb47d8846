"""Keys as an administrator has them: made beside a running server, asked for from then on, and never seen again."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import uuid

import httpx
import pytest
from forking import run_mendline
from otlp_requests import request_of
from running import make_key
from waiting import eventually

PROTOBUF = {"content-type": "application/x-protobuf"}


def _keys(data):
    return json.loads(run_mendline("keys", "list", "--json", "--data", str(data)).stdout)


def _bearer(key):
    return {"authorization": f"Bearer {key}"}


def _send(server, key=None, port="otlp"):
    trace_id = uuid.uuid4()
    headers = {**PROTOBUF, **(_bearer(key) if key else {})}
    url = f"{getattr(server, port)}/v1/traces"
    return trace_id.hex, httpx.post(
        url, content=request_of([{"trace_id": trace_id.bytes}]), headers=headers, timeout=60
    )


def test_key_made_beside_a_running_server_works_at_once_and_is_asked_for(start_server):
    server = start_server()
    assert _send(server)[1].status_code == 200
    ingest, read = make_key(server.data, "ingest"), make_key(server.data, "read")
    for port in ("otlp", "web"):
        trace_id, answer = _send(server, ingest, port)
        assert answer.status_code == 200
        url = f"{server.web}/api/v1/traces/{trace_id}"
        eventually(lambda url=url: httpx.get(url, headers=_bearer(read)).status_code == 200)
    eventually(lambda: _send(server)[1].status_code == 401, 5)
    assert httpx.get(f"{server.web}/api/v1/functions").status_code == 401
    assert httpx.get(f"{server.web}/functions").headers["location"] == "/sign-in?next=/functions"
    assert _send(server, read)[1].status_code == 403
    assert httpx.get(f"{server.web}/functions", headers=_bearer(ingest)).status_code == 403
    assert server.metric("mendline_refused_requests_total", reason="forbidden", signal="traces") == 1
    assert httpx.get(f"{server.otlp}/healthz").status_code == 200


def test_revoked_key_ends_without_a_restart(start_server):
    server = start_server()
    key = make_key(server.data, "ingest")
    assert _send(server, key)[1].status_code == 200
    (row,) = _keys(server.data)
    assert run_mendline("keys", "revoke", str(row["id"]), "--data", str(server.data)).returncode == 0
    eventually(lambda: _send(server, key)[1].status_code == 401, 5)
    assert _keys(server.data)[0]["revoked"]
    assert _send(server)[1].status_code == 401


def test_last_use_of_a_key_is_shown(start_server):
    server = start_server()
    key = make_key(server.data, "ingest")
    assert _keys(server.data)[0]["last_used"] is None
    assert _send(server, key)[1].status_code == 200
    eventually(lambda: _keys(server.data)[0]["last_used"])


@pytest.mark.thorough
def test_key_of_another_project_neither_reads_nor_writes_the_default_one(start_server):
    server = start_server()
    assert run_mendline("projects", "create", "shop", "--data", str(server.data)).returncode == 0
    key = make_key(server.data, "admin", "shop")
    for path in ("/functions?project=default", "/api/v1/functions?project=default"):
        assert httpx.get(server.web + path, headers=_bearer(key)).status_code == 403
    trace_id, _ = _send(server, key)
    everyone = make_key(server.data, "admin", "*")
    assert httpx.get(f"{server.web}/api/v1/traces/{trace_id}", headers=_bearer(everyone)).status_code == 404


@pytest.mark.thorough
def test_each_project_has_its_own_telemetry_also_after_a_restart(start_server):
    server = start_server()
    assert run_mendline("projects", "create", "shop", "--data", str(server.data)).returncode == 0
    keys = {name: make_key(server.data, "admin", name) for name in ("shop", "default")}
    sent = {name: _send(server, key) for name, key in keys.items()}
    assert {answer.status_code for _, answer in sent.values()} == {200}

    def seen(name, trace_id):
        url = f"{server.web}/api/v1/traces/{trace_id}"
        return httpx.get(url, headers=_bearer(keys[name])).status_code == 200

    for name, (trace_id, _) in sent.items():
        eventually(lambda name=name, trace_id=trace_id: seen(name, trace_id))
    assert not seen("shop", sent["default"][0])
    assert not seen("default", sent["shop"][0])
    pages = {name: httpx.get(f"{server.web}/traces", headers=_bearer(key)).text for name, key in keys.items()}
    assert sent["shop"][0] in pages["shop"]
    assert sent["shop"][0] not in pages["default"]

    last, answer = _send(server, keys["shop"])
    assert answer.status_code == 200
    server.kill()
    server = start_server()
    eventually(lambda: seen("shop", last))


def test_proxy_on_the_same_machine_tells_for_whom_it_asks_and_that_it_speaks_https(start_server):
    server = start_server()
    read = make_key(server.data, "read")
    eventually(lambda: httpx.get(f"{server.web}/api/v1/functions").status_code == 401, 5)
    assert httpx.get(f"{server.web}/metrics").status_code == 200
    assert httpx.get(f"{server.web}/metrics", headers={"x-forwarded-for": "192.0.2.7"}).status_code == 401
    forwarded = {"x-forwarded-proto": "https", "sec-fetch-site": "same-origin"}
    cookie = httpx.post(f"{server.web}/sign-in", data={"key": read}, headers=forwarded).headers["set-cookie"]
    assert cookie.startswith("__Host-mendline=")
    assert "Secure" in cookie.split("; ")


def test_doctor_tells_sizes_with_a_key_and_without_one_what_to_do(start_server, monkeypatch):
    server = start_server()
    trace_id, _ = _send(server)
    eventually(lambda: httpx.get(f"{server.web}/api/v1/traces/{trace_id}").status_code == 200)
    read, ingest = make_key(server.data, "read"), make_key(server.data, "ingest")
    eventually(lambda: httpx.get(f"{server.web}/api/v1/functions").status_code == 401)
    ports = [
        word
        for flag, url in (("--port", server.web), ("--otlp-http", server.otlp), ("--otlp-grpc", server.grpc))
        for word in (flag, url.rpartition(":")[2])
    ]

    def size(*more):
        told = json.loads(run_mendline("doctor", "--json", "--data", str(server.data), *ports, *more).stdout)
        (found,) = (check for check in told if check["name"] == "size")
        return found["state"], found["text"]

    for state, text in (size(), size("--key", ingest)):
        assert state == "warning"
        assert "--key" in text
        assert "--scope read" in text
        assert ingest not in text
    assert size("--key", read)[0] == "ok"
    monkeypatch.setenv("MENDLINE_KEY", read)
    state, text = size()
    assert state == "ok"
    assert "spans" in text


@pytest.mark.parametrize("arguments", [("--host", "0.0.0.0"), ("--auth", "required")])
def test_server_that_asks_for_keys_prints_a_link_that_signs_in_once(start_server, arguments):
    server = start_server(*arguments)
    web = server.web.replace("0.0.0.0", "127.0.0.1")
    told = server.notice()
    link = f"{web}/sign-in/link"
    token = told.partition("/sign-in/link?token=")[2].split()[0]
    assert httpx.get(f"{web}/healthz").status_code == 200
    for path in ("/api/v1/functions", "/metrics", "/functions.json"):
        assert httpx.get(web + path).status_code == 401
    assert httpx.get(link, params={"token": token}).status_code == 200
    with httpx.Client() as browser:
        assert browser.post(link, data={"token": token}).headers["location"] == "/"
        assert browser.get(f"{web}/settings").status_code == 200
    assert httpx.post(link, data={"token": token}).status_code == 401
    key = make_key(server.data, "admin")
    assert httpx.get(f"{web}/functions", headers=_bearer(key)).status_code == 200
    assert httpx.get(f"{web}/metrics", headers={**_bearer(key), "host": "any.example"}).status_code == 200


@pytest.mark.thorough
def test_demo_does_not_start_where_its_shop_would_be_refused(tmp_path):
    make_key(tmp_path, "read")
    refused = run_mendline("demo", "--port", "0", "--otlp-http", "0", "--otlp-grpc", "0", "--data", str(tmp_path))
    assert refused.returncode == 2
    assert "--data" in refused.stderr
    assert not refused.stdout


def test_key_is_printed_alone_and_nowhere_else(start_server):
    server = start_server()
    keys = [make_key(server.data, scope) for scope in ("ingest", "read", "admin")]
    for key in keys:
        _send(server, key)
        _send(server, key[:-1])
        httpx.get(f"{server.web}/functions", headers=_bearer(key))
    metrics = httpx.get(f"{server.web}/metrics").content
    listed = run_mendline("keys", "list", "--data", str(server.data)).stdout.encode()
    server.stop()
    server.close()
    kept = b"".join(path.read_bytes() for path in server.data.rglob("*") if path.is_file())
    everything = b"\n".join([kept, metrics, listed, "\n".join(server.errors).encode()])
    assert b"mlk_ingest_" in everything
    for key in keys:
        assert key.startswith("mlk_")
        assert key.split("_")[2][4:].encode() not in everything


def test_key_for_an_unknown_project_names_the_known_ones(tmp_path):
    data = ("--data", str(tmp_path))
    assert run_mendline("projects", "create", "shop", *data).returncode == 0
    refused = run_mendline("keys", "create", "--project", "shpo", "--scope", "read", *data)
    assert refused.returncode == 2
    assert "'shop'" in refused.stderr
    assert "default" in refused.stderr
    assert not refused.stdout
    assert make_key(tmp_path, "read", "shpo", "--create-project")
    names = [it["name"] for it in json.loads(run_mendline("projects", "list", "--json", *data).stdout)]
    assert names == ["default", "shop", "shpo"]


def test_a_project_name_that_cannot_be_makes_nothing(tmp_path):
    data = tmp_path / "data"
    assert run_mendline("keys", "create", "--project", "../x", "--scope", "read", "--data", str(data)).returncode == 2
    assert not data.exists()
    assert make_key(data, "read")
    assert data.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "arguments",
    [
        ["keys"],
        ["keys", "create", "--project", "default"],
        ["keys", "create", "--project", "default", "--scope", "chaos"],
        ["keys", "create", "--project", "*", "--scope", "read"],
        ["keys", "create", "--project", "System", "--scope", "read"],
        ["keys", "create", "--project", "default", "--scope", "read", "--name", "two\nlines"],
        ["keys", "revoke", "x"],
        ["keys", "revoke", "99"],
        ["projects"],
        ["projects", "create", "system"],
        ["projects", "create", "default"],
        ["projects", "create", "a_write"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_one_sentence(tmp_path, arguments):
    make_key(tmp_path, "read")
    refused = run_mendline(*arguments, *(["--data", str(tmp_path)] if len(arguments) > 1 else []))
    assert refused.returncode == 2
    assert refused.stderr.startswith("mendline: ")
    assert "Traceback" not in refused.stderr
    assert not refused.stdout


@pytest.mark.parametrize("arguments", [["keys", "list"], ["keys", "revoke", "1"], ["projects", "list"]], ids=" ".join)
def test_looking_into_a_directory_without_state_makes_none(tmp_path, arguments):
    refused = run_mendline(*arguments, "--data", str(tmp_path / "typo"))
    assert refused.returncode == 2
    assert "--data" in refused.stderr
    assert not (tmp_path / "typo").exists()


def test_key_as_json_has_its_text_and_the_list_has_not(tmp_path):
    data = ("--data", str(tmp_path))
    made = run_mendline("keys", "create", "--project", "default", "--scope", "read", "--name", "anna", "--json", *data)
    document = json.loads(made.stdout)
    (listed,) = _keys(tmp_path)
    assert document.pop("key").startswith(listed["prefix"])
    assert document == listed
    assert (listed["project"], listed["scope"], listed["name"]) == ("default", "read", "anna")


@pytest.mark.parametrize("arguments", [["--help"], ["keys", "--help"], ["keys", "create", "--help"]], ids=" ".join)
def test_help_does_not_wait_for_the_database(arguments):
    program = (
        "import sys; from mendline.cli.main import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit: pass\n"
        "print(sorted({'sqlalchemy', 'alembic', 'starlette', 'clickhouse_connect'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


def test_state_of_a_newer_version_stops_the_start(start_server):
    server = start_server()
    server.stop()
    with sqlite3.connect(server.data / "state.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    refused = run_mendline("serve", "--port", "0", "--otlp-http", "0", "--otlp-grpc", "0", "--data", str(server.data))
    assert refused.returncode == 2
    assert "newer" in refused.stderr


def test_boards_are_kept_as_files(tmp_path):
    data, folder = str(tmp_path / "data"), tmp_path / "boards"

    def boards(*arguments):
        answer = run_mendline("boards", *arguments, "--data", data, "--json")
        return answer.returncode, json.loads(answer.stdout) if answer.stdout else answer.stderr

    assert boards("apply", str(folder))[0] != 0
    folder.mkdir()
    (folder / "shop.board.txt").write_text("Errors\nerror | count()\n")
    assert boards("apply", str(folder), "--plan") == (0, [{"name": "shop", "change": "new"}])
    assert boards("apply", str(folder)) == (0, [{"name": "shop", "change": "new"}])
    assert boards("apply", str(folder)) == (0, [{"name": "shop", "change": "unchanged"}])
    (folder / "broken.board.txt").write_text("a title alone")
    status, said = boards("apply", str(folder))
    assert (status, "broken.board.txt" in said) == (2, True)
    assert boards("save", str(tmp_path / "saved"))[0] == 0
    assert (tmp_path / "saved" / "shop.board.txt").read_text() == "Errors\nerror | count()\n"
    assert [it["name"] for it in boards("list")[1]] == ["shop"]
    assert boards("list", "--project", "nowhere")[0] != 0
