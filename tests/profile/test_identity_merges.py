"""Who is who: the same people in the end, whatever arrives first, crashes in between or runs at once."""

import itertools
import random

import pytest

from chalicelib import events, ids
from chalicelib.aws.table import Table, profile_key
from chalicelib.errors import Unavailable
from chalicelib.profile import jobs, log, store
from tests.profile.facts import ADA_ID, fact, message, on, order, owners, record_of, sent, stored_profiles, stream, usd

EMAIL = {"email": "ada@shop.example"}
CUSTOMER = {"customer": "c-7"}
BROWSER = {"anonymous": "cookie-1"}


def viewed(when, who, **content):
    return fact(events.ProductViewed, when, who, product_id="p1", source="snippet", **content)


def empty(cloud):
    for table in (cloud.profiles, cloud.events):
        for item in table.scan(attributes=("pk", "sk")).items:
            table.delete(type(profile_key("x"))(item["pk"], item["sk"]))


def one_person():
    return [
        viewed(on(), BROWSER),
        fact(events.SignedUp, on(0, 1), EMAIL | BROWSER, email=EMAIL["email"], channel="email", wording="w1"),
        order(events.OrderCreated, on(0, 2), CUSTOMER | {"order": "shopify:1001"}),
        order(events.OrderCompleted, on(0, 3), CUSTOMER | EMAIL),
        fact(
            events.OrderRefunded, on(0, 4), {"order": "shopify:1001"}, order_id="1001", refund_id="r", amount=usd(100)
        ),
        fact(events.PointsChanged, on(0, 5), CUSTOMER, delta=50, reason="order"),
    ]


def test_any_order_of_arrival_makes_one_person_of_strong_identifiers(cloud):
    facts = one_person()
    chance = random.Random(3)
    arrivals = [facts, facts[::-1], *(chance.sample(facts, len(facts)) for _ in range(8))]
    finals = []
    for arrival in arrivals:
        empty(cloud)
        for event in arrival:
            assert stream(cloud, [event]) == {"batchItemFailures": []}
        finals.append((stored_profiles(cloud), owners(cloud)))
    assert all(final == finals[0] for final in finals)
    assert list(finals[0][0]) == [ADA_ID]
    ada = store.find(cloud, "customer", "c-7")
    assert (ada.email, ada.points, ada.orders["1001"].refunded) == ("ada@shop.example", 50, 100)
    assert ada.count("Product Viewed", now=on(1)) == 1
    assert store.find(cloud, "order", "shopify:1001").profile_id == ADA_ID


def test_one_batch_or_many_give_the_same_people(cloud):
    facts = one_person()
    stream(cloud, facts)
    together = stored_profiles(cloud), owners(cloud)
    empty(cloud)
    for event in facts:
        stream(cloud, [event])
    assert (stored_profiles(cloud), owners(cloud)) == together


def test_two_people_at_one_browser_stay_two_and_the_first_keeps_its_history(cloud):
    ada, bob = {"email": "ada@shop.example"}, {"email": "bob@shop.example"}
    facts = [
        viewed(on(), BROWSER),
        viewed(on(0, 1), ada | BROWSER),
        viewed(on(0, 2), bob | BROWSER),
        viewed(on(0, 3), BROWSER),
    ]
    finals = []
    for arrival in itertools.permutations(facts):
        empty(cloud)
        for event in arrival:
            stream(cloud, [event])
        finals.append((stored_profiles(cloud), owners(cloud)))
    assert all(final == finals[0] for final in finals)
    assert store.find(cloud, "email", "ada@shop.example").count("Product Viewed", now=on(1)) == 3
    assert store.find(cloud, "email", "bob@shop.example").count("Product Viewed", now=on(1)) == 1


def test_what_was_claimed_through_a_phone_moves_with_it(cloud):
    ada, bob, phone = {"email": "ada@shop.example"}, {"email": "bob@shop.example"}, {"phone": "+4915112345678"}
    facts = [
        viewed(on(), BROWSER),
        viewed(on(0, 1), phone | BROWSER),
        viewed(on(0, 3), bob | phone),
        viewed(on(0, 2), ada | phone),  # arrives last and was first
    ]
    for event in facts:
        stream(cloud, [event])
    apart = stored_profiles(cloud), owners(cloud)
    assert store.find(cloud, "anonymous", "cookie-1").email == "ada@shop.example"
    assert store.find(cloud, "email", "ada@shop.example").count("Product Viewed", now=on(1)) == 3
    assert store.find(cloud, "email", "bob@shop.example").count("Product Viewed", now=on(1)) == 1
    empty(cloud)
    stream(cloud, facts)
    assert (stored_profiles(cloud), owners(cloud)) == apart


