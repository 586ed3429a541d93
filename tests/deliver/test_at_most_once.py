"""Whatever breaks while a batch is sent, nobody gets a message twice and nothing is lost without a trace.

Every call to AWS that sending makes fails once, in each of four ways: the
process dies before or after it, or its answer is lost and it did or did not
take effect. The queue then delivers again, leases end, and SES's events come.
"""

from datetime import timedelta

import pytest

from chalicelib import clock, events
from chalicelib.aws.services import Services
from chalicelib.aws.ses import Unanswered
from chalicelib.aws.table import message_key, profile_key
from chalicelib.deliver import jobs
from chalicelib.errors import Unavailable
from chalicelib.profile import log
from tests.deliver.people import NOW, MemoryMailer, message_to, person, plan, publish

MODES = ("dies before", "dies after", "times out before", "times out after")
BATCH = 3
CALLS = 9  # of one message: read, pause, customer, reserve, send, read, confirm, fact; and one to spare


class Death(BaseException):
    """The process is gone: nothing of it may catch this."""


class Fault:
    """Counts calls and breaks the one numbered `at`; `at` 0 breaks none."""

    def __init__(self, at=0, mode=""):
        self.count, self.at, self.mode, self.hit = 0, at, mode, False

    def around(self, call, lost):
        self.count += 1
        if self.count != self.at:
            return call()
        self.hit = True
        if self.mode.endswith("after"):
            call()
        if self.mode.startswith("dies"):
            raise Death
        raise lost


class FaultyServices(Services):
    """Services whose calls go through the present `fault`."""

    def __init__(self, cloud, mailer):
        super().__init__(over_wire=False)
        self.fault, self.behind, self.data = Fault(), mailer, cloud.data
        self.dynamodb = lambda operation, request: self.fault.around(
            lambda: cloud.dynamodb(operation, request), Unavailable(f"{operation} gave no answer")
        )
        self.mailer = self

    def send(self, mail):
        return self.fault.around(lambda: self.behind.send(mail), Unanswered("no answer"))

    def broken(self, fault):
        self.fault = fault
        return self

    @property
    def well(self):
        return self.broken(Fault())


def sent_tags(mailer):
    return [mail.tag for mail in mailer.mails]


def queue_delivers(services, body, now):
    """One delivery of the outbox queue; True when it will come again."""
    try:
        jobs.deliver(services, body, now)
    except (Death, Unavailable):
        return True
    return False


@pytest.mark.parametrize("mode", MODES)
def test_a_fault_at_any_call_never_sends_twice_and_never_loses_a_message(cloud, mode):
    publish(cloud)
    mailer = MemoryMailer()
    shop = FaultyServices(cloud, mailer)
    hits = settled_later = stranded = 0
    for at in range(1, CALLS + 1):
        bodies = []
        for number in range(BATCH):
            profile = person(f"p{mode.replace(' ', '-')}-{at}-{number}@mail.example")
            cloud.profiles.put(profile_key(profile.profile_id), profile.to_item() | {"version": 1})
            bodies.append(plan(cloud, message_to(profile.profile_id)))
        for body in bodies:
            fault = Fault(at, mode)
            again = queue_delivers(shop.broken(fault), body, NOW)
            hits += fault.hit
            if again:  # the queue shows it again, to a process that is well
                assert not queue_delivers(shop.well, body, NOW + timedelta(minutes=6))
        after_lease = NOW + timedelta(minutes=16)
        for body in bodies:  # the sweep hands out what is due
            item = cloud.agenda.get(message_key(**body))
            if item.get("due_at", "9") <= clock.to_text(after_lease):
                queue_delivers(shop.well, body, after_lease)

        tags = sent_tags(mailer)
        assert len(tags) == len(set(tags))
        listed = {each["message_id"] for each in jobs.list_unknown(cloud)}
        for body in bodies:
            item = cloud.agenda.get(message_key(**body))
            went = f"{body['profile_id']}.{body['message_id']}" in tags
            if item["status"] == "sent":
                assert went
            else:
                assert item["status"] == "unknown"
                assert body["message_id"] in listed
                stranded += not went
                if went:  # SES tells of what it took
                    settled_later += 1
                    jobs.settle(cloud, body["profile_id"], [told(body)], after_lease)
                    assert cloud.agenda.get(message_key(**body))["status"] == "delivered"
            facts = [each for each in log.read(cloud, body["profile_id"]) if isinstance(each, events.MessageSent)]
            assert len(facts) == went
    assert hits == 8 * BATCH  # every call of every message broke once
    assert 0 < settled_later + stranded <= hits  # a fault at the one call cannot be told from a mail sent
    left = list(jobs.list_unknown(cloud))
    assert len(left) == stranded <= hits


def told(body):
    stem = {"who": {"profile": body["profile_id"]}, "occurred_at": NOW, "received_at": NOW, "source": "ses"}
    return events.EmailDelivered(id=f"d-{body['message_id']}", message_id=body["message_id"], **stem)


def test_a_fault_while_news_is_applied_is_made_good_when_it_comes_again(cloud):
    publish(cloud)
    for at in range(1, 5):
        for mode in MODES:
            shop = FaultyServices(cloud, MemoryMailer(Unanswered("no answer")))
            profile = person(f"n{mode.replace(' ', '-')}-{at}@mail.example")
            cloud.profiles.put(profile_key(profile.profile_id), profile.to_item() | {"version": 1})
            body = plan(cloud, message_to(profile.profile_id))
            jobs.deliver(shop, body, NOW)
            for fault in (Fault(at, mode), Fault()):
                try:
                    jobs.settle(shop.broken(fault), body["profile_id"], [told(body)], NOW)
                except (Death, Unavailable):
                    continue
            assert cloud.agenda.get(message_key(**body))["status"] == "delivered"
            assert sum(isinstance(each, events.MessageSent) for each in log.read(cloud, body["profile_id"])) == 1
    assert list(jobs.list_unknown(cloud)) == []
