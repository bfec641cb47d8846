"""Words on the command line that name nothing are told as such."""

import argparse

import pytest

from mendline.app.listeners import listen
from mendline.cli.asking import ask_server
from mendline.cli.main import main
from mendline.errors import SettingsError, UsageError


@pytest.mark.parametrize(
    "address", ["http://[::1", "http://127.0.0.1:28 000", "http://h:x", "ftp://h", "http://", "127.0.0.1:8000"]
)
def test_what_is_no_address_of_a_server_is_told(address):
    with pytest.raises(UsageError, match="is not the address of a server"):
        ask_server(argparse.Namespace(server=address, key=None, project=None), "/", {})


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".example"])
def test_what_is_no_name_of_a_machine_is_told(host):
    with pytest.raises(SettingsError, match="is not an address of this machine"):
        listen(host, 0)


def test_number_that_no_key_can_have_is_told(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["keys", "revoke", "9" * 30])
    assert (ended.value.code, "is no number of a key" in capsys.readouterr().err) == (2, True)
