"""A shop with more products than one matrix holds: everybody is shown the usual, something new, what goes with it."""

import random

from chalicelib.catalogue import related
from chalicelib.segment.ledger import Ledger
from chalicelib.segment.models import shelf, suggest
from chalicelib.segment.predict.recommend import MOST

DAY = 740_000


def ledger_of(orders, products, category_of):
    """From (customer, day, products) of each order; products by number."""
    customers = max(who for who, _, _ in orders) + 1
    rows = {
        "orders": [[who, day, day, 0, 50, 12, 0] for who, day, _ in orders],
        "lines": [[order, each, category_of(each)] for order, (_, _, held) in enumerate(orders) for each in held],
    }
    names = {"products": [f"p{number:04d}" for number in range(products)], "categories": ["tea", "coffee", *"abcdefgh"]}
    return Ledger.of([f"{number:016d}" for number in range(customers)], rows, names)


def test_five_thousand_products():
    """300 customers with a hundred products each, in ten categories of 500; the last thousand have no row."""
    orders = [
        (who, DAY - 300 + 10 * turn, [who % 50 + 50 * (25 * turn + each) for each in range(25)])
        for who in range(300)
        for turn in range(4)
    ]
    held = ledger_of(orders, 5_000, lambda product: product % 10)
    barred = {"p4500", "p4550", "p0007"}
    learnt = shelf.learn(held, DAY, barred)
    parameters = learnt.parameters | {"once": [learnt.parameters["items"].index("p4601")]}
    assert (len(parameters["items"]), parameters["exact"], len(parameters["rest"])) == (5_000, MOST - 10, 10)

    shown = suggest.suggest(parameters, learnt.arrays, held, DAY)
    of: dict[int, set[str]] = {who: set() for who in range(300)}
    for who, _, basket in orders:
        of[who] |= {f"p{each:04d}" for each in basket}
    for who in range(300):
        assert len(shown["again"][who]) == len(shown["new"][who]) == shelf.SHOWN
        assert set(shown["again"][who]) <= of[who] - barred
        assert not set(shown["new"][who]) & (of[who] | barred)
    # The newest are the usual, though no matrix knows them; what is forbidden or bought but once is not among them.
    assert {int(name[1:]) // 50 for name in shown["again"][0]} <= set(range(75, 100))
    assert {int(name[1:]) > MOST for each in shown["again"] for name in each} == {False, True}
    assert "p4601" in of[1]
    assert "p4601" not in shown["again"][1]

    beside = suggest.beside(parameters)
    assert len(beside) == 5_000
    assert "p4600" not in beside["p4600"].alike
    for name, each in (("p4600", beside["p4600"]), ("p0100", beside["p0100"])):
        assert each.with_cart, name
        assert each.alike, name
        assert {int(other[1:]) % 10 for other in each.alike + each.with_cart} == {0}, "of its own category"
        assert not barred & {*each.alike, *each.with_cart}
    assert related.with_cart(beside, ["p4600", "p4607"])
    gone = {*beside["p4600"].with_cart[:1], *beside["p0100"].with_cart[:1]}  # taken off the shelf since it was learnt
    later = suggest.beside(parameters | {"barred": sorted(barred | gone)})
    assert not any(gone & {*each.alike, *each.with_cart} for each in later.values())
    assert later["p0100"].with_cart == tuple(each for each in beside["p0100"].with_cart if each not in gone)


def test_who_bought_only_what_has_no_row_is_shown_what_goes_with_its_category():
    """Tea (even) and coffee (odd): more drink coffee, so it is popular; the tea that one buys has no row."""
    dice = random.Random(11)
    drinkers = [(who, who % 5 < 2) for who in range(400)]
    orders = []
    for who, is_tea in drinkers:
        for _ in range(9):
            number = min(int(dice.expovariate(0.12)), 49)
            orders.append((who, DAY - dice.randrange(1, 400), [2 * number + (not is_tea)]))
    orders += [(400, DAY - 200 + turn, [98 - 2 * turn]) for turn in range(3)]
    held = ledger_of(orders, 100, lambda product: product % 2)
    learnt = shelf.learn(held, DAY, most=32)
    rare = [f"p{98 - 2 * turn:04d}" for turn in range(3)]
    assert not set(rare) & set(learnt.parameters["items"][: learnt.parameters["exact"]])
    assert learnt.parameters["new"].startswith("EASE")
    assert learnt.card["new"]["candidates"][learnt.parameters["new"]]["gain"] > 0.05
    tea_first = suggest.suggest(learnt.parameters, learnt.arrays, held, DAY)["new"][400]
    assert [int(name[1:]) % 2 for name in tea_first[:5]] == [0] * 5
    popular = learnt.parameters | {"new": shelf.POPULAR}
    by_all = suggest.suggest(popular, learnt.arrays, held, DAY)["new"][400]
    assert any(int(name[1:]) % 2 for name in by_all[:5]), "what is popular is not all tea"
