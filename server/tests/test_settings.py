"""Settings: where they come from, what is refused, and that secrets stay secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mendline.errors import SettingsError
from mendline.settings import OTHER_VARIABLES, TABLE, load


def test_defaults_need_nothing():
    settings = load(environ={})
    assert {name for name, _ in settings.shown()} == {setting.name for setting in TABLE}
    assert (settings.host, settings.port, settings.otlp_http) == ("127.0.0.1", 8000, 4318)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "x"),
        ("port", ""),
        ("port", "1.5"),
        ("port", True),
        ("port", 65536),
        ("retention_days", 0),
        ("host", " a"),
        ("log_level", "LOUD"),
        ("data", ""),
        ("data", "~nobody-of-that-name/x"),
        ("data", "a\0b"),
        ("data", "x/" + "a" * 300),
        ("data", "a/" * 2000),
        ("public_url", "javascript:alert(1)"),
        ("host", ""),
        ("store", ""),
        ("store", "chbd"),
        ("store", "sqlite:///x"),
        ("store", "http://"),
        ("redact", "yes"),
    ],
)
def test_value_that_cannot_be_used_is_refused(name, value):
    with pytest.raises(SettingsError) as refused:
        load({name: value}, {})
    assert refused.value.message.startswith("--" + name.replace("_", "-"))


def test_refusal_says_where_the_value_was_given(tmp_path):
    file = tmp_path / "m.toml"
    file.write_text('port = "a"\n')
    for sources, said in (
        (({"port": "a"}, {"MENDLINE_PORT": "1"}, None), "--port is 'a'"),
        (({}, {"MENDLINE_PORT": "a"}, None), "MENDLINE_PORT is 'a'"),
        (({"port": None}, {}, file), f"port in {file} is 'a'"),
        (({}, {"MENDLINE_LOG_LEVEL": "loud"}, None), "MENDLINE_LOG_LEVEL is 'loud'"),
        (({}, {"MENDLINE_STORE": "env:NOT_SET"}, None), "MENDLINE_STORE refers to the environment variable NOT_SET"),
    ):
        with pytest.raises(SettingsError) as refused:
            load(*sources)
        assert refused.value.message.startswith(said)


@pytest.mark.parametrize("dsn", ["chdb", "http://u@h:8123/", "https://u:p@h/db", "clickhouse://h"])
def test_store_that_can_be_one_is_taken(dsn):
    assert load({"store": dsn}, {}).store == dsn


def test_password_of_a_wrong_dsn_is_not_told():
    with pytest.raises(SettingsError) as refused:
        load({"store": "mysql://u:hunter2@h/"}, {})
    assert "hunter2" not in refused.value.message


def test_two_ports_may_both_be_any_but_not_the_same():
    assert load({"port": 0, "otlp_http": 0, "otlp_grpc": 0}, {}).port == 0
    with pytest.raises(SettingsError, match="4318"):
        load({"otlp_grpc": 4318}, {})
    with pytest.raises(SettingsError, match="8000"):
        load({"otlp_http": 8000}, {})


def test_unknown_variable_is_refused_and_the_nearest_named():
    with pytest.raises(SettingsError, match="MENDLINE_PORT"):
        load({}, {"MENDLINE_PROT": "1"})
    assert load({}, dict.fromkeys(OTHER_VARIABLES, "x")).port == 8000


def test_every_variable_that_the_repository_names_is_known():
    root = Path(__file__).parents[2]
    files = [
        path
        for folder in ("agent", "playground", "server/src", "docs", "bench", "deploy")
        for path in (root / folder).rglob("*")
        if path.suffix in (".py", ".md", ".html", ".yaml", ".sh")
    ]
    named = {name for path in files for name in re.findall(r"\bMENDLINE_[A-Z_]*[A-Z]\b", path.read_text("utf-8"))}
    assert named - {setting.variable for setting in TABLE} - OTHER_VARIABLES == set()


def test_flag_that_was_not_given_does_not_hide_the_environment():
    assert load({"port": None}, {"MENDLINE_PORT": "1234"}).port == 1234


@pytest.mark.parametrize("text", ["port = ", "port = 'x'", "ports = 1", "[port]\nx = 1", "\xff"])
def test_bad_file_is_refused(tmp_path, text):
    file = tmp_path / "settings.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingsError):
        load({}, {}, file)


def test_secret_by_reference_is_read_and_redacted(tmp_path):
    (tmp_path / "dsn").write_text("https://u:p@db/\n")
    settings = load({"store": f"file:{tmp_path / 'dsn'}"}, {})
    assert settings.store == "https://u:p@db/"
    assert dict(settings.shown())["store"] == "[redacted]"


@pytest.mark.parametrize("reference", ["env:NOT_SET", "file:/nowhere/secret"])
def test_reference_that_leads_nowhere_is_refused(reference):
    with pytest.raises(SettingsError):
        load({"store": reference}, {})
