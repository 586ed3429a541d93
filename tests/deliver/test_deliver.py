"""A planned message on its way: sent once, put off, skipped, lost and found again."""

from datetime import timedelta

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from chalicelib import clock, events
from chalicelib.aws.ses import MailRefused, SendingPaused, Throttled, Unanswered
from chalicelib.aws.table import message_key, profile_key, sending_key
from chalicelib.deliver import jobs, store
from chalicelib.deliver.gate import SkipReason
from chalicelib.deliver.jobs import Outcome
from chalicelib.errors import Unavailable
from chalicelib.playbook import bundle as playbook
from chalicelib.profile import log
from tests.deliver.people import (
    NOW,
    MemoryMailer,
    bundle_with,
    default_bundle,
    message_to,
    person,
    plan,
    publish,
    unsubscribing,
)

ANN = "ann@mail.example"


@pytest.fixture
def shop(cloud):
    """A cloud with the default playbook published and a mailer that keeps what it is given."""
    publish(cloud)
    cloud.mailer = MemoryMailer()
    return cloud


def arrive(shop, profile):
    """Store a profile as the fold would."""
    shop.profiles.put(profile_key(profile.profile_id), profile.to_item() | {"version": 1})
    return profile.profile_id


def welcome(shop, profile=None, **changes):
    profile = profile or person()
    return plan(shop, message_to(arrive(shop, profile), **changes))


def item(shop, body):
    return shop.agenda.get(message_key(body["profile_id"], body["message_id"]), consistent=True)


def facts(shop, body, kind):
    return [fact for fact in log.read(shop, body["profile_id"]) if isinstance(fact, kind)]


def told(kind, body, at=NOW, **details):
    stem = {"who": {"profile": body["profile_id"]}, "occurred_at": at, "received_at": at, "source": "ses"}
    fact = kind(id=f"{kind.name}-{body['message_id']}-{at}", message_id=body["message_id"], **details, **stem)
    return events.serialise(fact)


def test_a_due_message_goes_out_once_and_says_so(shop):
    body = welcome(shop)
    assert jobs.deliver(shop, body, NOW) is Outcome.SENT
    assert jobs.deliver(shop, body, NOW) is Outcome.SETTLED
    [mail] = shop.mailer.mails
    assert mail.recipient == ANN
    assert mail.tag == f"{body['profile_id']}.{body['message_id']}"
    sent = item(shop, body)
    assert (sent["status"], sent["ses_id"]) == ("sent", "ses-1")
    assert "due_at" not in sent
    assert sent["links"][0].startswith("https://shop.example/?utm_source=dripline")
    [fact] = facts(shop, body, events.MessageSent)
    assert fact.marketing
    assert fact.consent_id == f"confirmed-{ANN}"
    assert fact.local_hour == 10  # 15:00 UTC in the store's zone, the person's being unknown


@pytest.mark.parametrize(("pixel", "followed"), [("individual", True), ("campaign", False), ("none", False)])
def test_a_message_says_whether_its_opens_and_clicks_can_be_told_of_the_person(shop, pixel, followed):
    publish(shop, bundle_with(tracking={"pixel": pixel, "ask_in": [], "wordings": []}))
    playbook.forget()
    body = welcome(shop)
    assert jobs.deliver(shop, body, NOW) is Outcome.SENT
    [fact] = facts(shop, body, events.MessageSent)
    assert fact.followed is followed


def test_ses_itself_takes_the_mail_with_our_tag(cloud):
    publish(cloud)
    body = welcome(cloud)
    assert jobs.deliver(cloud, body, NOW) is Outcome.SENT
    [taken] = ses_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].sent_messages
    assert set(taken.destinations) == {ANN}  # moto names whom To and Destination both name twice
    assert taken.source == "hello@shop.example"
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in str(taken.raw_data)


