"""Five made-up stores that are nothing like the two public ones, as the columns gathering writes; a seed makes each.

What comes after a snapshot is in the columns too, so that it can be asked what
became of a prediction. Refuses to be realistic beyond what a choice among
candidates can be misled by: season, wholesale, orders called off, returns, products
that come and go, rhythms, hardly any repeats, hardly any customers.
"""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.random import Generator

from chalicelib.segment.ledger import SHAPE, Ledger

START, END = date(2024, 1, 1).toordinal(), date(2026, 5, 1).toordinal()
BEFORE_SEASON, AFTER_SEASON, AUTUMN = (
    date(2025, 10, 20).toordinal(),
    date(2026, 1, 15).toordinal(),
    date(2025, 9, 15).toordinal(),
)
NO_PRODUCTS = ("POSTAGE", "MANUAL")


@dataclass(frozen=True)
class Made:
    """A store, the days it is looked at from, and names of lines that are no products."""

    name: str
    ledger: Ledger
    snapshots: tuple[int, ...]
    no_products: tuple[str, ...] = ()


class _Rows:
    """Rows of a ledger in the making; products are `category-number`."""

    def __init__(self, seed: int, customers: int) -> None:
        self.dice: Generator = np.random.default_rng(seed)
        self.customers = customers
        self.rows: dict[str, list[tuple[float, ...]]] = {table: [] for table in SHAPE}
        self.names: dict[str, dict[str, int]] = {"products": {}, "categories": {}}

    def _index(self, kind: str, name: str) -> int:
        return self.names[kind].setdefault(name, len(self.names[kind])) if name else -1

    def order(self, who: int, day: float, amount: float, products: list[str], *, code: bool = False) -> int:
        """The number of the order, for what becomes of it."""
        number = len(self.rows["orders"])
        hour = int(np.clip(self.dice.normal(15, 4), 0, 23))
        self.rows["orders"].append((who, int(day), int(day), 0, round(amount, 2), hour, float(code)))
        for product in products:
            category, _, rest = product.partition("-")
            line = (number, self._index("products", product), self._index("categories", category if rest else ""))
            self.rows["lines"].append(line)
        return number

    def called_off(self, order: int, day: float) -> None:
        row = self.rows["orders"][order]
        self.rows["orders"][order] = (*row[:3], int(day), *row[4:])

    def refunded(self, order: int, day: float, share: float) -> None:
        self.rows["refunds"].append((order, int(day), round(self.rows["orders"][order][4] * share, 2)))

    def answers(self, share: float, *, own: float, every: int) -> None:
        """Opens of a mail every so many days, by a share of customers; `own` of them have an hour of their own."""
        hours = np.where(self.dice.random(self.customers) < own, self.dice.integers(7, 23, self.customers), 20)
        openness = self.dice.beta(1, 3, self.customers) * (self.dice.random(self.customers) < share)
        for day in range(AUTUMN - 200, END, every):
            for who in np.flatnonzero(self.dice.random(self.customers) < openness).tolist():
                self.rows["answers"].append((who, day, int(hours[who] + self.dice.normal(0, 1.5)) % 24))

    def looks(self, who: int, day: float, product: str) -> None:
        self.rows["looks"].append((who, int(day), self._index("products", product)))

    def done(self, name: str, *snapshots: int, no_products: tuple[str, ...] = ()) -> Made:
        ids = [base64.b32encode(self.dice.bytes(10)).decode().lower() for _ in range(self.customers)]
        names = {kind: list(held) for kind, held in self.names.items()}
        return Made(name, Ledger.of(ids, self.rows, names), snapshots, no_products)


def _season(day: float) -> float:
    """How many times the usual is bought: four from November until the week before Christmas."""
    told = date.fromordinal(int(day))
    return 4.0 if (told.month, told.day) >= (11, 1) and (told.month, told.day) <= (12, 18) else 1.0


def _times(dice: Generator, begin: float, end: float, rate: float) -> Iterator[float]:
    """A random stream that the season swells; the first time is `begin`."""
    at = begin
    while at < end:
        yield at
        at += 1
        while at < end:
            at += dice.exponential(1 / (4 * rate))
            if dice.random() < _season(min(at, END)) / 4:
                break


def _skewed(dice: Generator, number: int) -> np.ndarray:
    weights = 1 / np.arange(1, number + 1)
    return np.asarray(dice.permutation(weights) / weights.sum())


