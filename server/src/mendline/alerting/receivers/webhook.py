"""The generic webhook: JSON, signed as Standard Webhooks has it (standardwebhooks.com, v1)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

from mendline.alerting.receivers.outcome import Post
from mendline.model.message import Message

_PREFIX = "whsec_"


def request_of(options: Mapping[str, str], message: Message, at_s: int) -> Post:
    """`webhook-id` is the idempotency key. While a secret is changed, both sign (`secret_before`)."""
    body = json.dumps({"type": f"incident.{message.kind}", "data": message.content}, ensure_ascii=False).encode()
    signed = f"{message.key}.{at_s}.".encode() + body
    secrets = [options[name] for name in ("secret", "secret_before") if options.get(name)]
    headers = {"webhook-id": message.key, "webhook-timestamp": str(at_s)}
    if secrets:
        headers["webhook-signature"] = " ".join(f"v1,{signature(secret, signed)}" for secret in secrets)
    return Post(options["url"], body, headers)


def signature(secret: str, signed: bytes) -> str:
    """HMAC-SHA256 in base64; a secret that begins with `whsec_` is base64 itself."""
    key = base64.b64decode(secret.removeprefix(_PREFIX)) if secret.startswith(_PREFIX) else secret.encode()
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
