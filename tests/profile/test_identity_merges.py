"""Who is who: the same people in the end, whatever arrives first, crashes in between or runs at once."""

import itertools
import random

import pytest

from chalicelib import events, ids
from chalicelib.aws.table import Table
from chalicelib.errors import Unavailable
from chalicelib.profile import jobs, log, store
from tests.profile.facts import ADA_ID, fact, message, on, order, owners, record_of, sent, stored_profiles, stream, usd
from tests.profile.memory import MemoryServices

EMAIL = {"email": "ada@shop.example"}
CUSTOMER = {"customer": "c-7"}
BROWSER = {"anonymous": "cookie-1"}


def viewed(when, who, **content):
    return fact(events.ProductViewed, when, who, product_id="p1", source="snippet", **content)


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


def people(services):
    return stored_profiles(services), owners(services)


def after(facts, services=None):
    """The people there are when the facts arrived one by one."""
    services = services or MemoryServices()
    for event in facts:
        assert stream(services, [event]) == {"batchItemFailures": []}
    return people(services)


def test_any_order_of_arrival_makes_one_person_of_strong_identifiers(cloud):
    final = after(one_person(), cloud)
    assert list(final[0]) == [ADA_ID]
    ada = store.find(cloud, "customer", "c-7")
    assert (ada.email, ada.points, ada.orders["1001"].refunded) == ("ada@shop.example", 50, 100)
    assert ada.count("Product Viewed", now=on(1)) == 1
    assert store.find(cloud, "order", "shopify:1001").profile_id == ADA_ID
    for arrival in itertools.islice(itertools.permutations(one_person()), 0, None, 40):
        assert after(arrival) == final


def test_the_emulator_of_aws_and_the_one_in_memory_agree(cloud):
    arrival = one_person()[::-1]
    assert after(arrival, cloud) == after(arrival)


def test_one_batch_or_many_give_the_same_people():
    final = after(one_person())
    for arrival in itertools.islice(itertools.permutations(one_person()), 0, None, 23):
        together = MemoryServices()
        assert stream(together, arrival) == {"batchItemFailures": []}
        assert people(together) == final


def test_a_thousand_random_arrivals_of_a_household_give_the_same_people(record_property):
    """Two people, one browser and one phone between them, facts twice, in batches of any size."""
    ben = {"email": "ben@shop.example"}
    household = [
        *one_person(),
        viewed(on(0, 6), ben | BROWSER),
        fact(events.CustomerUpdated, on(0, 7), ben | {"customer": "c-8"}, first_name="Ben", said=()),
    ]
    final = after(household)
    assert len(final[0]) == 2
    chance = random.Random(11)
    states = []
    for _ in range(1000):
        arrival = household + chance.choices(household, k=1)
        chance.shuffle(arrival)
        services = MemoryServices()
        while arrival:
            size = chance.randint(3, 9)
            assert stream(services, arrival[:size]) == {"batchItemFailures": []}
            arrival = arrival[size:]
        states.append(people(services))
    same = sum(state == final for state in states)
    record_property("promise", f"P7: {same} of 1,000 random arrivals of a household's facts gave one final state")
    assert same == 1000


def test_two_people_at_one_browser_stay_two_and_the_first_keeps_its_history():
    ada, bob = {"email": "ada@shop.example"}, {"email": "bob@shop.example"}
    facts = [
        viewed(on(), BROWSER),
        viewed(on(0, 1), ada | BROWSER),
        viewed(on(0, 2), bob | BROWSER),
        viewed(on(0, 3), BROWSER),
    ]
    final = after(facts)
    for arrival in itertools.permutations(facts):
        services = MemoryServices()
        assert after(arrival, services) == final
        assert store.find(services, "email", "ada@shop.example").count("Product Viewed", now=on(1)) == 3
        assert store.find(services, "email", "bob@shop.example").count("Product Viewed", now=on(1)) == 1


def test_what_was_claimed_through_a_phone_moves_with_it():
    ada, bob, phone = {"email": "ada@shop.example"}, {"email": "bob@shop.example"}, {"phone": "+4915112345678"}
    facts = [
        viewed(on(), BROWSER),
        viewed(on(0, 1), phone | BROWSER),
        viewed(on(0, 3), bob | phone),
        viewed(on(0, 2), ada | phone),  # arrives last and was first
        fact(events.OrderCancelled, on(0, 4), BROWSER | {"order": "shopify:9"}, order_id="9"),
    ]
    final = after(facts)
    for arrival in itertools.permutations(facts):
        services = MemoryServices()
        assert after(arrival, services) == final
        assert store.find(services, "order", "shopify:9").email == "ada@shop.example"
        assert store.find(services, "email", "ada@shop.example").count("Product Viewed", now=on(1)) == 3
        assert store.find(services, "email", "bob@shop.example").count("Product Viewed", now=on(1)) == 1


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
@pytest.mark.parametrize("done", [False, True])
def test_a_crash_at_any_call_and_a_replay_give_the_same_people(story, done):
    before, batch = story()
    expected = after([*before, *batch])
    for fatal in itertools.count(1):
        services = MemoryServices()
        after(before, services)
        for event in batch:
            log.append(services, event)
        healthy = services.profiles
        faulty = Faulty(services.dynamodb, fatal, after=done)
        services.profiles = Table(healthy.name, faulty)
        answer = jobs.fold_events(services, [record_of(event, number) for number, event in enumerate(batch, 1)], on(1))
        services.profiles = healthy
        if faulty.calls < fatal:
            break
        assert answer["batchItemFailures"], f"call {fatal} failed and nobody was told"
        assert stream(services, batch) == {"batchItemFailures": []}
        assert people(services) == expected, f"after a crash at call {fatal}"
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


def test_a_handler_that_was_overtaken_by_a_fold_reads_again():
    cloud = MemoryServices()
    stream(cloud, [viewed(on(), EMAIL)])
    healthy = cloud.profiles
    rival = viewed(on(0, 1), EMAIL)

    def meddle():
        cloud.profiles = healthy
        stream(cloud, [rival])

    cloud.profiles = Table(healthy.name, Meddling(cloud.dynamodb, meddle))
    assert stream(cloud, [viewed(on(0, 2), EMAIL)]) == {"batchItemFailures": []}
    assert store.load(cloud, ADA_ID).count("Product Viewed", now=on(1)) == 3


def test_a_handler_that_was_overtaken_by_a_merge_finds_the_survivor():
    cloud = MemoryServices()
    stream(cloud, [viewed(on(), CUSTOMER)])
    healthy = cloud.profiles

    def meddle():
        cloud.profiles = healthy
        stream(cloud, [viewed(on(0, 1), CUSTOMER | EMAIL)])

    cloud.profiles = Table(healthy.name, Meddling(cloud.dynamodb, meddle))
    assert stream(cloud, [viewed(on(0, 2), CUSTOMER)]) == {"batchItemFailures": []}
    assert list(stored_profiles(cloud)) == [ADA_ID]
    assert store.load(cloud, ADA_ID).count("Product Viewed", now=on(1)) == 3
