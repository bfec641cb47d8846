"""The command line as a newcomer meets it: wrong flags, taken ports, a directory in use, and what doctor says."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from datetime import UTC, datetime

import pytest
from forking import run_mendline
from otlp_requests import request_of
from waiting import eventually

from mendline.ingest.damaged import Damaged


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as holder:
        yield str(holder.getsockname()[1])


def test_version_is_one_line():
    assert re.fullmatch(r"mendline \d+\.\d+\.\d+\n", run_mendline("--version").stdout)


@pytest.mark.parametrize(
    "arguments", [[], ["--help"], ["serve", "--help"], ["demo", "--help"], ["doctor", "--help"], ["settings", "--help"]]
)
def test_help_teaches(arguments):
    shown = run_mendline(*arguments)
    assert shown.returncode == 0
    assert "mendline" in shown.stdout
    assert not shown.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["srve"],
        ["serve", "--prot", "1"],
        ["serve", "--port", "x"],
        ["serve", "--port", "70000"],
        ["serve", "--port", "-1"],
        ["serve", "--auth", "maybe"],
        ["serve", "--host", "nowhere.invalid"],
        ["serve", "--log-level", "loud"],
        ["serve", "--config", "/nowhere.toml"],
        ["serve", "--data", "/proc/mendline"],
        ["serve", "--retention-days", "0"],
        ["demo", "--rate", "0"],
        ["demo", "--rate", "fast"],
        ["serve", "--data", ""],
        ["serve", "--host", ""],
        ["serve", "--store", "chbd"],
        ["serve", "--store", "sqlite:///x"],
        ["serve", "--store", "file:/bin/ls"],
        ["serve", "--port", "8099", "--otlp-http", "8099"],
        ["serve", "--redact", "maybe"],
        ["serve", "--redact-extra-keys", "a!"],
        ["keys", "creat"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_one_sentence_and_exit_status_2(arguments):
    refused = run_mendline(*arguments)
    assert refused.returncode == 2
    assert refused.stderr.startswith("mendline: ")
    assert "Traceback" not in refused.stderr
    assert not refused.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["demo", "--history", "x"], "--history is 'x'; it must be a number."),
        (["query", "--limit", "1.5", "error"], "--limit is '1.5'; it must be a whole number."),
        (["keys"], "ACTION is missing."),
    ],
)
def test_wrong_word_is_told_in_words(arguments, told):
    assert run_mendline(*arguments).stderr.startswith(f"mendline: {told}\n")


@pytest.mark.parametrize(
    ("arguments", "nearest", "help_at"),
    [
        (["srve"], "'serve'", "mendline --help"),
        (["serve", "--prot", "1"], "--port", "mendline serve --help"),
        (["keys", "creat"], "'create'", "mendline keys --help"),
        (["settings", "--jsn"], "--json", "mendline settings --help"),
    ],
)
def test_mistyped_command_or_flag_names_the_nearest_and_where_help_is(arguments, nearest, help_at):
    refused = run_mendline(*arguments)
    assert f"Did you mean {nearest}?" in refused.stderr
    assert refused.stderr.endswith(f"Try: {help_at}\n")


def test_mistyped_environment_variable_names_the_nearest():
    refused = run_mendline("settings", MENDLINE_PROT="1")
    assert refused.returncode == 2
    assert "MENDLINE_PROT" in refused.stderr
    assert "Did you mean MENDLINE_PORT?" in refused.stderr


def test_environment_of_the_agent_is_no_wrong_setting():
    assert run_mendline("settings", MENDLINE_HANDLER="app.handler", MENDLINE_DISABLED="1").returncode == 0


def test_unknown_setting_in_a_file_names_the_nearest(tmp_path):
    file = tmp_path / "mendline.toml"
    file.write_text("prot = 8001\n")
    refused = run_mendline("settings", "--config", str(file))
    assert refused.returncode == 2
    assert "'port'" in refused.stderr


def test_settings_come_from_flag_then_environment_then_file(tmp_path):
    file = tmp_path / "mendline.toml"
    file.write_text("port = 1001\notlp_http = 1002\nretention_days = 3\n")
    shown = run_mendline(
        "settings", "--json", "--config", str(file), "--port", "3001", MENDLINE_PORT="2001", MENDLINE_OTLP_HTTP="2002"
    )
    values = json.loads(shown.stdout)
    assert (values["port"], values["otlp_http"], values["retention_days"]) == (3001, 2002, 3)


def test_secret_setting_is_not_printed(tmp_path):
    shown = run_mendline("settings", STORE_DSN="https://user:hunter2@db:8443/", MENDLINE_STORE="env:STORE_DSN")
    assert "hunter2" not in shown.stdout
    assert "[redacted]" in shown.stdout


@pytest.mark.parametrize("command", ["serve", "demo"])
@pytest.mark.parametrize("flag", ["--port", "--otlp-http", "--otlp-grpc"])
def test_taken_port_is_named_with_the_flag_that_chooses_another(tmp_path, taken_port, command, flag):
    ports = {"--port": "0", "--otlp-http": "0", "--otlp-grpc": "0", flag: taken_port}
    refused = run_mendline(command, *[word for pair in ports.items() for word in pair], "--data", str(tmp_path))
    assert refused.returncode == 2
    assert taken_port in refused.stderr
    assert flag in refused.stderr


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_second_server_is_told_of_all_that_the_first_one_has_at_once(start_server, command):
    first = start_server()
    ports = [address.rpartition(":")[2] for address in (first.web, first.otlp, first.grpc)]
    refused = run_mendline(command, *_ports(first), "--data", str(first.data))
    assert refused.returncode == 2
    for named in (
        *ports,
        f"process {first.process.pid}",
        "--port 0 --otlp-http 0 --otlp-grpc 0 --data ",
    ):
        assert named in refused.stderr
    assert first.post(request_of([{}])).status_code == 200


def test_second_server_on_the_same_data_names_the_first(start_server):
    first = start_server()
    refused = run_mendline("serve", "--port", "0", "--otlp-http", "0", "--otlp-grpc", "0", "--data", str(first.data))
    assert refused.returncode == 2
    assert f"process {first.process.pid}" in refused.stderr
    assert "--data" in refused.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it_quietly_and_frees_the_ports(start_server, number):
    server = start_server()
    assert server.stop(number) == 0
    assert "Traceback" not in "\n".join(server.errors)
    for address in (server.web, server.otlp):
        host, port = address.removeprefix("http://").split(":")
        with socket.create_server((host, int(port))):
            pass


def _doctor(data, *ports):
    shown = run_mendline("doctor", "--json", "--data", str(data), *ports)
    return shown.returncode, {check["name"]: check for check in json.loads(shown.stdout)}


def test_doctor_on_a_fresh_machine_has_warnings_only(tmp_path):
    status, checks = _doctor(tmp_path / "new", "--port", "0", "--otlp-http", "0", "--otlp-grpc", "0")
    assert status == 0
    assert checks["store"]["state"] == "ok"
    assert not (tmp_path / "new").exists()


def test_doctor_names_a_state_that_is_damaged(tmp_path):
    (tmp_path / "state.db").write_bytes(b"no database" * 1000)
    status, checks = _doctor(tmp_path, "--port", "0", "--otlp-http", "0", "--otlp-grpc", "0")
    assert (status, checks["state"]["state"]) == (1, "bad")
    assert "state.db cannot be read (file is not a database)" in checks["state"]["text"]


def _ports(server):
    addresses = {"--port": server.web, "--otlp-http": server.otlp, "--otlp-grpc": server.grpc}
    return [word for flag, address in addresses.items() for word in (flag, address.rpartition(":")[2])]


@pytest.mark.thorough
def test_doctor_tells_when_data_was_received_not_when_it_began(start_server):
    server = start_server()
    status, checks = _doctor(server.data, *_ports(server))
    assert (status, checks["data"]["state"]) == (0, "warning")
    server.post(request_of([{"start": (int(time.time()) - 86_400) * 10**9}]))
    eventually(lambda: server.metric("mendline_spool_bytes") == 0)
    sentence = f"1 spans; last received {datetime.now(UTC):%Y-%m-%d %H}:"
    assert _doctor(server.data, *_ports(server))[1]["data"]["text"].startswith(sentence)
    for _ in range(2):  # and a restart is no receipt
        server.stop()
        status, checks = _doctor(server.data, "--port", "0", "--otlp-http", "0", "--otlp-grpc", "0")
        assert (status, checks["data"]["state"]) == (0, "ok")
        assert checks["data"]["text"].startswith(sentence)
        server = start_server()


def test_doctor_knows_which_server_and_which_of_its_ports_answers(start_server, tmp_path):
    server = start_server()
    right = _ports(server)
    swapped = [right[0], right[3], right[2], right[1], *right[4:]]
    status, checks = _doctor(server.data, *swapped)
    assert (status, checks["web"]["state"], checks["otlp/http"]["state"]) == (1, "bad", "bad")
    _, checks = _doctor(tmp_path / "other", *right)
    assert "another data directory" in checks["web"]["text"]
    assert "another data directory" in checks["otlp/http"]["text"]
    assert checks["store"]["text"].startswith("nothing stored yet")


def test_a_store_that_does_not_answer_is_named_without_its_password(tmp_path):
    dsn = "http://who:secret-word@127.0.0.1:9"
    refused = run_mendline(
        "serve", "--port", "0", "--otlp-http", "0", "--otlp-grpc", "0", "--data", str(tmp_path), "--store", dsn
    )
    assert refused.returncode != 0
    assert "127.0.0.1:9" in refused.stderr
    assert "setting store" in refused.stderr
    assert "secret-word" not in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_doctor_tests_the_store_that_it_is_given_and_takes_no_answer_for_nothing_there(tmp_path):
    status, checks = _doctor(
        tmp_path / "new", "--port", "0", "--otlp-http", "0", "--otlp-grpc", "0", "--store", "http://127.0.0.1:9/"
    )
    assert status == 1
    assert checks["clickhouse"]["state"] == "bad"
    assert "Connection refused" in checks["clickhouse"]["text"]
    assert "store" not in checks
    assert "data" not in checks


def test_doctor_names_what_was_set_aside(tmp_path):
    folder = tmp_path / "spool" / "default" / "quarantine"
    folder.mkdir(parents=True)
    (folder / "1.otlp").write_bytes(b"x")
    (folder / "1.json").write_text("{}")
    status, checks = _doctor(tmp_path, "--port", "0", "--otlp-http", "0", "--otlp-grpc", "0")
    assert (status, checks["quarantine"]["state"]) == (0, "warning")
    assert str(folder) in checks["quarantine"]["text"]


def test_doctor_counts_what_was_damaged_and_the_reason_lies_beside_it(tmp_path):
    torn = tmp_path / "torn"
    torn.write_bytes(b"bytes")
    folder = tmp_path / "spool" / "default" / "damaged"
    folder.parent.mkdir(parents=True)
    assert Damaged(folder).copy(torn, "It is torn.")
    assert json.loads((folder / "torn.json").read_text())["reason"] == "It is torn."
    _, checks = _doctor(tmp_path, "--port", "0", "--otlp-http", "0", "--otlp-grpc", "0")
    assert checks["damaged"]["state"] == "warning"
    assert checks["damaged"]["text"].startswith(f"1 in {folder}:")


def test_doctor_calls_a_taken_port_and_a_locked_store_bad(start_server, taken_port):
    server = start_server()
    status, checks = _doctor(server.data, "--port", taken_port, "--otlp-http", "0", "--otlp-grpc", "0")
    assert status == 1
    assert (checks["web"]["state"], checks["store"]["state"]) == ("bad", "bad")


def test_doctor_reports_unusable_disk_in_words():
    status, checks = _doctor("/dev/null/data", "--port", "0", "--otlp-http", "0", "--otlp-grpc", "0")
    assert status == 1
    assert checks["disk"]["state"] == "bad" or checks["store"]["state"] == "bad"


@pytest.mark.thorough
def test_old_data_goes_when_the_retention_is_shortened_and_doctor_tells_what_is_left(start_server):
    server = start_server("--retention-days", "90")
    old = (int(time.time()) - 40 * 86_400) * 10**9
    server.post(request_of([{"start": old, "span_id": b"o" * 8}, {"span_id": b"n" * 8}]))
    eventually(lambda: server.metric("mendline_spool_bytes") == 0)

    def rows():
        tables = server.get_json("/api/v1/status")["tables"]["default"]
        return {table["name"]: table["rows"] for table in tables}

    assert rows()["spans"] == 2
    server.stop()
    server = start_server("--retention-days", "90", "--retention-traces-days", "5")
    eventually(lambda: rows()["spans"] == 1)
    checks = _doctor(server.data, *_ports(server))[1]
    assert "spans 0.0 MiB (1 row, from 20" in checks["size"]["text"]
    server.stop()
    assert "1 row)" in _doctor(server.data, "--port", "0", "--otlp-http", "0", "--otlp-grpc", "0")[1]["size"]["text"]
