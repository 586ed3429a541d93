from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from chalicelib.profile.traits import TRAITS, band, trait_of
from tests.profile.people import person

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def order(number, total, currency="USD", **stages):
    return {"id": str(number), "total": [total, currency], "placed": 20, **stages}


def test_a_stranger_has_every_trait_and_none_of_them_raises():
    nobody = person(now=NOW)
    values = {name: trait_of(nobody, name, NOW) for name in TRAITS}
    assert values == {
        "orders_count": 0,
        "open_orders": 0,
        "spend": {},
        "average_order": {},
        "spend_band": {},
        "days_since_order": None,
        "days_since_seen": None,
        "country": "",
        "language": "",
        "time_zone": "",
        "points": 0,
        "email_consent": "never",
        "email_suppressed": False,
        "has_coupon": False,
        "wishes": 0,
        "cart_hours": None,
        "rfm": None,
        "rfm_before": None,
        "stage": None,
        "engagement": None,
        "top_fifth": False,
        "gender": "",
        "age": None,
        "age_band": None,
        "birthday_month": None,
        "days_to_birthday": None,
        "city": "",
        "region": "",
    }


def test_every_trait_explains_itself():
    assert all(len(trait.meaning) > 15 and trait.meaning.endswith(".") for trait in TRAITS.values())


def test_what_counts_as_bought():
    ann = person(
        now=NOW,
        orders=[
            order(1, 10000, paid=20),
            order(2, 5000, paid=9, fulfilled=8, refunded=1000),
            order(3, 7000, paid=7, cancelled=6),
            order(4, 8000, paid=5, refunded=8000),
            order(5, 9000),
            order(6, 3000, cancelled=3),
            order(7, 20000, "JPY", paid=12),
        ],
    )
    assert trait_of(ann, "orders_count", NOW) == 3
    assert trait_of(ann, "open_orders", NOW) == 1
    assert trait_of(ann, "spend", NOW) == {"USD": Decimal("140.00"), "JPY": Decimal(20000)}
    assert trait_of(ann, "days_since_order", NOW) == 9


def test_orders_no_longer_kept_one_by_one_still_count():
    ann = person(
        now=NOW, orders=[order(1, 1000, paid=2)], older={"USD": [400, 300, 900000, 100000], "EUR": [1, 0, 0, 0]}
    )
    assert trait_of(ann, "orders_count", NOW) == 301
    assert trait_of(ann, "spend", NOW) == {"USD": Decimal("8010.00"), "EUR": Decimal(0)}
    longer_ago = person(now=NOW, older={"USD": [1, 1, 100, 0]}, did=[("Order Completed", 300)])
    assert trait_of(longer_ago, "days_since_order", NOW) == 300


def test_seen_is_what_a_person_does_and_not_what_is_done_to_them():
    ann = person(now=NOW, did=[("Product Viewed", 40), ("Message Sent", 1), ("Email Opened by Machine", 1)])
    assert trait_of(ann, "days_since_seen", NOW) == 40
    ann = person(now=NOW, did=[("Product Viewed", 40), ("Email Link Clicked", 3)])
    assert trait_of(ann, "days_since_seen", NOW) == 3


def test_a_clock_ahead_of_ours_is_today():
    assert trait_of(person(now=NOW, did=[("Product Viewed", -1)]), "days_since_seen", NOW) == 0


def test_a_lapsed_coupon_is_none():
    ann = person(now=NOW, coupons=[("WELCOME10", NOW + timedelta(days=1))])
    assert trait_of(ann, "has_coupon", NOW) is True
    assert trait_of(ann, "has_coupon", NOW + timedelta(days=1)) is False


@pytest.mark.parametrize(
    ("spent", "expected"),
    [("0", "low"), ("99.99", "low"), ("100", "mid"), ("499.99", "mid"), ("500", "high"), ("1e9", "high")],
)
def test_bands_begin_at_their_threshold(spent, expected):
    assert band(Decimal(spent), {"mid": 100, "high": 500}) == expected


def test_a_language_is_one_however_its_letters_were_told():
    told = {"zh_cn": "zh-CN", "EN-us": "en-US", "DE": "de", "zh-hant-tw": "zh-Hant-TW", "": ""}
    assert {each: trait_of(person(now=NOW, told={"language_chosen": each}), "language", NOW) for each in told} == told
