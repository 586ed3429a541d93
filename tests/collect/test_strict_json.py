"""Strict JSON: exact numbers, and a reason instead of a crash for everything else."""

import json
import time
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.collect import strict_json
from chalicelib.errors import BadJson

REFUSED = [
    b"",
    b"{",
    b"nul",
    b"{'a': 1}",
    b'{"a": NaN}',
    b'{"a": Infinity}',
    b'{"a": -Infinity}',
    b'{"a": 1, "a": 2}',
    b'{"a": {"b": 1, "b": 1}}',
    b'{"a": 01}',
    b'{"a": 1,}',
    b'\xff{"a": 1}',
    b'{"a": "\xed\xa0\x80"}',
    b'\xef\xbb\xbf{"a": 1}',
    b'{"a": 1e999999999999999999999}',
    b'{"a": "\x01"}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"[" * 65 + b"]" * 65,
    b'"' + b'\\"' * 400_000,
    b'["' * 300_000,
]


@pytest.mark.parametrize("body", REFUSED, ids=range(len(REFUSED)))
def test_what_is_not_strict_json_is_refused_at_once(body):
    began = time.thread_time()
    with pytest.raises(BadJson):
        strict_json.read(body)
    assert time.thread_time() - began < 2


def test_numbers_keep_every_digit():
    read = strict_json.read(b'{"id": 820982911946154508, "price": 19.99, "many": ' + b"9" * 5000 + b', "e": 1e2}')
    assert read["id"] == 820982911946154508
    assert read["price"] == Decimal("19.99")
    assert read["e"] == 100
    assert str(read["many"]) == "9" * 5000


def test_64_levels_are_read_and_brackets_in_text_are_not_levels():
    assert strict_json.read(b"[" * 64 + b"]" * 64)
    assert strict_json.read(json.dumps("[" * 1000 + '\\"{').encode()) == "[" * 1000 + '\\"{'


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(_values)
def test_what_json_writes_is_read_back(value):
    try:
        body = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        body = json.dumps(value).encode()
    assert strict_json.read(body) == value


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(body):
    with suppress(BadJson):
        strict_json.read(body)
