"""Consent and suppression: one table of stories, each told in every order of arrival."""

import itertools

import pytest

from chalicelib import events
from chalicelib.profile import fold
from tests.profile.facts import ADA, ADA_ID, fact, message, on, sent


def signed_up(hour):
    return fact(events.SignedUp, on(0, hour), email=ADA["email"], channel="email", wording="w1", page="/join")


def confirmed(hour):
    return fact(events.SubscriptionConfirmed, on(0, hour), channel="email", wording="w1")


def told(hour, subscribed, source="shopify"):
    return fact(events.ConsentRecorded, on(0, hour), source=source, channel="email", subscribed=subscribed, wording="s")


def imported(hour, subscribed=True):
    return told(hour, subscribed, source="import:klaviyo")


def left(hour, how="one_click"):
    return fact(events.Unsubscribed, on(0, hour), channel="email", how=how)


def returned(hour):
    return fact(events.Resubscribed, on(0, hour), channel="email", wording="w2")


def complained(hour):
    return message(events.EmailMarkedAsSpam, on(0, hour))


STORIES = {
    "nothing is known": ([], "never"),
    "a sign-up waits for its confirmation": ([signed_up(1)], "pending"),
    "a confirmation subscribes": ([signed_up(1), confirmed(2)], "subscribed"),
    "a sign-up never lowers a subscription": ([confirmed(1), signed_up(2)], "subscribed"),
    "the store's word subscribes": ([told(1, True)], "subscribed"),
    "the store's word unsubscribes": ([told(1, True), told(2, False)], "unsubscribed"),
    "the newest of the store's words holds": ([told(1, False), told(2, True)], "subscribed"),
    "one click unsubscribes": ([signed_up(1), confirmed(2), left(3)], "unsubscribed"),
    "an old confirmation does not undo it": ([left(3), confirmed(2)], "unsubscribed"),
    "taking it back subscribes": ([confirmed(1), left(2), returned(3)], "subscribed"),
    "there is nothing to take back": ([returned(1)], "never"),
    "what was taken back before the unsubscribe is gone": ([confirmed(1), returned(2), left(3)], "unsubscribed"),
    "leaving again holds": ([confirmed(1), left(2), returned(3), left(4)], "unsubscribed"),
    "who left and signs up again must confirm": ([confirmed(1), left(2), signed_up(3)], "pending"),
    "and then is back": ([confirmed(1), left(2), signed_up(3), confirmed(4)], "subscribed"),
    "an import subscribes the unknown": ([imported(1)], "subscribed"),
    "an import withdraws": ([confirmed(1), imported(2, subscribed=False)], "unsubscribed"),
    "an import never undoes an unsubscribe": ([left(1), imported(2)], "unsubscribed"),
    "nor a refusal, nor through a sign-up": ([told(1, False), signed_up(2), imported(3)], "pending"),
    "nor an unsubscribe dated before it": ([imported(1), left(2), imported(3)], "unsubscribed"),
    "a complaint unsubscribes": ([confirmed(1), complained(2)], "unsubscribed"),
    "of the same instant, withdrawal wins": ([confirmed(1), left(1)], "unsubscribed"),
}


@pytest.mark.parametrize("story", STORIES)
def test_consent_follows_the_rules_in_any_order_of_arrival(story):
    facts, state = STORIES[story]
    for arrival in itertools.permutations(facts):
        customer = fold.fold_all(ADA_ID, arrival).customer
        assert customer.consent_of("email").state == state
        assert customer.consent_of("sms").state == "never"


def test_a_consent_names_the_fact_that_says_so():
    facts = [signed_up(1), confirmed(2), complained(3)]
    pending = fold.fold_all(ADA_ID, facts[:1]).customer.consent_of("email")
    assert (pending.since, pending.event_id, pending.wording) == (on(0, 1), facts[0].id, "w1")
    assert (pending.source, pending.page) == ("shopify", "/join")
    assert fold.fold_all(ADA_ID, facts[:2]).customer.consent_of("email").event_id == facts[1].id
    assert fold.fold_all(ADA_ID, facts).customer.consent_of("email").how == "complaint"


def test_a_complaint_suppresses_for_good():
    facts = [confirmed(1), complained(2), returned(3)]
    assert fold.fold_all(ADA_ID, facts).customer.suppressed == {"email": "complained"}


def bounced(hour, permanent, message_id="m1"):
    return message(events.EmailBounced, on(0, hour), message_id, permanent=permanent, kind="General")


def test_a_hard_bounce_suppresses_the_address_of_its_time_only():
    facts = [confirmed(1), sent(on(0, 2)), bounced(3, permanent=True)]
    assert fold.fold_all(ADA_ID, facts).customer.suppressed == {"email": "bounced"}
    moved = fact(events.CustomerUpdated, on(0, 4), {"email": "ada@new.example", "customer": "c-7"})
    assert fold.fold_all(ADA_ID, [*facts, moved]).customer.suppressed == {}
    again = bounced(5, permanent=True, message_id="m2")
    assert fold.fold_all(ADA_ID, [*facts, moved, again]).customer.suppressed == {"email": "bounced"}


@pytest.mark.parametrize(("soft", "delivered", "state"), [(4, 9, {}), (5, 9, {"email": "soft_bounced"}), (6, 5, {})])
def test_five_soft_bounces_in_a_row_suppress_and_a_delivery_breaks_the_row(soft, delivered, state):
    facts = [confirmed(0)]
    for number in range(soft):
        facts += [sent(on(0, number), f"m{number}"), bounced(number, permanent=False, message_id=f"m{number}")]
        if number == delivered:
            facts.append(message(events.EmailDelivered, on(0, number), f"m{number}"))
    for arrival in (facts, facts[::-1]):
        assert fold.fold_all(ADA_ID, arrival).customer.suppressed == state


def test_an_out_of_office_note_behind_a_delivery_is_no_bounce():
    facts = []
    for number in range(6):
        facts += [sent(on(0, number), f"m{number}"), message(events.EmailDelivered, on(0, number), f"m{number}")]
        facts.append(bounced(number, permanent=False, message_id=f"m{number}"))
    assert fold.fold_all(ADA_ID, facts).customer.suppressed == {}


def test_why_somebody_left_is_remembered():
    said = fact(events.UnsubscribeReasonGiven, on(0, 3), channel="email", reason="too_many")
    assert fold.fold_all(ADA_ID, [left(2), said]).customer.unsubscribe_reasons == {"email": "too_many"}