def test_who_unsubscribes_between_queueing_and_sending_gets_nothing(shop):
    body = welcome(shop)
    arrive(shop, person(facts=[unsubscribing({"email": ANN}, NOW - timedelta(seconds=1))]))
    assert jobs.deliver(shop, body, NOW) is Outcome.SKIPPED
    assert shop.mailer.mails == []
    [fact] = facts(shop, body, events.MessageSkipped)
    assert fact.reason == SkipReason.NO_CONSENT
    assert item(shop, body)["status"] == "skipped"
    assert jobs.deliver(shop, body, NOW) is Outcome.SETTLED
    assert len(facts(shop, body, events.MessageSkipped)) == 1


def test_a_throttled_message_waits_longer_each_time_and_then_goes_out(shop):
    shop.mailer = MemoryMailer(*[Throttled("SES: TooManyRequestsException")] * 8)
    body = welcome(shop, give_up_at=clock.to_text(NOW + timedelta(days=2)))
    at, waits = NOW, []
    for _ in range(8):
        assert jobs.deliver(shop, body, at) is Outcome.DEFERRED
        waiting = item(shop, body)
        assert waiting["status"] == "planned"
        waits.append(clock.parse(waiting["due_at"]) - at)
        at = clock.parse(waiting["due_at"])
    assert waits[:4] == [timedelta(minutes=minutes) for minutes in (2, 4, 8, 16)]
    assert max(waits) == timedelta(hours=1)
    assert jobs.deliver(shop, body, at) is Outcome.SENT
    assert len(shop.mailer.mails) == 9  # eight of which SES refused


def test_a_paused_account_stops_everything_until_an_operator_goes_on(shop):
    shop.mailer = MemoryMailer(SendingPaused("SES: AccountSuspendedException"))
    first, second = welcome(shop), welcome(shop, person("bob@mail.example"))
    assert jobs.deliver(shop, first, NOW) is Outcome.DEFERRED
    assert shop.catalog.get(sending_key())["reason"] == "SES: AccountSuspendedException"
    for body in (first, second):
        assert jobs.deliver(shop, body, NOW) is Outcome.DEFERRED
        waiting = item(shop, body)
        assert (waiting["status"], clock.parse(waiting["due_at"])) == ("planned", NOW + timedelta(minutes=15))
    assert len(shop.mailer.mails) == 1
    jobs.resume_sending(shop)
    assert [jobs.deliver(shop, body, NOW) for body in (first, second)] == [Outcome.SENT, Outcome.SENT]


def test_a_refused_mail_is_skipped_for_good(shop):
    shop.mailer = MemoryMailer(MailRefused("SES: MessageRejected"))
    body = welcome(shop)
    assert jobs.deliver(shop, body, NOW) is Outcome.SKIPPED
    assert facts(shop, body, events.MessageSkipped)[0].reason == SkipReason.REFUSED
    assert jobs.deliver(shop, body, NOW) is Outcome.SETTLED
    assert len(shop.mailer.mails) == 1


def test_a_template_beyond_its_limits_is_skipped_not_retried(shop):
    bundle = default_bundle()
    endless = "{% for a in (1..1000) %}{% for b in (1..1000) %}x{% endfor %}{% endfor %}"
    copies = {spoken: copy | {"html": endless} for spoken, copy in bundle.templates["welcome"]["locales"].items()}
    broken = bundle.templates | {"welcome": bundle.templates["welcome"] | {"locales": copies}}
    shop.data.put_json("playbook/bundles/test.json", {**vars(bundle), "templates": broken})
    body = welcome(shop)
    assert jobs.deliver(shop, body, NOW) is Outcome.SKIPPED
    assert facts(shop, body, events.MessageSkipped)[0].reason == SkipReason.UNRENDERABLE


