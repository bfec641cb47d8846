"""What the APIs inside an environment answer alike: that something was accepted, or refused and why."""

import json

from mendline_playground.wire import Response

_JSON = {"Content-Type": "application/json"}
ACCEPTED = Response(202, b'{"status":"OK"}', _JSON)


def refusal(status: int, kind: str, text: str) -> Response:
    """The answer to a request that is not granted."""
    return Response(status, json.dumps({"errorMessage": text, "errorType": kind}).encode(), _JSON)
