"""Who answers our mail, who has gone quiet, and who was never there."""

import pytest

from chalicelib.profile import vocabulary
from chalicelib.segment import engagement
from tests.segment.shoppers import NOW, bought, did, sent, shopper


def tier(*facets):
    return engagement.engagement_of(shopper(*facets), NOW).tier


def months_of_mail(number=12, start=5, **kind):
    return [sent(start + 14 * each, **kind) for each in range(number)]


@pytest.mark.parametrize(
    ("days", "expected"), [(1, "14d"), (13, "14d"), (15, "30d"), (29, "30d"), (31, "60d"), (59, "60d"), (89, "90d")]
)
def test_the_newest_open_or_click_makes_the_tier(days, expected):
    assert tier(sent(days, opened=True)) == expected
    assert tier(sent(days, clicked=True), sent(80, opened=True)) == expected


def test_one_unopened_message_says_nothing_and_several_in_a_row_mean_inactive():
    before = sent(120, opened=True)
    assert tier(before, sent(10)) == "quiet"
    assert tier(before, *(sent(10 * each) for each in range(1, 5))) == "quiet"
    several = [sent(10 * each) for each in range(1, 6)]
    assert tier(before, *several) == "inactive"
    assert tier(before, *several[:3], sent(40, opened=True), *several[4:]) == "60d"


def test_ten_messages_without_a_sign_and_no_order_ever_make_a_zombie():
    assert tier(*months_of_mail()) == "zombie"
    assert tier(*months_of_mail(9)) == "inactive"


@pytest.mark.parametrize(
    "sign",
    [sent(95, opened=True), did("Product Viewed", 100), did("Visit Started", 3), bought(700), bought(9, paid=False)],
)
def test_any_sign_of_life_keeps_somebody_from_being_a_zombie(sign):
    assert tier(*months_of_mail(), sign) != "zombie"


def test_signs_older_than_the_messages_do_not_help_but_an_order_does():
    assert tier(*months_of_mail(), did("Product Viewed", 300)) == "zombie"
    assert tier(*months_of_mail(), bought(300)) == "inactive"


def test_who_is_sent_mail_that_cannot_be_followed_is_no_zombie_and_not_inactive():
    assert tier(*months_of_mail(followed=False)) == "unasked"
    assert tier(*months_of_mail(9, followed=False), *months_of_mail(3, 6)) == "quiet"


def test_bounced_and_very_young_messages_and_those_about_orders_do_not_count():
    assert tier(*months_of_mail(bounced=True)) == "unasked"
    assert tier(*months_of_mail(marketing=False)) == "unasked"
    assert tier(*(sent(day / 10) for day in range(1, 20))) == "unasked"


def test_the_tiers_are_the_words_that_rules_have():
    assert {*engagement.TIERS, *engagement.OTHERS} == set(vocabulary.TIERS)
