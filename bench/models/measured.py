"""One protocol for each id: what is taught, what is asked, and the figures. Temporal splits only."""

from collections.abc import Callable, Iterator
from functools import cache
from time import process_time

import numpy as np
import pandas as pd

from bench.models import promised, stores
from bench.models.stores import day
from chalicelib.segment import reliability, value
from chalicelib.segment.predict import coupon, dormancy, due, lifetime, logistic, ranks, recommend, replenishment
from chalicelib.segment.predict.coupon import Offers
from chalicelib.segment.predict.recommend import Bought
from chalicelib.segment.predict.replenishment import Forecast, Rhythms

Figures = dict[str, float]
PROTOCOLS: dict[str, Callable[[], Figures]] = {}
CALIBRATED, HELD_OUT = day("1997-09-30"), day("1998-06-30")
AUTUMN, YEAR_END = day("2017-10-01"), day("2018-01-01")
MONDAYS = [day("2017-10-02") + 14 * number for number in range(6)]
HOLIDAYS = ("01-02", "02-05", "02-14", "04-16", "05-14", "05-29", "07-04", "09-04", "10-31", "11-23", "12-25")


def _protocol(name: str) -> Callable[[Callable[[], Figures]], Callable[[], Figures]]:
    def keep(function: Callable[[], Figures]) -> Callable[[], Figures]:
        PROTOCOLS[name] = function
        return function

    return keep


def _calibrated(name: str) -> lifetime.Repeats:
    known = stores.cdnow(name).before(CALIBRATED + 1)
    return lifetime.Repeats.of(known.customer, known.day, CALIBRATED, known.customers)


@_protocol("a1")
def fitted() -> Figures:
    sample = lifetime.fit(_calibrated("sample"), penalised=False)
    begun = process_time()
    master = lifetime.fit(_calibrated("master"), penalised=False)
    seconds = process_time() - begun
    asked = (0.2426, 4.4136, 0.7929, 2.4259)
    off = np.abs(np.subtract((sample.r, sample.alpha, sample.a, sample.b), asked))
    return {
        "parameters off": float(off[[0, 2, 3]].max()),
        "alpha off": float(off[1]),
        "likelihood off": abs(sample.log_likelihood + 9582.43),
        "master's off": abs(master.log_likelihood + 95368.44),
        "seconds": seconds,
    }


@_protocol("a2")
def repeat_purchases() -> Figures:
    seen = _calibrated("sample")
    later = stores.cdnow("sample").between(CALIBRATED + 1, HELD_OUT + 1).number
    expected = lifetime.fit(seen, penalised=False).expected(seen, 39.0)
    return {
        "MAE": float(np.abs(expected - later).mean()),
        "total error": abs(100 * float(expected.sum() / later.sum() - 1)),
        "Pearson": float(np.corrcoef(expected, later)[0, 1]),
    }


@_protocol("a3")
def order_values() -> Figures:
    history = stores.cdnow("sample")
    known, later = history.before(CALIBRATED + 1), history.between(CALIBRATED + 1, HELD_OUT + 1)
    everybody = float((known.spent / np.maximum(known.number, 1))[known.number > 0].mean())
    expected = lifetime.order_value(known.number, known.spent, everybody)
    buyers = later.number > 0
    return {"MAE": float(np.abs(expected - later.spent / np.maximum(later.number, 1))[buyers].mean())}


@cache
def _dormant() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    history = stores.journey().purchases
    who, chance = dormancy.predict(history, AUTUMN)
    return chance, dormancy.outcome(history, AUTUMN, who), history.recent(AUTUMN, 30)[who] > 0


@_protocol("b1")
def dormant_of_all() -> Figures:
    chance, outcome, _ = _dormant()
    return {"AUC": ranks.auc(outcome, chance)}


@_protocol("b2")
def dormant_of_active() -> Figures:
    chance, outcome, active = _dormant()
    return {"AUC": ranks.auc(outcome[active], chance[active])}


@cache
def _rhythms() -> Rhythms:
    lines = stores.journey().real
    return Rhythms.of(lines.household.to_numpy(), lines.category.to_numpy(), lines.day.to_numpy())


@cache
def _september() -> tuple[Forecast, np.ndarray]:
    """Forecasts at each purchase of September 2017 by those with four or more; the days it really took (0 never)."""
    rhythms, trips = _rhythms(), stores.journey().purchases
    begun = day("2017-09-01")
    rows = np.flatnonzero((rhythms.day >= begun) & (rhythms.day < AUTUMN) & (rhythms.number >= replenishment.FEWEST))
    past = replenishment.learn(rhythms, begun)
    assert past is not None
    known = trips.before(begun)
    habits = replenishment.weekdays(known.customer, known.day, known.customers)
    return replenishment.forecast(rhythms, rows, past, habits), rhythms.ahead[rows]


@_protocol("c1")
def replenished_within_three_days() -> Figures:
    forecast, took = _september()
    return {"share": float(((np.abs(forecast.likely - took) <= 3) & (took > 0)).mean())}


