"""News of a product in any order, from any source, as often as they like: one product."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalogue.product import Product, ProductChange, StockChange, merge, merge_all, product_of
from chalicelib.catalogue.variants import Variant, stock_of, told_of
from chalicelib.catalogue.wording import prose
from chalicelib.errors import BadInput
from chalicelib.money import Money

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def usd(amount):
    return Money(amount, "USD")


def content(minute, source="shop", stock=None, **told):
    return ProductChange("lamp", NOON + minute * MINUTE, source, told, stock)


def level(minute, piece, quantity, place="", source="shop"):
    return StockChange(piece, quantity, NOON + minute * MINUTE, source, place)


def lamp(*changes):
    return product_of("lamp", merge_all(None, changes))


LIFE = (
    content(0, title="Lamp", price=usd(8000), compare_at=None, deleted=False, stock={"red": 3, "blue": 0}),
    content(1, source="feed", cost=usd(3000), target_gender="Women", brand="Aurora"),
    content(2, title="Lamp, brass", price=usd(6400), compare_at=usd(8000)),
    level(-1, "red", 2, "berlin"),
    level(3, "red", 4, "berlin"),
    content(3, deleted=True),
    content(4, deleted=False, title="Lamp, brass"),
)


def test_a_products_life_in_every_order_is_one_product():
    state = merge_all(None, LIFE)
    assert product_of("lamp", state) == Product(
        product_id="lamp",
        title="Lamp, brass",
        brand="Aurora",
        price=usd(6400),
        compare_at=usd(8000),
        cost=usd(3000),
        stock=5,
        target_gender="female",
        updated_at=NOON + 4 * MINUTE,
    )
    assert product_of("lamp", state).margin == usd(3400)
    for order in itertools.permutations(LIFE):
        assert merge_all(None, order) == state


changes = st.one_of(
    st.builds(
        lambda minute, source, told, stock: content(minute, source, stock, **told),
        st.integers(0, 3),
        st.sampled_from(["shop", "feed"]),
        st.fixed_dictionaries(
            {},
            optional={
                "title": st.sampled_from(["a", "b"]),
                "price": st.none() | st.integers(0, 3).map(usd),
                "deleted": st.booleans(),
            },
        ),
        st.none() | st.dictionaries(st.sampled_from(["", "x", "y"]), st.none() | st.integers(-2, 9)),
    ),
    st.builds(level, st.integers(0, 3), st.sampled_from(["x", "y"]), st.integers(-2, 9), st.sampled_from(["", "p"])),
)


@given(st.lists(changes, max_size=7), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(news, random):
    shuffled = [*news, *news[:3]]
    random.shuffle(shuffled)
    assert merge_all(None, shuffled) == merge_all(None, news)


@given(st.lists(changes, min_size=1, max_size=5))
def test_merging_leaves_what_it_was_given(news):
    before = merge_all(None, news[:-1])
    kept = merge_all(None, news[:-1])
    merge(before, news[-1])
    assert before == kept


def test_what_was_told_to_be_nothing_is_nothing_and_what_was_not_told_stays():
    reduced = content(0, price=usd(6400), compare_at=usd(8000), title="Lamp")
    assert lamp(reduced, content(1, price=usd(8000), compare_at=None)).compare_at is None
    assert lamp(reduced, content(1, title="")).title == ""
    assert lamp(reduced, content(1, brand="Aurora")).price == usd(6400)


@pytest.mark.parametrize(
    "told",
    [
        {"price": 12.5},
        {"price": usd(-1)},
        {"weight": "1 kg"},
        {"title": 5},
        {"deleted": None},
        {"consumable": "yes"},
        {"tags": "a,b"},
    ],
)
def test_what_no_product_can_be_is_refused(told):
    with pytest.raises(BadInput):
        content(0, **told)


@pytest.mark.parametrize("product_id", ["", " ", "a\nb", "x" * 129, 7])
def test_an_id_is_short_text_of_one_line(product_id):
    with pytest.raises(BadInput):
        ProductChange(product_id, NOON, "shop")


def test_hostile_text_is_cut_and_cleaned_and_links_are_links():
    product = lamp(
        content(
            0,
            title="<img src=x onerror=alert(1)>\u202elamp" + "x" * 900,
            url="javascript:alert(1)",
            image="https://shop.example/lamp.png",
            description="<p>Very Usefull</p>\n<script>alert(1)</script>",
            tags=["sale", "sale", " ", "x" * 200],
        )
    )
    assert product.title.startswith("<img src=x onerror=alert(1)> lamp")  # shown as text by whoever shows it
    assert len(product.title) == 300
    assert (product.url, product.image) == ("", "https://shop.example/lamp.png")
    assert product.description == "Very Usefull"
    assert product.tags == ("sale", "x" * 60)


def test_descriptions_are_words():
    assert prose("<b>5&nbsp;&lt;&nbsp;6</b> &amp; more<br>lines") == "5 ‹ 6 & more lines"
    assert prose("&lt;script&gt;alert(1)&lt;/script&gt;") == "‹script›alert(1)‹/script›"
    assert prose("word " * 400).endswith("word…")
    assert len(prose("word " * 400)) <= 500
    assert prose("<p <p <<>>><style>p{}") == prose("<p <p <<>>><style>p{}")


def test_a_product_in_variants_costs_what_the_cheapest_that_can_be_had_costs():
    red = Variant("1", usd(5000), usd(9000), quantity=0)
    blue = Variant("2", usd(7000), usd(6000), cost=usd(100), quantity=4)
    assert told_of([red, blue]) == {"price": usd(7000), "compare_at": None, "cost": usd(100)}
    assert told_of([red]) == {"price": usd(5000), "compare_at": usd(9000)}
    assert told_of([]) == {"price": None, "compare_at": None}
    assert told_of([Variant("1", usd(5000), quantity=0, available=True), blue])["price"] == usd(5000)
    assert stock_of([red, blue]) == {"1": 0, "2": 4}
