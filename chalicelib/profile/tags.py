"""Tags: what a marketer would say of a customer, composed from measures and beliefs, each with its reason in words.

A tag is a key, for most with a value: `promo_sensitive`, `likes:kitchen`,
`spends:40-60`. The composers below are a table; their thresholds stand in the
playbook's `tags` and fall back to `THRESHOLDS`. A tag is computed when asked
for, so it is always current, and it is absent where the data do not carry it:
each composer has its minimum. Buying what is reduced and using coupons are two
tags, because the one hardly foretells the other. Pure. Refuses to tell what
needs products (a concluded gender or age) to rules, which have none at hand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chalicelib.money import Money
from chalicelib.profile import implicit, measures
from chalicelib.profile.attributes import Belief
from chalicelib.profile.implicit import Targeted
from chalicelib.profile.traits import whole_units

if TYPE_CHECKING:
    from chalicelib.profile.customer import Customer, Order

THRESHOLDS: dict[str, Any] = {
    "promo_share": 0.6,  # of orders that were reduced
    "likes_share": 0.4,  # of pieces that are of one category
    "returns_share": 0.2,  # of orders
    "least_orders": 3,  # before anything is said of orders
    "least_answers": 5,  # opens and clicks before an hour is named
    "spend_steps": [20, 40, 60, 100, 200, 500],  # whole units a month
    "city_tiers": {},  # tier → names of cities
}
YEAR = timedelta(days=365)
HALF_YEAR = timedelta(days=180)
MONTH = timedelta(days=30)
HOURS = 3
HOURS_SHARE = 0.4
_WEIGHTS = {"viewed": 1, "listed": 1, "searched": 0, "added": 2, "wished": 2, "left": 1}
LEAST_INTEREST = 8
_GENDERS = {"female": ("female", "女性"), "male": ("male", "男性")}
_CONFIDENCE = {"certain": "确定", "likely": "很可能", "guess": "推测"}

Words = Mapping[str, str]


@dataclass(frozen=True)
class Tag:
    """`id` is what rules name; `name` and `why` are words by language (en, zh-CN)."""

    key: str
    value: str
    name: Words
    why: Words
    confidence: str = "likely"

    @property
    def id(self) -> str:
        return f"{self.key}:{self.value}" if self.value else self.key


@dataclass(frozen=True)
class _About:
    customer: "Customer"
    now: datetime
    zone: str
    thresholds: Mapping[str, Any]
    products: Mapping[str, Targeted] = field(default_factory=dict)

    def bought(self, within: timedelta = YEAR) -> "list[Order]":
        orders = measures.bought(self.customer)
        return [order for order in orders if order.paid_at and self.now - within < order.paid_at <= self.now]


Composer = Callable[[_About], Tag | None]
COMPOSERS: dict[str, Composer] = {}


def tags_of(
    customer: "Customer",
    now: datetime,
    *,
    products: Mapping[str, Targeted] | None = None,
    settings: Mapping[str, Any] | None = None,
    zone: str = "",
) -> tuple[Tag, ...]:
    """Every tag that holds, in the order of the table. `settings` is the playbook's `tags`."""
    about = _about(customer, now, settings, zone, products or {})
    return tuple(tag for compose in COMPOSERS.values() if (tag := compose(about)))


def find(customer: "Customer", now: datetime, wanted: str, settings: Mapping[str, Any] | None = None) -> Tag | None:
    """The tag of that key, such as `likes` or `likes:kitchen`; None when the customer has it not, or another value."""
    key = wanted.partition(":")[0]
    tag = COMPOSERS[key](_about(customer, now, settings, "", {})) if key in COMPOSERS else None
    return tag if tag and wanted in (tag.key, tag.id) else None


def _about(
    customer: "Customer",
    now: datetime,
    settings: Mapping[str, Any] | None,
    zone: str,
    products: Mapping[str, Targeted],
) -> _About:
    zone = zone or (customer.zone.name if customer.zone else "UTC")
    return _About(customer, now, zone, THRESHOLDS | dict(settings or {}), products)


