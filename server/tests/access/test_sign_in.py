"""Sessions: begun with a key, rotated, bounded in time, ended with the key; and few tries."""

from __future__ import annotations

import hashlib

import pytest
from access.world import bearer

from mendline.access.tries import MOST_TRIES, Tries
from mendline.errors import ForbiddenError, TooManyTriesError, UnauthenticatedError
from mendline.store.state import find_session

HERE = "192.0.2.1"


def _cookie(token, name="mendline"):
    return {"cookie": f"other=1; {name}={token}; more=2"}


def _status(world, token, path="/functions"):
    return world.ask("GET", path, _cookie(token)).status_code


def _stored(world, token):
    with world.state.reading() as connection:
        return find_session(connection, hashlib.sha256(token.encode()).digest())


def test_session_reads_what_its_key_may(world):
    token = world.sign_in.begin(world.make_key("read"), HERE)
    assert world.ask("GET", "/functions", _cookie(token)).json()["scope"] == "read"
    assert _status(world, token, "/api/v1/functions") == 200
    same = {**_cookie(token), "sec-fetch-site": "same-origin"}
    assert world.ask("POST", "/policies", same).status_code == 403
    admin = world.sign_in.begin(world.make_key("admin"), HERE)
    assert world.ask("POST", "/policies", {**_cookie(admin), "sec-fetch-site": "same-origin"}).status_code == 200


def test_session_sends_no_telemetry(world):
    token = world.sign_in.begin(world.make_key("admin"), HERE)
    assert world.ask("POST", "/v1/traces", _cookie(token)).status_code == 401


def test_token_is_256_random_bits_and_only_its_hash_is_kept(world):
    key = world.make_key("read")
    tokens = {world.sign_in.begin(key, HERE) for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(bytes.fromhex(token)) == 32 and _stored(world, token) for token in tokens)


def test_signing_in_again_ends_the_session_before(world):
    key = world.make_key("read")
    first = world.sign_in.begin(key, HERE)
    second = world.sign_in.begin(key, HERE, first)
    assert (_status(world, first), _status(world, second)) == (303, 200)


def test_signing_out_ends_it(world):
    token = world.sign_in.begin(world.make_key("read"), HERE)
    world.sign_in.end(token)
    assert _status(world, token) == 303


def test_twelve_hours_without_a_look_end_it(world):
    token = world.sign_in.begin(world.make_key("read"), HERE)
    world.clock.move(hours=11, minutes=59)
    assert _status(world, token) == 200
    world.access.close()  # the look is noted outside the request
    world.clock.move(hours=11, minutes=59)
    assert _status(world, token) == 200
    world.clock.move(hours=12)
    assert _status(world, token) == 303


def test_seven_days_end_it_however_often_it_is_used(world):
    token = world.sign_in.begin(world.make_key("read"), HERE)
    for _ in range(13):
        world.clock.move(hours=12, minutes=-1)
        assert _status(world, token) == 200
        _noted(world)
    world.clock.move(hours=11)
    assert _status(world, token) == 200
    world.clock.move(hours=2)
    assert _status(world, token) == 303


def _noted(world):
    """Wait until all notes are in the state: they are made one after the other."""
    world.access._notes.submit(lambda: None).result(10)


def test_expired_sessions_are_forgotten(world):
    key = world.make_key("read")
    old = world.sign_in.begin(key, HERE)
    world.clock.move(hours=13)
    world.sign_in.begin(key, HERE)
    assert _stored(world, old) is None


def test_revoking_the_key_ends_its_sessions(world):
    text, number = world.make_numbered_key("read")
    token = world.sign_in.begin(text, HERE)
    world.revoke(number)
    assert _status(world, token) == 303


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_cookie_of_the_other_scheme_does_not_count(world, scheme):
    token = world.sign_in.begin(world.make_key("read"), HERE)
    names = {"http": "mendline", "https": "__Host-mendline"}
    for of, name in names.items():
        answer = world.ask("GET", "/functions", _cookie(token, name), scheme=scheme)
        assert answer.status_code == (200 if of == scheme else 303)


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "0" * 5000, "\xff"])
def test_cookie_that_is_no_session_leads_to_sign_in(world, token):
    world.make_key("read")
    answer = world.ask("GET", "/traces?start=-6h", {"cookie": f"mendline={token}".encode("latin-1")})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/traces%3Fstart%3D-6h")


def test_key_in_a_header_counts_before_the_session(world):
    token = world.sign_in.begin(world.make_key("admin"), HERE)
    headers = {**_cookie(token), **bearer(world.make_key("ingest"))}
    assert world.ask("GET", "/functions", headers).status_code == 403


@pytest.mark.parametrize("scope", ["ingest"])
def test_key_that_cannot_read_begins_no_session(world, scope):
    with pytest.raises(ForbiddenError):
        world.sign_in.begin(world.make_key(scope), HERE)


def test_five_tries_a_minute_by_address_even_with_the_right_key(world):
    key = world.make_key("read")
    for _ in range(MOST_TRIES):
        with pytest.raises(UnauthenticatedError):
            world.sign_in.begin("mlk_read_wrong", HERE)
    with pytest.raises(TooManyTriesError):
        world.sign_in.begin(key, HERE)
    assert world.sign_in.begin(key, "192.0.2.2")
    world.clock.move(seconds=60)
    assert world.sign_in.begin(key, HERE)


def test_success_forgives_the_tries_before(world):
    key = world.make_key("read")
    for _ in range(3 * MOST_TRIES):
        world.sign_in.begin(key, HERE)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "", True),
    ],
)
def test_tries_are_counted_by_network(one, other, same):
    tries = Tries()
    for _ in range(MOST_TRIES):
        tries.take(one, 0.0)
    if same:
        with pytest.raises(TooManyTriesError):
            tries.take(other, 1.0)
    else:
        tries.take(other, 1.0)


def test_tries_of_many_addresses_stay_bounded():
    tries = Tries()
    for number in range(11_000):
        tries.take(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 0.0)
    assert len(tries._failed) == 10_000
