import pytest

from chalicelib import money
from chalicelib.errors import BadInput
from chalicelib.money import Money


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [("36.99", "usd", 3699), ("1200", "JPY", 1200), ("1.2345", "KWD", 1235), ("-5", "EUR", -500), (3, "CNY", 300)],
)
def test_a_storefronts_text_becomes_minor_units(text, currency, amount):
    assert money.parse(text, currency) == Money(amount, currency.upper())


@pytest.mark.parametrize(
    ("text", "currency"),
    [("NaN", "USD"), ("Infinity", "USD"), ("", "USD"), (1.5, "USD"), (True, "USD"), ("1", "US"), ("1e400", "USD")],
)
def test_what_is_no_amount_is_refused(text, currency):
    with pytest.raises(BadInput):
        money.parse(text, currency)


def test_it_is_shown_with_its_own_precision():
    assert [str(Money(3699, each)) for each in ("USD", "JPY", "KWD")] == ["36.99 USD", "3699 JPY", "3.699 KWD"]
