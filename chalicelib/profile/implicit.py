"""What behaviour says of a person who did not tell it: gender and age band from the target groups of products.

Each product bought, put into the cart, wished for or looked at speaks once, as
loudly as the strongest thing done with it; products for everybody are silent.
The belief is blank below a minimum of products and of agreement, carries how
far they agree, and says in words what it rests on. What was told explicitly
always comes first (`beliefs_of`). Pure: the products are handed in. Refuses to
conclude anything else from what somebody buys.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from chalicelib import clock
from chalicelib.profile.attributes import Belief

if TYPE_CHECKING:
    from chalicelib.profile.customer import Customer

BOUGHT, CHOSEN, VIEWED = 4, 2, 1
LEAST_PRODUCTS = 3
LEAST_WEIGHT = 6
LEAST_AGREEMENT, LIKELY_AGREEMENT = 0.65, 0.85
LIKELY_PRODUCTS = 6
BANDS = ((0, 17), (18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 120))
WIDEST = 25
"""Years; a product for a wider age group than this says nothing of age."""
_GROUP = re.compile(r"\d{1,3}(?:\s?[-–]\s?\d{1,3}|\+)", re.ASCII)
"""A group of ages as somebody tells their own."""

_ACTS = {"added": CHOSEN, "wished": CHOSEN, "viewed": VIEWED, "left": VIEWED}
_WORDS = {"female": ("women", "女性"), "male": ("men", "男性")}


class Targeted(Protocol):
    """What is asked of a product: `target_gender` female, male, unisex or ''; `target_age` such as 25-34, 65+ or ''."""

    @property
    def target_gender(self) -> str: ...

    @property
    def target_age(self) -> str: ...


def beliefs_of(customer: "Customer", products: Mapping[str, Targeted], now: datetime) -> dict[str, Belief]:
    """All that is believed of a person, told or concluded; what was told wins. Adds `age_band`."""
    found = dict(customer.attributes)
    told = age_band_told(customer, now)
    if told:
        found["age_band"] = told
    for key, belief in guesses(customer, products).items():
        found.setdefault(key, belief)
    return found


def guesses(customer: "Customer", products: Mapping[str, Targeted]) -> dict[str, Belief]:
    """`gender` and `age_band` as concluded, whether told or not; absent where the evidence does not do."""
    weights = _weights(customer)
    found: dict[str, Belief] = {}
    genders: dict[str, dict[str, float]] = {}
    bands: dict[str, dict[str, float]] = {}
    for product_id, weight in weights.items():
        product = products.get(product_id)
        if product is None:
            continue
        if product.target_gender in _WORDS:
            genders[product_id] = {product.target_gender: weight}
        touched = bands_of(product.target_age)
        if touched:
            bands[product_id] = {band: weight / len(touched) for band in touched}
    gender = _winner(genders)
    if gender:
        value, agreement, number, of = gender
        why = {
            "en": f"{number} of {of} products bought or looked at that are for one gender are for {_WORDS[value][0]}",
            "zh-CN": f"在分性别的已购或浏览商品中，{of} 件里有 {number} 件面向{_WORDS[value][1]}",
        }
        found["gender"] = _belief(customer, value, agreement, of, why)
    band = _winner(bands)
    if band:
        value, agreement, number, of = band
        words = in_words(value)
        why = {
            "en": f"{number} of {of} products bought or looked at that are for an age group are for the age "
            f"{words['en']}",
            "zh-CN": f"在标有年龄段的已购或浏览商品中，{of} 件里有 {number} 件的目标年龄段是“{words['zh-CN']}”",
        }
        found["age_band"] = _belief(customer, value, agreement, of, why)
    return found


def age_band_told(customer: "Customer", now: datetime) -> Belief | None:
    """The band of the age that was told, by birthday or in years, or else the band itself, as surveys ask for it."""
    aged = _age(customer, now)
    if aged:
        years, told = aged
        born = told.value if told == customer.attribute("birthday") else ""
        why = {"en": f"born on {born}" if born else f"said to be {years}"}
        why["zh-CN"] = f"生日为 {born}" if born else f"自述年龄 {years} 岁"
        return _as_band(told, band_of(years), why)
    for key in ("age", "age_band"):
        belief = customer.attribute(key)
        bands = bands_of(belief.value) if belief and _GROUP.fullmatch(belief.value) else []
        if belief and len(bands) == 1:
            words = in_words(bands[0])
            return _as_band(belief, bands[0], {"en": f"said to be {words['en']}", "zh-CN": f"自述{words['zh-CN']}"})
    return None


def told_text(customer: "Customer", key: str) -> str:
    """An attribute as it was told; '' when nobody told it."""
    belief = customer.attribute(key)
    return belief.value if belief else ""


def birthday_told(customer: "Customer") -> tuple[int, int, int | None] | None:
    """(month, day, year or None) of a birthday told as 1990-03-07 or 03-07; None for any other."""
    found = re.fullmatch(r"(?:(\d{4})-|--)?(\d\d)-(\d\d)", told_text(customer, "birthday"), re.ASCII)
    if not found:
        return None
    year, month, day = found.groups()
    try:
        date(int(year or 2000), int(month), int(day))
    except ValueError:
        return None
    return int(month), int(day), int(year) if year else None


def age_told(customer: "Customer", now: datetime) -> int | None:
    """Whole years, of the birthday or else the age that was told; None for what nobody can be."""
    aged = _age(customer, now)
    return aged[0] if aged else None


def _age(customer: "Customer", now: datetime) -> tuple[int, Belief] | None:
    """Whole years and the telling they rest on."""
    birthday, born, told = birthday_told(customer), customer.attribute("birthday"), customer.attribute("age")
    if birthday and born and birthday[2]:
        years, told = now.year - birthday[2] - ((now.month, now.day) < birthday[:2]), born
    elif told and re.fullmatch(r"\d{1,3}", told.value, re.ASCII):
        years = int(told.value)
    else:
        return None
    return (years, told) if 0 <= years <= BANDS[-1][1] else None


def days_to_birthday(customer: "Customer", now: datetime) -> int | None:
    """Days until it is their birthday where they live; None when it is not known."""
    told = birthday_told(customer)
    if told is None:
        return None
    today = clock.local_day(now, customer.zone.name if customer.zone else "UTC")
    return next((day - today).days for year in (today.year, today.year + 1) if (day := _in(year, *told[:2])) >= today)


def _in(year: int, month: int, day: int) -> date:
    is_leap = (month, day) == (2, 29) and not (year % 4 == 0 and (year % 100 or year % 400 == 0))
    return date(year, 2, 28) if is_leap else date(year, month, day)


def band_of(years: int) -> str:
    low, high = next((each for each in BANDS if years <= each[1]), BANDS[-1])
    return named(low, high)


def bands_of(text: str) -> list[str]:
    """The bands that an age group such as `25-34`, `18–24` or `65+` touches; none where it says nothing of age."""
    numbers = [int(each) for each in re.findall(r"\d{1,3}", text)][:2]
    if not numbers:
        return []
    low = numbers[0]
    high = numbers[1] if len(numbers) > 1 else (120 if "+" in text else low)
    if high < low or (high - low > WIDEST and low < BANDS[-1][0]):
        return []
    return [named(*band) for band in BANDS if band[0] <= high and band[1] >= low]


def named(low: int, high: int) -> str:
    """The name of a band of ages."""
    return "65+" if low == BANDS[-1][0] else f"{low}-{high}"


def in_words(band: str) -> dict[str, str]:
    """`25-34` as words that follow upon a person, by language."""
    low, _, high = band.partition("-")
    if low == "0":
        return {"en": f"under {int(high) + 1}", "zh-CN": f"未满 {int(high) + 1} 岁"}
    if not high:
        return {"en": f"{low[:-1]} or older", "zh-CN": f"{low[:-1]} 岁及以上"}
    return {"en": f"{low} to {high}", "zh-CN": f"{low} 至 {high} 岁"}


def _as_band(told: Belief, band: str, why: Mapping[str, str]) -> Belief:
    return Belief(band, told.source, told.at, told.confidence, why=why)


def _weights(customer: "Customer") -> dict[str, int]:
    """Product → the weight of the strongest thing done with it."""
    found: dict[str, int] = {}
    for order in customer.orders.values():
        if order.status != "cancelled":
            found |= {line.product_id: BOUGHT for line in order.lines}
    for act in customer.recent:
        weight = _ACTS.get(act.kind, 0)
        if weight and act.product_id:
            found[act.product_id] = max(weight, found.get(act.product_id, 0))
    for product_id in customer.wishes:
        found[product_id] = max(CHOSEN, found.get(product_id, 0))
    return found


def _winner(votes: Mapping[str, Mapping[str, float]]) -> tuple[str, float, int, int] | None:
    """(value, its share of the weight, how many products speak for it, how many speak), or None below the minimum."""
    sums: dict[str, float] = {}
    for vote in votes.values():
        for value, weight in vote.items():
            sums[value] = sums.get(value, 0) + weight
    total = sum(sums.values())
    if len(votes) < LEAST_PRODUCTS or total < LEAST_WEIGHT:
        return None
    value = max(sorted(sums), key=lambda each: sums[each])
    agreement = sums[value] / total
    if agreement < LEAST_AGREEMENT:
        return None
    return value, agreement, sum(value in vote for vote in votes.values()), len(votes)


def _belief(customer: "Customer", value: str, agreement: float, number: int, why: Mapping[str, str]) -> Belief:
    likely = agreement >= LIKELY_AGREEMENT and number >= LIKELY_PRODUCTS
    at = max([act.at for act in customer.recent] + [order.placed_at for order in customer.orders.values()])
    return Belief(value, "target groups", at, "likely" if likely else "guess", explicit=False, why=why)
