"""Rules over one customer: do they hold, why, and can they mean anything at all.

A rule is a mapping whose keys must all hold:

    all / any / none     lists of rules, nested as wished
    <trait>              a value, or comparisons: {gte: 1, lt: 5}, {in: [US, CA]}; see traits.py
    did / did_not        an event's name; with `within: 90d`, and for did `times: {gte: 2}`
    segment              a segment's id: the customer is in it
    tag                  a tag such as promo_sensitive or likes:kitchen; see tags.py
    paid, order_total    about the order that an order's flow is for

The same rules stand in segments, flow entries, branches and audiences.
Amounts are whole units of `currency`, which publishing fills in with the
store's, as it does the `thresholds` of spend_band. A value that is not known
satisfies no comparison but not_in. Pure: refuses to read settings, and leaves
saying which rules cannot mean anything to `check`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chalicelib import clock
from chalicelib.errors import BadPlaybook
from chalicelib.profile import tags, traits
from chalicelib.profile.traits import TRAITS

if TYPE_CHECKING:
    from chalicelib.profile.customer import Customer, Order

Rule = Mapping[str, Any]
_Judgement = tuple[bool, Callable[[], str]]

GROUPS = ("all", "any", "none")
EVENT_KEYS = ("did", "did_not")
EVENT_DETAILS = ("times", "within")
ORDER_KEYS = ("paid", "order_total")
SIGNS = {"eq": "", "gte": "≥ ", "lte": "≤ ", "gt": "> ", "lt": "< ", "in": "one of ", "not_in": "none of "}
MONEY_DETAILS = ("currency", "thresholds")


@dataclass(frozen=True)
class _About:
    """What a condition is judged against."""

    customer: "Customer"
    now: datetime
    order: "Order | None"
    segments: Collection[str]


def matches(
    rule: Rule, customer: "Customer", now: datetime, *, order_id: str = "", segments: Collection[str] | None = None
) -> bool:
    """Whether the rule holds. `segments` replaces the memberships kept on the profile, while they are computed."""
    return _holds(rule, _about(customer, now, order_id, segments))


def explain(
    rule: Rule, customer: "Customer", now: datetime, *, order_id: str = "", segments: Collection[str] | None = None
) -> list[str]:
    """One line a condition with the customer's value, `orders_count is 0, wanted ≥ 1 — no`.

    A nested or negated group has a line of its own, `any of: — yes`, and its
    conditions are indented below it.
    """
    return list(_explain(rule, _about(customer, now, order_id, segments), ""))


def references(rule: Rule) -> set[str]:
    """Ids of the segments that the rule asks about."""
    found = {str(rule["segment"])} if "segment" in rule else set()
    for group in GROUPS:
        for each in rule.get(group, ()):
            found |= references(each)
    return found


def check(rule: Any, *, about_order: bool = True) -> list[str]:
    """Why the rule cannot mean anything, as `$.all[0].orders: unknown condition …`; empty when it can.

    `about_order=False` refuses conditions on the order of a run, which a
    segment or an audience does not have.
    """
    from chalicelib.profile import rulecheck

    return [f"{rulecheck.to_text(path)}: {message}" for path, message in rulecheck.problems(rule, about_order)]


def _about(customer: "Customer", now: datetime, order_id: str, segments: Collection[str] | None) -> _About:
    order = customer.orders.get(order_id) if order_id else None
    return _About(customer, now, order, customer.segments if segments is None else segments)


def _holds(rule: Rule, about: _About) -> bool:
    for key in rule:
        if key == "all":
            held = all(_holds(each, about) for each in rule[key])
        elif key == "any":
            held = any(_holds(each, about) for each in rule[key])
        elif key == "none":
            held = not any(_holds(each, about) for each in rule[key])
        elif key in EVENT_DETAILS:
            continue
        else:
            held = _judge(key, rule, about)[0]
        if not held:
            return False
    return True


def _explain(rule: Rule, about: _About, indent: str) -> Iterator[str]:
    for key in rule:
        if key in GROUPS:
            below = indent
            if indent or key != "all":
                yield f"{indent}{key} of: — {_yes(_holds({key: rule[key]}, about))}"
                below = indent + "  "
            for each in rule[key]:
                yield from _explain(each, about, below)
        elif key not in EVENT_DETAILS:
            held, line = _judge(key, rule, about)
            yield f"{indent}{line()} — {_yes(held)}"


def _judge(key: str, rule: Rule, about: _About) -> _Judgement:
    """Whether one condition holds, and how to say why, without the verdict."""
    wanted = rule[key]
    if key in EVENT_KEYS:
        return _judge_event(key, rule, about)
    if key == "segment":
        inside = wanted in about.segments
        return inside, lambda: f"segment {wanted}: {'inside' if inside else 'outside'}"
    if key == "tag":
        return _judge_tag(wanted, about)
    if key in ORDER_KEYS:
        return _judge_order(key, wanted, about)
    if key not in TRAITS:
        raise BadPlaybook(f"unknown condition {key!r} in a rule")
    actual = traits.trait_of(about.customer, key, about.now)
    kind = TRAITS[key].kind
    if kind in ("money", "band"):
        currency = _currency(wanted, actual, about.customer)
        actual = actual.get(currency, Decimal(0))
        if kind == "band":
            thresholds = wanted.get("thresholds") if isinstance(wanted, Mapping) else None
            if thresholds is None:
                raise BadPlaybook(f"{key} has no thresholds; publishing fills them in from spend_bands")
            actual = traits.band(actual, thresholds)
        else:
            amount = f"{actual:.2f} {currency}".rstrip()
            return _compare(actual, wanted), lambda: f"{key} is {amount}, wanted {_said(wanted)}"
    return _compare(actual, wanted), lambda: f"{key} is {_shown(actual)}, wanted {_said(wanted)}"


def _judge_event(key: str, rule: Rule, about: _About) -> _Judgement:
    name, within, times = rule[key], rule.get("within"), rule.get("times")
    span = clock.parse_duration(within) if within else None
    during = f" in {within}" if within else ""
    if times is not None and key == "did":
        count = about.customer.count(name, within=span, now=about.now)
        return _compare(count, times), lambda: f"did {name} {count} times{during}, wanted {_said(times)}"
    last = about.customer.last(name)
    done = last is not None and (span is None or last >= about.now - span)
    return (
        done == (key == "did"),
        lambda: (
            f"{name}: {f'last at {clock.to_text(last)[:16]}Z' if last else 'never'}, "
            f"wanted {'some' if key == 'did' else 'none'}{during}"
        ),
    )


def _judge_tag(wanted: Any, about: _About) -> _Judgement:
    """`wanted` is the tag, with the store's thresholds beside it once published."""
    name, thresholds = (wanted["eq"], wanted["thresholds"]) if isinstance(wanted, Mapping) else (wanted, None)
    found = tags.find(about.customer, about.now, name, thresholds)
    return found is not None, lambda: f"tag {name}: {found.why['en'] if found else 'not on this customer'}"


