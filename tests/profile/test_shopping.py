"""What a customer lately did in the store: acts, wishes and the cart, on one timeline; bounds; no sender's flood."""

import json
import random
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import events
from chalicelib.money import Money
from chalicelib.profile import fold, shopping
from chalicelib.profile.fold import Profile
from tests.profile.facts import ADA_ID, START, fact, on, order, usd

KETTLE = {"product_id": "p1", "title": "Kettle", "category": "kitchen", "price": usd(4900)}
LINES = (events.Line("p1", "Kettle", 1, usd(4900), "kitchen"), events.Line("p2", "Mug", 2, usd(900), "kitchen"))


def customer(*facts):
    return fold.fold_all(ADA_ID, facts).customer


def cart(when, *, lines=LINES, updated=None, **told):
    given = {"cart_id": "c1", "total": usd(6700), "url": "https://shop.example/cart/c1"} | told
    return fact(events.CartUpdated, when, updated_at=updated or when, lines=lines, **given)


def test_an_afternoon_in_the_store_is_read_back_newest_last():
    person = customer(
        fact(events.ProductsSearched, on(), query="kettle"),
        fact(events.ProductListViewed, on(0, 1), category="kitchen"),
        fact(events.ProductViewed, on(0, 2), **KETTLE),
        fact(events.PageLeft, on(0, 3), seconds=95, product_id="p1"),
        fact(events.ProductAdded, on(0, 4), **(KETTLE | {"price": usd(4500)}), quantity=2),
        fact(events.ProductAddedToWishlist, on(0, 5), product_id="p9", title="Teapot"),
        fact(events.ProductRemoved, on(0, 6), product_id="p1"),
    )
    kinds = [act.kind for act in person.recent]
    assert kinds == ["searched", "listed", "viewed", "left", "added", "wished", "removed"]
    searched, listed, viewed, left, added, wished, removed = person.recent
    assert (searched.query, searched.title, listed.category) == ("kettle", "", "kitchen")
    assert (viewed.title, viewed.price, viewed.at) == ("Kettle", usd(4900), on(0, 2))
    assert (left.seconds, left.price, left.title) == (95, None, "Kettle")
    assert (added.price, added.quantity, added.category) == (usd(4500), 2, "kitchen")
    assert (wished.title, removed.title) == ("Teapot", "Kettle")


def test_the_wish_list_is_what_was_put_on_it_and_not_taken_off():
    person = customer(
        fact(events.ProductAddedToWishlist, on(), **KETTLE),
        fact(events.ProductAddedToWishlist, on(1), product_id="p2"),
        fact(events.ProductRemovedFromWishlist, on(2), product_id="p1"),
        fact(events.ProductAddedToWishlist, on(3), **(KETTLE | {"price": usd(4000)})),
        fact(events.ProductRemovedFromWishlist, on(4), product_id="p2"),
    )
    assert person.wishes == {"p1": shopping.Wish(on(3), "Kettle", usd(4000), "kitchen")}


def test_the_cart_is_the_newest_the_store_told_by_its_own_time():
    newer = cart(on(1), lines=LINES[:1], total=usd(4900))
    stale = cart(on(2), updated=on(0, 1))
    assert customer(newer, stale).cart == shopping.Cart(LINES[:1], on(1), "https://shop.example/cart/c1", usd(4900))


def test_a_cart_is_closed_by_its_completion_by_an_order_and_by_emptying_it():
    began = fact(events.CheckoutStarted, on(1), checkout_id="k", updated_at=on(1), lines=LINES, total=usd(6700))
    done = fact(events.CheckoutStarted, on(2), checkout_id="k", updated_at=on(2), lines=LINES, completed=True)
    assert customer(began).cart.lines == LINES
    assert customer(began, done).cart is None
    assert customer(began, order(events.OrderCreated, on(3))).cart is None
    assert customer(order(events.OrderCreated, on()), began).cart is not None
    assert customer(order(events.OrderCreated, on(), checkout_id="k"), began).cart is None, "told of after its order"
    assert customer(order(events.OrderCreated, on(), checkout_id="j"), began).cart is not None
    retold = order(events.OrderUpdated, on(0, 2))  # by an import or the store's API, which do not know the checkout
    assert customer(order(events.OrderCreated, on(), checkout_id="k"), retold, began).cart is None
    assert customer(cart(on(1)), cart(on(2), lines=())).cart is None


def test_without_word_from_the_store_the_cart_is_what_was_put_in_and_not_taken_out_since_the_last_order():
    acts = [
        fact(events.ProductAdded, on(0), **KETTLE, quantity=5),
        order(events.OrderCreated, on(1)),
        fact(events.ProductAdded, on(2), **KETTLE, quantity=2),
        fact(events.ProductAdded, on(3), product_id="p2", title="Mug", price=usd(900)),
        fact(events.ProductRemoved, on(4), product_id="p1"),
    ]
    person = customer(*acts)
    assert {line.product_id: line.quantity for line in person.cart.lines} == {"p1": 1, "p2": 1}
    assert (person.cart.total, person.cart.at) == (usd(5800), on(4))
    assert customer(*acts, fact(events.ProductAdded, on(5), product_id="p3")).cart.total is None
    emptied = [fact(events.ProductRemoved, on(5), product_id=each) for each in ("p1", "p2")]
    assert customer(*acts, *emptied).cart is None


