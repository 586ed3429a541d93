"""What SES says of our mail, in any order and either shape; and what nobody should believe."""

import json

from chalicelib import settings
from chalicelib.collect import feedback, jobs
from tests.collect.conftest import MATERIAL, MESSAGE, NOW, PROFILE, needs_material

TAGS = {"dripline_message": [f"{PROFILE}.{MESSAGE}"], "ses:configuration-set": ["dripline"]}
FACTS = {
    "bounce": "Email Bounced",
    "complaint": "Email Marked as Spam",
    "delivery": "Email Delivered",
    "deliverydelay": "Email Delayed",
    "reject": "Email Rejected",
    "rendering-failure": "Email Rejected",
    "send": "Email Accepted",
}


def report(kind, details=None, *, shape="eventType", name=None, tags=TAGS):
    mail = {"timestamp": "2026-11-23T09:00:00.000Z", "messageId": "0100-ses", "tags": tags}
    return {shape: kind, "mail": mail, name or kind.lower(): details if details is not None else {}}


def envelope(message, topic=None):
    text = message if isinstance(message, str) else json.dumps(message)
    return {"Type": "Notification", "TopicArn": topic or settings.feedback_topic(), "Message": text}


@needs_material
def test_every_sample_of_ses_becomes_its_fact_in_both_shapes(web):
    right = made = 0
    for path in sorted((MATERIAL / "ses").glob("event--*.json")):
        kind = path.stem.removeprefix("event--").removesuffix("-record")
        event = json.loads(path.read_text())
        event["mail"]["tags"] = TAGS
        other = {("notificationType" if name == "eventType" else name): value for name, value in event.items()}
        other["mail"] = dict(other["mail"], messageId="other-shape")
        for each in (event, event, other):
            before = len(web.facts())
            jobs.take_feedback(web.cloud, envelope(each), NOW)
            added = [fact.name for fact in web.facts()][before:]
            made += 1
            right += len(added) <= 1
        stored = [fact for fact in web.facts() if fact.name == FACTS.get(kind)]
        assert bool(stored) == (kind in FACTS)
        assert {(fact.message_id, fact.who["profile"]) for fact in stored} <= {(MESSAGE, PROFILE)}
    assert len(web.facts()) == 2 * len(FACTS)
    assert web.drops() == {"unused_topic": 9}
    print(f"right {right} of {made}")


def test_only_our_topic_is_believed_and_only_our_messages(web):
    good = report("Delivery", {"timestamp": "2026-11-23T09:01:00.000Z"})
    arn = settings.feedback_topic()
    refused = [
        envelope(good, arn + "x"),
        envelope(good, arn.replace("us-east-1", "eu-west-1")),
        envelope(good) | {"Type": "SubscriptionConfirmation", "SubscribeURL": "http://169.254.169.254/latest"},
        {"TopicArn": arn},
        [],
        "text",
    ]
    assert {jobs.take_feedback(web.cloud, body, NOW) for body in refused} == {"foreign_topic"}
    strangers = [None, {}, {"dripline_message": []}, {"dripline_message": ["x.y"]}, {"dripline_message": [7]}, "text"]
    assert {jobs.take_feedback(web.cloud, envelope(report("Send", tags=tags)), NOW) for tags in strangers} == {
        "unknown_message"
    }
    for text in ("{", "Successfully validated SNS topic", "[]", '{"eventType": NaN}'):
        assert jobs.take_feedback(web.cloud, envelope(text), NOW) == "broken_json"
    assert web.facts() == []
    assert jobs.take_feedback(web.cloud, envelope(good), NOW) is None
    assert len(web.facts()) == 1


def test_feedback_comes_in_any_order_and_twice(web):
    late, early = "2026-11-23T09:30:00.000Z", "2026-11-23T09:10:00.000Z"
    told = [
        report("Complaint", {"timestamp": late, "complaintFeedbackType": "abuse"}),
        report("Delivery", {"timestamp": early}),
        report("Bounce", {"timestamp": late, "bounceType": "Transient", "bounceSubType": "General"}),
        report("DeliveryDelay", {"timestamp": early, "delayType": "MailboxFull"}, name="deliveryDelay"),
        report("Send"),
    ]
    for each in told + told[::-1]:
        assert jobs.take_feedback(web.cloud, envelope(each), NOW) is None
    found = {fact.name: fact for fact in web.facts()}
    assert len(web.facts()) == len(found) == 5
    assert (found["Email Bounced"].permanent, found["Email Bounced"].kind) == (False, "General")
    assert found["Email Delayed"].kind == "MailboxFull"


def test_kinds_of_bounce_and_of_complaint():
    def bounce(kind):
        return feedback.translate(report("Bounce", {"bounceType": kind}), NOW)[0].permanent

    assert [bounce(kind) for kind in ("Permanent", "Transient", "Undetermined", None)] == [True, False, False, False]
    assert feedback.translate(report("Complaint", {"complaintFeedbackType": "not-spam"}), NOW) == "no_change"
    header = [{"name": "X-SES-MESSAGE-TAGS", "value": f"a=b, dripline_message={PROFILE}.{MESSAGE}"}]
    bare = {"notificationType": "Delivery", "mail": {"messageId": "m", "headers": header}, "delivery": {}}
    assert feedback.translate(bare, NOW)[0].message_id == MESSAGE
    for odd in (None, 7, "x", [], {}):
        assert feedback.translate({"eventType": "Bounce", "mail": odd, "bounce": odd}, NOW) == "unknown_message"
        assert feedback.translate({"eventType": odd}, NOW) == "unused_topic"