def gifts(seed: int) -> Made:
    """A gift shop selling abroad: few orders a customer, wholesale among them, Christmas, bulk orders reversed."""
    made = _Rows(seed, 2_500)
    dice = made.dice
    products = [f"{theme}-{number}" for theme in ("garden", "kitchen", "paper", "toys", "lights", "tins")
                for number in range(25)]  # fmt: skip
    liked = _skewed(dice, len(products))
    for who in range(made.customers):
        is_trade = dice.random() < 0.07
        begin = dice.uniform(START, END)
        while dice.random() > _season(begin) / 4:
            begin = dice.uniform(START, END)
        rate = dice.gamma(2, 1 / 60) if is_trade else dice.gamma(0.5, 1 / 150)
        stays = dice.exponential(500)
        usual = dice.lognormal(5.8, 0.9) if is_trade else dice.lognormal(3.3, 0.5)
        theme = dice.integers(6)
        own = liked * np.where(np.arange(len(products)) // 25 == theme, 4.0, 1.0)
        for at in _times(dice, begin, min(END, begin + stays), rate):
            number = int(dice.integers(10, 25)) if is_trade else int(1 + dice.poisson(1.5))
            held = np.argsort(dice.exponential(1 / own))[:number]  # without putting back, by weight
            lines = [products[each] for each in held] + ["POSTAGE"] * (dice.random() < 0.6)
            lines += ["MANUAL"] * (dice.random() < 0.02)
            order = made.order(who, at, usual * dice.lognormal(0, 0.4), lines)
            if is_trade and dice.random() < 0.01:  # an order of thousands by mistake, called off the next day
                wrong = made.order(who, at + 2, usual * 150, lines)
                made.called_off(wrong, at + 3)
            if dice.random() < 0.05:
                made.refunded(order, at + dice.uniform(2, 30), dice.choice((0.3, 1.0)))
    made.answers(0.4, own=0.3, every=9)
    return made.done("gifts", BEFORE_SEASON, AFTER_SEASON, no_products=NO_PRODUCTS)


def fashion(seed: int) -> Made:
    """One or two orders a customer, a third of them sent back, and each month other products."""
    made = _Rows(seed, 3_000)
    dice = made.dice
    kinds = ("shirts", "skirts", "shoes", "coats")
    for who in range(made.customers):
        at, goes_on = dice.uniform(START, END), 0.35
        size = dice.integers(4)
        while at < END:
            month = int(at - START) // 30
            lines = []
            for _ in range(1 + dice.poisson(0.8)):
                drop = max(0, month - int(dice.integers(0, 4)))
                kind = kinds[size] if dice.random() < 0.6 else kinds[dice.integers(4)]
                lines.append(f"{kind}-{drop}.{int(4 * dice.random() ** 2)}")
            order = made.order(who, at, 60 * dice.lognormal(0, 0.5), lines, code=dice.random() < 0.2)
            for product in lines:
                made.looks(who, max(at - 1, START), product)
            if dice.random() < 0.33:
                made.refunded(order, at + dice.uniform(5, 25), dice.choice((0.5, 1.0), p=(0.4, 0.6)))
            if dice.random() > goes_on:
                break
            at += 10 + dice.exponential(110)
    made.answers(0.3, own=0.0, every=7)
    return made.done("fashion", AUTUMN, AFTER_SEASON)


def cosmetics(seed: int) -> Made:
    """What runs out after 30 to 60 days and is bought again, with a coupon each month that some always use."""
    made = _Rows(seed, 900)
    dice = made.dice
    kinds = ("cream", "shampoo", "serum", "powder", "soap")
    for who in range(made.customers):
        begin, ends = dice.uniform(START, END - 60), dice.exponential(500)
        uses = dice.beta(0.4, 1.2)
        coupons = [(day, day + 20) for day in range(AUTUMN - 360, END, 30) if day > begin and dice.random() < 0.7]
        used: dict[int, int] = {}
        for _ in range(1 + dice.poisson(0.7)):
            at, gap = begin + dice.uniform(0, 10), dice.uniform(30, 60)
            product = f"{kinds[dice.integers(5)]}-{dice.integers(6)}"
            while at < min(END, begin + ends):
                running = next((start for start, end in coupons if start <= at < end and start not in used), None)
                with_code = running is not None and dice.random() < uses
                if running is not None and with_code:
                    used[running] = int(at)
                tried = [f"{kinds[dice.integers(5)]}-{dice.integers(6)}"] if dice.random() < 0.1 else []
                made.order(who, at, 25 * dice.lognormal(0, 0.3), [product, *tried], code=with_code)
                at += max(3.0, dice.normal(gap, 0.08 * gap))
        for start, end in coupons:
            made.rows["offers"].append((who, start, end, used.get(start, 0)))
    made.answers(0.6, own=0.8, every=5)
    return made.done("cosmetics", AUTUMN, AFTER_SEASON)


def digital(seed: int) -> Made:
    """Bought once; one customer in forty comes back."""
    made = _Rows(seed, 2_500)
    dice = made.dice
    liked = _skewed(dice, 40)
    for who in range(made.customers):
        at = dice.uniform(START, END)
        for _ in range(1 + (dice.random() < 0.025)):
            product = f"course-{dice.choice(40, p=liked)}"
            made.order(who, min(at, END), float(dice.choice((19, 49, 99))), [product])
            at += dice.exponential(90)
    made.answers(0.3, own=0.0, every=14)
    return made.done("digital", AUTUMN, AFTER_SEASON)


def tiny(seed: int) -> Made:
    """Sixty customers of a roastery, half of them with a rhythm."""
    made = _Rows(seed, 60)
    dice = made.dice
    for who in range(made.customers):
        at, gap = dice.uniform(START, AUTUMN - 130), dice.uniform(20, 90)
        ends = END if who % 2 else at + dice.exponential(150)
        while at < ends:
            made.order(who, at, 30 * dice.lognormal(0, 0.4), [f"beans-{dice.integers(8)}"])
            at += max(2.0, dice.normal(gap, 0.3 * gap))
    made.answers(0.8, own=0.5, every=7)
    return made.done("tiny", AUTUMN, AFTER_SEASON)


STORES: dict[str, Callable[[int], Made]] = {
    "gifts": gifts, "fashion": fashion, "cosmetics": cosmetics, "digital": digital, "tiny": tiny,
}  # fmt: skip
