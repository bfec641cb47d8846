"""What tests of the local AWS need, and an order that goes well in it."""

from pathlib import Path
from typing import Any

import pytest

from mendline_playground.emulator import ministack_python
from mendline_playground.emulator.server import MinistackError

ORDER: dict[str, Any] = {
    "tenant": "birch",
    "customer": "birch-0007",
    "region": "eu-central",
    "items": [{"sku": "tea", "quantity": 2}, {"sku": "mug", "quantity": 1}],
    "card": "tok_visa",
    "currency": "EUR",
}


def emulator_python() -> Path:
    """The Python that the emulator runs on; skips the test, with the reason, where there is none."""
    try:
        return ministack_python()
    except MinistackError as error:
        pytest.skip(str(error))
