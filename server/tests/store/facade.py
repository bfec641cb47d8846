"""ClickHouse's HTTP interface in front of the embedded engine, so that the way to a server is exercised without one.

It does what the client library relies on: query in the body or the URL, settings and `param_` values in the URL, data
of an insert in the body, errors as 500 with the code in a header. It is not a ClickHouse server; ADR 2 says so.
"""

from __future__ import annotations

import re
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import chdb

from mendline.store.engine import ENGINE_OPTIONS

_NOT_SETTINGS = {
    "query",
    "database",
    "session_id",
    "query_id",
    "compress",
    "decompress",
    "wait_end_of_query",
    "client_protocol_version",
}
_INSERT_SELECT = re.compile(r"^INSERT INTO .+^SELECT ", re.MULTILINE | re.DOTALL)
_FORMAT = re.compile(r"\sFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)


class Facade:
    """Serves one engine path on a free port; `dsn` is what a client connects to."""

    def __init__(self, path: Path) -> None:
        self.connection = chdb.connect(f"{path.resolve()}?{urlencode(ENGINE_OPTIONS)}")
        self.lock = threading.Lock()
        facade = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parameters = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
                try:
                    status, headers, answer = 200, {}, facade.run(parameters, body)
                except Exception as error:
                    code = re.search(r"Code: (\d+)", str(error))
                    status, answer = 500, str(error).encode()
                    headers = {"X-ClickHouse-Exception-Code": code[1]} if code else {}
                self.send_response(status)
                for name, value in {
                    **headers,
                    "Content-Length": str(len(answer)),
                    "X-ClickHouse-Summary": "{}",
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.dsn = f"http://127.0.0.1:{self.server.server_port}/?compress=false"

    def run(self, parameters: dict[str, str], body: bytes) -> bytes:
        """One statement, as the HTTP interface would."""
        statement, data = (parameters["query"].encode(), body) if "query" in parameters else (body, b"")
        if statement.startswith(b"INSERT") and not data:
            statement, _, data = statement.partition(b"\n")
        sql = statement.decode()
        settings = {
            key: value for key, value in parameters.items() if key not in _NOT_SETTINGS and not key.startswith("param_")
        }
        values = {key.removeprefix("param_"): value for key, value in parameters.items() if key.startswith("param_")}
        with self.lock:
            if parameters.get("database"):
                self.connection.query(f"USE `{parameters['database']}`")
            if data and _FORMAT.search(sql):
                return self._insert(sql, data, settings)
            clause = "".join(
                f", {key} = '{_escaped(value)}'" for key, value in settings.items() if key != "buffer_size"
            )[2:]
            named = _FORMAT.search(sql)
            if clause and named:
                sql = f"{sql[: named.start()]} SETTINGS {clause}{sql[named.start() :]}"
            elif clause and _INSERT_SELECT.search(sql):
                sql = f"{sql}\nSETTINGS {clause}"
            elif clause:
                sql = sql.replace(" VALUES", f" SETTINGS {clause} VALUES", 1)
            return bytes(
                self.connection.query(sql, named[1] if named else "TabSeparated", params=values).bytes() or b""
            )

    def _insert(self, sql: str, data: bytes, settings: dict[str, str]) -> bytes:
        if settings.pop("format_schema_source", "") == "string":  # embedded, it leaves a copy in the working directory
            return self._with_schema_file(sql, data, settings)
        clause = ", ".join(f"{key} = '{_escaped(value)}'" for key, value in settings.items())
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            named = _FORMAT.search(sql)
            assert named, sql
            into = sql[: named.start()]
            self.connection.query(f"{into} FROM INFILE '{file.name}' SETTINGS {clause} FORMAT {named[1]}")
        return b""

    def _with_schema_file(self, sql: str, data: bytes, settings: dict[str, str]) -> bytes:
        with tempfile.NamedTemporaryFile("w", suffix=".proto") as file:
            file.write(settings.pop("format_schema"))
            file.flush()
            name = settings.pop("format_schema_message_name")
            return self._insert(sql, data, {**settings, "format_schema": f"{file.name}:{name}"})

    def close(self) -> None:
        """Stop serving."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        self.connection.close()


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
