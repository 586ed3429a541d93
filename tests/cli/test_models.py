"""A run's cards as an operator reads them."""

from datetime import date

import numpy as np

from chalicelib.segment import stages
from chalicelib.segment.models.evidence import Judged, card_of
from cli.commands.models import lines_of
from cli.portrait_words import Words
from cli.publish.compile import bundle_of
from cli.publish.load import DEFAULT
from tests.playbook.stand_in import render_names

ENGLISH = Words(bundle_of(DEFAULT, render_names), "en")


def test_each_card_has_its_line_whatever_it_rests_on():
    best = stages.Best(100.0, 60.0, 0.5, 0.7, 0.5, {"none": 0.4, "60": 0.5})
    assert lines_of("value", stages.card_of(best), ENGLISH) == [
        "Best fifth by spending (value): Spending counts half after 60 days: 0.5; All spending alike: 0.4",
        "  Share of later spending that the best fifth made",
    ]
    day = date(2026, 11, 23).toordinal()
    judged = {"own rate": Judged(0.9), "BG/NBD": Judged(0.6, 0.3, 0.01)}
    worth = card_of(
        "mean error", {"everybody's mean": Judged(12.0)}, *["everybody's mean"] * 2, rows=9, on=(day - 90, day)
    )
    card = card_of(
        "Poisson deviance", judged, "BG/NBD", "own rate", rows=70, on=(day - 90, day), season=2.4, order_value=worth
    )
    assert lines_of("purchases", card, ENGLISH) == [
        "Purchases in 90 days and in a year (purchases): BG/NBD: 0.6; The customer's own rate: 0.9",
        "  Poisson deviance; less is better (70 rows, 2026-08-25 to 2026-11-23)",
        "  a year ago the 90 days from here had 2.4 times the purchases of the 90 before; "
        "no model here foretells a season",
        "Value of an order (purchases.order_value): Everybody's mean: 12; the plain fallback",
        "  Mean error in the store's currency; less is better (9 rows, 2026-08-25 to 2026-11-23)",
    ]
    thirds = {"days": [30.0, 90.0], "orders": [1.0, 3.0], "amount": [50.0, 200.0], "rows": 600}
    assert lines_of("rfm", thirds, ENGLISH) == [
        "Groups by recency, frequency and money (rfm): thirds end at 30 / 90 days since the last order, "
        "at 1 / 3 orders, at 50 / 200 spent; 600 buyers"
    ]
    ranges = {"ranges": [[40.0, 54.0], [89.0, 125.0], [180.0, 180.0]], "rows": 290}
    assert lines_of("stage", ranges, ENGLISH) == [
        "Stages of life (stage): to be nurtured after 40–54 days, at risk after 89–125, churned after 180, "
        "by number of orders and category; 290 customers came back"
    ]
    assert lines_of("tags_hour", {"shown": 3, "reliability": 0.8172}, ENGLISH) == [
        "Preference: hour of the day (tags_hour): 3 values told of, reliability 0.82"
    ]
    assert lines_of("hours", {"blank": ["too_few_answers", {"have": 3, "need": 200}]}, ENGLISH) == [
        "Best hour to write (hours): blank; 3 opens and clicks before the last 28 days; the store needs 200"
    ]


def test_a_season_is_shown_where_a_year_ago_had_one():
    from chalicelib.segment.models import purchases
    from chalicelib.segment.predict.history import Purchases

    days = np.concatenate([np.arange(0, 200, 2), np.repeat(np.arange(200, 290), 2), np.arange(290, 560, 2)])
    history = Purchases.of(np.arange(len(days)), days, np.ones(len(days)), len(days))
    assert purchases._season(history, 200 + purchases.YEAR) == 4.0
    assert purchases._season(history, 400) is None


def test_reminders_say_what_was_promised_and_what_came():
    figures = {"figure": 0.1, "gain": 0.0, "error": 0.0}
    card = {"measure": "reminders in time", "chosen": "distribution", "fallback": "usual gap", "rows": 2000}
    card |= {"candidates": {"distribution": figures, "usual gap": figures}}
    given = {"dated": 711, "promised": 0.4032, "in_time": 0.3951}
    last = "  reminders given: the purchase followed 40% of 711 within three days; their confidence was 40% on average"
    assert lines_of("refill", card | given, ENGLISH)[-1] == last
    assert last not in lines_of("refill", card | {"dated": 0, "promised": 0.0, "in_time": 0.0}, ENGLISH)