def test_acts_wishes_and_the_cart_age_out():
    old = [fact(events.ProductViewed, on(), **KETTLE), fact(events.ProductAddedToWishlist, on(), **KETTLE), cart(on())]
    person = customer(*old, fact(events.VisitStarted, on(91), visit_id="v"))
    assert (person.recent, person.cart, list(person.wishes)) == ((), None, ["p1"])
    person = customer(*old, fact(events.VisitStarted, on(401), visit_id="v"))
    assert person.wishes == {}


def test_a_flood_of_acts_keeps_the_newest_and_stays_small():
    facts = [
        fact(
            events.ProductViewed,
            START + timedelta(minutes=number),
            product_id=f"{number % 25:014}",
            title="蒸汽电热水壶大容量不锈钢 " * 50,
            category="厨房用品 " * 50,
            price=usd(number),
        )
        for number in range(2000)
    ]
    facts += [fact(events.ProductAddedToWishlist, on(9), product_id=f"w{number}") for number in range(300)]
    person = customer(*facts)
    assert len(person.recent) == shopping.ACTS_KEPT
    assert len(person.wishes) == shopping.WISHES_KEPT
    viewed = customer(*facts[:2000])
    assert [act.price for act in viewed.recent] == [usd(number) for number in range(1940, 2000)]
    assert all(act.title for act in viewed.recent)
    assert len(json.dumps(viewed.facets["recent"], ensure_ascii=False).encode()) < 12_000


def test_seconds_in_view_are_summed_by_day_and_no_page_counts_for_more_than_an_hour():
    person = customer(
        fact(events.PageLeft, on(), seconds=30, path="/"),
        fact(events.PageLeft, on(0, 1), seconds=10**9, path="/about"),
        fact(events.PageLeft, on(1), seconds=-5, path="/about"),
    )
    assert list(person.facets["sums"]["seconds"].values()) == [3630]


moments = st.integers(0, 60 * 24 * 150).map(lambda minutes: START + timedelta(minutes=minutes))
products = st.sampled_from(["p1", "p2", "p3"])
titles = st.sampled_from(["", "Kettle", "Mug"])
prices = st.sampled_from([None, usd(100), Money(90, "EUR")])


def about(cls):
    return st.builds(
        lambda when, product, title, price: fact(cls, when, product_id=product, title=title, price=price),
        moments,
        products,
        titles,
        prices,
    )


doings = st.one_of(
    about(events.ProductViewed),
    about(events.ProductAdded),
    about(events.ProductRemoved),
    about(events.ProductAddedToWishlist),
    st.builds(lambda when, p: fact(events.ProductRemovedFromWishlist, when, product_id=p), moments, products),
    st.builds(lambda when, s: fact(events.PageLeft, when, seconds=s, product_id="p1"), moments, st.integers(0, 99)),
    st.builds(lambda when, words: fact(events.ProductsSearched, when, query=words), moments, titles),
    st.builds(lambda when, updated: cart(when, updated=updated), moments, moments),
    st.builds(lambda when: fact(events.VisitStarted, when, visit_id="v"), moments),
)


def logged(facts):
    return list({event.id: event for event in facts}.values())


@given(st.lists(doings, min_size=1, max_size=20), st.integers(0, 2**20), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_trimming_early_or_late_in_any_order_apart_or_together_gives_one_state(facts, cut, chance):
    kept, shopping.ACTS_KEPT = shopping.ACTS_KEPT, 5
    try:
        facts = logged(facts)
        whole = fold.fold_all(ADA_ID, facts)
        arrival = sorted(facts, key=lambda event: event.received_at)
        step = Profile(ADA_ID)
        for event in arrival:
            assert fold.fold(step, event) in fold.CHANGED
            assert fold.settle(step)
        assert step.to_item() == whole.to_item()
        chance.shuffle(facts)
        left = [event for number, event in enumerate(facts) if cut >> number & 1]
        right = [event for number, event in enumerate(facts) if not cut >> number & 1]
        mine = fold.fold_all(ADA_ID, left)
        assert fold.merge(mine, fold.fold_all("other", right))
        assert (mine.facets, mine.to_item()["folded"]) == (whole.facets, whole.to_item()["folded"])
    finally:
        shopping.ACTS_KEPT = kept


def test_two_hundred_orders_of_arrival_of_a_visit_give_one_state():
    chance = random.Random(3)
    visit = [fact(events.ProductViewed, on(0, 0, number), **KETTLE) for number in range(70)]
    visit += [fact(events.ProductAddedToWishlist, on(0, 2), **KETTLE), cart(on(0, 3)), cart(on(0, 4), lines=())]
    states = set()
    for _ in range(200):
        chance.shuffle(visit)
        profile = Profile(ADA_ID)
        for number, event in enumerate(visit):
            fold.fold(profile, event)
            if number % 30 == 0:
                fold.settle(profile)
        fold.settle(profile)
        states.add(json.dumps([profile.facets, profile.to_item()["folded"]], sort_keys=True))
    assert len(states) == 1
