"""Rules over one customer: do they hold, why, and can they mean anything at all.

A rule is a mapping whose keys must all hold:

    all / any / none     lists of rules, nested as wished
    <trait>              a value, a list of values, or comparisons: {gte: 1, lt: 5}, {in: [US, CA]}; see traits.py
    did / did_not        an event's name; with `within: 90d`, `where: {category: Shoes, price: {gte: 80}}` and for
                         did `times: {gte: 2}`; what `where` may ask is in happenings.py
    segment              a segment's id: the customer is in it
    tag                  a tag such as promo_sensitive, likes:kitchen or category:Kitchen; see tags.py, vocabulary.py
    prediction           what is predicted, {prediction: dormancy_60d, gte: 0.6}; so with diagnosis
    attribute            what was told, {attribute: occupation, in: [teacher, nurse]}, in whatever letters
    paid, order_total    about the order that an order's flow is for

The same rules stand in segments, flow entries, branches and audiences, and
`segment/compiled.py` judges them over columns of customers with the same meaning.
Amounts are whole units of `currency`, which publishing fills in with the
store's, as it does its `rates` and the `thresholds` of spend_band. A value that is not known
satisfies no comparison but not_in. Pure: refuses to read settings, and leaves
saying which rules cannot mean anything to `check`.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.profile.conditions import DETAILS, About, judge

if TYPE_CHECKING:
    from chalicelib.profile.customer import Customer
    from chalicelib.profile.words import Speech

Rule = Mapping[str, Any]

GROUPS = ("all", "any", "none")


def matches(
    rule: Rule, customer: "Customer", now: datetime, *, order_id: str = "", segments: Collection[str] | None = None
) -> bool:
    """Whether the rule holds. `segments` replaces the memberships kept on the profile, while they are computed."""
    return _holds(rule, _about(customer, now, order_id, segments))


def explain(
    rule: Rule,
    customer: "Customer",
    now: datetime,
    speech: "Speech",
    *,
    order_id: str = "",
    segments: Collection[str] | None = None,
) -> list[str]:
    """One line a condition: what is asked, whether it holds, what is so, `Orders paid: at least 2 — no (1)`.

    A nested or negated group has a line of its own, `Any of these — yes`, and its
    conditions are indented below it.
    """
    return list(_explain(rule, _about(customer, now, order_id, segments), speech, ""))


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


def _about(customer: "Customer", now: datetime, order_id: str, segments: Collection[str] | None) -> About:
    order = customer.orders.get(order_id) if order_id else None
    return About(customer, now, order, customer.segments if segments is None else segments)


def _holds(rule: Rule, about: About) -> bool:
    for key in rule:
        if key == "all":
            held = all(_holds(each, about) for each in rule[key])
        elif key == "any":
            held = any(_holds(each, about) for each in rule[key])
        elif key == "none":
            held = not any(_holds(each, about) for each in rule[key])
        elif key in DETAILS:
            continue
        else:
            held = judge(key, rule, about)[0]
        if not held:
            return False
    return True


def _explain(rule: Rule, about: About, speech: "Speech", indent: str) -> Iterator[str]:
    from chalicelib.profile import phrases

    for key in rule:
        if key in GROUPS:
            below = indent
            if indent or key != "all":
                held = _holds({key: rule[key]}, about)
                yield f"{indent}{phrases.sentence(key, rule, speech)} — {speech.shown(held)}"
                below = indent + "  "
            for each in rule[key]:
                yield from _explain(each, about, speech, below)
        elif key not in DETAILS:
            held, actual = judge(key, rule, about)
            told = actual(speech)
            aside = speech.say("actual", actual=told) if told else ""
            yield f"{indent}{phrases.sentence(key, rule, speech)} — {speech.shown(held)}{aside}"
