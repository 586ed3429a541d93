"""Two people who were taken for one are two again, whatever arrived first, and stay two."""

import contextlib
import itertools

import pytest

from chalicelib import events
from chalicelib.profile import replay, store
from tests.profile.facts import ADA_ID, fact, on, order, owners, stored_profiles, stream
from tests.profile.memory import MemoryServices
from tests.profile.test_identity_merges import BROWSER, CUSTOMER, EMAIL, viewed


def separated(who, apart=(ADA_ID,), when=None):
    return fact(events.IdentitySeparated, when or on(2), who, apart=tuple(apart), source="operator")


def household():
    """A clerk typed Ada's address into customer c-7's order; c-7's own orders and browser hang on c-7."""
    return [
        viewed(on(), EMAIL),
        order(events.OrderCompleted, on(0, 1), CUSTOMER | EMAIL, order_id="1"),
        order(events.OrderCompleted, on(0, 2), CUSTOMER | {"order": "shopify:2"}, order_id="2"),
        viewed(on(0, 3), CUSTOMER | BROWSER),
        separated(CUSTOMER),
    ]


def after(facts):
    services = MemoryServices()
    for event in facts:
        assert stream(services, [event]) == {"batchItemFailures": []}
    return services


def people(services):
    return stored_profiles(services), {key: owner for key, (owner, _) in owners(services).items()}


def test_who_was_taken_for_another_has_their_own_facts_again():
    services = after(household())
    ada, other = store.find(services, "email", "ada@shop.example"), store.find(services, "customer", "c-7")
    assert ada.profile_id != other.profile_id
    assert (list(ada.orders), list(other.orders)) == (["1"], ["2"])
    assert (ada.email, other.email) == ("ada@shop.example", "")
    assert store.find(services, "anonymous", "cookie-1").profile_id == other.profile_id
    assert store.find(services, "order", "shopify:2").profile_id == other.profile_id
    assert ada.count("Product Viewed", now=on(3)) == other.count("Product Viewed", now=on(3)) == 1


def test_any_order_of_arrival_and_any_repetition_separate_the_same():
    final = people(after(household()))
    for arrival in itertools.permutations(household()):
        assert people(after([*arrival, household()[-1]])) == final


def test_the_fact_that_joined_them_joins_them_no_more_and_a_rebuild_changes_nothing():
    services = after(household())
    before = people(services)
    again = order(events.OrderUpdated, on(3), CUSTOMER | EMAIL, order_id="1", total=6000)
    assert stream(services, [again]) == {"batchItemFailures": []}
    assert store.find(services, "customer", "c-7").profile_id != ADA_ID
    assert store.load(services, ADA_ID).orders["1"].total.amount == 6000
    services = after(household())
    for profile_id in before[0]:
        assert replay.rewrite(services, profile_id, on(4))
    assert people(services) == before


@pytest.mark.parametrize("calls", range(1, 20, 3))
def test_a_crash_in_the_middle_and_a_replay_separate_the_same(calls):
    *facts, last = household()
    final = people(after([*facts, last]))
    services = after(facts)
    whole, left = type(services)._call, [calls]

    def failing(operation, request):
        if operation in ("PutItem", "UpdateItem") and request["TableName"] == "profiles":
            left[0] -= 1
            if left[0] == 0:
                raise ConnectionError("gone")
        return whole(services, operation, request)

    services.__dict__["dynamodb"] = failing
    for name in ("events", "profiles"):
        services.__dict__.pop(name, None)
    with contextlib.suppress(ConnectionError):
        stream(services, [last])
    services.__dict__["dynamodb"] = services._call
    for name in ("events", "profiles"):
        services.__dict__.pop(name, None)
    assert stream(services, [last]) == {"batchItemFailures": []}
    assert people(services) == final


def test_a_shared_phone_taken_away_is_nobodys_until_somebody_else_claims_it():
    phone = {"phone": "+4915112345678"}
    facts = [viewed(on(), EMAIL | phone), viewed(on(0, 1), phone), separated(phone), viewed(on(4), EMAIL | phone)]
    services = after(facts)
    alone = store.find(services, "phone", "+4915112345678")
    assert (alone.profile_id == ADA_ID, alone.count("Product Viewed", now=on(5))) == (False, 1)
    assert store.load(services, ADA_ID).count("Product Viewed", now=on(5)) == 2
    assert stream(services, [viewed(on(5), {"email": "bob@shop.example"} | phone)]) == {"batchItemFailures": []}
    assert store.find(services, "phone", "+4915112345678").email == "bob@shop.example"
