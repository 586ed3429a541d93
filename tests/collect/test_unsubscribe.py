"""Leaving a list: in one click, at once, without a question that must be answered; and coming back."""

from datetime import timedelta

import pytest

from chalicelib import clock, ids
from chalicelib.events import CustomerUpdated, SignedUp, SubscriptionConfirmed
from chalicelib.ids import Purpose
from chalicelib.profile import jobs, store
from tests.collect.conftest import NOW, PROFILE

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
MULTIPART = (
    b'--XX\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--XX--\r\n',
    {"Content-Type": "multipart/form-data; boundary=XX"},
)


@pytest.fixture
def ann(web):
    """A subscriber with a welcome mail in her inbox; the path of its unsubscribe link."""
    joined = NOW - timedelta(days=2)
    who = {"email": "ann@mail.example"}
    base = {"received_at": joined, "source": "pages", "who": who}
    facts = [
        SignedUp(id=ids.event_id("s"), occurred_at=joined, email=who["email"], channel="email", wording="w1", **base),
        SubscriptionConfirmed(
            id=ids.event_id("c"), occurred_at=joined + timedelta(hours=1), channel="email", wording="w1", **base
        ),
        CustomerUpdated(id=ids.event_id("u"), occurred_at=joined, email=who["email"], language="en-GB", **base),
    ]
    jobs.fold_now(web.cloud, facts, NOW)
    return f"/u/{web.send_message()[Purpose.UNSUBSCRIBE]}"


def consent(web):
    return store.load(web.cloud, PROFILE).consent_of("email")


def later(minutes):
    clock.set_source(lambda: NOW + timedelta(minutes=minutes))


def test_looking_at_the_page_changes_nothing(web, ann, calls):
    for headers in (None, {"User-Agent": "curl/8"}, {"Cookie": "a=b", "Accept-Language": "zh-CN"}):
        answer = web.call("GET", ann, headers)
        assert answer.status == 200
        assert '<button type="submit">' in answer.text
    assert not {"PutItem", "UpdateItem", "BatchWriteItem"} & set(calls.made)
    assert consent(web).state == "subscribed"


def test_one_click_works_in_both_forms_twice_with_cookies_and_is_one_fact(web, ann):
    body, headers = MULTIPART
    first = web.call("POST", ann, headers | {"Cookie": "session=1"}, body)
    assert consent(web).state == "unsubscribed"
    later(1)
    second = web.post_form(ann, ONE_CLICK, Cookie="session=1")
    third = web.call(
        "POST", ann, {"Content-Type": "application/x-www-form-urlencoded"}, b"List-Unsubscribe=One-Click\r\n"
    )
    assert first.status == second.status == third.status == 200
    assert first.text == second.text == third.text
    (fact,) = web.facts("Unsubscribed")
    assert (fact.how, fact.definition, fact.message_id) == ("one_click", "flow:welcome", "message234567abc")


def test_a_post_that_says_nothing_asks_and_changes_nothing(web, ann):
    asked = web.call("GET", ann).text
    odd = [
        {},
        {"List-Unsubscribe": "Yes"},
        {"list-unsubscribe": "One-Click"},
        {"action": "erase"},
        {"action": "UNSUBSCRIBE"},
    ]
    for form in odd:
        answer = web.post_form(ann, form)
        assert (answer.status, answer.text) == (200, asked)
    for kind in ("multipart/form-data", "multipart/form-data; boundary=", "text/plain", "application/json"):
        answer = web.call("POST", ann, {"Content-Type": kind}, b"\x00\xff--XX")
        assert (answer.status, answer.text) == (200, asked)
    assert consent(web).state == "subscribed"


