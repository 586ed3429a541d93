"""The laws of the fold: any order, any number of times, together or apart, one profile."""

import itertools
import json
import random
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import events
from chalicelib.aws.operations import Key, _check_size, _marshal_item
from chalicelib.money import Money
from chalicelib.profile import facets, fold, traits
from chalicelib.profile.fold import Outcome, Profile
from chalicelib.profile.lifts import BY_MACHINE, LIFTS, lift
from tests.profile.facts import ADA_ID, START, fact, life_of_an_order, message, on, order, sent, usd


def folded(facts):
    profile = Profile(ADA_ID)
    for event in facts:
        assert fold.fold(profile, event) is not Outcome.LATE
    assert fold.settle(profile)
    return profile


def test_every_event_has_a_lift_and_no_lift_is_left_over():
    assert set(LIFTS) == set(events.EVENTS.values())


def test_a_thousand_orders_of_arrival_of_one_order_give_one_state(record_property):
    life = life_of_an_order()
    chance = random.Random(7)
    states = set()
    for _ in range(1000):
        arrival = life + chance.choices(life, k=3)
        chance.shuffle(arrival)
        states.add(json.dumps(folded(arrival).to_item(), sort_keys=True))
    record_property("promise", f"P7: 1,000 random arrivals of an order's life, {len(states)} final state")
    assert len(states) == 1
    final = folded(life).customer.orders["1001"]
    assert (final.total, final.number, final.refunded, final.status) == (usd(4400), "#1001", 1000, "cancelled")
    assert (final.placed_at, final.paid_at, final.cancelled_at) == (on(), on(0, 2), on(0, 8))


def test_an_order_told_of_under_two_names_is_the_same_rebuilt_as_folded():
    """The shop corrects the buyer's address a day later: the log has its payment under both, found to be one person."""
    paid = [
        order(events.OrderCompleted, who={"email": email, "order": "1001"}, received=on(day), key="paid")
        for day, email in ((0, "ad@mail.example"), (2, "ada@mail.example"))
    ]
    paid = [events.parse(events.serialise(each) | {"id": "paid-1001"}) for each in paid]
    states = {json.dumps(fold.fold_all(ADA_ID, each).facets, sort_keys=True) for each in (paid, paid[::-1])}
    assert states == {json.dumps(folded(paid).facets, sort_keys=True)}
    known = folded(paid).customer
    assert (len(known.orders), known.trait("orders_count", on(3))) == (1, 1)


def test_paid_before_created_stays_paid():
    created, paid, *_ = life_of_an_order()
    known = folded([paid, created]).customer.orders["1001"]
    assert known.status == "paid"
    assert not known.is_open
    assert known.total == usd(4500)


def test_a_refund_that_comes_before_its_order_counts_once_the_order_is_known():
    refund = fact(events.OrderRefunded, on(1), order_id="1001", refund_id="r", amount=usd(5000))
    assert folded([refund]).customer.orders == {}
    assert folded([refund, order(events.OrderCompleted)]).customer.orders["1001"].status == "refunded"


def test_an_order_that_the_store_calls_off_and_lets_stand_again_is_what_it_was_last():
    """Unpaid for an hour it is called off; she pays after all; a month later all of it goes back, told of twice."""
    told = [
        order(events.OrderCreated, stands=True),
        fact(events.OrderCancelled, on(0, 1), order_id="1001"),
        order(events.OrderUpdated, on(0, 1), stands=False),
        order(events.OrderCompleted, on(0, 2), stands=True),
    ]
    back = [
        fact(events.OrderRefunded, on(30), order_id="1001", refund_id=refund_id, amount=usd(5000))
        for refund_id in (events.WHOLE_REFUND, "9")
    ]
    assert folded(told[:3]).customer.orders["1001"].status == "cancelled"
    for arrival in itertools.permutations(told):
        known = folded(arrival).customer.orders["1001"]
        assert (known.status, known.cancelled_at, known.refunded) == ("paid", None, 0)
    assert [folded([*told, *back[:each]]).customer.orders["1001"].refunded for each in (1, 2)] == [5000, 5000]
    a_part = fact(events.OrderRefunded, on(31), order_id="1001", refund_id="8", amount=usd(300))
    assert folded([*told, back[0], a_part]).customer.orders["1001"].refunded == 5000
    again = folded([*told, order(events.OrderUpdated, on(0, 3), stands=False)]).customer.orders["1001"]
    assert (again.status, again.cancelled_at) == ("cancelled", on(0, 3))