def _tag(compose: Composer) -> Composer:
    COMPOSERS[compose.__name__.removeprefix("_")] = compose
    return compose


@_tag
def _age(about: _About) -> Tag | None:
    belief = implicit.beliefs_of(about.customer, about.products, about.now).get("age_band")
    if belief is None:
        return None
    return _from_belief("age", belief.value, implicit.in_words(belief.value), belief)


@_tag
def _gender(about: _About) -> Tag | None:
    belief = implicit.beliefs_of(about.customer, about.products, about.now).get("gender")
    if belief is None or belief.value.lower() not in _GENDERS:
        return None
    value = belief.value.lower()
    return _from_belief("gender", value, dict(zip(("en", "zh-CN"), _GENDERS[value], strict=True)), belief)


@_tag
def _city(about: _About) -> Tag | None:
    belief = about.customer.attribute("city")
    if belief is None:
        return None
    for tier, cities in about.thresholds["city_tiers"].items():
        if belief.value.casefold() in {str(city).casefold() for city in cities}:
            name = {"en": f"{tier.replace('_', '-')} city", "zh-CN": f"{tier} 城市"}
            why = {"en": f"lives in {belief.value}", "zh-CN": f"居住在 {belief.value}"}
            return _from_belief("city", tier, name, belief, why)
    return None


