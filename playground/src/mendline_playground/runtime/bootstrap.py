"""The runtime's entry in an environment: prepares names and paths, then hands over to the real runtime client.

It runs as a script and imports nothing of the playground. As on Lambda the handler comes from `_HANDLER`, so
an exec wrapper may change it. `PLAYGROUND_HOSTS` (`name=address:port,…`) stands in for public DNS: the
functions' third parties have real-looking names, and a connection to them ends at the local stub.
"""

import os
import sys

sys.path[0] = os.environ.get("LAMBDA_TASK_ROOT", os.getcwd())  # noqa: PTH109 - pathlib would add to cold starts


def _map_names(table: str) -> None:
    import socket  # noqa: PLC0415 - only functions with mapped names pay for it

    ports = {}
    for entry in table.split(","):
        name, _, target = entry.partition("=")
        address, _, port = target.rpartition(":")
        ports[name] = (address, int(port))
    resolve = socket.getaddrinfo

    def getaddrinfo(host, port, *rest, **options):  # type: ignore[no-untyped-def]
        if host in ports:
            host, port = ports[host]
        return resolve(host, port, *rest, **options)

    socket.getaddrinfo = getaddrinfo


if "PLAYGROUND_HOSTS" in os.environ:
    _map_names(os.environ["PLAYGROUND_HOSTS"])

from awslambdaric.__main__ import main  # noqa: E402 - the search path had to be right first

if __name__ == "__main__":
    main([sys.argv[0], os.environ["_HANDLER"]])
