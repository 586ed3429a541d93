"""A fault at every AWS call of every job, its effect lost or only its answer: nothing lost, nothing twice."""

from functools import cached_property

import pytest

from chalicelib import clock, events
from chalicelib.aws.services import Services
from chalicelib.decide import jobs
from chalicelib.errors import Unavailable
from tests.decide.shop import Shop

FLOWS = {
    "thanks": {
        "enter": {"event": "Order Created", "who": {"paid": False}, "again_after": "1h"},
        "goal": {"event": "Order Completed"},
        "steps": [
            {"email": "news", "coupon": "save5", "points": {"grant": 10}},
            {"wait": "1h"},
            {
                "branch": [
                    {"if": {"order_total": {"gte": 1}}, "steps": [{"email": "letter", "coupon": "save20"}]},
                    {"else": True, "steps": [{"email": "unpaid_1"}]},
                ]
            },
        ],
    }
}
CHOICE = {
    "branch": [
        {"if": {"points": {"gte": 10}}, "steps": [{"email": "letter"}]},
        {"else": True, "steps": [{"email": "unpaid_1"}]},
    ]
}
PEOPLE = ("ann", "bob")
START = "2026-11-23T15:30:00Z"


class Faulty(Services):
    """The same cloud, in which call number `fails_at` fails: it never arrives, or its answer is lost."""

    def __init__(self, plain: Services, takes_effect: bool) -> None:
        super().__init__(over_wire=False)
        self.plain = plain
        self.takes_effect = takes_effect
        self.calls = 0
        self.fails_at = 0

    @cached_property
    def dynamodb(self):
        return lambda operation, request: self._call(lambda: self.plain.dynamodb(operation, request))

    def queue(self, name):
        faulty, queue = self, self.plain.queue(name)

        class FaultyQueue:
            def send(self, bodies):
                bodies = list(bodies)
                return faulty._call(lambda: queue.send(bodies))

        return FaultyQueue()

    def _call(self, call):
        self.calls += 1
        if self.calls != self.fails_at:
            return call()
        if self.takes_effect:
            call()
        raise Unavailable("a fault that was put in")


class FaultyShop(Shop):
    """Every job fails at its first call, then at its second, and so on until it has no further call to fail at."""

    faults = 0
    sweeps = 0

    def repeat(self, job) -> None:
        place = 0
        while True:
            place += 1
            self.cloud.calls, self.cloud.fails_at = 0, place
            try:
                job()
            except Unavailable:
                self.faults += 1
            else:
                return

    def sweep(self) -> None:
        """The first three fail everywhere; were all to, what each claims and cannot hand on would stay claimed."""
        self.sweeps += 1
        self.cloud.fails_at = 0
        sweep = super().sweep
        if self.sweeps > 3:
            sweep()
        else:
            self.repeat(sweep)

    def handle(self, queue, body) -> None:
        self.repeat(lambda: super(FaultyShop, self).handle(queue, body))

    def react(self, profile_id, facts) -> None:
        self.repeat(lambda: jobs.react(self.cloud, profile_id, facts, self.now))


@pytest.mark.parametrize("takes_effect", [False, True], ids=["the call is lost", "its answer is lost"])
def test_a_fault_at_any_call_loses_no_message_and_doubles_none(cloud, capsys, takes_effect):
    shop = FaultyShop(cloud, START, flows=FLOWS, caps={"email": {"every": "30m", "retry": "48h"}})
    shop.cloud = Faulty(cloud, takes_effect)
    for name in PEOPLE:
        shop.know(name)
        shop.happen(shop.order(name, f"order-of-{name}"))
    shop.pass_days(1)
    sent = sorted((item.item["order_id"], item.item["step"]) for item in shop.sent)
    assert sent == [(f"order-of-{name}", step) for name in PEOPLE for step in ("letter", "news")]
    for name in PEOPLE:
        assert sorted(fact.code for fact in shop.facts(name, events.CouponGranted)) == ["SAVE20", "SAVE5"]
        assert [fact.delta for fact in shop.facts(name, events.PointsChanged)] == [10]
        assert [fact.held_out for fact in shop.facts(name, events.FlowEntered)] == [False]
        assert [fact.outcome for fact in shop.facts(name, events.FlowLeft)] == ["finished"]
    assert not [item for item in shop.agenda() if "due_at" in item]
    assert shop.faults > 50
    with capsys.disabled():
        print(f"\n{shop.faults} faults around {len(sent)} messages: 0 lost, 0 double")


class Forgetful(Faulty):
    """The same cloud, whose queues take the first body of each kind and lose it."""

    def __init__(self, plain: Services) -> None:
        super().__init__(plain, False)
        self.lost: list[object] = []

    def queue(self, name):
        queue, lost = self.plain.queue(name), self.lost

        class ForgetfulQueue:
            def send(self, bodies):
                for body in bodies:
                    if body in lost:
                        queue.send([body])
                    else:
                        lost.append(body)

        return ForgetfulQueue()


def test_what_a_queue_loses_comes_due_again_by_itself(cloud):
    shop = Shop(cloud, START, flows=FLOWS, caps={"email": {"every": "30m", "retry": "48h"}})
    shop.cloud = Forgetful(cloud)
    shop.know("ann")
    shop.happen(shop.order("ann", "1001"))
    shop.pass_days(1)
    assert [item.item["step"] for item in shop.sent] == ["news", "letter"]
    assert len(shop.cloud.lost) == 3  # the run, once, and two messages
    assert shop.sent[0].at - clock.parse(START) == clock.parse_duration("20m")


def test_a_branch_once_chosen_is_kept_though_the_reason_for_it_is_gone(cloud):
    """The choice is written down before anything follows from it, so a crash cannot lead down both ways."""
    shop = Shop(cloud, START, flows={"f": FLOWS["thanks"] | {"steps": [CHOICE]}})
    shop.cloud = Faulty(cloud, takes_effect=True)
    shop.know("ann")
    shop.record(shop.order("ann", "1001"))
    jobs.react(cloud, shop.pid("ann"), [shop.order("ann", "1001")], shop.now)
    (body,) = shop.take("steps")
    for shop.cloud.fails_at in range(1, 30):
        shop.cloud.calls = 0
        try:
            jobs.advance(shop.cloud, body, shop.now)
        except Unavailable:
            if shop.agenda("message#"):
                break
    shop.record(shop.fact(events.PointsChanged, "ann", delta=50, reason="gift"))
    shop.pass_days(1)
    assert [item.item["step"] for item in shop.sent] == ["unpaid_1"]