@_tag
def _likes(about: _About) -> Tag | None:
    pieces = {category: mix[0] for category, mix in measures.mix_of(about.bought()).items()}
    total, least = sum(pieces.values()), about.thresholds["least_orders"]
    category = max(sorted(pieces), key=lambda each: pieces[each], default="")
    if total >= least and pieces[category] >= about.thresholds["likes_share"] * total:
        why = {
            "en": f"{pieces[category]} of {total} pieces bought in a year are {category}",
            "zh-CN": f"一年内购买的 {total} 件商品中有 {pieces[category]} 件属于 {category}",
        }
        return _likes_tag(category, why, "likely")
    interest: dict[str, int] = {}
    for act in about.customer.recent:
        if act.category:
            interest[act.category] = (
                interest.get(act.category, 0) + _WEIGHTS.get(act.kind, 0) + min(act.seconds // 60, 3)
            )
    total = sum(interest.values())
    category = max(sorted(interest), key=lambda each: interest[each], default="")
    if total >= LEAST_INTEREST and interest[category] >= about.thresholds["likes_share"] * total:
        share = round(100 * interest[category] / total)
        why = {
            "en": f"{share}% of what was looked at, wished for or put into the cart lately is {category}",
            "zh-CN": f"近期浏览、收藏和加购中有 {share}% 属于 {category}",
        }
        return _likes_tag(category, why, "guess")
    return None


def _likes_tag(category: str, why: Words, confidence: str) -> Tag:
    return Tag("likes", category, {"en": f"likes {category}", "zh-CN": f"偏好 {category}"}, why, confidence)


@_tag
def _spends(about: _About) -> Tag | None:
    """By the month, over the half year or since the first order if that is later, at least two months."""
    currency = measures.main_currency(about.customer)
    orders = [order for order in about.bought(HALF_YEAR) if order.total.currency == currency]
    if len(orders) < 2 or about.customer.created_at > about.now - 2 * MONTH:
        return None
    span = min(HALF_YEAR, about.now - about.customer.created_at)
    total = sum(order.total.amount - order.refunded for order in orders)
    monthly = whole_units(Money(int(total / (span / MONTH)), currency))
    steps = [0, *about.thresholds["spend_steps"]]
    low = max(step for step in steps if Decimal(str(step)) <= max(monthly, Decimal(0)))
    above = [step for step in steps if step > low]
    band = f"{low}-{above[0]}" if above else f"{low}+"
    days, number = span.days, len(orders)
    why = {
        "en": f"{number} orders in {days} days make {monthly:.0f} {currency} a month",
        "zh-CN": f"{days} 天内 {number} 笔订单，平均每月 {monthly:.0f} {currency}",
    }
    return Tag("spends", band, {"en": f"{band} {currency} a month", "zh-CN": f"每月消费 {band} {currency}"}, why)


@_tag
def _promo_sensitive(about: _About) -> Tag | None:
    orders = [order for order in about.bought() if not order.codes]  # beside a code nobody told what else was reduced
    reduced = [order for order in orders if order.discount and order.discount.amount > 0]
    if not _is_enough(about, len(orders), len(reduced), "promo_share"):
        return None
    why = {
        "en": f"{len(reduced)} of {len(orders)} orders without a code in a year were bought at a reduced price",
        "zh-CN": f"一年内 {len(orders)} 笔未使用优惠码的订单中有 {len(reduced)} 笔享受了折扣",
    }
    return Tag("promo_sensitive", "", {"en": "promo-sensitive", "zh-CN": "对促销敏感"}, why)


@_tag
def _uses_coupons(about: _About) -> Tag | None:
    orders = about.bought()
    with_code = [order for order in orders if order.codes]
    if not _is_enough(about, len(orders), len(with_code), "promo_share"):
        return None
    why = {
        "en": f"{len(with_code)} of {len(orders)} orders in a year used a coupon code",
        "zh-CN": f"一年内 {len(orders)} 笔订单中有 {len(with_code)} 笔使用了优惠码",
    }
    return Tag("uses_coupons", "", {"en": "uses coupons", "zh-CN": "常用优惠券"}, why)


@_tag
def _returns_often(about: _About) -> Tag | None:
    returned = about.customer.count("Product Returned", within=YEAR, now=about.now)
    orders = len(about.bought())
    if returned < 2 or not _is_enough(about, orders, returned, "returns_share"):
        return None
    why = {
        "en": f"{returned} returns on {orders} orders in a year",
        "zh-CN": f"一年内 {orders} 笔订单有 {returned} 次退货",
    }
    return Tag("returns_often", "", {"en": "returns often", "zh-CN": "经常退货"}, why)


@_tag
def _complains(about: _About) -> Tag | None:
    number = about.customer.count("Complaint Opened", within=HALF_YEAR, now=about.now)
    if number < 2:
        return None
    why = {"en": f"{number} complaints in half a year", "zh-CN": f"半年内投诉 {number} 次"}
    return Tag("complains", "", {"en": "complains", "zh-CN": "多次投诉"}, why)


@_tag
def _email_hour(about: _About) -> Tag | None:
    """The three hours of their own clock in which most opens and clicks fall."""
    hours = measures.local_hours(about.customer, ("Email Opened", "Email Link Clicked"), about.zone, about.now - YEAR)
    total = sum(hours.values())
    if total < about.thresholds["least_answers"]:
        return None
    windows = {start: sum(hours.get((start + each) % 24, 0) for each in range(HOURS)) for start in range(24)}
    start = max(range(24), key=lambda each: (windows[each], hours.get(each, 0), -each))
    if windows[start] < HOURS_SHARE * total:
        return None
    end, number = (start + HOURS) % 24, windows[start]
    band = f"{start:02}-{end:02}"
    why = {
        "en": f"{number} of {total} opens and clicks fell between {start:02}:00 and {end:02}:00",
        "zh-CN": f"{total} 次打开和点击中有 {number} 次在 {start:02}:00–{end:02}:00",
    }
    return Tag("email_hour", band, {"en": f"reads mail {band} h", "zh-CN": f"常在 {band} 点看邮件"}, why)


def _is_enough(about: _About, orders: int, matching: int, threshold: str) -> bool:
    return orders >= about.thresholds["least_orders"] and matching >= about.thresholds[threshold] * orders


def _from_belief(key: str, value: str, name: Words, belief: Belief, why: Words | None = None) -> Tag:
    why = why or belief.why
    said = {
        "en": "told by them or by the store" if belief.explicit else f"concluded, {belief.confidence}",
        "zh-CN": "本人或店铺告知" if belief.explicit else f"推断，{_CONFIDENCE[belief.confidence]}",
    }
    reason = {language: "; ".join(filter(None, (why.get(language, ""), said[language]))) for language in said}
    return Tag(key, value, name, reason, belief.confidence)
