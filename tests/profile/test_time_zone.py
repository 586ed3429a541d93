"""The believed time zone: evidence by strength, IANA zones only, never a crash."""

import pytest

from chalicelib import clock, events
from chalicelib.profile import fold, timezone
from chalicelib.profile.calling_codes import country_of_phone
from tests.profile.facts import ADA, ADA_ID, fact, on


def told(hour=0, who=ADA, **content):
    return fact(events.CustomerUpdated, on(0, hour), who, **content)


def signed_up(hour=0, **content):
    return fact(events.SignedUp, on(0, hour), email=ADA["email"], channel="email", wording="w", **content)


def belief(*facts):
    zone = fold.fold_all(ADA_ID, facts).customer.zone
    return (zone.name, zone.source, zone.confidence) if zone else None


def test_the_strongest_evidence_is_believed():
    country = told(1, country="de")
    phone = told(2, phone="+81 90 1234 5678")
    browser = signed_up(3, time_zone="Europe/Paris")
    explicit = told(4, time_zone="America/Denver")
    assert belief(fact(events.ProductViewed, product_id="p")) is None
    assert belief(country) == ("Europe/Berlin", "country", "guess")
    assert belief(country, phone) == ("Asia/Tokyo", "phone", "likely")
    assert belief(country, phone, browser) == ("Europe/Paris", "browser", "likely")
    assert belief(explicit, browser, phone, country) == ("America/Denver", "explicit", "certain")


def test_newer_evidence_of_one_source_replaces_older():
    earlier, later = told(1, time_zone="Europe/Rome"), told(2, time_zone="Asia/Seoul")
    assert belief(earlier, later) == belief(later, earlier) == ("Asia/Seoul", "explicit", "certain")


@pytest.mark.parametrize(
    "name",
    ["Mars/Olympus", "../../etc/passwd", "EST", "/", "\x00", "x" * 5000, "UTC+8", "Etc/UTC", "Etc/GMT-8", "UTC", "GMT"],
)
def test_a_zone_that_is_no_place_is_no_evidence_whoever_names_it(name):
    assert belief(signed_up(time_zone=name)) is None
    assert belief(told(time_zone=name)) is None
    assert belief(told(time_zone=name, country="JP")) == ("Asia/Tokyo", "country", "likely")


def test_a_country_told_by_two_letters_that_are_none_is_not_believed_and_uk_is_britain():
    assert belief(told(country="UK")) == ("Europe/London", "country", "likely")
    assert fold.fold_all(ADA_ID, [told(country="ZZ")]).customer.country == ""


def test_the_stores_zone_stands_in_when_nothing_is_known():
    unknown = fold.fold_all(ADA_ID, [fact(events.ProductViewed, product_id="p")]).customer
    known = fold.fold_all(ADA_ID, [told(country="JP")]).customer
    assert timezone.zone_for(unknown, "Europe/Madrid") == "Europe/Madrid"
    assert timezone.zone_for(known, "Europe/Madrid") == "Asia/Tokyo"


def test_every_country_has_a_zone_and_those_with_several_have_a_chosen_one():
    zones = timezone.zones_of_countries()
    assert len(zones) > 240
    for country, names in zones.items():
        name, only = timezone.zone_of_country(country)
        assert name in names
        assert clock.is_zone(name)
        assert only == (len(names) == 1)
        assert only or country in timezone.MAIN_ZONES
    assert timezone.zone_of_country("XX") is None


@pytest.mark.parametrize(
    ("phone", "country"),
    [
        ("+1 212 555 0100", "US"),
        ("+1 (416) 555-0100", "CA"),
        ("+1 876 555 0100", "JM"),
        ("0044 20 7946 0000", "GB"),
        ("+86 138 0013 8000", "CN"),
        ("+7 701 123 4567", "KZ"),
        ("+7 495 123 4567", "RU"),
        ("+852 5123 4567", "HK"),
        ("13800138000", ""),
        ("+", ""),
        ("+٨٦138", ""),
        ("", ""),
    ],
)
def test_a_phone_number_in_international_form_tells_its_country(phone, country):
    assert country_of_phone(phone) == country


def test_a_chosen_language_comes_before_the_stores():
    chosen = signed_up(1, language="zh-CN")
    assert fold.fold_all(ADA_ID, [chosen, told(2, language="en")]).customer.language == "zh-CN"
    assert fold.fold_all(ADA_ID, [told(2, language="en")]).customer.language == "en"
