"""The running account of orders: each counts once, for as long as the shop runs."""

import pytest

from mendline_playground.shop.ledger import Balance, Ledger

HOUR_S = 3600.0


@pytest.fixture
def ledger():
    class Clock:
        now_s = 0.0

        def __call__(self) -> float:
            return self.now_s

    clock = Clock()
    return Ledger(clock), clock


def test_every_order_is_in_one_place_and_the_sum_is_what_was_placed(ledger):
    book, _ = ledger
    book.look(["a", "b", "c", "d"], {"a": "paid", "b": "refused", "c": "placed"}, ["d"])
    assert book.balance() == Balance(placed=4, paid=1, refused=1, poisoned=1, in_flight=1)
    book.look([], {"c": "paid", "unheard": "placed"}, [])
    assert book.balance() == Balance(placed=5, paid=2, refused=1, poisoned=1, in_flight=1)
    assert book.balance().is_exact


def test_what_is_seen_again_counts_once(ledger):
    book, _ = ledger
    for _ in range(3):
        book.look(["a", "b"], {"a": "paid"}, ["b", "a"])
    assert book.balance() == Balance(placed=2, paid=1, poisoned=1)


def test_a_poisoned_order_that_is_paid_later_moves(ledger):
    book, _ = ledger
    book.look(["a"], {"a": "placed"}, ["a"])
    book.look([], {"a": "paid"}, ["a"])
    assert book.balance() == Balance(placed=1, paid=1)


def test_orders_are_counted_after_their_rows_are_gone(ledger):
    book, clock = ledger
    for hour in range(50):
        clock.now_s = hour * HOUR_S
        book.look([f"{hour}-paid", f"{hour}-lost"], {f"{hour}-paid": "paid"}, [])
    balance = book.balance()
    assert (balance.placed, balance.paid, balance.in_flight, balance.waiting) == (100, 50, 50, 49)
    assert len(book._done) < 5, "what nobody can see any more is forgotten"
