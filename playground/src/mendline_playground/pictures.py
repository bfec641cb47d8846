"""New products: a picture is put into the bucket of images now and then."""

import asyncio
import random
from collections.abc import Callable

from mendline_playground import wire

BUCKET = "shop-images"
_CREDENTIAL = (
    "AWS4-HMAC-SHA256 Credential=playground/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
)


async def put_picture(port: int, key: str, body: bytes) -> int:
    """Put one object and answer the status."""
    headers = {"Authorization": _CREDENTIAL, "Content-Type": "image/png"}
    return (await wire.request(port, "PUT", f"/{BUCKET}/{key}", headers=headers, body=body)).status


async def put_pictures(port: int, every_s: float, seed: int, complain: Callable[[str], None]) -> None:
    """Put one picture every so many seconds in the mean, beginning at once; never returns by itself."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, no secrets
    while True:
        key = f"products/{chance.getrandbits(32):08x}.png"
        try:
            await put_picture(port, key, chance.randbytes(chance.randint(2_000, 20_000)))
        except (OSError, TimeoutError) as error:
            complain(f"a picture could not be stored: {error}")
        await asyncio.sleep(chance.expovariate(1 / every_s))
