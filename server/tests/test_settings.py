"""Settings: where they come from, what is refused, and that secrets stay secret."""

from __future__ import annotations

import pytest

from mendline.errors import SettingsError
from mendline.settings import TABLE, load


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
    ],
)
def test_value_that_cannot_be_used_is_refused(name, value):
    with pytest.raises(SettingsError) as refused:
        load({name: value}, {})
    assert name in refused.value.message


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
