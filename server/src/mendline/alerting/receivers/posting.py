"""Posts a request over HTTP: to the address that was checked, without redirects, within ten seconds and 64 KiB."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from functools import cache

from mendline.alerting.receivers.addresses import Resolve, checked_url, place_of, resolve
from mendline.alerting.receivers.outcome import Answer, Post

CONNECT_S, TOTAL_S = 5.0, 10.0
MOST_ANSWER = 64 * 1024


def post(request: Post, *, allow_private: bool, resolver: Resolve = resolve, total_s: float = TOTAL_S) -> Answer:
    """The answer. Raises UsageError for a place that it may not go to, OSError where nobody answers as HTTP does."""
    parts = checked_url(request.url, allow_private=allow_private)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = place_of(host, port, allow_private=allow_private, resolver=resolver)
    connection = _Https(host, port, address) if parts.scheme == "https" else _Http(host, port, address)
    watch = threading.Timer(total_s, connection.cut)
    watch.daemon = True
    watch.start()
    try:
        path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        headers = {"content-type": "application/json", "user-agent": "mendline", **request.headers}
        connection.request(request.method, path, request.body, headers)
        told = connection.getresponse()
        body = told.read(MOST_ANSWER)
        if connection.was_cut:  # what came until then only looks whole
            raise TimeoutError(f"no whole answer within {total_s:g} s")
        return Answer(told.status, {name.lower(): value for name, value in told.getheaders()}, body)
    except http.client.HTTPException as error:
        raise OSError(f"what it answered is no HTTP ({type(error).__name__})") from None
    except (AttributeError, ValueError):  # the connection was cut under the hands of the client
        raise TimeoutError(f"no whole answer within {total_s:g} s") from None
    finally:
        watch.cancel()
        connection.close()


class _Http(http.client.HTTPConnection):
    """To one address, whatever the name leads to by now."""

    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=CONNECT_S)
        self._address, self.was_cut = address, False

    def connect(self) -> None:
        """Connect to the address that was checked."""
        self.sock = socket.create_connection((self._address, self.port), CONNECT_S)

    def cut(self) -> None:
        """End it, whatever is waited for."""
        self.was_cut, sock = True, self.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


class _Https(_Http):
    default_port = 443

    def connect(self) -> None:
        """Connect to the address that was checked, and ask for the name's certificate."""
        super().connect()
        self.sock = _tls().wrap_socket(self.sock, server_hostname=self.host)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