def test_facts_about_messages_reach_the_survivor_of_a_merge(cloud):
    loser = ids.identity_key("customer", "c-7")
    stream(cloud, [viewed(on(), CUSTOMER)])
    stream(cloud, [sent(on(0, 1), who={"profile": loser})])
    stream(cloud, [viewed(on(0, 2), CUSTOMER | EMAIL)])
    stream(cloud, [message(events.EmailOpened, on(0, 3), who={"profile": loser})])
    ada = store.load(cloud, loser)
    assert ada.profile_id == ADA_ID
    assert ada.messages[0].opened_at == on(0, 3)
    assert store.load_many(cloud, [loser, ADA_ID, "nobody"]).keys() == {loser, ADA_ID}
    assert [each.profile_id for each in store.scan(cloud)[0]] == [ADA_ID]


class Faulty:
    """Passes calls on until the `fatal`-th, which fails, before or after AWS has done it."""

    def __init__(self, call, fatal, *, after):
        self.call, self.fatal, self.after, self.calls = call, fatal, after, 0

    def __call__(self, operation, request):
        self.calls += 1
        if self.calls == self.fatal:
            if self.after:
                self.call(operation, request)
            raise Unavailable("the process died here")
        return self.call(operation, request)


def merging():
    """(what is there already, the batch during which the process dies): a merge of two, with a claim."""
    before = [
        viewed(on(), BROWSER),
        order(events.OrderCreated, on(0, 1), CUSTOMER | BROWSER),
        fact(events.PointsChanged, on(0, 1), CUSTOMER, delta=5, reason="order"),
        fact(events.PointsChanged, on(0, 2), EMAIL, delta=7, reason="review"),
    ]
    return before, [order(events.OrderCompleted, on(0, 3), CUSTOMER | EMAIL), viewed(on(0, 4), BROWSER)]


def moving():
    """An earlier claim turns up: a browser and its history move to another person."""
    bob = {"email": "bob@shop.example"}
    return [viewed(on(), BROWSER), viewed(on(0, 3), bob | BROWSER)], [viewed(on(0, 2), EMAIL | BROWSER)]


@pytest.mark.parametrize("story", [merging, moving])
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_call_and_a_replay_give_the_same_people(cloud, story, after):
    before, batch = story()
    stream(cloud, before)
    stream(cloud, batch)
    expected = stored_profiles(cloud), owners(cloud)
    healthy, sound = cloud.profiles, cloud.dynamodb
    fatal = 0
    while True:
        fatal += 1
        empty(cloud)
        stream(cloud, before)
        for event in batch:
            log.append(cloud, event)
        faulty = Faulty(sound, fatal, after=after)
        cloud.profiles = Table(healthy.name, faulty)
        answer = jobs.fold_events(cloud, [record_of(event, number) for number, event in enumerate(batch, 1)], on(1))
        cloud.profiles = healthy
        if faulty.calls < fatal:
            break
        assert answer["batchItemFailures"], f"call {fatal} failed and nobody was told"
        assert stream(cloud, batch) == {"batchItemFailures": []}
        assert (stored_profiles(cloud), owners(cloud)) == expected, f"after a crash at call {fatal}"
    assert fatal > 10


class Meddling:
    """Runs `meddle` once, just before the first write of a profile: another handler that is faster."""

    def __init__(self, call, meddle):
        self.call, self.meddle = call, meddle

    def __call__(self, operation, request):
        if operation == "PutItem" and request["Item"]["sk"]["S"] == "profile" and self.meddle:
            meddle, self.meddle = self.meddle, None
            meddle()
        return self.call(operation, request)


def test_a_handler_that_was_overtaken_by_a_fold_reads_again(cloud):
    stream(cloud, [viewed(on(), EMAIL)])
    healthy = cloud.profiles
    rival = viewed(on(0, 1), EMAIL)

    def meddle():
        cloud.profiles = healthy
        stream(cloud, [rival])

    cloud.profiles = Table(healthy.name, Meddling(cloud.dynamodb, meddle))
    assert stream(cloud, [viewed(on(0, 2), EMAIL)]) == {"batchItemFailures": []}
    assert store.load(cloud, ADA_ID).count("Product Viewed", now=on(1)) == 3


def test_a_handler_that_was_overtaken_by_a_merge_finds_the_survivor(cloud):
    stream(cloud, [viewed(on(), CUSTOMER)])
    healthy = cloud.profiles

    def meddle():
        cloud.profiles = healthy
        stream(cloud, [viewed(on(0, 1), CUSTOMER | EMAIL)])

    table = Table(healthy.name, Meddling(cloud.dynamodb, meddle))
    cloud.profiles = table
    assert stream(cloud, [viewed(on(0, 2), CUSTOMER)]) == {"batchItemFailures": []}
    assert list(stored_profiles(cloud)) == [ADA_ID]
    assert store.load(cloud, ADA_ID).count("Product Viewed", now=on(1)) == 3
