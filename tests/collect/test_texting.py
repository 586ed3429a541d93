"""How text messages fared, and who wants no more of them, through the feedback queue."""

import json

import pytest

from chalicelib import settings
from chalicelib.collect import jobs
from chalicelib.collect.texting import means_stop
from tests.collect.conftest import MESSAGE, NOW, PROFILE

PHONE = "+14255550182"


def envelope(message, topic=None):
    return {"Type": "Notification", "TopicArn": topic or settings.feedback_topic(), "Message": json.dumps(message)}


def event(kind, **changes):
    """A delivery event as End User Messaging documents it."""
    made = {
        "eventType": kind,
        "eventVersion": "1.0",
        "eventTimestamp": int(NOW.timestamp() * 1000) - 60_000,
        "isFinal": True,
        "destinationPhoneNumber": PHONE,
        "messageId": f"id-{kind}",
        "messageStatus": kind.removeprefix("TEXT_"),
        "context": {"dripline_message": f"{PROFILE}.{MESSAGE}"},
    }
    return made | changes


def answer(body, **changes):
    made = {
        "originationNumber": PHONE,
        "destinationNumber": "+12125550101",
        "messageKeyword": "KEYWORD_1",
        "messageBody": body,
        "inboundMessageId": f"in-{body}",
        "previousPublishedMessageId": "x",
    }
    return made | changes


def test_each_kind_of_event_is_its_fact_once(web):
    outcome = {
        kind: {jobs.take_feedback(web.cloud, envelope(event(kind)), NOW) for _ in range(2)}
        for kind in ("TEXT_DELIVERED", "TEXT_INVALID", "TEXT_UNREACHABLE", "TEXT_SPAM", "TEXT_QUEUED", "TEXT_PENDING")
    }
    assert {kind for kind, reasons in outcome.items() if reasons != {None}} == {"TEXT_QUEUED", "TEXT_PENDING"}
    delivered, *failed = web.facts("SMS Delivered") + web.facts("SMS Failed")
    assert (delivered.message_id, delivered.who) == (MESSAGE, {"profile": PROFILE})
    assert {(fact.kind, fact.permanent) for fact in failed} == {
        ("INVALID", True),
        ("UNREACHABLE", False),
        ("SPAM", False),
    }
    assert jobs.take_feedback(web.cloud, envelope(event("TEXT_SUCCESSFUL", isFinal=False)), NOW) == "no_change"


def test_stop_withdraws_consent_for_text_messages_and_start_gives_none(web):
    assert jobs.take_feedback(web.cloud, envelope(answer("Stop.")), NOW) is None
    assert jobs.take_feedback(web.cloud, envelope(answer("Stop.")), NOW) is None
    (left,) = web.facts()
    assert (left.name, left.channel, left.how, left.who) == ("Unsubscribed", "sms", "stop", {"phone": PHONE})
    for body in ("START", "yes", "UNSTOP", "When does the sale end?", ""):
        assert jobs.take_feedback(web.cloud, envelope(answer(body)), NOW) == "no_change"
    assert len(web.facts()) == 1


@pytest.mark.parametrize(
    "body",
    ["STOP", " stop ", "Stop!", "UNSUBSCRIBE", "cancel", "END", "quit", "STOP ALL", "Stop texting me", "ARRÊT",
     "ＳＴＯＰ", "退订", "TD", "配信停止", "Abmelden", "baja", "OPT-OUT"],
)  # fmt: skip
def test_words_that_mean_stop(body):
    assert means_stop(body)


@pytest.mark.parametrize("body", ["End of season?", "cancel my order 7", "Do not stop", "unstoppable", "T-shirt?", "1"])
def test_words_that_do_not(body):
    assert not means_stop(body)


def test_only_our_topic_our_messages_and_whole_shapes(web):
    foreign = settings.feedback_topic() + "x"
    assert jobs.take_feedback(web.cloud, envelope(answer("STOP"), foreign), NOW) == "foreign_topic"
    assert jobs.take_feedback(web.cloud, answer("STOP"), NOW) == "foreign_topic", "an inbound message is never raw"
    for context in (None, {}, {"dripline_message": 7}, {"dripline_message": "x.y"}, "text"):
        got = jobs.take_feedback(web.cloud, envelope(event("TEXT_DELIVERED", context=context)), NOW)
        assert got == "unknown_message"
    for odd in (None, 7, "", "not a number", []):
        assert jobs.take_feedback(web.cloud, envelope(answer("STOP", originationNumber=odd)), NOW) == "nobody"
    for moment in (None, "x", -1, 1 << 60, True):
        changed = event("TEXT_DELIVERED", eventTimestamp=moment, messageId=f"at-{moment}")
        assert jobs.take_feedback(web.cloud, envelope(changed), NOW) is None
    told = web.facts()
    assert len(told) == 5
    assert all(fact.occurred_at <= NOW for fact in told)
