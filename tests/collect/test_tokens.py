"""Ten thousand tokens that nobody here signed."""

import base64
import random

from chalicelib import ids
from chalicelib.errors import BadToken
from chalicelib.ids import Purpose, Token

KEYS = {1: b"k" * 32, 2: b"l" * 32}


def test_ten_thousand_random_or_flipped_tokens_are_refused():
    dice = random.Random(11)
    good = ids.sign_token(Token(Purpose.CLICK, "a" * 16, "b" * 16, 3), KEYS)
    assert ids.read_token(good, Purpose.CLICK, KEYS).link == 3
    accepted = 0
    for number in range(10_000):
        raw = bytearray(base64.urlsafe_b64decode(good)) if number % 2 else bytearray(dice.randbytes(39))
        raw[dice.randrange(39)] ^= 1 << dice.randrange(8)
        text = base64.urlsafe_b64encode(bytes(raw)).decode()
        for purpose in Purpose:
            try:
                ids.read_token(text, purpose, KEYS)
                accepted += 1
            except BadToken:
                continue
    assert accepted == 0
    print(f"accepted {accepted} of 10000")
