"""What is known of a person and how: provenance, what was told before what is concluded, measures, trends, tags."""

import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from chalicelib import events
from chalicelib.events import Line, Said
from chalicelib.money import Money, Rates
from chalicelib.profile import attributes, fold, implicit, measures, rule, tags
from chalicelib.profile.fold import Outcome, Profile
from chalicelib.segment.observed import observe
from tests.playbook.speech import ENGLISH
from tests.profile.facts import ADA_ID, START, fact, message, on, order, sent, usd

NOW = on(400)
PLAYBOOK = Path(__file__).resolve().parents[2] / "chalicelib" / "playbook"


def customer(*facts):
    return fold.fold_all(ADA_ID, facts).customer


def survey(when, **answers):
    said = tuple(Said(*each) for each in answers.items())
    return fact(events.SurveyAnswered, when, source="pages", survey="about_you", answers=said)


def record(when, source="shopify", **told):
    return fact(events.CustomerUpdated, when, source=source, **told)


def paid(day, *, total=5000, category="kitchen", pieces=1, **told):
    lines = (Line(f"p{day}", "Thing", pieces, usd(total // pieces), category),)
    when = on(day)
    content = {"lines": lines, "placed_at": when} | told
    return order(events.OrderCompleted, when, order_id=f"o{day}", total=total, **content)


def product(gender="", age=""):
    return SimpleNamespace(target_gender=gender, target_age=age)


def test_every_telling_keeps_its_source_and_time_and_the_persons_word_on_what_is_lasting_wins():
    person = customer(
        survey(on(1), gender="female", occupation="nurse"),
        record(on(5), gender="male", city="Lyon", said=(Said("loyalty_tier", "gold"),)),
        record(on(6), "import:klaviyo", region="Rhône"),
        record(on(7), "browser", city="Nowhere"),
    )
    gender = person.attribute("gender")
    assert (gender.value, gender.source, gender.confidence, gender.at) == ("female", "survey", "certain", on(1))
    city = person.attribute("city")
    assert (city.value, city.source, city.confidence) == ("Lyon", "store", "likely")
    assert person.attribute("region").source == "import"
    assert person.attribute("loyalty_tier").value == "gold"
    assert person.attribute("income") is None
    assert [each.value for each in attributes.tellings_of(person.facets, "gender")] == ["female", "male"]


def test_what_changes_is_believed_from_the_newest_word():
    person = customer(survey(on(1), city="Paris"), record(on(9), city="Lyon"))
    assert person.attribute("city").value == "Lyon"
    assert customer(survey(on(9), city="Paris"), record(on(1), city="Lyon")).attribute("city").value == "Paris"


def test_names_country_and_language_are_attributes_with_their_source_too():
    person = customer(record(on(1), first_name="Ada", country="JP"))
    assert (person.attribute("first_name").source, person.attribute("country").value) == ("store", "JP")
    assert (person.language, person.language_belief.source, person.language_belief.confidence) == (
        "ja",
        "country",
        "guess",
    )
    person = customer(record(on(1), language="fr"), record(on(2), country="JP"))
    assert (person.language, person.language_belief.source) == ("fr", "store")


def test_an_address_outside_who_identifies_nobody_and_nothing_is_sent_there():
    person = customer(record(on(), who={"customer": "7"}, email="other@shop.example", phone="+4915112345678"))
    assert (person.email, person.phone) == ("", "")
    assert person.attribute("other_email").value == "other@shop.example"
    assert person.zone.name == "Europe/Berlin"
    assert customer(record(on(), email="ada@shop.example")).attribute("other_email") is None


def test_a_closed_account_withdraws_consent_and_what_was_ordered_stays():
    agreed = fact(events.SubscriptionConfirmed, on(), channel="email", wording="w")
    closed = fact(events.AccountDeleted, on(1))
    person = customer(agreed, paid(0), closed)
    assert (person.consent_of("email").state, person.consent_of("email").how) == ("unsubscribed", "account_deleted")
    assert len(person.orders) == 1
    again = fact(events.SubscriptionConfirmed, on(2), channel="email", wording="w")
    assert customer(agreed, closed, again).consent_of("email").state == "subscribed"
    imported = fact(events.ConsentRecorded, on(3), source="import", channel="email", subscribed=True, wording="w")
    assert customer(closed, imported).consent_of("email").state == "unsubscribed"


def test_a_flood_of_made_up_attributes_is_bounded_and_drops_nothing_that_is_known():
    said = [tuple(Said(f"key{batch}-{each}", "x" * 999) for each in range(30)) for batch in range(50)]
    person = customer(survey(on(), gender="female"), *(record(on(1, 0, batch), said=s) for batch, s in enumerate(said)))
    assert len(person.facets["attributes"]) == attributes.OTHERS_KEPT + 1
    assert person.attribute("gender").value == "female"
    assert len(json.dumps(person.facets["attributes"])) < 12_000


moments = st.integers(0, 60 * 24).map(lambda minutes: START + timedelta(minutes=minutes))
words = st.sampled_from(["a", "b", "c"])
tellings = st.one_of(
    st.builds(lambda when, value: survey(when, gender=value, hobby=value), moments, words),
    st.builds(
        lambda when, key, value, source: record(when, source, city=value, said=(Said(key, value),)),
        moments,
        st.sampled_from(["k1", "k2", "k3", "k4", "gender"]),
        words,
        st.sampled_from(["shopify", "browser", "import:x", "api"]),
    ),
    st.builds(lambda when: fact(events.AccountDeleted, when), moments),
)


@given(st.lists(tellings, min_size=1, max_size=15), st.integers(0, 2**15))
@settings(max_examples=120, deadline=None)
def test_attributes_fold_in_any_order_apart_or_together_to_one_state(facts, cut):
    kept, attributes.OTHERS_KEPT = attributes.OTHERS_KEPT, 3
    try:
        facts = list({event.id: event for event in facts}.values())
        whole = fold.fold_all(ADA_ID, facts)
        step = Profile(ADA_ID)
        for event in facts:
            assert fold.fold(step, event) is Outcome.FOLDED
            assert fold.settle(step)
        assert step.to_item() == whole.to_item()
        left = [event for number, event in enumerate(facts) if cut >> number & 1]
        right = [event for number, event in enumerate(facts) if not cut >> number & 1]
        mine = fold.fold_all(ADA_ID, left)
        assert fold.merge(mine, fold.fold_all("other", right))
        assert mine.facets == whole.facets
    finally:
        attributes.OTHERS_KEPT = kept


def test_a_measure_compares_two_spans_of_ninety_days_and_says_which_way_it_goes():
    visits = [fact(events.VisitStarted, on(day), visit_id=str(day)) for day in (230, 250, 320, 330, 340, 350)]
    looks = [fact(events.PageLeft, on(day), seconds=seconds, path="/") for day, seconds in ((250, 60), (350, 400))]
    person = customer(record(on(), first_name="Ada"), *visits, *looks)
    found = measures.measures_of(person, NOW)
    assert (found["visits"].value, found["visits"].before, found["visits"].trend) == (4, 2, "rising")
    assert found["visits"].ratio == 2
    assert (found["visit_length"].value, found["visit_length"].before) == (100, 30)
    assert found["complaints"].trend == "too little data"
    assert measures.measures_of(customer(*visits[2:]), NOW)["visits"].trend == "too little data"


def test_orders_amounts_intervals_discounts_and_the_mix_by_category():
    bought = [
        record(on(), first_name="Ada"),
        paid(230, total=10_000),
        paid(260, total=10_000),
        paid(330, total=4_000, category="garden", pieces=2, discount=usd(1_000)),
        paid(345, total=4_000),
        paid(390, total=2_000),
        fact(events.OrderRefunded, on(391), order_id="o390", refund_id="r", amount=usd(500)),
        order(events.OrderCompleted, on(392), order_id="off"),
        fact(events.OrderCancelled, on(393), order_id="off"),
    ]
    found = measures.measures_of(customer(*bought), NOW)
    assert (found["orders"].value, found["orders"].before, found["orders"].trend) == (3, 2, "rising")
    assert (found["amount"].value, found["amount"].before, found["amount"].unit) == (9_500, 20_000, "USD")
    assert found["average_order"].shown == "31.67 USD"
    assert (found["amount"].trend, found["average_order"].trend) == ("falling", "falling")
    assert (found["order_interval"].value, found["order_interval"].before) == ((70 + 15 + 45) / 3, 30)
    assert found["discount_share"].shown == "9%"
    assert (found["bought:garden"].value, found["spent:garden"].value) == (2, 4_000)
    assert (found["bought:kitchen"].value, found["bought:kitchen"].before) == (2, 2)


def test_the_mix_of_every_category_outlives_the_lines_of_older_orders():
    def order_of(categories, day):
        return paid(day, lines=tuple(Line("p", "Thing", 1, usd(100 + each), f"c {each}") for each in range(categories)))

    facts = [paid(day, category="kitchen" if day % 2 else "garden") for day in range(300, 330)]
    newest = list(customer(*facts, order_of(28, 331), order_of(34, 332)).orders.values())[-2:]
    assert [len(each.lines) for each in newest] == [28, 30]
    assert [len(each.mix) for each in newest] == [28, 30]  # of the greatest, though its last lines are not kept
    assert newest[1].mix["c 33"] == [1, 133]
    person = customer(*facts, order_of(9, 299), order_of(40, 298))
    oldest, older = list(person.orders.values())[:2]
    assert not older.lines
    assert (older.mix, older.has_whole_mix) == ({f"c {each}": [1, 100 + each] for each in range(9)}, True)
    assert (len(oldest.mix), oldest.has_whole_mix) == (30, False)
    mix = measures.mix_of(person.orders.values())
    assert (mix["garden"], mix["kitchen"], mix["c 8"]) == ((15, 75_000), (15, 75_000), (1, 108))
    seen = observe(person, NOW, zone="UTC", rates=Rates("USD"))
    assert (len(seen.purchases), seen.days["category"]) == (32, 31)  # a day of more than are kept tells of none
    assert (seen.times["category:c 0"], seen.times["category:garden"]) == (1, 15)


def test_answers_to_mail_are_a_share_of_what_was_sent():
    mails = [sent(on(350 + each), f"m{each}") for each in range(4)]
    person = customer(*mails, message(events.EmailOpened, on(351, 1), "m1"))
    found = measures.measures_of(person, NOW)
    assert (found["email_messages"].value, found["email_answered"].shown) == (4, "25%")
    assert found["sms_answered"].value is None


def test_what_shipping_cost_and_whether_a_message_can_be_followed_are_kept():
    free, unknown = paid(300, shipping=usd(0)), paid(301)
    mails = [sent(on(350), "m1", followed=False), sent(on(351), "m2")]
    person = customer(free, unknown, *mails)
    assert [order.shipping for order in person.orders.values()] == [usd(0), None]
    assert [message.followed for message in person.messages] == [False, True]


def test_gender_and_age_are_concluded_from_target_groups_and_never_override_what_was_told():
    shelf = {f"p{day}": product("female", "25-34") for day in range(300, 306)} | {"p306": product("male", "18-65")}
    bought = [paid(day) for day in range(300, 307)]
    person = customer(*bought)
    found = implicit.beliefs_of(person, shelf, NOW)
    assert (found["gender"].value, found["gender"].explicit, found["gender"].confidence) == ("female", False, "likely")
    assert found["gender"].why["en"].startswith("6 of 7 products")
    assert found["age_band"].value == "25-34"
    told = implicit.beliefs_of(customer(*bought, survey(on(), gender="male", birthday="1960-05-01")), shelf, NOW)
    assert (told["gender"].value, told["gender"].explicit) == ("male", True)
    assert (told["age_band"].value, told["age_band"].explicit) == ("65+", True)


@pytest.mark.parametrize(
    "shelf",
    [
        {"p300": product("female")},
        {"p300": product("female"), "p301": product("female")},
        {"p300": product("female"), "p301": product("male"), "p302": product("female"), "p303": product("male")},
        {f"p{day}": product("unisex", "0-99") for day in range(300, 306)},
        {},
    ],
    ids=["one", "two", "divided", "for everybody", "unknown"],
)
def test_below_the_minimum_of_evidence_or_agreement_nothing_is_concluded(shelf):
    assert implicit.guesses(customer(*(paid(day) for day in range(300, 306))), shelf) == {}


@pytest.mark.parametrize(
    ("text", "bands"),
    [
        ("25-34", ["25-34"]),
        ("18–40", ["18-24", "25-34", "35-44"]),
        ("65+", ["65+"]),
        ("18-65", []),
        ("adult", []),
        ("", []),
    ],
)
def test_an_age_group_is_read_in_bands(text, bands):
    assert implicit.bands_of(text) == bands


def test_every_age_that_the_shipped_survey_offers_is_a_band_of_segments_with_its_tag():
    questions = YAML(typ="safe").load((PLAYBOOK / "surveys/about_you.yaml").read_text("utf-8"))["questions"]
    (choices,) = (question["choices"] for question in questions if question["key"] == "age_band")
    assert list(choices) == [implicit.named(*band) for band in implicit.BANDS]
    shelf = {f"p{day}": product("female", "25-34") for day in range(300, 306)}
    bought = [paid(day) for day in range(300, 306)]
    for band, texts in choices.items():
        person = customer(*bought, survey(on(), age_band=band))
        assert implicit.age_band_told(person, NOW).value == band
        assert implicit.beliefs_of(person, shelf, NOW)["age_band"].value == band, "what was told wins"
        (tag,) = (each for each in tags.tags_of(person, NOW, products=shelf) if each.key == "age")
        assert (tag.id, tag.name["zh-CN"]) == (f"age:{band}", texts["zh-CN"])
        assert tag.name["en"].casefold() == texts["en"].casefold()
        assert rule.matches({"all": [{"age_band": band}]}, person, NOW)
    assert implicit.age_band_told(customer(survey(on(), age_band="18-24", birthday="1960-05-01")), NOW).value == "65+"
    for told in ("under 18", "from_35", "18-34", "9999", "²5"):
        assert implicit.age_band_told(customer(survey(on(), age_band=told, age=told)), NOW) is None


def test_tags_say_what_the_data_carry_each_with_its_reason_in_two_languages():
    opened = [message(events.EmailOpened, on(350 + each, 2), f"m{each}") for each in range(6)]
    bought = [paid(day, total=3_000, discount=usd(500), codes=("X",)) for day in range(310, 400, 15)]
    person = customer(
        record(on(), city="Tokyo", country="JP", time_zone="Asia/Tokyo"),
        survey(on(), gender="female", birthday="1999-01-01"),
        *bought,
        *(sent(on(350 + each), f"m{each}") for each in range(6)),
        *opened,
        *(fact(events.ComplaintOpened, on(390 + each)) for each in range(2)),
    )
    found = {tag.key: tag for tag in tags.tags_of(person, NOW, settings={"city_tiers": {"tier_1": ["Tokyo"]}})}
    assert {tag.id for tag in found.values()} == {
        *("age:25-34", "gender:female", "city:tier_1", "likes:kitchen", "spends:20-40"),
        *("uses_coupons", "complains", "email_hour:20-23"),
    }
    assert all(set(tag.why) == set(tag.name) == {"en", "zh-CN"} for tag in found.values())
    reduced = tags.find(
        customer(*(paid(day, discount=usd(500)) for day in range(310, 400, 15))), NOW, "promo_sensitive"
    )
    assert reduced.why["en"] == "6 of 6 orders without a code in a year were bought at a reduced price"
    assert found["email_hour"].why["zh-CN"] == "6 次打开和点击中有 6 次在 20:00–23:00"


def test_a_stranger_has_no_tags_and_one_order_makes_no_habit():
    assert tags.tags_of(customer(fact(events.VisitStarted, on(399), visit_id="v")), NOW) == ()
    assert tags.tags_of(customer(paid(390, discount=usd(500), codes=("X",))), NOW) == ()


def test_rules_ask_for_tags_by_key_or_by_key_and_value():
    person = customer(*(paid(day, discount=usd(500)) for day in (300, 320, 340)))
    assert rule.matches({"tag": "promo_sensitive"}, person, NOW)
    assert rule.matches({"tag": "likes"}, person, NOW)
    assert rule.matches({"tag": "likes:kitchen"}, person, NOW)
    assert not rule.matches({"tag": "likes:garden"}, person, NOW)
    strict = {"tag": {"eq": "promo_sensitive", "thresholds": {"least_orders": 4}}}
    assert not rule.matches(strict, person, NOW)
    assert rule.explain({"tag": "promo_sensitive"}, person, NOW, ENGLISH) == [
        "Has the tag “Promo-sensitive” — yes (3 of 3 orders without a code in a year were bought at a reduced price)"
    ]
    assert rule.check({"tag": "promo_sensitiv"}) == [
        "$.tag: there is no tag 'promo_sensitiv'; did you mean 'promo_sensitive'?"
    ]


def test_amounts_of_other_currencies_are_not_added():
    euros = order(events.OrderCompleted, on(395), order_id="e", total=1, placed_at=on(395))
    other = type(euros)(**{**vars(euros), "id": "eur", "order_id": "eur", "total": Money(99, "EUR")})
    found = measures.measures_of(customer(paid(390), paid(391), other), NOW)
    assert (found["amount"].unit, found["amount"].value) == ("USD", 10_000)