def test_a_refund_in_another_currency_is_no_amount_of_the_order_s():
    """Fifty dollars paid; 90 euro cents and 50 yen went back, which are not 140 cents nor all of the order."""
    told = [order(events.OrderCompleted, total=5000)]
    told += [
        fact(events.OrderRefunded, on(1), order_id="1001", refund_id=code, amount=Money(back, code))
        for code, back in (("EUR", 90), ("USD", 1000), ("JPY", 5000))
    ]
    states = {json.dumps(folded(each).facets, sort_keys=True) for each in itertools.permutations(told)}
    assert len(states) == 1
    known = folded(told).customer
    assert (known.orders["1001"].refunded, known.orders["1001"].status) == (1000, "paid")
    assert known.orders["1001"].refunded_else == (Money(90, "EUR"), Money(5000, "JPY"))
    spent = {"USD": Decimal(40), "EUR": Decimal("-0.9"), "JPY": Decimal(-5000)}
    assert traits.trait_of(known, "spend", on(2)) == spent
    assert traits.total_in("USD", {"USD": 1, "EUR": 2}, spent) is None
    assert traits.total_in("USD", {"USD": 1, "EUR": 2, "JPY": 0.002}, spent) == Decimal("28.2")
    later = [order(events.OrderCompleted, on(2, minute), order_id=f"{minute}") for minute in range(facets.ORDERS_KEPT)]
    older = folded([*told, *later]).customer
    assert "1001" not in older.orders
    assert {code: each.total - each.refunded for code, each in older.older_orders.items()} == {
        "USD": 4000, "EUR": -90, "JPY": -5000
    }  # fmt: skip


moments = st.integers(0, 60 * 24 * 3).map(lambda minutes: START + timedelta(minutes=minutes))
channels = st.sampled_from(events.CHANNELS)
numbers = st.integers(0, 3).map(str)
some_facts = st.one_of(
    st.builds(lambda when, number: order(events.OrderCreated, when, order_id=number), moments, numbers),
    st.builds(lambda when, number: order(events.OrderCompleted, when, order_id=number), moments, numbers),
    st.builds(lambda when, number: fact(events.OrderCancelled, when, order_id=number), moments, numbers),
    st.builds(lambda when: fact(events.ProductViewed, when, product_id="p"), moments),
    st.builds(
        lambda when, delta: fact(events.PointsChanged, when, delta=delta, reason="r"), moments, st.integers(-9, 9)
    ),
    st.builds(lambda when, name: fact(events.SegmentEntered, when, segment=name), moments, numbers),
    st.builds(lambda when, name: fact(events.SegmentLeft, when, segment=name), moments, numbers),
    st.builds(sent, moments, numbers),
    st.builds(lambda when, mid: message(events.EmailOpened, when, mid), moments, numbers),
    st.builds(lambda when, mid: message(events.EmailBounced, when, mid, permanent=False), moments, numbers),
    st.builds(lambda when, ch: fact(events.Unsubscribed, when, channel=ch, how="page"), moments, channels),
    st.builds(lambda when, ch: fact(events.SubscriptionConfirmed, when, channel=ch, wording="w"), moments, channels),
    st.builds(lambda when, name: fact(events.CustomerUpdated, when, first_name=name, country="DE"), moments, numbers),
)


def logged(facts):
    """Each fact once, as the log keeps them."""
    return list({event.id: event for event in facts}.values())


