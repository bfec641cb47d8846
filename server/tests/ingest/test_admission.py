"""What is in hand stays within its limit."""

from __future__ import annotations

import pytest

from mendline.errors import BusyError
from mendline.ingest.admission import Admission


def test_over_the_limit_is_refused_and_room_comes_back():
    admission = Admission(100)
    with admission.hold(60):
        with pytest.raises(BusyError), admission.hold(60):
            pass
        with admission.hold(40):
            assert admission.in_hand == 100
    assert admission.in_hand == 0


def test_one_large_request_is_let_in_alone():
    admission = Admission(100)
    with admission.hold(500), pytest.raises(BusyError), admission.hold(1):
        pass
    assert admission.in_hand == 0
