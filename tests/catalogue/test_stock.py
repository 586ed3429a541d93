"""Stock is told as a whole and place by place, in any order: what is believed is the true sum, or nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalogue.changes import Thresholds, follow
from chalicelib.catalogue.product import ProductChange, StockChange, merge, merge_all, pieces_of, product_of
from chalicelib.catalogue.stock import KEPT, LEVELS

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
RULES = Thresholds()


def whole(minute, stock, read=None):
    read_at = None if read is None else NOON + read * MINUTE
    return ProductChange("lamp", NOON + minute * MINUTE, "shop", {}, stock, read_at=read_at)


def level(minute, quantity, place="", piece="x"):
    return StockChange(piece, quantity, NOON + minute * MINUTE, "shop", place, "lamp")


def stock(*news):
    return product_of("lamp", merge_all(None, news)).stock


def test_the_whole_is_the_sum_of_its_pieces_and_unknown_where_one_is():
    assert stock() is None
    assert stock(whole(0, {})) is None
    assert stock(whole(0, {"": 7})) == 7
    assert stock(whole(0, {"x": 7, "y": None})) is None  # y is sold without being counted
    assert stock(whole(0, {"x": 7, "y": -2})) == 7  # oversold takes nothing from the other
    assert stock(level(2, 4, piece="old"), whole(3, {"x": 1}), level(4, 9, piece="old")) == 1  # no longer a variant
    assert stock(level(0, 4), whole(1, {"x": 9})) == 9
    assert stock(whole(0, {"x": 7, "y": 2}), level(1, 0)) == 2  # of all places at once
    assert stock(level(0, 4)) == 4
    assert stock(whole(0, {"x": 7}), level(1, None), level(2, 3, "berlin")) is None
    assert stock(whole(0, {"x": 7}), level(1, None), whole(2, {"x": 6})) == 6


def test_a_place_that_ran_out_says_nothing_of_the_others_until_a_whole_was_told_beside_it():
    """Ten lamps in three places, of which only Berlin has told."""
    told = [whole(0, {"x": 10}), level(1, 0, "berlin")]
    assert stock(*told) is None  # none to ten: not sold out, and not ten for sure
    assert stock(*told, level(2, 3, "berlin")) is None
    told.append(whole(3, {"x": 6}))
    assert stock(*told) == 6
    assert stock(*told, level(4, 5, "berlin")) == 11  # five came to Berlin
    assert stock(*told, level(4, 5, "berlin"), level(5, 1, "paris")) is None  # one to seven were there before
    assert stock(*told, level(4, 5, "berlin"), level(5, None, "berlin")) is None
    assert stock(level(0, 4, "berlin"), level(0, 2, "paris")) is None  # how many places there are, nobody said


def test_where_nothing_is_left_for_other_places_they_had_nothing():
    assert stock(whole(0, {"x": 0}), level(1, 4, "berlin")) == 4
    assert stock(level(0, 3, "berlin"), whole(1, {"x": 3}), level(2, 2, "berlin"), level(3, 6, "paris")) == 8
    assert stock(level(0, 0, "rome"), whole(1, {"x": 2}), level(2, -2, "rome"), level(3, 0, "oslo")) == 0


def test_a_sum_that_may_hold_a_later_level_already_is_not_counted_twice():
    """The sum's own time is before the level's, and it was read after it: it may hold it, or not."""
    known = level(-9, 10, "berlin")
    sold = level(2, 7, "berlin")
    assert stock(known, whole(1, {"x": 10}), sold) == 7, "read at its own time: it cannot hold it"
    assert stock(known, whole(1, {"x": 7}), sold) is None  # nor can it be less than berlin had: a level was lost
    assert stock(known, whole(1, {"x": 7})) == 7
    assert stock(known, whole(1, {"x": 7}, 3), sold) == 7, "else other places would have less than nothing"
    assert stock(known, whole(1, {"x": 10}, 3), sold) is None  # berlin alone had ten, or another has three
    assert stock(known, whole(1, {"x": 12}, 3), sold, sold) is None
    assert stock(known, whole(1, {"x": 10}, 3), sold, whole(3, {"x": 7}, 4)) == 7  # the sum that the sale brought
    assert stock(known, whole(1, {"x": 12}, 3), level(2, 10, "berlin")) == 12  # the same either way
    assert stock(known, whole(1, {"x": 7}, 3), sold, level(4, 6, "berlin")) == 6
    assert stock(whole(1, {"x": 7}, 3), sold) is None  # what berlin had before, nobody said
    assert stock(whole(1, {"x": 0}, 3), level(2, 4, "berlin")) == 4
    again = [whole(1, {"x": 7}, 9), whole(1, {"x": 7}, 3)]
    assert stock(known, sold, *again, level(5, 6, "berlin")) == 6, "of two tellings the first to be read says when"
    assert merge_all(None, again) == merge_all(None, again[::-1])


def test_a_first_level_after_a_sum_leaves_it_unknown_until_all_places_are_asked_for():
    """No platform says with a level what the place had before. `dripline reconcile` asks for all of them."""
    told = [whole(0, {"x": 10}), level(1, 4, "berlin")]
    assert stock(*told) is None
    asked = [replace(whole(0, {"x": 8}), stock_at=NOON + 5 * MINUTE, read_at=NOON + 6 * MINUTE), level(-90, 4, "paris")]
    assert stock(*told, *asked) == 8
    assert stock(*told, *asked, level(7, 3, "berlin"), level(8, 9, "paris")) == 12


def test_of_an_unknown_stock_nobody_is_told_that_it_is_back():
    """Sold out and oversold; a place that never told says it has none either, so how many there are is not known."""
    oversold = [whole(0, {"x": -2}), level(60, -1, "berlin")]
    assert stock(*oversold) is None

    def returns(*told):
        watch = follow(None, product_of("lamp", merge_all(None, oversold[:1])), NOON, RULES)
        assert watch.gone_at == NOON
        return follow(watch, product_of("lamp", merge_all(None, [*oversold, *told])), NOON + HOUR, RULES).back_at

    assert returns() is None
    assert returns(level(61, 3, "paris")) is None
    assert returns(whole(61, {"x": 4})) == NOON + HOUR
    assert returns(whole(61, {"x": None})) == NOON + HOUR  # no longer counted
    assert returns(level(61, None)) == NOON + HOUR
    assert returns(level(61, None, "berlin")) == NOON + HOUR


PLACES = ("berlin", "paris", "rome")
moves = st.lists(
    st.tuples(st.sampled_from([*PLACES, "whole"]), st.sampled_from([0, 0, 1, 4, 6, 30])), min_size=1, max_size=14
)


@given(
    st.fixed_dictionaries({place: st.sampled_from([0, 0, 3, 8]) for place in PLACES}),
    st.lists(moves, min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
def test_what_is_believed_is_true_or_unknown_and_no_notice_is_raised_without_cause(there, hours, random):
    """Three places with a true stock each; their first numbers nobody tells. Levels come within their hour, in any
    order and twice; wholes come whenever they like, and may be dated before levels they hold. At each hour's run the
    belief is judged by the truth."""
    state, late, everything = {}, [], []
    watch, totals = None, []
    told_changes = dict.fromkeys(PLACES, 0)
    for hour, told in enumerate(hours):
        news = late
        late = []
        totals.append(sum(there.values()))
        for minute, (what, number) in enumerate(told, 1):
            at = hour * 60 + minute
            if what == "whole":  # counted a few changes after its own time, and read a few later, or at once
                dated, read = random.choice(
                    [(at, at), (hour * 60 + random.randint(0, minute), at + random.randint(0, 5))]
                )
                (late if random.random() < 0.3 else news).append(whole(dated, {"x": sum(there.values())}, read))
            else:
                there[what] = number
                told_changes[what] += 1
                news.append(level(at, number, what))
            totals.append(sum(there.values()))
        everything += news
        news = [*news, *random.choices(news, k=3)] if news else []
        random.shuffle(news)
        state = merge_all(state, news)
        product = product_of("lamp", state)
        assert product.stock in (None, sum(there.values()))

        run = NOON + hour * HOUR * 25
        watch = follow(watch, product, run, RULES)
        if watch.back_at == run:
            assert 0 in totals
            assert totals[-1] > 0
        if watch.low_at == run:
            assert max(totals) > RULES.low_stock >= totals[-1]
        if watch.gone_at == run:
            assert totals[-1] == 0
    random.shuffle(everything)
    again = merge_all(None, [*everything, *everything[:4]])
    assert product_of("lamp", again).stock in (None, sum(there.values()))
    if max(told_changes.values()) <= KEPT:  # so none came too late to be kept
        assert again == state


@given(moves, st.randoms(use_true_random=False))
def test_news_that_come_later_than_what_is_kept_leave_the_stock_unknown_and_not_wrong(told, random):
    there = dict.fromkeys(PLACES, 2)
    news = []
    for minute, (what, number) in enumerate(told * 4):
        if what == "whole":
            news.append(whole(minute, {"x": sum(there.values())}))
        else:
            there[what] = number
            news.append(level(minute, number, what))
    random.shuffle(news)
    state = merge_all(None, news)
    assert product_of("lamp", state).stock in (None, sum(there.values()))
    assert all(len(held) <= KEPT + 2 for places in state.get("levels", {}).values() for held in places.values())
    settled = merge(state, whole(999, {"x": sum(there.values())}))
    one_more = merge(settled, level(1000, there["rome"] + 1, "rome"))
    assert product_of("lamp", one_more).stock in (None, sum(there.values()) + 1)


def test_after_the_next_whole_every_place_counts_however_much_was_lost():
    many = [level(minute, minute, "berlin") for minute in range(1, 40)]
    late = [whole(0, {"x": 9}), *many, whole(20, {"x": 25})]
    assert stock(*late) is None
    assert stock(*late, level(10, 11, "berlin")) is None  # one of those lost: another may have come after it
    assert stock(*late, whole(50, {"x": 44}), level(51, 38, "berlin")) == 43


def test_a_product_holds_so_many_levels_and_pieces_and_no_more():
    state = merge_all(None, [whole(0, {f"p{number}": 1 for number in range(2_100)})])
    assert len(pieces_of(state)) == 2_000
    assert len(pieces_of(merge(state, whole(1, {"x": 1})))) == 1
    levels = {f"p{number}": {"": [["2026-11-23T12:00:00.000Z", "shop", 1]]} for number in range(LEVELS)}
    state = merge({"levels": levels}, level(1, 1, piece="one more"))
    assert sum(len(held) for places in state["levels"].values() for held in places.values()) == LEVELS
    assert product_of("lamp", state).stock == LEVELS