@_protocol("c2")
def replenished_error() -> Figures:
    forecast, took = _september()
    return {"MAE": float(np.abs(forecast.middle - took)[took > 0].mean())}


@_protocol("c3")
def reminded_in_time() -> Figures:
    forecast, took = _september()
    wait = took - forecast.reminder
    return {"share": float(((wait >= 0) & (wait <= 3) & (took > 0)).mean())}


@_protocol("c4")
def due_list() -> Figures:
    rhythms, trips = _rhythms(), stores.journey().purchases
    model = due.learn(rhythms, trips, AUTUMN)
    found = []
    for monday in MONDAYS:
        asked = due.waiting(rhythms, trips, monday)
        outcome, chance = due.came(rhythms, asked.rows, monday), model.chance(asked.columns)
        found.append((ranks.auc(outcome, chance), ranks.precision(outcome, chance, 0.1)))
    area, precise = np.mean(found, axis=0)
    return {"AUC": float(area), "precision": float(precise)}


@_protocol("c5")
def promised_and_in_time() -> Figures:
    return promised.measure()


def _bought(column: str, items: int, row: str = "household") -> tuple[Bought, Bought]:
    lines = stores.journey().real
    bought = Bought.of(
        lines[row].to_numpy(), lines[column].to_numpy(), lines.day.to_numpy(), int(lines[row].max()) + 1, items
    )
    return bought.between(0, AUTUMN), bought.between(AUTUMN, YEAR_END)


def _users(known: Bought, later: Bought) -> np.ndarray:
    """Those with five or more different items before and a purchase after."""
    items = np.unique(known.row * known.items + known.item) // known.items
    different = np.bincount(items, minlength=known.rows)
    return np.flatnonzero((different >= 5) & (np.bincount(later.row, minlength=later.rows) > 0))


def _hits(wanted: np.ndarray, scores: np.ndarray) -> Figures:
    hits = np.take_along_axis(wanted, recommend.best(scores, 10), axis=1).sum(axis=1)
    return {"HR": float((hits > 0).mean()), "R": float((hits / wanted.sum(axis=1)).mean())}


def _new(column: str, items: int) -> Figures:
    known, later = _bought(column, items)
    users = _users(known, later)
    held = (known.counted(users) > 0).astype(float)
    scores = held @ recommend.ease(known.together(), recommend.choose_strength(known, AUTUMN)[0])
    scores[held > 0] = -np.inf
    wanted = (later.counted(users) > 0) & (held == 0)
    asked = wanted.any(axis=1)
    return _hits(wanted[asked], scores[asked])


@_protocol("d1")
def new_types() -> Figures:
    return _new("type", len(stores.journey().types))


@_protocol("d2")
def new_categories() -> Figures:
    return _new("category", len(stores.journey().categories))


@_protocol("d3")
def bought_again() -> Figures:
    known, later = _bought("type", len(stores.journey().types))
    users = _users(known, later)
    strength, _ = recommend.choose_strength(known, AUTUMN)
    weights = recommend.ease(known.together(), strength)
    half_life, _ = recommend.choose_half_life(known, AUTUMN, strength)
    held = (known.counted(users) > 0).astype(float)
    first = np.full(later.rows, YEAR_END)
    np.minimum.at(first, later.row, later.day)
    at_once = later.day == first[later.row]
    wanted = Bought(later.row[at_once], later.item[at_once], later.day[at_once], later.rows, later.items)
    return _hits(
        wanted.counted(users) > 0,
        recommend.again(recommend.faded(known, AUTUMN, users, half_life=half_life), held, weights),
    )


@_protocol("d4")
def cart() -> Figures:
    items = len(stores.journey().types)
    known, later = _bought("type", items, row="basket")
    of_users, _ = _bought("type", items)
    weights = recommend.ease(known.together(), recommend.CART_STRENGTH)
    size = np.bincount(later.row, minlength=later.rows)
    dice = np.random.default_rng(20171001)
    baskets = np.sort(dice.choice(np.flatnonzero((size >= 2) & (size <= 30)), 20_000, replace=False))
    lines = stores.journey().real
    owner = lines.drop_duplicates("basket").set_index("basket").household.reindex(baskets).to_numpy()
    held = later.counted(baskets) > 0
    hidden = np.array([dice.choice(np.flatnonzero(row)) for row in held])
    carts = held.astype(float)
    carts[np.arange(len(baskets)), hidden] = 0
    users, place = np.unique(owner, return_inverse=True)

    def hit(scores: np.ndarray) -> float:
        return float((recommend.best(scores, 10) == hidden[:, None]).any(axis=1).mean())

    own = of_users.counted(users)[place]
    return {
        "HR": hit(recommend.with_cart(carts, weights)),
        "with history": hit(recommend.with_cart(carts, weights, own)),
    }


