"""History comes in piles that a server stores as one batch each: nothing is missing, and what belongs together is."""

import itertools

import pytest

from mendline_playground.model import BLOCK_S, Model
from mendline_playground.model.history import PILE_RECORDS, Stretch, _piles, newest_first

NOON = 1_795_953_600


@pytest.mark.thorough
def test_piles_hold_every_block_once_and_fit_into_one_batch():
    whole = Stretch(NOON, NOON + 24 * BLOCK_S)
    piles = list(_piles(whole, Model(3)))
    assert sum(blocks for _, blocks in piles) == 24
    assert all(pile.count() <= PILE_RECORDS for pile, _ in piles)
    assert min(pile.count() for pile, _ in piles[:-1]) > PILE_RECORDS / 2
    together = list(Model(3).blocks(whole.start_s, whole.end_s))
    assert sum(len(pile.spans) for pile, _ in piles) == sum(len(block.spans) for block in together)


@pytest.mark.thorough
def test_a_block_that_is_more_than_a_batch_is_a_pile_of_its_own():
    piles = list(_piles(Stretch(NOON, NOON + 2 * BLOCK_S), Model(3, rate=12)))
    assert [blocks for _, blocks in piles] == [1, 1]


def test_the_largest_request_of_a_pile_comes_last_so_that_the_writer_waits_for_it():
    ((pile, _),) = _piles(Stretch(NOON, NOON + BLOCK_S), Model(3))
    signals = [signal for signal, _, _ in pile.requests(b"")]
    assert signals == ["logs", "metrics", "traces"]


def test_the_last_day_is_written_first_and_nothing_twice():
    day_s = 86400
    gaps = [Stretch(NOON, NOON + 2 * day_s + BLOCK_S), Stretch(NOON + 9 * day_s, NOON + 9 * day_s + BLOCK_S)]
    parts = newest_first(gaps)
    assert parts[0] == gaps[1]
    assert [part.end_s for part in parts] == sorted((part.end_s for part in parts), reverse=True)
    assert all(later.start_s >= earlier.end_s for later, earlier in itertools.pairwise(parts))
    assert sum(part.end_s - part.start_s for part in parts) == 2 * day_s + 2 * BLOCK_S
