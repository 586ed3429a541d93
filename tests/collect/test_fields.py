"""A stranger's values: cleaned, left out, never guessed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.collect import fields

_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Ann@Mail.Example ", "ann@mail.example"),
        ("o'neil+tag@mail.example", "o'neil+tag@mail.example"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("a@b", ""),
        ("ann@@mail.example", ""),
        ("ann@mail.example\r\nBcc: eve@mail.example", ""),
        ("ann@mail..example", ""),
        (".ann@mail.example", ""),
        ("ann@-mail.example", ""),
        ("ann@192.168.0.1", ""),
        ("Bücher@mail.example", ""),
        ('"ann"@mail.example', ""),
        ("ann@mail.example,eve@mail.example", ""),
        ("x" * 65 + "@mail.example", ""),
        ("ann@" + "x" * 300 + ".example", ""),
        ("", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_addresses(given, kept):
    assert fields.email(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("+49 30 123-456", "+4930123456"),
        ("(555) 555-5555", ""),
        ("0049 30 123456", ""),
        ("+0 123 456 789", ""),
        ("+1234567890123456", ""),
        ("+٤٩٣٠١٢٣٤٥٦", ""),
        (None, ""),
    ],
)
def test_phones_without_their_country_are_left_out(given, kept):
    assert fields.phone(given) == kept


@pytest.mark.parametrize(
    "hostile",
    [
        "javascript:alert(1)",
        "//evil.example",
        "https:evil.example",
        "\\\\evil.example",
        "https://shop.example@evil.example/",
        "https://shop.example/\r\nSet-Cookie: a=b",
        "https://shop.example/ x",
        "ftp://shop.example/",
        "https://",
        "https://[::1",
        "https://shop.example:port/",
        "https://shöp.example/",
    ],
)
def test_links_that_are_none(hostile):
    assert fields.link(hostile) == ""


def test_links_that_are():
    for good in ("https://shop.example/a?b=c#d", "http://shop.example:8080/%E4%BD%A0"):
        assert fields.link(good) == good


def test_ids_keep_every_digit_and_zero_is_none():
    assert fields.identifier(820982911946154508) == "820982911946154508"
    assert fields.identifier(Decimal("9007199254740993")) == "9007199254740993"
    assert [fields.identifier(each) for each in (0, "0", None, True, "", [], {})] == [""] * 7


def test_times_need_a_zone_unless_known_to_be_utc():
    assert fields.instant("2026-11-22T09:00:00") is None
    assert fields.instant("2026-11-22T09:00:00", utc=True) == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert fields.instant("2026-11-22T09:00:00+02:00", utc=True) == datetime(2026, 11, 22, 7, tzinfo=UTC)
    assert fields.instant("0001-01-01T00:00:00Z") is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [(" de ", "DE"), ("UK", "GB"), ("el", "GR"), ("XK", "XK"), ("ZZ", ""), ("EU", ""), ("England", ""), (49, "")],
)
def test_countries_are_those_of_iso_3166(given, kept):
    assert fields.country(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"), [("F", "female"), (" Male", "male"), ("X", "other"), ("女", "female"), ("unknown", ""), (1, "")]
)
def test_a_gender_is_one_of_three_however_it_is_written(given, kept):
    assert fields.gender(given) == kept


@given(_anything)
def test_no_value_raises_and_text_is_always_storable(value):
    for read in (
        fields.text,
        fields.identifier,
        fields.email,
        fields.phone,
        fields.country,
        fields.language,
        fields.gender,
    ):
        kept = read(value)
        kept.encode("utf-8")
        assert not any(ord(letter) < 32 for letter in kept)
    fields.link(value)
    fields.instant(value)
    assert 0 <= fields.quantity(value) <= 1_000_000
    assert fields.part(value, "a") is not None
    assert isinstance(fields.parts(value), list)


def test_an_id_whose_digits_would_fill_the_memory_is_none():
    assert fields.identifier(Decimal("1e99999999")) == ""
    assert fields.identifier(Decimal("-1e-99999999")) == ""
    assert fields.identifier(Decimal("12345678901234567890")) == "12345678901234567890"
