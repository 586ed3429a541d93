import base64
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import ids
from chalicelib.errors import BadToken

KEYS = {1: b"first-key-first-key-first-key-32", 2: b"second-key-second-key-second-key"}
TOKEN = ids.Token(ids.Purpose.CLICK, ids.digest("customer"), ids.digest("message"), 7)


@given(st.lists(st.text(), min_size=1), st.lists(st.text(), min_size=1))
def test_different_parts_never_share_a_name(some, others):
    assert (ids.digest(*some) == ids.digest(*others)) == (some == others)


def test_a_token_reads_back_under_every_active_key_and_none_when_retired():
    old = ids.sign_token(TOKEN, {1: KEYS[1]})
    assert ids.read_token(old, ids.Purpose.CLICK, KEYS) == TOKEN
    with pytest.raises(BadToken):
        ids.read_token(old, ids.Purpose.CLICK, {2: KEYS[2]})


def test_a_token_made_for_opening_does_not_unsubscribe():
    opened = ids.sign_token(TOKEN._replace(purpose=ids.Purpose.OPEN), KEYS)
    with pytest.raises(BadToken):
        ids.read_token(opened, ids.Purpose.UNSUBSCRIBE, KEYS)


def test_an_arrival_is_good_for_its_hour_and_the_next_and_shows_nobody():
    made = datetime(2026, 11, 23, 10, 20, tzinfo=UTC)
    token = ids.sign_arrival(TOKEN.profile_id, made, KEYS)
    for minutes in (0, 39, 99):
        assert ids.read_arrival(token, made + timedelta(minutes=minutes), KEYS) == TOKEN.profile_id
    for late in (timedelta(minutes=100), timedelta(hours=-1), timedelta(hours=256), timedelta(hours=65_536)):
        with pytest.raises(BadToken, match=r"^not a token of ours$"):
            ids.read_arrival(token, made + late, KEYS)
    clicked = ids.sign_token(TOKEN, KEYS)
    for purpose in set(ids.Purpose) - {ids.Purpose.ARRIVAL}:
        other = ids.sign_token(TOKEN._replace(purpose=purpose, message_id=ids.digest("hour", "498730")), KEYS)
        with pytest.raises(BadToken):
            ids.read_arrival(other, made, KEYS)
        with pytest.raises(BadToken):
            ids.read_token(token, purpose, KEYS)
    customer = base64.b32decode(TOKEN.profile_id.upper())
    assert customer in base64.urlsafe_b64decode(clicked)
    later = ids.sign_arrival(TOKEN.profile_id, made + timedelta(hours=1), KEYS)
    shown, again = base64.urlsafe_b64decode(token)[2:], base64.urlsafe_b64decode(later)[2:]
    assert customer not in shown + again
    assert shown[:20] != again[:20]


def test_a_hundred_thousand_forged_tokens_are_refused():
    dice = random.Random(8)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    good = ids.sign_token(TOKEN, KEYS)
    accepted = 0
    for number in range(100_000):
        if number % 2:
            place = dice.randrange(len(good))
            forged = good[:place] + dice.choice(alphabet.replace(good[place], "")) + good[place + 1 :]
        else:
            forged = "".join(dice.choices(alphabet, k=len(good)))
        try:
            ids.read_token(forged, ids.Purpose.CLICK, KEYS)
            accepted += 1
        except BadToken:
            pass
    assert accepted == 0


@pytest.mark.parametrize("text", ["", "x", "é" * 52, "A" * 51, "A" * 53, "!" * 52, "A" * 10_000])
def test_what_is_not_a_token_is_refused_for_one_reason(text):
    with pytest.raises(BadToken, match=r"^not a token of ours$"):
        ids.read_token(text, ids.Purpose.CLICK, KEYS)


def test_shares_are_spread_evenly_and_stay():
    held = sum(ids.share("flow", f"customer-{number}") < 0.05 for number in range(20_000))
    assert 900 < held < 1100
    assert ids.share("a", "b") == ids.share("a", "b")
