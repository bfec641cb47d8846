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


def test_one_who_floods_does_not_keep_the_others_out():
    admission = Admission(100)
    with admission.hold(40, "flood"), admission.hold(10, "other"):
        with pytest.raises(BusyError), admission.hold(20, "flood"):
            pass
        with admission.hold(20, "other"):
            assert admission.in_hand == 70
    with admission.hold(90, "flood"):
        assert admission.in_hand == 90


def test_sender_alone_may_use_all():
    admission = Admission(100)
    with admission.hold(60, "one"), admission.hold(40, "one"):
        assert admission.in_hand == 100


def test_what_arrives_counts_and_what_is_only_announced_does_not():
    admission = Admission(100)
    with admission.hold(0) as arrived, admission.hold(0) as other:
        arrived(60)
        with pytest.raises(BusyError):
            other(60)
        other(40)
    assert admission.in_hand == 0


def test_request_larger_than_the_limit_comes_in_alone_bit_by_bit():
    admission = Admission(100)
    with admission.hold(0) as arrived:
        for _ in range(5):
            arrived(60)
        with pytest.raises(BusyError), admission.hold(1):
            pass
    assert admission.in_hand == 0
