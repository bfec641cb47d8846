"""Real database servers, started once as an unprivileged user in a directory of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pymysql
import pytest

REQUIRED = os.environ.get("MENDLINE_REQUIRE_SERVERS") == "1"  # now: tests of the agent clear the environment
STARTS_WITHIN_S = 60
ENDS_WITHIN_S = 10


class DatabaseServer:
    """Where a server listens, both ways."""

    def __init__(self, directory: Path, port: int, socket: Path) -> None:
        self.directory, self.port, self.socket = directory, port, socket


def _program(name: str, *more: str) -> str:
    """The program, or a reason to skip; where servers are required, to fail."""
    folders = [os.environ["PATH"], "/usr/sbin", *more]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        reason = f"{name} is not installed (Debian: postgresql, mariadb-server)"
        if REQUIRED:
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def _running(
    prepare: Callable[[Path], list[str]],
    command: Callable[[DatabaseServer], list[str]],
    answers: Callable[[DatabaseServer], object],
) -> Iterator[DatabaseServer]:
    """A server of a fresh directory, until the end; servers refuse to be root."""
    user = "nobody" if os.getuid() == 0 else None
    directory = Path(tempfile.mkdtemp(prefix="mendline-db-", dir="/tmp"))
    if user:
        shutil.chown(directory, user)
    server = DatabaseServer(directory, _free_port(), directory)
    log = (directory / "log").open("wb")
    try:
        subprocess.run(prepare(directory), check=True, user=user, stdout=log, stderr=log, cwd=directory)
        process = subprocess.Popen(command(server), user=user, stdout=log, stderr=log, cwd=directory)
        try:
            _wait(server, process, answers)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:  # PostgreSQL waits for clients that a failed test has left behind
                process.kill()
                process.wait()
    finally:
        log.close()
        shutil.rmtree(directory, ignore_errors=True)


def _wait(
    server: DatabaseServer, process: subprocess.Popen[bytes], answers: Callable[[DatabaseServer], object]
) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            with socket.create_connection(("127.0.0.1", server.port)):
                pass
            answers(server)
            return
        except (OSError, psycopg.OperationalError):
            assert process.poll() is None, (server.directory / "log").read_text(errors="replace")[-2000:]
            assert time.monotonic() < until
            time.sleep(0.02)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[DatabaseServer]:
    """PostgreSQL with a database `shop`; its user `shop` needs no password."""
    folders = [str(folder) for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    initdb, postgres = _program("initdb", *folders), _program("postgres", *folders)

    def command(server: DatabaseServer) -> list[str]:
        options = {"port": server.port, "unix_socket_directories": server.socket, "fsync": "off", "max_connections": 20}
        told = [f"--{name}={value}" for name, value in options.items()]
        return [postgres, "-D", str(server.directory / "data"), "--listen_addresses=127.0.0.1", *told]

    def create(server: DatabaseServer) -> None:
        with psycopg.connect(
            host="127.0.0.1", port=server.port, user="shop", dbname="postgres", autocommit=True
        ) as one:
            one.execute("CREATE DATABASE shop")

    prepare = ["-U", "shop", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C", "-D"]
    with _running(lambda directory: [initdb, *prepare, str(directory / "data")], command, create) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[DatabaseServer]:
    """MariaDB with a database `shop`; its user `root` needs no password."""
    install, daemon = _program("mariadb-install-db"), _program("mariadbd")
    quick = ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M"]

    def command(server: DatabaseServer) -> list[str]:
        server.socket = server.directory / "sock"
        places = [f"--datadir={server.directory}/data", f"--socket={server.socket}", f"--port={server.port}"]
        return [daemon, "--no-defaults", *places, "--bind-address=127.0.0.1", *quick]

    def create(server: DatabaseServer) -> None:
        with contextlib.closing(pymysql.connect(unix_socket=str(server.socket), user="root")) as one:
            one.cursor().execute("CREATE DATABASE shop")

    prepare = ["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", *quick]
    with _running(lambda directory: [install, *prepare, f"--datadir={directory}/data"], command, create) as server:
        yield server
