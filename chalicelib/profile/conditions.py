"""Single conditions of a rule over one customer: whether each holds, and how to say what is so.

Refuses to combine them, which is `rule.py`'s, and to say what is asked, which
is `phrases.py`'s. What each word means stands in `rule.py`;
`segment/compiled.py` says the same of columns of customers.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib import clock
from chalicelib.errors import BadPlaybook
from chalicelib.profile import happenings, implicit, tags, traits, vocabulary
from chalicelib.profile.comparison import ORDERED, compare
from chalicelib.profile.insights import Reason
from chalicelib.profile.traits import TRAITS
from chalicelib.profile.words import Speech, say

if TYPE_CHECKING:
    from decimal import Decimal

    from chalicelib.profile.customer import Customer, Order

Judgement = tuple[bool, Callable[[Speech], str]]

EVENT_KEYS = ("did", "did_not")
EVENT_DETAILS = ("times", "within", "where")
COMPUTED_KEYS = ("prediction", "diagnosis")
NAMED_KEYS = dict.fromkeys(COMPUTED_KEYS, ORDERED) | {"attribute": ("eq", "in", "not_in")}
"""Conditions whose value is named first and compared beside it: {prediction: dormancy_60d, gte: 0.6}."""

DETAILS = (*EVENT_DETAILS, *dict.fromkeys(sign for signs in NAMED_KEYS.values() for sign in signs))
ORDER_KEYS = ("paid", "order_total")


@dataclass(frozen=True)
class About:
    """What a condition is judged against."""

    customer: "Customer"
    now: datetime
    order: "Order | None"
    segments: Collection[str]


def judge(key: str, rule: Mapping[str, Any], about: About) -> Judgement:
    """Whether one condition holds, and how to say what is so of the customer; '' where the verdict says it all."""
    wanted = rule[key]
    if key in EVENT_KEYS:
        return _event(key, rule, about)
    if key == "segment":
        inside = wanted in about.segments
        return inside, _untold
    if key == "tag":
        why = tag_of(wanted, about.customer, about.now)
        return why is not None, lambda speech: _told(why, speech)
    if key in NAMED_KEYS:
        return _named(key, rule, about)
    if key in ORDER_KEYS:
        return _order(key, wanted, about)
    return _trait(key, wanted, about)


def named_value(key: str, name: str, customer: "Customer") -> Any:
    """What {prediction: name} and its like compare; None where it is not known. Attributes compare in small letters."""
    if key == "prediction":
        return vocabulary.prediction_of(customer, name)
    if key == "diagnosis":
        return vocabulary.diagnosis_of(customer, name)
    return implicit.told_text(customer, name).casefold() or None


def named_comparison(key: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    """The comparisons beside a name, in the letters in which they are compared."""
    wanted = {sign: rule[sign] for sign in NAMED_KEYS[key] if sign in rule}
    if key != "attribute":
        return wanted
    return {
        sign: [str(each).casefold() for each in value] if isinstance(value, list | tuple) else str(value).casefold()
        for sign, value in wanted.items()
    }


def tag_id(wanted: Any) -> str:
    """The tag of a condition; the store's thresholds stand beside it once published."""
    return str(wanted["eq"] if isinstance(wanted, Mapping) else wanted)


def _told(why: "Mapping[str, str] | Reason | None", speech: Speech) -> str:
    if why is None:
        return ""
    return say(why, speech.sentences) if isinstance(why, Reason) else why.get(speech.language, "")


def _untold(speech: Speech) -> str:
    return ""


def tag_of(wanted: Any, customer: "Customer", now: datetime) -> "Mapping[str, str] | Reason | None":
    """Why the customer has the tag, by language or as a reason; None when they have it not."""
    name, thresholds = tag_id(wanted), wanted["thresholds"] if isinstance(wanted, Mapping) else None
    if name.partition(":")[0] in vocabulary.PREFERENCES:
        preference = vocabulary.preference_of(customer, name)
        return preference.why if preference else None
    found = tags.find(customer, now, name, thresholds)
    return found.why if found else None


def total_of(wanted: Any, totals: "Mapping[str, Decimal]") -> "tuple[Decimal | None, str]":
    """The amount that is compared, and its currency: the one named, or else the only one there is."""
    told = wanted if isinstance(wanted, Mapping) else {}
    currency = told.get("currency") or (next(iter(totals)) if len(totals) == 1 else "")
    return traits.total_in(currency, told.get("rates", {}), totals), currency


def _trait(key: str, wanted: Any, about: About) -> Judgement:
    if key not in TRAITS:
        raise BadPlaybook(f"unknown condition {key!r} in a rule")
    actual = traits.trait_of(about.customer, key, about.now)
    kind = TRAITS[key].kind
    if kind in ("money", "band"):
        actual, currency = total_of(wanted, actual)
        if key == "average_order" and actual is not None:
            orders = traits.orders_count(about.customer, about.now)
            actual = actual / orders if orders else None
        if kind == "money":
            amount = None if actual is None else f"{actual:.2f} {currency}".rstrip()
            return compare(actual, wanted), lambda speech: speech.shown(amount)
        thresholds = wanted.get("thresholds") if isinstance(wanted, Mapping) else None
        if thresholds is None:
            raise BadPlaybook(f"{key} has no thresholds; publishing fills them in from spend_bands")
        actual = None if actual is None else traits.band(actual, thresholds)
    return compare(actual, wanted), _untold if kind == "flag" else lambda speech: speech.shown(actual, key)


def _event(key: str, rule: Mapping[str, Any], about: About) -> Judgement:
    name, within, times = rule[key], rule.get("within"), rule.get("times")
    span = clock.parse_duration(within) if within else None
    if "where" in rule:
        count = happenings.count(about.customer, name, rule["where"], about.now - span if span else None)
        held = compare(count, times) if times is not None else (count > 0) == (key == "did")
        return held, lambda speech: speech.say("actual_times", count=count)
    if times is not None and key == "did":
        count = about.customer.count(name, within=span, now=about.now)
        return compare(count, times), lambda speech: speech.say("actual_times", count=count)
    last = about.customer.last(name)
    done = last is not None and (span is None or last >= about.now - span)
    at = f"{last:%Y-%m-%d %H:%M} UTC" if last else ""
    return done == (key == "did"), lambda speech: speech.say("actual_last", at=at) if at else speech.say("actual_never")


def _named(key: str, rule: Mapping[str, Any], about: About) -> Judgement:
    name, wanted = rule[key], named_comparison(key, rule)
    actual = named_value(key, name, about.customer)
    told = actual if not isinstance(actual, float) else round(actual, 4)
    return compare(actual, wanted), lambda speech: speech.shown(told, "diagnosis" if key == "diagnosis" else name)


def _order(key: str, wanted: Any, about: About) -> Judgement:
    order = about.order
    if order is None:
        return False, lambda speech: speech.say("actual_no_order")
    if key == "paid":
        return compare(order.paid_at is not None, wanted), _untold
    total, _ = total_of(wanted, {order.total.currency: traits.whole_units(order.total)})
    return compare(total, wanted), lambda speech: str(order.total)