def test_an_unanswered_call_is_listed_and_settled_by_the_event_with_our_tag(shop):
    shop.mailer = MemoryMailer(Unanswered("SES did not answer"))
    body = welcome(shop)
    assert jobs.deliver(shop, body, NOW) is Outcome.UNKNOWN
    for later in (timedelta(minutes=1), timedelta(hours=1), timedelta(days=3)):
        assert jobs.deliver(shop, body, NOW + later) is Outcome.UNKNOWN
    assert [each["message_id"] for each in jobs.list_unknown(shop)] == [body["message_id"]]
    assert facts(shop, body, events.MessageSent) == []
    assert jobs.settle(shop, body["profile_id"], [told(events.EmailDelivered, body)], NOW) == 1
    assert item(shop, body)["status"] == "delivered"
    assert list(jobs.list_unknown(shop)) == []
    assert len(facts(shop, body, events.MessageSent)) == 1
    assert len(shop.mailer.mails) == 1


def test_a_sender_that_vanished_leaves_its_message_unknown_when_its_lease_ends(shop):
    body = welcome(shop)
    assert store.reserve(shop, store.read(shop, **body), NOW, {})
    assert jobs.deliver(shop, body, NOW + timedelta(minutes=14)) is Outcome.HELD
    assert clock.parse(item(shop, body)["due_at"]) == NOW + timedelta(minutes=15)  # the sweep will look at it
    assert jobs.deliver(shop, body, NOW + timedelta(minutes=15)) is Outcome.UNKNOWN
    assert [each["message_id"] for each in jobs.list_unknown(shop)] == [body["message_id"]]
    assert shop.mailer.mails == []


def test_two_runs_at_once_send_once(shop):
    body = welcome(shop)
    seen = []

    class Meanwhile(MemoryMailer):
        def send(self, mail):
            seen.append(jobs.deliver(shop, body, NOW))
            return super().send(mail)

    shop.mailer = Meanwhile()
    assert jobs.deliver(shop, body, NOW) is Outcome.SENT
    assert seen == [Outcome.HELD]
    assert len(shop.mailer.mails) == 1


def test_feedback_may_overtake_our_own_note(shop):
    body = welcome(shop)

    class Eager(MemoryMailer):
        def send(self, mail):
            jobs.settle(shop, body["profile_id"], [told(events.EmailMarkedAsSpam, body)], NOW)
            return super().send(mail)

    shop.mailer = Eager()
    assert jobs.deliver(shop, body, NOW) is Outcome.SENT
    kept = item(shop, body)
    assert (kept["status"], kept["ses_id"]) == ("complained", "ses-1")
    assert len(facts(shop, body, events.MessageSent)) == 1


def test_news_of_a_message_nobody_knows_is_counted_and_no_more(shop):
    nobody = {"profile_id": "a" * 16, "message_id": "b" * 16}
    facts_told = [told(kind, nobody) for kind in (events.EmailDelivered, events.EmailAccepted, events.EmailRejected)]
    assert jobs.settle(shop, "a" * 16, facts_told, NOW) == 0
    assert jobs.deliver(shop, nobody, NOW) is Outcome.MISSING


def test_a_fact_that_could_not_be_written_is_made_good_by_the_next_run(shop):
    body = welcome(shop)
    real, failing = shop.events.put_if_absent, [True]
    table = shop.events

    class Log:
        def put_if_absent(self, key, attributes):
            if failing.pop() if failing else False:
                raise Unavailable("throttled")
            return real(key, attributes)

        def query(self, *arguments, **options):
            return table.query(*arguments, **options)

    shop.events = Log()
    with pytest.raises(Unavailable):
        jobs.deliver(shop, body, NOW)
    assert (item(shop, body)["status"], facts(shop, body, events.MessageSent)) == ("sent", [])
    assert jobs.deliver(shop, body, NOW) is Outcome.SETTLED
    assert len(facts(shop, body, events.MessageSent)) == 1
    assert len(shop.mailer.mails) == 1


def test_a_sweep_that_put_an_ended_message_back_on_the_index_is_undone(shop):
    body = welcome(shop)
    jobs.deliver(shop, body, NOW)
    shop.agenda.update(message_key(**body), set={"due_at": clock.to_text(NOW), "due_bucket": "b"})
    assert jobs.deliver(shop, body, NOW) is Outcome.SETTLED
    assert "due_at" not in item(shop, body)
