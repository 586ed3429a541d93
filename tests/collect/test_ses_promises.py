"""SES's own samples in every shape and envelope, the state a message ends in, and whose word is taken."""

import json
from itertools import permutations

import pytest

from chalicelib import settings
from chalicelib.collect import jobs
from chalicelib.deliver.status import Status, advance, news_in
from chalicelib.profile.fold import fold_all
from tests.collect.conftest import MATERIAL, NOW, needs_material
from tests.collect.test_feedback import FACTS, TAGS, envelope, report

STATES = {
    "bounce": "bounced",
    "complaint": "complained",
    "delivery": "delivered",
    "deliverydelay": "delayed",
    "reject": "rejected",
    "rendering-failure": "rejected",
    "send": "sent",
}


def samples():
    for path in sorted((MATERIAL / "ses").glob("event--*.json")):
        event = json.loads(path.read_text())
        event["mail"]["tags"] = TAGS
        kind = path.stem.removeprefix("event--").removesuffix("-record")
        yield kind, event
        yield kind, {("notificationType" if name == "eventType" else name): value for name, value in event.items()}


@needs_material
def test_each_sample_moves_a_message_as_it_should_in_both_shapes_and_envelopes(web, record_property):
    right = made = 0
    for kind, event in samples():
        for number, enveloped in enumerate((True, False)):
            told = json.loads(json.dumps(event))
            told["mail"]["messageId"] = f"{kind}-{made}"
            before = {fact.id for fact in web.facts()}
            reason = jobs.take_feedback(web.cloud, envelope(told) if enveloped else told, NOW)
            added = [fact for fact in web.facts() if fact.id not in before]
            made += 1
            if kind in FACTS:
                states = [advance(Status.SENT, news_in(fact)) for fact in added]
                right += [fact.name for fact in added] == [FACTS[kind]] and states == [STATES[kind]]
            else:
                right += added == [] and reason == "unused_topic"
            assert number in (0, 1)
    assert right == made == 40
    record_property("promise", f"P17: SES's 10 samples x 2 shapes x 2 envelopes: right transition {right}/{made}")


def test_the_odd_orders_of_feedback_end_where_they_should(web, record_property):
    at = {name: f"2026-11-23T09:{minute}:00.000Z" for name, minute in (("first", "01"), ("then", "20"))}
    delivery = report("Delivery", {"timestamp": at["first"]})
    transient = report("Bounce", {"timestamp": at["then"], "bounceType": "Transient", "bounceSubType": "General"})
    hard = report("Bounce", {"timestamp": at["then"], "bounceType": "Permanent"})
    complaint = report("Complaint", {"timestamp": at["then"], "complaintFeedbackType": "abuse"})
    delay = {"eventType": "DeliveryDelay", "mail": {"tags": TAGS, "messageId": "bare"}}
    right = made = 0
    for told, ends in (
        ([delivery, transient], "delivered"),
        ([complaint, delivery], "complained"),
        ([hard, delivery, delay], "bounced"),
        ([delay, delivery], "delivered"),
        ([transient, delay], "soft_bounced"),
    ):
        for order in permutations(told):
            state = Status.SENT
            for each in order:
                (fact,) = jobs.feedback.translate(each, NOW)
                state = advance(state, news_in(fact))
            made += 1
            right += state == ends
    assert right == made
    stopped = fold_all("p" * 16, [jobs.feedback.translate(hard, NOW)[0]]).customer.suppressed
    complained = fold_all("p" * 16, [jobs.feedback.translate(complaint, NOW)[0]]).customer.suppressed
    assert (stopped, complained) == ({"email": "bounced"}, {"email": "complained"})
    record_property("promise", f"P17: odd orders of feedback end in the right state {right}/{made}")


@needs_material
def test_a_message_that_amazon_really_signed_is_believed_from_our_topic_only(web, monkeypatch, record_property):
    signed = [json.loads(path.read_text()) for path in sorted((MATERIAL / "sns").glob("*.json"))]
    notices = [body for body in signed if body["Type"] == "Notification"]
    foreign = sum(jobs.take_feedback(web.cloud, body, NOW) != "foreign_topic" for body in signed)
    heard = 0
    for body in notices:
        monkeypatch.setenv("DRIPLINE_FEEDBACK_TOPIC", body["TopicArn"])
        assert settings.feedback_topic() == body["TopicArn"]
        heard += jobs.take_feedback(web.cloud, body, NOW) != "foreign_topic"
    others = [body for body in signed if body["Type"] != "Notification"]
    confirmed = 0
    for body in others:
        monkeypatch.setenv("DRIPLINE_FEEDBACK_TOPIC", body["TopicArn"])
        confirmed += jobs.take_feedback(web.cloud, body, NOW) != "foreign_topic"
    assert (foreign, heard, confirmed) == (0, len(notices), 0)
    assert web.facts() == []
    record_property(
        "promise",
        f"P18: signed notices heard when the topic is ours {heard}/{len(notices)}, else {foreign}/{len(signed)};"
        f" confirmations followed {confirmed}/{len(others)}",
    )


@pytest.mark.parametrize(
    "body",
    [
        {"Type": "Notification", "Message": json.dumps(report("Send"))},
        {"Type": "SubscriptionConfirmation", "SubscribeURL": "http://169.254.169.254/latest/meta-data"},
        {"Type": "UnsubscribeConfirmation"},
        {"TopicArn": "", "mail": {}, "eventType": "Send"},
        {"mail": "text", "eventType": "Send"},
        {"Message": "{}", "mail": {}},
        None,
        [],
        7,
    ],
)
def test_what_is_neither_our_topic_s_nor_ses_s_event_is_refused(web, body):
    assert jobs.take_feedback(web.cloud, body, NOW) == "foreign_topic"
    assert web.facts() == []
