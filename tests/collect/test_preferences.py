"""The preference centre: what is wished holds at once, said twice is said once, and a channel is never opened by it."""

from datetime import timedelta

import pytest

from chalicelib import clock, ids
from chalicelib.events import ConsentRecorded, CustomerUpdated, SubscriptionConfirmed
from chalicelib.ids import Purpose
from chalicelib.profile import jobs, store
from tests.collect.conftest import LANGUAGES, NOW, PROFILE

ANN = {"email": "ann@mail.example"}
STEM = {"occurred_at": NOW - timedelta(days=9), "received_at": NOW - timedelta(days=9), "source": "t", "who": ANN}
TOPICS = ("new_arrivals", "offers", "kitchen", "bedroom", "garden", "tips")
ALL = {f"topic.{topic}": "yes" for topic in TOPICS} | {f"shown.topic.{topic}": "on" for topic in TOPICS}
SHOWN = {"action": "save", "shown.email": "on", "shown.sms": "off", "channel.email": "yes", "frequency": "often"} | ALL


@pytest.fixture
def link(web):
    known = SubscriptionConfirmed(id="c", channel="email", wording="signup-2026-11", **STEM)
    jobs.fold_now(web.cloud, [known], NOW)
    return f"/p/{web.token(Purpose.PREFERENCES)}"


def ann(web):
    return store.load(web.cloud, PROFILE)


