"""What is watched lives for one test; its receiver answers 200."""

from __future__ import annotations

from contextlib import closing

import pytest
from alerting.scripted import scripted
from alerting.watching import Watching


@pytest.fixture
def watching(store, tmp_path, send_spans):
    with scripted(200) as hook:
        opened = []

        def make(*policies):
            opened.append(Watching(store, tmp_path, send_spans, hook, *policies))
            return opened[-1]

        yield make
        for one in opened:
            one.delivery.close()
            with closing(one.state):
                pass