@given(st.lists(some_facts, min_size=1, max_size=25), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_any_order_and_any_repetition_give_one_state_and_it_is_the_rebuilt_one(facts, chance):
    facts = logged(facts)
    rebuilt = fold.fold_all(ADA_ID, facts)
    by_receipt = sorted(facts, key=lambda event: event.received_at)
    near = sorted(by_receipt, key=lambda event: event.received_at.timestamp() + chance.uniform(0, 86_400))
    again = []
    for event in near:
        again += [event] * chance.choice((1, 1, 2))
    assert folded(again).to_item() == rebuilt.to_item()


@given(st.lists(some_facts, min_size=1, max_size=25), st.integers(0, 2**25))
@settings(max_examples=150, deadline=None)
def test_folding_apart_and_merging_is_folding_together(facts, cut):
    facts = logged(facts)
    left = [event for number, event in enumerate(facts) if cut >> number & 1]
    right = [event for number, event in enumerate(facts) if not cut >> number & 1]
    whole = fold.fold_all(ADA_ID, facts)
    for one, other in ((left, right), (right, left)):
        mine, theirs = fold.fold_all(ADA_ID, one), fold.fold_all("other", other)
        assert fold.merge(mine, theirs)
        assert (mine.facets, mine.to_item()["folded"]) == (whole.facets, whole.to_item()["folded"])


@given(some_facts, some_facts, some_facts)
@settings(max_examples=200, deadline=None)
def test_merging_fragments_is_associative_and_commutative(one, two, three):
    def together(*facts):
        state = {}
        for event in facts:
            facets.merge(state, lift(event))
        return state

    right = facets.merge(lift(one), together(two, three))
    assert together(one, two, three) == right == together(three, two, one)


def test_a_fact_from_beyond_the_horizon_is_late_and_changes_nothing():
    profile = folded([fact(events.ProductViewed, on(2), product_id="p")])
    before = profile.to_item()
    assert fold.fold(profile, fact(events.ProductViewed, on(0), product_id="p")) is Outcome.LATE
    assert profile.to_item() == before


def test_a_machines_opens_and_clicks_are_counted_apart_and_are_nobodys_engagement():
    person = folded(
        [
            sent(on()),
            message(events.EmailOpened, on(0, 1), agent="proxy"),
            message(events.EmailLinkClicked, on(0, 1), link=1, agent="scanner"),
        ]
    ).customer
    (mail,) = person.messages
    assert (mail.opened_at, mail.clicked_at, person.last("Email Opened")) == (None, None, None)
    assert person.count("Email Opened", now=on(1)) == 0
    assert person.count("Email Opened" + BY_MACHINE, now=on(1)) == 1
    assert person.count("Email Link Clicked" + BY_MACHINE, now=on(1)) == 1


def test_counts_within_a_window_are_whole_days():
    person = folded([fact(events.ProductViewed, on(day), product_id="p") for day in range(0, 30, 3)]).customer
    assert person.count("Product Viewed", now=on(29)) == 10
    assert person.count("Product Viewed", within=timedelta(days=8), now=on(29)) == 3  # days 21, 24 and 27
    assert person.count("Product Viewed", within=timedelta(days=8), now=on(-20)) == 0


def test_a_clock_that_runs_ahead_wins_nothing():
    liar = fact(events.CustomerUpdated, on(9000), first_name="Zed", received=on(0, 1))
    person = folded([liar, fact(events.CustomerUpdated, on(0, 2), first_name="Ada")]).customer
    assert person.first_name == "Ada"
    assert person.last("Customer Updated") == on(0, 2, 0, 0)


def wholesale(number, first=0):
    lines = tuple(
        events.Line(f"sku-{each}", "蒸汽电热水壶大容量不锈钢" * 5, 12, usd(1999), "厨房用品") for each in range(40)
    )
    for each in range(first, first + number):
        yield order(
            events.OrderCompleted,
            START + timedelta(hours=each),
            order_id=f"8209829119{each:08}",
            total=100,
            number=f"#{each}",
            lines=lines,
            placed_at=START + timedelta(hours=each),
            pay_url="https://shop.example/" + "x" * 400,
        )


def test_a_wholesaler_with_five_thousand_orders_fits_and_loses_no_sum():
    profile = Profile(ADA_ID)
    facts = list(wholesale(5000))
    for start in range(0, 5000, 100):
        for event in facts[start : start + 100]:
            assert fold.fold(profile, event) is Outcome.FOLDED
        assert fold.settle(profile)
    for each in range(60):
        fold.fold(profile, sent(START + timedelta(hours=5000, minutes=each), f"message-{each:09}", step="1", arm="a"))
    assert fold.settle(profile)
    item = _marshal_item(Key(ADA_ID, "profile"), profile.to_item())
    _check_size("profiles", item)
    assert len(json.dumps(profile.facets, ensure_ascii=False).encode()) < 350 * 1024
    assert len(item["body"]["B"]) < 60 * 1024
    customer = profile.customer
    assert len(customer.orders) == facets.ORDERS_KEPT
    older = customer.older_orders["USD"]
    assert (older.orders, older.paid, older.total) == (4700, 4700, 470_000)
    assert [bool(each.lines) for each in customer.orders.values()] == [False] * 280 + [True] * 20
    rebuilt = fold.fold_all(ADA_ID, facts)
    assert rebuilt.facets["orders"] == profile.facets["orders"]
    assert rebuilt.facets["older"] == profile.facets["older"]


def test_a_body_that_grew_is_packed_and_read_back_and_equal_profiles_stay_equal_items():
    small, large = folded([order(events.OrderCreated)]), folded(list(wholesale(50)))
    assert (type(small.to_item()["body"]), type(large.to_item()["body"])) == (str, bytes)
    for profile in (small, large):
        item = {"pk": ADA_ID, **profile.to_item()}
        assert Profile.from_item(item).facets == profile.facets
        assert Profile.from_item(item).to_item() == profile.to_item()
        assert profile.customer.orders == type(profile.customer).from_item(item).orders
    assert len(large.to_item()["body"]) * 5 < len(json.dumps(large.facets).encode())


def test_facts_about_orders_in_the_totals_ask_for_the_log_and_new_orders_do_not():
    profile = folded(list(wholesale(310)))
    refund = fact(
        events.OrderRefunded, START + timedelta(hours=309), order_id="820982911900000001", refund_id="r", amount=usd(9)
    )
    assert fold.fold(profile, refund) is Outcome.LATE
    update = order(events.OrderUpdated, START + timedelta(hours=309), order_id="820982911900000001")
    assert fold.fold(profile, update) is Outcome.LATE
    assert fold.fold(profile, next(wholesale(1, first=310))) is Outcome.FOLDED


def test_an_older_fact_that_lifts_another_order_among_those_with_lines_asks_for_the_log():
    profile = folded(list(wholesale(25)))
    earlier = order(
        events.OrderCreated,
        START - timedelta(days=1),
        order_id="820982911900000024",
        received=START + timedelta(hours=24),
    )
    assert fold.fold(profile, earlier) is Outcome.FOLDED
    assert not fold.settle(profile)


def test_messages_beyond_the_newest_are_dropped_and_an_open_of_one_asks_for_the_log():
    facts = [sent(on(0, each), f"m{each:03}") for each in range(70)]
    profile = folded(facts)
    assert [each.message_id for each in profile.customer.messages] == [f"m{each:03}" for each in range(10, 70)]
    assert fold.fold(profile, message(events.EmailOpened, on(0, 69), "m001", agent="proxy")) is Outcome.FOLDED
    assert fold.fold(profile, message(events.EmailOpened, on(0, 69), "m001")) is Outcome.LATE
    assert fold.fold(profile, message(events.EmailOpened, on(0, 69), "m069")) is Outcome.FOLDED


def test_counters_and_messages_age_by_the_newest_day_seen():
    old = [fact(events.ProductViewed, on(), product_id="p"), sent(on())]
    profile = Profile(ADA_ID)
    for event in old:
        fold.fold(profile, event)
    fold.fold(profile, fact(events.ProductAdded, on(401), product_id="p"))
    assert fold.settle(profile)
    assert "Product Viewed" not in profile.facets["days"]
    assert profile.customer.messages == ()
    assert profile.customer.first("Product Viewed") == on()


def test_hostile_texts_are_cut_and_nothing_but_plain_values_is_kept():
    profile = folded(
        [
            fact(events.CustomerUpdated, first_name="x" * 99_999, country="<script>", time_zone="../../etc/passwd"),
            order(events.OrderCreated, pay_url="https://shop.example/" + "y" * 9999, codes=("z" * 999,) * 99),
        ]
    )
    assert len(json.dumps(profile.to_item())) < 4000
    assert (profile.customer.country, profile.customer.zone) == ("", None)

    def plain(value):
        if isinstance(value, dict):
            return all(type(key) is str and plain(each) for key, each in value.items())
        return all(map(plain, value)) if isinstance(value, list) else type(value) in (str, int, bool)

    assert plain(profile.to_item())


@pytest.mark.parametrize("name", sorted(events.EVENTS))
def test_a_facts_repetition_changes_nothing_for_any_kind_of_fact(name):
    event = example_of(events.EVENTS[name])
    profile = folded([event])
    before = json.dumps(profile.to_item(), sort_keys=True)
    assert fold.fold(profile, event) is Outcome.KNOWN
    assert json.dumps(profile.to_item(), sort_keys=True) == before
    assert profile.customer.first(name) == START


def example_of(cls):
    """A fact of any class, its required fields filled by kind."""
    import dataclasses
    import typing

    hints = typing.get_type_hints(cls)
    several = {tuple[events.Said, ...]: (events.Said("topic", "yes"),), tuple[str, ...]: ("one",)}
    samples = several | {str: "email", int: 1, bool: True, type(START): START, type(usd(1)): usd(1)}
    content = {
        item.name: samples[hints[item.name]]
        for item in dataclasses.fields(cls)
        if item.default is dataclasses.MISSING
        and item.name not in ("id", "occurred_at", "received_at", "source", "who")
    }
    return fact(cls, **content)
