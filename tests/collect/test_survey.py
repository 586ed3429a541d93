"""Answering a survey: nothing required, one fact for the same answers, one coupon whatever is pressed how often."""

import json
from datetime import timedelta

import pytest

from chalicelib import clock, ids
from chalicelib.aws.table import event_key
from chalicelib.collect import guard, rewards, survey
from chalicelib.collect.delivery import DropReason
from chalicelib.collect.guard import Caller
from chalicelib.collect.pages import NO_WORDS
from chalicelib.ids import Purpose
from chalicelib.playbook import bundle
from chalicelib.profile import jobs, store
from tests.collect.conftest import LANGUAGES, NOW, PROFILE

ANSWERS = {
    "birthday": "1990-02-28",
    "gender": "female",
    "age_band": "35-44",
    "would_pay": "79,50",
    "interests.cooking": "yes",
    "interests.pets": "yes",
    "occupation": " nurse\x00 ",
    "income": "-",
}
SAID = {
    "birthday": "1990-02-28",
    "gender": "female",
    "age_band": "35-44",
    "would_pay": "79.5",
    "interests": "cooking,pets",
    "occupation": "nurse",
}


@pytest.fixture
def link(web):
    return f"/survey/{web.token(Purpose.SURVEY)}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_asks_in_the_language_and_requires_nothing(web, link, language):
    page = web.call("GET", f"{link}?lang={language}")
    assert page.status == 200
    assert f'<html lang="{language}">' in page.text
    assert " required" not in page.text
    assert "THANKS10" not in page.text
    assert web.facts() == []


def test_answers_are_facts_once_and_so_is_the_coupon(web, link):
    pages = [web.post_form(link, ANSWERS) for _ in range(3)]
    assert [page.status for page in pages] == [200] * 3
    assert all("THANKS10" in page.text for page in pages)
    (answered,), (told,), (coupon,) = (
        web.facts(name) for name in ("Survey Answered", "Customer Updated", "Coupon Granted")
    )
    assert {said.key: said.value for said in answered.answers} == SAID
    assert (told.birthday, told.gender) == ("1990-02-28", "female")
    assert (coupon.code, coupon.percent, coupon.expires_at) == ("THANKS10", 10, NOW + timedelta(days=30))
    assert dict(store.load(web.cloud, PROFILE).surveys["about_you"].said) == SAID


def test_other_answers_replace_those_before_and_earn_nothing_more(web, link):
    web.post_form(link, ANSWERS)
    clock.set_source(lambda: NOW + timedelta(days=3))
    web.post_form(link, {"gender": "-", "occupation": "teacher"})
    assert dict(store.load(web.cloud, PROFILE).surveys["about_you"].said) == {"occupation": "teacher"}
    assert len(web.facts("Survey Answered")) == 2
    assert len(web.facts("Coupon Granted")) == 1


@pytest.mark.parametrize(
    ("entered", "key"),
    [({"would_pay": "-1"}, "would_pay"), ({"would_pay": "1e999"}, "would_pay"), ({"would_pay": "NaN"}, "would_pay"),
     ({"birthday": "2030-01-01"}, "birthday"), ({"birthday": "31.12.1999"}, "birthday")],
)  # fmt: skip
def test_what_cannot_be_right_is_shown_again_and_kept_for_mending(web, link, entered, key):
    page = web.post_form(link, entered | {"occupation": "nurse"})
    assert page.status == 400
    assert f'id="{key}_wrong"' in page.text
    assert 'value="nurse"' in page.text
    assert web.facts() == []


def test_an_empty_form_earns_nothing_and_blocks_nobody(web, link):
    page = web.post_form(link, {"action": "survey", "gender": "-"})
    assert page.status == 400
    assert web.facts() == []
    assert web.post_form(link, {"gender": "robot", "age_band": "<script>", "occupation": "x"}).status == 200
    (answered,) = web.facts("Survey Answered")
    assert [said.key for said in answered.answers] == ["occupation"]


def test_a_crash_between_answer_and_coupon_is_made_good_by_pressing_again(web, link, calls):
    calls.failing.append("PutItem")
    assert web.post_form(link, ANSWERS).status == 503
    calls.failing.clear()
    real = rewards.log.append
    assert real(web.cloud, web_answer(web)) is True  # the answer was written, and the process died behind it
    jobs.fold_now(web.cloud, web.facts(), NOW)
    assert "THANKS10" in web.post_form(link, ANSWERS).text
    assert len(web.facts("Survey Answered")) == 1
    assert len(web.facts("Coupon Granted")) == 1


def web_answer(web):
    playbook = bundle.load(web.cloud.data, NOW)
    answers, _ = survey.read(playbook.surveys["about_you"], ANSWERS, NO_WORDS, NOW)
    from chalicelib.events import Said, SurveyAnswered

    said = tuple(Said(key, value) for key, value in answers.items())
    name = ids.digest(*(part for pair in said for part in pair))
    return SurveyAnswered(
        id=ids.event_id("pages", "survey", "about_you", PROFILE, "", name),
        occurred_at=NOW,
        received_at=NOW,
        source="pages",
        who={"profile": PROFILE},
        survey="about_you",
        answers=said,
        language="en",
    )