def made(web):
    return [fact for fact in web.facts() if fact.source == "pages"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_looking_changes_nothing_in_any_language(web, link, language):
    page = web.call("GET", f"{link}?lang={language}")
    assert page.status == 200
    assert f'<html lang="{language}">' in page.text
    assert made(web) == []


def test_what_is_wished_holds_at_once_and_twice_is_once(web, link):
    wish = SHOWN | {"frequency": "weekly", "pause": "30", "language": "de", "birthday": "1990-02-28"}
    del wish["topic.garden"]
    for _ in range(3):
        assert web.post_form(link, wish).status == 200
    (fact,) = web.facts("Preferences Changed")
    assert [(said.key, said.value) for said in fact.topics] == [("garden", "no")]
    wishes = ann(web).preferences
    assert (wishes.frequency, wishes.paused_until) == ("weekly", NOW + timedelta(days=30))
    assert ann(web).language == "de"
    assert "23. Dezember 2026" in web.call("GET", link).text
    clock.set_source(lambda: NOW + timedelta(days=2))
    web.post_form(link, wish | {"pause": "end"})
    assert not ann(web).preferences.is_paused(NOW + timedelta(days=2))
    assert len(web.facts("Preferences Changed")) == 2


def test_an_earlier_choice_can_be_gone_back_to(web, link):
    def wish(number, **wished):
        clock.set_source(lambda: NOW + timedelta(minutes=number))
        assert web.post_form(link, SHOWN | {"language": ann(web).language} | wished).status == 200
        return ann(web)

    languages = ("de", "fr", "de", "de", "fr")
    assert [wish(number, language=each).language for number, each in enumerate(languages)] == list(languages)
    days = ("1990-01-01", "1991-01-01", "1990-01-01")
    told = [wish(number, birthday=day).attribute("birthday").value for number, day in enumerate(days, 10)]
    assert told == list(days)
    often = ("weekly", "monthly", "weekly")
    assert [wish(number, frequency=each).preferences.frequency for number, each in enumerate(often, 20)] == list(often)
    assert len(web.facts("Preferences Changed")) == 4 + 3 + 3


def test_a_birthday_told_here_after_a_survey_holds_and_one_told_by_the_store_does_not(web, link):
    clock.set_source(lambda: NOW + timedelta(minutes=1))
    web.post_form(f"/survey/{web.token(Purpose.SURVEY)}", {"birthday": "1990-01-01"})
    clock.set_source(lambda: NOW + timedelta(minutes=2))
    web.post_form(link, SHOWN | {"birthday": "1991-01-01"})
    assert ann(web).attribute("birthday").value == "1991-01-01"
    later = STEM | {"occurred_at": NOW + timedelta(minutes=3), "received_at": NOW + timedelta(minutes=3)}
    jobs.fold_now(web.cloud, [CustomerUpdated(id="u", birthday="1970-01-01", **later)], NOW + timedelta(minutes=3))
    assert ann(web).attribute("birthday").value == "1991-01-01"


def test_what_was_shown_and_sent_back_says_nothing(web, link):
    assert web.post_form(link, SHOWN | {"pause": "none", "language": "en"}).status == 200
    assert [fact.name for fact in made(web) if fact.name != "Preferences Changed"] == []


def test_email_is_left_and_come_back_to(web, link):
    off = {key: value for key, value in SHOWN.items() if key != "channel.email"}
    for _ in range(2):
        web.post_form(link, off)
    assert ann(web).consent_of("email").state == "unsubscribed"
    assert len(web.facts("Unsubscribed")) == 1
    clock.set_source(lambda: NOW + timedelta(minutes=1))
    web.post_form(link, SHOWN)  # a tab from before, which showed the box as on
    assert ann(web).consent_of("email").state == "unsubscribed"
    assert "I would like to receive offers" in web.call("GET", link).text
    web.post_form(link, SHOWN | {"shown.email": "off"})
    assert ann(web).consent_of("email").state == "subscribed"
    (back,) = web.facts("Resubscribed")
    assert (back.wording, back.language) == ("signup-2026-11", "en")


def test_text_messages_can_be_stopped_and_not_begun(web, link):
    web.post_form(link, SHOWN | {"channel.sms": "yes"})
    assert ann(web).consent_of("sms").state == "never"
    jobs.fold_now(web.cloud, [ConsentRecorded(id="s", channel="sms", subscribed=True, wording="till", **STEM)], NOW)
    assert 'name="channel.sms"' in web.call("GET", link).text
    web.post_form(link, SHOWN | {"shown.sms": "on"})
    assert ann(web).consent_of("sms").state == "unsubscribed"
    web.post_form(link, SHOWN | {"channel.sms": "yes"})
    assert ann(web).consent_of("sms").state == "unsubscribed"


def test_who_never_subscribed_confirms_first(web):
    jobs.fold_now(web.cloud, [CustomerUpdated(id="u", email=ANN["email"], **STEM)], NOW)
    link = f"/p/{web.token(Purpose.PREFERENCES)}"
    web.post_form(link, SHOWN | {"shown.email": "off"})
    assert ann(web).consent_of("email").state == "pending"
    assert [fact.page for fact in web.facts("Signed Up")] == ["preferences"]


@pytest.mark.parametrize("birthday", ["2030-01-01", "0001-01-01", "tomorrow", "<b>"])
def test_a_birthday_that_cannot_be_one_changes_nothing(web, link, birthday):
    page = web.post_form(link, SHOWN | {"birthday": birthday, "pause": "30"})
    assert page.status == 400
    assert 'id="birthday_wrong"' in page.text
    assert "<b>" not in page.text
    assert made(web) == []


def test_the_link_is_mailed_and_the_answer_tells_nobody_who_is_known(web, link):
    form = web.stamp("preferences")
    known, unknown = (
        web.post_form("/preferences", form | {"email": each}) for each in (ANN["email"], "x@mail.example")
    )
    assert (known.status, known.headers, known.text) == (unknown.status, unknown.headers, unknown.text)
    web.post_form("/preferences", form | {"email": ANN["email"]})
    (asked,) = web.facts("Preferences Requested")
    assert dict(asked.who) == ANN
    assert store.find(web.cloud, "email", "x@mail.example") is None
    for number in range(25):
        web.post_form("/preferences", form | {"email": f"c{number}@mail.example"})
    assert web.drops()["too_often"] == 8
    assert web.post_form("/preferences", form | {"email": "nobody"}).status == 400
    assert web.post_form("/preferences", {"email": ANN["email"]}).status == 400


def test_fewer_instead_of_leaving_comes_after_the_button(web, link):
    leave = link.replace("/p/", "/u/").replace(link[3:], web.token(Purpose.UNSUBSCRIBE))
    page = web.call("GET", leave).text
    assert page.index('value="unsubscribe"') < page.index('value="fewer"') < page.index("../p/")
    for _ in range(2):
        assert web.post_form(leave, {"action": "fewer", "wish": "monthly"}).status == 200
    assert ann(web).preferences.frequency == "monthly"
    assert ann(web).consent_of("email").state == "subscribed"
    assert len(web.facts("Preferences Changed")) == 1
    web.post_form(leave, {"action": "fewer", "wish": "30"})
    assert ann(web).preferences.is_paused(NOW)
    web.post_form(leave, {"action": "fewer", "wish": "never"})
    assert len(web.facts("Preferences Changed")) == 2


def test_a_preference_link_unsubscribes_nobody(web, link):
    assert web.post_form(f"/u/{link[3:]}", {"List-Unsubscribe": "One-Click"}).status == 404
    assert ids.read_token(link[3:], Purpose.PREFERENCES, web.cloud.secrets.link_keys).profile_id == PROFILE