def _judge_order(key: str, wanted: Any, about: _About) -> _Judgement:
    order = about.order
    if order is None:
        return False, lambda: f"{key}: no order to look at, wanted {_said(wanted)}"
    if key == "paid":
        paid = order.paid_at is not None
        return _compare(paid, wanted), lambda: f"the order is {'paid' if paid else 'not paid'}, wanted {_said(wanted)}"
    currency = wanted.get("currency") if isinstance(wanted, Mapping) else None
    same_currency = not currency or currency == order.total.currency
    held = same_currency and _compare(traits.whole_units(order.total), wanted)
    return held, lambda: f"order_total is {order.total}, wanted {_said(wanted)}"


def _currency(wanted: Any, totals: Mapping[str, Decimal], customer: "Customer") -> str:
    """The currency meant; without one, that of the last order paid."""
    named = wanted.get("currency") if isinstance(wanted, Mapping) else None
    if named or not totals:
        return str(named or "")
    paid = [order for order in customer.orders.values() if order.paid_at and order.total.currency in totals]
    return max(paid, key=lambda order: (order.paid_at, order.order_id)).total.currency if paid else min(totals)


def _compare(actual: Any, wanted: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return _is_same(actual, wanted)
    return all(_compare_one(actual, sign, value) for sign, value in wanted.items() if sign not in MONEY_DETAILS)


def _compare_one(actual: Any, sign: str, value: Any) -> bool:
    if sign == "eq":
        return _is_same(actual, value)
    if sign == "in":
        return any(_is_same(actual, each) for each in value)
    if sign == "not_in":
        return not any(_is_same(actual, each) for each in value)
    if actual is None:
        return False
    limit = _number(value)
    if sign == "gte":
        return bool(actual >= limit)
    if sign == "lte":
        return bool(actual <= limit)
    if sign == "gt":
        return bool(actual > limit)
    if sign == "lt":
        return bool(actual < limit)
    raise BadPlaybook(f"unknown operator {sign!r} in a rule")


def _is_same(actual: Any, value: Any) -> bool:
    if isinstance(actual, bool) or isinstance(value, bool) or isinstance(actual, str) or actual is None:
        return actual is value if isinstance(value, bool) else bool(actual == value)
    return not isinstance(value, str) and bool(actual == _number(value))


def _number(value: Any) -> Decimal:
    return Decimal(str(value))


def _said(wanted: Any) -> str:
    if not isinstance(wanted, Mapping):
        return _shown(wanted)
    parts = [
        SIGNS[sign] + (", ".join(map(_shown, value)) if isinstance(value, list) else _shown(value))
        for sign, value in wanted.items()
        if sign not in MONEY_DETAILS
    ]
    return " and ".join(parts) + (
        f" {wanted['currency']}" if "currency" in wanted and "thresholds" not in wanted else ""
    )


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "not known"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _yes(held: bool) -> str:
    return "yes" if held else "no"