def test_a_reward_granted_under_another_identity_is_not_granted_again(web):
    from chalicelib.events import CustomerUpdated

    known = CustomerUpdated(
        id="k", occurred_at=NOW, received_at=NOW, source="test", who={"email": "ann@mail.example", "customer": "s:1"}
    )
    jobs.fold_now(web.cloud, [known], NOW)
    customer = store.load(web.cloud, PROFILE)
    other = next(each for each in customer.identities if each != PROFILE)
    reward = rewards.find(bundle.load(web.cloud.data, NOW), "thanks10")
    earlier = ids.event_id("pages", "reward", "survey about_you", "thanks10", other)
    web.cloud.events.put(event_key(other, earlier), {"name": "Coupon Granted", "body": json.dumps({})})
    assert rewards.grant(web.cloud, customer, reward, "survey about_you", NOW) is False


def test_a_forged_link_asks_nothing(web, link):
    assert web.call("GET", link.replace("/survey/", "/survey/x")).status == 404
    assert web.call("GET", f"/survey/{web.token(Purpose.PREFERENCES)}").status == 404
    assert web.call("GET", f"{link}?survey=other").status == 503


def test_answers_before_the_confirmation_are_nobodys_until_then(web):
    mail = {"email": "bea@mail.example", "first_name": "Bea", "topic.kitchen": "yes", "frequency": "weekly"}
    sent = web.post_form("/signup", mail | web.stamp("signup"))
    token = sent.text.partition('href="survey/')[2].partition("?")[0]
    assert "no longer counts" in web.call("GET", f"/survey/{token}").text
    later = web.post_form(f"/survey/{token}", ANSWERS)
    assert later.status == 200
    assert "THANKS10" not in later.text
    jobs.fold_now(web.cloud, web.facts(), NOW)
    bea = ids.identity_key("email", "bea@mail.example")
    assert store.load(web.cloud, bea).surveys == {}
    confirmed = web.post_form(f"/confirm/{web.token(Purpose.CONFIRM, profile_id=bea)}", {"action": "confirm"})
    assert "WELCOME10" in confirmed.text
    assert "THANKS10" in confirmed.text
    found = store.load(web.cloud, bea)
    assert dict(found.surveys["about_you"].said) == SAID
    assert (found.preferences.frequency, found.preferences.topics["kitchen"]) == ("weekly", True)
    assert found.preferences.topics["garden"] is False
    assert sorted(fact.code for fact in web.facts("Coupon Granted")) == ["THANKS10", "WELCOME10"]
    # The same page for those who have confirmed: whoever signs up somebody else's address is given this link,
    # and must not learn from it that the address is on the list. Nor is anybody thanked for what is not taken.
    ignored = web.post_form(f"/survey/{token}", {"occupation": "thief"})
    assert (ignored.status, ignored.text) == (200, later.text)
    assert "no longer counts" in ignored.text
    assert "Thank you" not in ignored.text
    assert len(web.facts("Survey Answered")) == 1
    assert dict(store.load(web.cloud, bea).surveys["about_you"].said) == SAID


def test_a_stranger_who_signs_somebody_up_changes_nothing_of_theirs(web):
    from chalicelib.events import PreferencesChanged

    wish = PreferencesChanged(
        id="w", occurred_at=NOW, received_at=NOW, source="t", who={"email": "bea@mail.example"}, frequency="monthly"
    )
    jobs.fold_now(web.cloud, [wish], NOW)
    web.post_form("/signup", {"email": "bea@mail.example", "frequency": "often"} | web.stamp("signup"))
    jobs.fold_now(web.cloud, web.facts("Signed Up"), NOW)
    assert store.find(web.cloud, "email", "bea@mail.example").preferences.frequency == "monthly"


def test_a_form_is_timely_between_two_seconds_and_a_day_for_whoever_asked(web):
    def judged(stamp, address="192.0.2.7"):
        return guard.is_untimely(web.cloud, "signup", stamp, Caller(address=address), NOW)

    assert judged(web.stamp("signup", before=timedelta(seconds=1))) is DropReason.TOO_FAST
    assert judged(web.stamp("signup", before=timedelta(seconds=3))) is None
    assert judged(web.stamp("signup", before=timedelta(hours=23))) is None
    assert judged(web.stamp("signup", before=timedelta(hours=25))) is DropReason.FORM_EXPIRED
    assert judged(web.stamp("preferences")) is DropReason.FORM_EXPIRED
    assert judged(web.stamp("signup"), "198.51.100.1") is DropReason.FORM_EXPIRED
    for forged in ({}, {"stamp": ""}, {"stamp": "zz.zz"}, {"stamp": "1" * 400}, {"stamp": "é.é"}):
        assert judged(forged) is DropReason.FORM_EXPIRED


def test_whoever_was_too_fast_presses_again_and_is_in(web):
    fast = {"email": "bea@mail.example"} | web.stamp("signup", before=timedelta(seconds=1))
    again = web.post_form("/signup", fast)
    assert again.status == 400
    assert 'value="bea@mail.example"' in again.text
    assert fast["stamp"] in again.text
    assert web.facts() == []
    clock.set_source(lambda: NOW + timedelta(seconds=5))
    assert web.post_form("/signup", fast).status == 200
    assert len(web.facts("Signed Up")) == 1
    assert web.drops() == {"too_fast": 1}
