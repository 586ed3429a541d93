"""The last look: for each reason not to send there is a person whom it holds back."""

from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.deliver.gate import SkipReason, gate
from chalicelib.events import (
    EmailBounced,
    EmailMarkedAsSpam,
    MessageSent,
    OrderCancelled,
    OrderCompleted,
    PreferencesChanged,
)
from tests.deliver.people import NOW, default_bundle, message_to, order, person

STEM = {"occurred_at": NOW - timedelta(hours=1), "received_at": NOW - timedelta(hours=1), "source": "test"}
ANN = {"email": "ann@mail.example"}


def judge(template="welcome", *, profile=None, now=NOW, **changes):
    profile = profile or person()
    return gate(message_to(profile.profile_id, template, **changes), profile.customer, default_bundle(), now)


@pytest.mark.parametrize("template", ["welcome", "black_friday"])
def test_a_subscriber_with_everything_in_order_is_sent_to(template):
    assert judge(template) is None


def test_an_open_order_may_be_reminded_of():
    assert judge("unpaid_1", profile=person(facts=[order()])) is None


def test_who_was_erased_meanwhile_is_not_written_to():
    assert gate(message_to("a" * 16), None, default_bundle(), NOW) is SkipReason.NO_CUSTOMER


def test_an_address_is_needed_and_must_be_one_that_ses_takes():
    assert judge(profile=person("")) is SkipReason.NO_ADDRESS
    for address in ("Bücher@mail.example", "a@b", "a b@mail.example", "a@mail.example,b@mail.example", "a@[10.0.0.1]"):
        assert judge(profile=person(address)) is SkipReason.BAD_ADDRESS, address
    assert judge(profile=person("ann@bücher.example")) is None


@pytest.mark.parametrize("consent", ["never", "pending", "unsubscribed"])
def test_marketing_needs_consent_with_a_record(consent):
    assert judge(profile=person(consent=consent)) is SkipReason.NO_CONSENT


def test_bounced_and_complaining_people_are_not_written_to_whatever_the_class():
    bounced = EmailBounced(id="b", who=ANN, message_id="m", permanent=True, **STEM)
    complained = EmailMarkedAsSpam(id="c", who=ANN, message_id="m", **STEM)
    assert judge(profile=person(facts=[bounced])) is SkipReason.SUPPRESSED
    assert judge(profile=person(facts=[complained])) is SkipReason.SUPPRESSED
    assert judge("confirm_subscription", profile=person(consent="pending", facts=[bounced])) is SkipReason.SUPPRESSED


def test_who_paused_is_sent_no_marketing_until_the_pause_is_over():
    pause = PreferencesChanged(id="p", who=ANN, paused_until=NOW + timedelta(days=30), **STEM)
    assert judge(profile=person(facts=[pause])) is SkipReason.PAUSED
    waiting = person(consent="pending", facts=[pause])
    assert judge("confirm_subscription", profile=waiting) is None
    later = NOW + timedelta(days=31)
    assert judge("black_friday", profile=person(facts=[pause]), now=later, give_up_at="", offer={}) is None
    resumed = PreferencesChanged(id="r", who=ANN, resumed=True, **(STEM | {"occurred_at": NOW}))
    assert judge(profile=person(facts=[pause, resumed])) is None


def test_the_confirmation_goes_only_to_those_who_have_yet_to_confirm():
    assert judge("confirm_subscription", profile=person(consent="pending")) is None
    for consent in ("never", "subscribed", "unsubscribed"):
        answer = judge("confirm_subscription", profile=person(consent=consent))
        assert answer is SkipReason.CONFIRMATION_NOT_DUE


def test_a_paid_or_cancelled_order_is_not_reminded_of():
    content = {"order_id": "1001", "who": ANN} | STEM
    paid = OrderCompleted(id="p", total=order().total, updated_at=NOW, **content)
    cancelled = OrderCancelled(id="x", **content)
    for closing in (paid, cancelled):
        assert judge("unpaid_2", profile=person(facts=[order(), closing])) is SkipReason.ORDER_CLOSED
    assert judge("unpaid_2") is SkipReason.ORDER_MISSING


def test_a_message_past_its_time_is_given_up():
    late = NOW + timedelta(hours=48)
    assert judge(now=late) is SkipReason.EXPIRED
    assert judge(now=late - timedelta(seconds=1)) is None


def test_a_coupon_must_be_there_and_valid():
    assert judge(offer={}) is SkipReason.OFFER_MISSING
    assert judge("unpaid_2", profile=person(facts=[order()]), offer={}) is SkipReason.OFFER_MISSING
    lapsed = {"code": "X", "percent": 5, "expires_at": clock.to_text(NOW)}
    assert judge(offer=lapsed) is SkipReason.OFFER_EXPIRED


def test_a_campaign_reaches_a_merged_person_once():
    profile = person()
    again = message_to(profile.profile_id, "black_friday")
    sent = MessageSent(
        id="s",
        who={"profile": profile.profile_id},
        message_id="other",
        channel="email",
        definition=again["definition"],
        template="black_friday",
        **STEM,
    )
    assert judge("black_friday", profile=person(facts=[sent])) is SkipReason.ALREADY_SENT


def test_what_the_playbook_no_longer_has_is_not_sent():
    assert judge(definition="flow:removed") is SkipReason.DEFINITION_GONE
    assert judge(definition="campaign:removed") is SkipReason.DEFINITION_GONE
    assert judge("removed", definition="flow:welcome") is SkipReason.TEMPLATE_MISSING


def test_only_email_goes_out_here():
    assert judge(channel="sms") is SkipReason.CHANNEL_UNSUPPORTED