def test_a_reason_is_asked_for_afterwards_and_never_needed(web, ann):
    page = web.post_form(ann, {"action": "unsubscribe"})
    assert "Too many messages" in page.text
    assert consent(web).state == "unsubscribed"
    later(1)
    assert web.post_form(ann, {"action": "reason"}).status == 200
    assert web.post_form(ann, {"action": "reason", "reason": "made_up", "words": "x"}).status == 200
    assert web.facts("Unsubscribe Reason Given") == []
    hostile = "<script>alert(1)</script>\r\nSet-Cookie: a=b" + "x" * 900
    answer = web.post_form(ann, {"action": "reason", "reason": "too_many", "words": hostile})
    assert "<script>alert" not in answer.text
    web.post_form(ann, {"action": "reason", "reason": "too_many"})
    (fact,) = web.facts("Unsubscribe Reason Given")
    assert (fact.reason, fact.definition, len(fact.words)) == ("too_many", "flow:welcome", 500)
    assert [fact.how for fact in web.facts("Unsubscribed")] == ["page"]


def a_minute_later():
    now = clock.now() + timedelta(minutes=1)
    clock.set_source(lambda: now)


def test_of_several_reasons_the_last_one_holds_and_each_leaving_has_its_own(web, ann):
    def say(*reasons):
        for reason in reasons:
            a_minute_later()
            web.post_form(ann, {"action": "reason", "reason": reason})
        return [fact.reason for fact in web.facts("Unsubscribe Reason Given")]

    web.post_form(ann, {"action": "unsubscribe"})
    assert sorted(say("too_many", "not_relevant", "too_many", "too_many")) == ["not_relevant", "too_many", "too_many"]
    assert store.load(web.cloud, PROFILE).unsubscribe_reasons == {"email": "too_many"}
    for action in ("undo", "unsubscribe"):
        a_minute_later()
        web.post_form(ann, {"action": action})
    assert len(say("too_many", "too_many")) == 4


def test_leaving_can_be_taken_back_and_done_again(web, ann):
    web.post_form(ann, {"action": "undo"})
    assert web.facts("Resubscribed") == []
    for round_number in range(2):
        later(10 * round_number + 1)
        web.post_form(ann, ONE_CLICK)
        assert consent(web).state == "unsubscribed"
        later(10 * round_number + 2)
        for _ in range(2):
            assert "subscribed again" in web.post_form(ann, {"action": "undo"}).text
        assert consent(web).state == "subscribed"
    assert len(web.facts("Unsubscribed")) == len(web.facts("Resubscribed")) == 2
    assert {fact.wording for fact in web.facts("Resubscribed")} == {"signup-2026-11"}


def test_the_page_speaks_the_customer_s_language_then_the_browser_s(web, ann):
    assert '<html lang="en">' in web.call("GET", ann, {"Accept-Language": "zh-CN"}).text
    assert '<html lang="zh-CN">' in web.call("GET", f"{ann}?lang=zh-CN").text
    other = web.token(Purpose.UNSUBSCRIBE, profile_id=ids.identity_key("email", "new@mail.example"))
    assert '<html lang="zh-CN">' in web.call("GET", f"/u/{other}", {"Accept-Language": "it;q=0.9, zh;q=0.8"}).text
    assert web.post_form(f"/u/{other}", ONE_CLICK).status == 200
    assert store.find(web.cloud, "email", "new@mail.example").consent_of("email").state == "unsubscribed"


def test_without_a_playbook_leaving_still_works(web, ann):
    from chalicelib.playbook import bundle

    web.cloud.data.delete(bundle.POINTER)
    bundle.forget()
    assert web.call("GET", ann).status == 200
    assert web.post_form(ann, ONE_CLICK).status == 200
    assert consent(web).state == "unsubscribed"


def test_with_the_database_down_nobody_is_told_that_they_left(web, ann, calls):
    calls.failing[:] = ["*"]
    assert web.post_form(ann, ONE_CLICK).status == 503
    calls.failing[:] = []
    assert web.post_form(ann, ONE_CLICK).status == 200
    assert consent(web).state == "unsubscribed"
