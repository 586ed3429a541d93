"""A run's cards as an operator reads them."""

from datetime import date

import numpy as np

from chalicelib.segment import stages
from chalicelib.segment.models.evidence import Judged, card_of
from cli.commands.models import lines_of
from cli.publish.compile import bundle_of
from cli.publish.load import DEFAULT
from tests.playbook.stand_in import render_names

REASONS = bundle_of(DEFAULT, render_names).reasons["en"]


def test_each_card_has_its_line_whatever_it_rests_on():
    best = stages.Best(100.0, 60.0, 0.5, 0.7, 0.5, {"none": 0.4, "60": 0.5})
    assert lines_of("value", stages.card_of(best), REASONS) == [
        "value            half-life 60 d: later spending captured 0.5, all spending alike 0.4"
    ]
    day = date(2026, 11, 23).toordinal()
    judged = {"own rate": Judged(0.9), "BG/NBD": Judged(0.6, 0.3, 0.01)}
    worth = card_of(
        "mean error", {"everybody's mean": Judged(12.0)}, *["everybody's mean"] * 2, rows=9, on=(day - 90, day)
    )
    card = card_of(
        "Poisson deviance", judged, "BG/NBD", "own rate", rows=70, on=(day - 90, day), season=2.4, order_value=worth
    )
    assert lines_of("purchases", card, REASONS) == [
        "purchases        BG/NBD: Poisson deviance 0.6, own rate 0.9 (70 rows, 2026-08-25 to 2026-11-23)",
        f"{'':16} a year ago the 90 days from here had 2.4 times the purchases of the 90 before; "
        "no model here foretells a season",
        "purchases.order_value everybody's mean: mean error 12.0, the fallback (9 rows, 2026-08-25 to 2026-11-23)",
    ]
    assert lines_of("hours", {"blank": ["too_few_answers", {"have": 3, "need": 200}]}, REASONS) == [
        "hours            blank: 3 opens and clicks before the last 28 days; the store needs 200"
    ]


def test_a_season_is_shown_where_a_year_ago_had_one():
    from chalicelib.segment.models import purchases
    from chalicelib.segment.predict.history import Purchases

    days = np.concatenate([np.arange(0, 200, 2), np.repeat(np.arange(200, 290), 2), np.arange(290, 560, 2)])
    history = Purchases.of(np.arange(len(days)), days, np.ones(len(days)), len(days))
    assert purchases._season(history, 200 + purchases.YEAR) == 4.0
    assert purchases._season(history, 400) is None
