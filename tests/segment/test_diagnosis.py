"""Active and buying little: which explanation fits, on what evidence, and when nothing is explained."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib import clock
from chalicelib.profile import vocabulary
from chalicelib.profile.insights import Reason
from chalicelib.segment import diagnosis, hints
from chalicelib.segment.diagnosis import Usual
from tests.segment.shoppers import NOW, ago, bought, did, looked, seen, sent, shopper, watched

USUAL = Usual(20.0, 60.0, {"Kitchen": 0.6, "Garden": 0.4})


def diagnosed(*facets, usual=USUAL):
    customer = shopper(*facets)
    return diagnosis.diagnose(customer, seen(customer), usual, NOW)


def looks(number, product=lambda each: f"p{each}", **kind):
    """One look every other day, the newest yesterday."""
    return [looked(1 + 2 * each, product(each), **kind) for each in range(number)]


def test_the_explanations_are_the_words_that_rules_have():
    assert set(diagnosis.IDS) == set(vocabulary.DIAGNOSES)


def test_looking_again_and_again_at_three_similar_things_is_comparing():
    found = diagnosed(*looks(12, lambda each: f"p{each % 3}"))
    assert next(iter(found)) == "comparing"
    assert found["comparing"].score >= 0.7
    assert found["comparing"].why == Reason("diagnosis_comparing", {"views": 12, "products": 3, "category": "Kitchen"})


def test_looking_at_many_things_once_or_at_one_thing_often_is_not_comparing():
    for product in (lambda each: f"p{each}", lambda each: "p1"):
        found = diagnosed(*looks(12, product))
        assert isinstance(found, Reason) or "comparing" not in found


def test_looking_above_what_is_paid_coming_back_to_fallen_prices_and_trying_coupons_is_price():
    past = [bought(200 + day, 20, product=f"b{day}") for day in range(4)]
    dear = looks(9, price=45)
    only_dear = diagnosed(*past, *dear)["price"]
    fallen = [looked(3, "q", price=40), looked(2, "q", price=30)]
    with_drop = diagnosed(*past, *dear, *fallen)["price"]
    with_all = diagnosed(*past, *dear, *fallen, did("Coupon Applied", 2, 2))["price"]
    assert only_dear.score < with_drop.score < with_all.score <= 1
    assert with_all.why.figures["drops"] == 1
    assert with_all.why.figures["coupons"] == 2
    assert only_dear.why.figures["above"] == 1


def test_mail_read_and_not_followed_and_coupons_lapsed_are_a_weak_offer():
    read = [sent(5 * each, opened=True) for each in range(1, 7)]
    found = diagnosed(*looks(10), *read)["weak_offer"]
    assert found.why.figures["read"] == 6
    assert found.why.figures["followed"] == 0
    followed = [sent(5 * each, opened=True, clicked=True) for each in range(1, 7)]
    better = diagnosed(*looks(10), *followed)
    assert isinstance(better, Reason) or "weak_offer" not in better
    terms = {"offer": "o", "expires_at": clock.to_text(ago(3))}
    lapsed = {"coupons": {"SPRING": [clock.to_text(ago(20)), "x", terms]}}
    customer = shopper(*looks(10), *read)
    customer.facets.update(lapsed)
    assert hints.weak_offer(customer, NOW).score > found.score


def test_small_purchases_and_unpaid_orders_are_spending_power():
    small = [bought(100 + 20 * each, 10, product=f"b{each}") for each in range(4)]
    unpaid = [bought(4, 90, paid=False), bought(9, 90, paid=False)]
    found = diagnosed(*looks(10, price=80), *small, *unpaid)
    assert found["spending_power"].why.figures == {"own": 10, "usual": 60, "beyond": 1, "unpaid": 2}
    assert found["spending_power"].score > 0.8


def test_looking_elsewhere_than_was_bought_and_searching_in_vain_is_wrong_interest():
    kitchen = [bought(100 + 20 * each, 60, product=f"b{each}") for each in range(4)]
    found = diagnosed(*looks(10, category="Pets"), *kitchen)
    assert found["wrong_interest"].score >= 0.7
    assert found["wrong_interest"].why.figures["category"] == "Pets"
    wide = Usual(20.0, 60.0, {f"c{each}": 0.05 for each in range(20)})
    focused = diagnosed(*looks(10, category="c1"), usual=wide)  # never bought, and looks at one thing that sells
    assert isinstance(focused, Reason) or "wrong_interest" not in focused
    assert diagnosed(*looks(10, category="Pets"), usual=wide)["wrong_interest"].why.figures["apart"] == 1
    at_home = diagnosed(*looks(10), *kitchen)
    assert isinstance(at_home, Reason) or "wrong_interest" not in at_home
    search = [
        looked(2, "", kind="searched", category="", query="cat tree", minute=minute) for minute in (30, 60, 90, 120)
    ]
    assert (
        diagnosed(*looks(10, category="Pets"), *kitchen, *search)["wrong_interest"].score
        > found["wrong_interest"].score
    )


def test_the_quiet_and_those_who_buy_as_others_do_are_not_explained():
    assert diagnosed(*looks(3)).key == "not_active"
    assert diagnosed(*(looked(40 + each, f"p{each % 2}") for each in range(12))).key == "not_active"
    assert diagnosed(*looks(12, lambda each: f"p{each % 3}"), bought(2)).key == "buys_as_usual"
    assert diagnosed().key == "not_active"


def test_somebody_who_looks_and_gives_no_sign_of_why_is_said_to_be_unexplained():
    assert diagnosed(*looks(10)).key == "unexplained"


def test_the_best_fitting_comes_first_and_all_scores_are_between_0_and_1():
    past = [bought(200 + day, 20, product=f"b{day}") for day in range(4)]
    found = diagnosed(*past, *looks(12, lambda each: f"p{each % 3}", price=90, category="Pets"))
    scores = [each.score for each in found.values()]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) >= 3
    assert all(diagnosis.SAID_FROM <= score <= 1 for score in scores)


strength = st.floats(0, 1)


@given(st.lists(st.tuples(strength, strength), max_size=4), st.integers(0, 3), strength)
def test_more_of_any_hint_never_lowers_a_score(evidence, place, more):
    before = hints.together(*evidence)
    assert 0 <= before <= 1
    if place < len(evidence):
        stronger = [*evidence]
        stronger[place] = (max(stronger[place][0], more), stronger[place][1])
        assert hints.together(*stronger) >= before - 1e-12
    assert hints.together(*evidence, (more, 0.5)) >= before - 1e-12


def test_what_is_usual_is_learnt_and_defaults_hold_for_small_stores():
    assert diagnosis.learn(watched([])) == Usual()
    customers = [
        shopper(
            bought(5, 40, product="a"), bought(15, 60, product="b", category="Garden" if who % 4 else "Kitchen"),
            did("Product Viewed", 3, 12), name=f"c{who}",
        )
        for who in range(60)
    ]  # fmt: skip
    found = diagnosis.learn(watched(customers))
    assert found.looks_per_order == 6
    assert found.purchase == 50
    assert found.categories == {"Kitchen": 0.625, "Garden": 0.375}
    assert Usual.from_json(found.to_json()) == found
    few = diagnosis.learn(watched(customers[:49]))
    assert few.looks_per_order == diagnosis.LOOKS_PER_ORDER


def test_what_comes_after_now_is_not_looked_at():
    facets = looks(12, lambda each: f"p{each % 3}")
    customer = shopper(*facets)
    early = NOW - timedelta(days=12)
    before = diagnosis.diagnose(customer, replace(seen(customer), looks=8, bought=0), USUAL, early)
    assert before["comparing"].why.figures["views"] == 6
