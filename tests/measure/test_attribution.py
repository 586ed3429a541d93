"""Laws of credit: one order, one credit, the last click before it, whatever the order of the facts."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.events import WHOLE_REFUND
from chalicelib.measure import attribution, orders
from chalicelib.measure.attribution import Click, Touches

WINDOW = 5 * orders.DAY
CUSTOMERS = ("ann", "bo")

clicks = st.lists(
    st.tuples(st.sampled_from(CUSTOMERS), st.integers(1, 20 * orders.DAY), st.sampled_from(("m1", "m2", "m3"))),
    max_size=12,
)
order_facts = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(("placed", "paid")),
            st.integers(1, 20 * orders.DAY),
            st.sampled_from(CUSTOMERS),
            st.sampled_from(("1", "2", "3")),
            st.integers(0, 900),
            st.just("USD"),
            st.integers(1, 9),
            st.sampled_from((None, True, False)),
        ),
        st.tuples(
            st.just("refunded"),
            st.integers(1, 20 * orders.DAY),
            st.sampled_from(CUSTOMERS),
            st.sampled_from(("1", "2")),
            st.just(WHOLE_REFUND),
            st.integers(0, 900),
            st.just("USD"),
        ),
        st.tuples(
            st.just("cancelled"),
            st.integers(1, 20 * orders.DAY),
            st.sampled_from(CUSTOMERS),
            st.sampled_from(("1", "2")),
        ),
    ),
    max_size=10,
)


def credited(facts, touched):
    book: orders.Book = {}
    for fact in facts:
        orders.take(book, list(fact))
    touches = Touches()
    for customer, when, message in touched:
        touches.add(customer, Click(when, message, f"flow:{message}"))
    attribution.credit(book, touches, lambda profile: profile, 0, WINDOW)
    attribution.mark_repeats(book, lambda profile: profile, lambda customer: 0)
    return book


@given(order_facts, clicks, st.randoms())
def test_any_order_and_any_repetition_of_facts_gives_the_same_credits(facts, touched, dice):
    once = credited(facts, touched)
    again, touched_again = facts + facts[:4], touched + touched[:4]
    dice.shuffle(again)
    dice.shuffle(touched_again)
    assert credited(again, touched_again) == once


@given(order_facts, clicks)
def test_each_order_has_at_most_one_credit_and_it_is_the_last_click_in_the_window(facts, touched):
    for order in credited(facts, touched).values():
        theirs = [
            (when, message)
            for customer, when, message in touched
            if customer == order.profile_id and order.paid - WINDOW <= when <= order.paid
        ]
        assert order.message_id == (max(theirs)[1] if theirs and order.paid else "")


@given(order_facts, clicks)
def test_whoever_bought_has_one_first_order(facts, touched):
    counting = [order for order in credited(facts, touched).values() if order.counts]
    for customer in CUSTOMERS:
        first = [order for order in counting if order.profile_id == customer and not order.repeat]
        assert len(first) == (1 if any(order.profile_id == customer for order in counting) else 0)


def test_a_click_exactly_at_the_edge_of_the_window_counts_and_one_after_payment_does_not():
    bought = [("paid", WINDOW, "ann", "1", 100, "USD", 1, None)]
    assert credited(bought, [("ann", 0, "m1")])["1"].message_id == "m1"
    assert credited(bought, [("ann", WINDOW + 1, "m1")])["1"].message_id == ""
    late = [("paid", WINDOW + 1, "ann", "1", 100, "USD", 1, None)]
    assert credited(late, [("ann", 0, "m1")])["1"].message_id == ""


def test_an_order_called_off_and_then_paid_counts_and_its_whole_refund_gives_way_to_the_one_listed():
    """A store calls an unpaid order off by itself; she pays later, and then all of it goes back, told of twice."""
    told = [
        ("cancelled", 100, "ann", "1"),
        ("placed", 100, "ann", "1", 3000, "EUR", 100, False),
        ("paid", 150, "ann", "1", 3000, "EUR", 160, True),
        ("refunded", 200, "ann", "1", WHOLE_REFUND, 3000, "EUR"),
        ("refunded", 210, "ann", "1", "9", 3000, "EUR"),
    ]
    for facts in itertools.permutations(told):
        order = credited(facts, [])["1"]
        assert order.counts
        assert order.gone_back == [(210, 3000, "EUR")]
    assert credited(told[:4], [])["1"].gone_back == [(200, 3000, "EUR")]
    part = ("refunded", 220, "ann", "1", "10", 300, "EUR")
    assert credited([*told[:4], part], [])["1"].gone_back == [(220, 300, "EUR"), (200, 2700, "EUR")]
    assert not credited([*told, ("placed", 300, "ann", "1", 3000, "EUR", 300, False)], [])["1"].counts