@cache
def _offers() -> tuple[Offers, pd.DataFrame]:
    """Every campaign to every household that got it; Type A campaigns choose among hundreds of products."""
    households = {household: index for index, household in enumerate(stores.journey().household_ids)}
    runs = stores.table("campaigns").merge(stores.table("campaign_descriptions"), on="campaign_id")
    runs = runs[runs.household_id.isin(households)].sort_values(["start_date", "campaign_id", "household_id"])
    used = stores.table("coupon_redemptions")
    used = used.assign(used=used.redemption_date.map(pd.Timestamp.toordinal))
    used = used.groupby(["household_id", "campaign_id"]).used.min().reset_index()
    runs = runs.merge(used, on=["household_id", "campaign_id"], how="left").reset_index(drop=True)
    runs["customer"] = runs.household_id.map(households)
    runs["start"] = runs.start_date.map(pd.Timestamp.toordinal)
    runs["end"] = runs.end_date.map(pd.Timestamp.toordinal)
    return Offers(
        runs.customer.to_numpy(),
        runs.start.to_numpy(),
        runs.end.to_numpy(),
        runs.used.fillna(0).astype(int).to_numpy(),
        (runs.campaign_type == "Type A").to_numpy(float),
        np.zeros(len(runs)),
    ), runs


def _with_bought(offers: Offers, runs: pd.DataFrame, at: int) -> Offers:
    """The offers with what the households had bought, before `at`, of the products each is for."""
    journey = stores.journey()
    lines = journey.lines[journey.lines.day < at][["household", "day", "product"]]
    place = {product: index for index, product in enumerate(journey.products)}
    covered = stores.table("coupons")
    covered = covered.assign(product=covered.product_id.map(place)).dropna(subset=["product"])
    bought = np.zeros(len(runs))
    for campaign, rows in runs.groupby("campaign_id").groups.items():
        products = covered[covered.campaign_id == campaign]["product"].astype(int)
        days = lines[lines["product"].isin(set(products))].drop_duplicates(["household", "day"])
        bought[rows] = np.bincount(days.household, minlength=journey.households)[runs.customer.to_numpy()[rows]]
    return Offers(offers.customer, offers.start, offers.end, offers.used, offers.broad, bought)


def _coupon_days(at: int) -> np.ndarray:
    journey = stores.journey()
    lines = journey.lines[(journey.lines.day < at) & (journey.lines.coupon > 0)]
    return np.bincount(lines.drop_duplicates(["household", "day"]).household, minlength=journey.households)


@_protocol("e1")
def coupon_households() -> Figures:
    offers, _ = _offers()
    score = coupon.ranked(offers, _coupon_days(AUTUMN), stores.journey().purchases, AUTUMN)
    asked = offers.chosen((offers.start >= AUTUMN) & (offers.start < YEAR_END))
    outcome = np.zeros(stores.journey().households)
    np.maximum.at(outcome, asked.customer, (asked.used > 0).astype(float))
    who = np.unique(asked.customer)
    return {
        "AUC": ranks.auc(outcome[who], score[who]),
        "captured": ranks.captured(outcome[who], score[who], 0.2),
    }


@_protocol("e2")
def coupon_offers() -> Figures:
    offers, runs = _offers()
    history = stores.journey().purchases
    summer = day("2017-07-01")

    def asked(rows: Offers, known: Offers, at: int) -> np.ndarray:
        return coupon.columns(rows, known, _coupon_days(at), history, at)

    past, now = _with_bought(offers, runs, summer), _with_bought(offers, runs, AUTUMN)
    taught = coupon.taught_by(past, summer, AUTUMN)
    model = logistic.fit(asked(taught, past, summer), (taught.used > 0).astype(float))
    later = now.chosen((now.start >= AUTUMN) & (now.start < YEAR_END))
    return {"AUC": ranks.auc((later.used > 0).astype(float), model.chance(asked(later, now, AUTUMN)))}


@_protocol("f1")
def best_fifth() -> Figures:
    history = stores.journey().purchases
    half_life, _ = value.choose(history, AUTUMN)
    held = value.hold(history, AUTUMN, YEAR_END, half_life)
    return {"kept": held.kept, "captured": held.captured}


@_protocol("g1")
def preferences() -> Figures:
    lines = stores.journey().lines
    days = lines.groupby(["household", "day"]).agg(hour=("hour", "min"), promoted=("discount", _mostly)).reset_index()
    festive = {day(f"2017-{holiday}") - back for holiday in HOLIDAYS for back in range(7)}
    marks = {
        "holiday": days.day.isin(festive),
        "evening": days.hour >= 17,
        "promotion": days.promoted > 0,
    }
    return dict(_reliabilities(marks, days.household))


def _mostly(discounts: pd.Series) -> float:
    return float((discounts > 0).mean() >= 0.5)


def _reliabilities(marks: dict[str, pd.Series], household: pd.Series) -> Iterator[tuple[str, float]]:
    customers = stores.journey().households
    number = np.bincount(household, minlength=customers)
    for name, marked in marks.items():
        found = reliability.measure(np.bincount(household[marked], minlength=customers), number)
        yield name, float(found.reliability or 0.0)
