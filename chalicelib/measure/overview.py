"""The overview as published: 180 days of totals, and the breakdowns of the last 7, 30 and 90 days.

Pure: day rows and the order book in, one JSON document out; `schema.py` is its
contract. No person is in it. Store totals a day (orders, revenue, messages)
are not broken down by anything a person has and stay exact. What could single
somebody out is folded when it is about fewer than ten people: a flow or
campaign with fewer than ten recipients in the period (in all 180 days, where
only orders of the period are owed to it) joins the row "other"; a
reason for leaving given by fewer than ten in a week, to a flow in a week or to
a flow in 90 days joins the reason "other" (`reasons.py`); a hold-out comparison
is shown only with ten people on each side; where mails were opened and how
long they were read is told in tens of people (`rounding.py`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from chalicelib.measure import attention
from chalicelib.measure.attention import Attention
from chalicelib.measure.days import Calendar, Row, Rows
from chalicelib.measure.funnel import STAGES
from chalicelib.measure.orders import Book
from chalicelib.measure.reasons import FEWEST, OTHER, fold, fold_flows, monday_of
from chalicelib.money import exponent
from chalicelib.playbook.bundle import Bundle

DAYS = 180
PERIODS = (7, 30, 90)
FORMAT = 1

ORDER_SERIES = (
    "orders",
    "revenue",
    "first_orders",
    "repeat_orders",
    "attributed_orders",
    "revenue_flows",
    "revenue_campaigns",
    "refunds",
    "refunded",
)
LIST_SERIES = ("joined", "left", "coupons", "coupon_amount")
MESSAGE_SERIES = tuple(stage for stage in STAGES if stage != "recipients")
SERIES = (*MESSAGE_SERIES, "skipped", "reasons", *LIST_SERIES, *ORDER_SERIES)

_OTHER_NAMES = {"en": f"Other, or fewer than {FEWEST} people", "zh-CN": f"其他或不足 {FEWEST} 人"}


@dataclass(frozen=True)
class Numbers:
    """All that is known: the day rows, the orders, the intake's drops (reason → number, by UTC day), and where and how
    long the mails of the last 30 days were read."""

    rows: Rows
    book: Book
    drops: Mapping[date, Mapping[str, int]]
    attention: Attention = field(default_factory=Attention)


def build(numbers: Numbers, bundle: Bundle, calendar: Calendar, today: date, window_hours: int) -> dict[str, Any]:
    """The document without its version; `today` is the store's day and the last one shown."""
    store = bundle.settings["store"]
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    sold = _Sales(numbers.book, calendar, store["currency"])
    return {
        "format": FORMAT,
        "sample": False,
        "store": {
            "name": store["name"],
            "currency": store["currency"],
            "digits": exponent(store["currency"]),
            "timezone": store["timezone"],
        },
        "attribution": {"model": "last_click", "window_hours": window_hours},
        "days": [str(day) for day in days],
        "series": _series(numbers.rows, sold, days),
        "periods": {
            str(length): {
                "current": _period(numbers, sold, bundle, days[-length:]),
                "previous": _period(numbers, sold, bundle, days[-2 * length : -length]),
            }
            for length in PERIODS
        },
        "reasons": _reasons(numbers.rows, bundle, days),
        "attention": attention.told(numbers.attention, lambda definition: _name(definition, bundle)),
    }


class _Sales:
    """The order book by day of payment, in the store's currency; other currencies apart."""

    def __init__(self, book: Book, calendar: Calendar, currency: str) -> None:
        self.series: dict[date, Counter[str]] = {}
        self.owed: dict[date, dict[str, Counter[str]]] = {}
        self.foreign: dict[date, dict[str, Counter[str]]] = {}
        for order in book.values():
            for when, amount, paid_in in order.gone_back:
                if paid_in == currency:
                    self._day(calendar.day_of(when)).update(refunds=1, refunded=amount)
            if not order.counts:
                continue
            day = calendar.day_of(order.paid)
            if order.currency != currency:
                apart = self.foreign.setdefault(day, {}).setdefault(order.currency, Counter())
                apart.update(orders=1, revenue=order.amount)
                continue
            kind = "repeat_orders" if order.repeat else "first_orders"
            self._day(day).update({"orders": 1, "revenue": order.amount, kind: 1})
            if order.definition:
                source = "revenue_flows" if order.definition.startswith("flow:") else "revenue_campaigns"
                self._day(day).update({"attributed_orders": 1, source: order.amount})
                credited = self.owed.setdefault(day, {}).setdefault(order.definition, Counter())
                credited.update(orders=1, revenue=order.amount)

    def _day(self, day: date) -> Counter[str]:
        return self.series.setdefault(day, Counter())


def _series(rows: Rows, sold: _Sales, days: list[date]) -> dict[str, list[int]]:
    series: dict[str, list[int]] = {name: [] for name in SERIES}
    for day in days:
        row = rows.get(day, Row())
        counts = _sum(row.definitions.values()) + sold.series.get(day, Counter())
        counts["skipped"] = _sum(row.skipped.values()).total()
        counts["reasons"] = _sum(row.reasons.values()).total()
        counts.update({name: getattr(row, name) for name in LIST_SERIES})
        for name, values in series.items():
            values.append(counts[name])
    return series


def _period(numbers: Numbers, sold: _Sales, bundle: Bundle, days: list[date]) -> dict[str, Any]:
    rows = [numbers.rows[day] for day in days if day in numbers.rows]
    skipped = _add(row.skipped for row in rows)
    known: Counter[str] = Counter()
    for row in numbers.rows.values():
        known.update({definition: counts["recipients"] for definition, counts in row.definitions.items()})
    foreign = _add(sold.foreign.get(day, {}) for day in days)
    return {
        "from": str(days[0]),
        "to": str(days[-1]),
        "definitions": _definitions(rows, _add(sold.owed.get(day, {}) for day in days), skipped, known, bundle),
        "skipped": _plain(_sum(skipped.values())),
        "drops": _plain(_sum(Counter(numbers.drops.get(day, {})) for day in days)),
        "other_currencies": [{"currency": currency, **foreign[currency]} for currency in sorted(foreign)],
        "lift": _lift(rows, bundle),
    }


def _definitions(
    rows: list[Row],
    owed: Mapping[str, Counter[str]],
    skipped: Mapping[str, Counter[str]],
    known: Counter[str],
    bundle: Bundle,
) -> list[dict[str, Any]]:
    stages = _add(row.definitions for row in rows)
    table: dict[str, tuple[Counter[str], Counter[str]]] = {}
    for definition in sorted({*stages, *owed, *skipped}):
        counts = stages.get(definition, Counter()) + owed.get(definition, Counter())
        reached = counts["recipients"] or known[definition]
        shown = definition if reached >= FEWEST else OTHER
        kept, reasons = table.setdefault(shown, (Counter(), Counter()))
        kept.update(counts)
        reasons.update(skipped.get(definition, Counter()))
    return [
        {
            "id": definition,
            "kind": definition.split(":")[0],
            "name": _name(definition, bundle),
            **{name: counts[name] for name in (*STAGES, "orders", "revenue")},
            "skipped": _plain(reasons),
        }
        for definition, (counts, reasons) in sorted(
            table.items(), key=lambda entry: (entry[0] == OTHER, -entry[1][0]["revenue"], entry[0])
        )
    ]


def _lift(rows: list[Row], bundle: Bundle) -> list[dict[str, Any]]:
    totals: dict[str, list[int]] = {}
    for row in rows:
        for flow, counts in row.flows.items():
            totals[flow] = [a + b for a, b in zip(totals.get(flow, [0] * 6), counts, strict=True)]
    side = ("entered", "ordered", "revenue")
    return [
        {
            "id": _definition_of(flow),
            "name": _name(_definition_of(flow), bundle),
            "treated": dict(zip(side, counts[:3], strict=True)),
            "held_out": dict(zip(side, counts[3:], strict=True)),
        }
        for flow, counts in sorted(totals.items())
        if counts[0] >= FEWEST and counts[3] >= FEWEST
    ]


def _definition_of(run_of: str) -> str:
    """A campaign's runs name it as messages do; a flow's runs give its bare id."""
    return run_of if run_of.startswith("campaign:") else f"flow:{run_of}"


def _reasons(rows: Rows, bundle: Bundle, days: list[date]) -> dict[str, Any]:
    known = bundle.settings.get("unsubscribe_reasons", {})
    weeks: dict[date, dict[str, Counter[str]]] = {monday_of(day): {} for day in days}
    for day in days:
        for definition, given in rows[day].reasons.items() if day in rows else ():
            weeks[monday_of(day)].setdefault(definition, Counter()).update(given)
    by_week = [
        {"from": str(week), "counts": fold(_sum(answers.values())), "by_flow": fold_flows(answers)}
        for week, answers in sorted(weeks.items())
    ]
    by_flow = {
        definition: fold(counts)
        for definition, counts in sorted(
            _add(rows[day].reasons for day in days[-max(PERIODS) :] if day in rows).items()
        )
        if counts.total() >= FEWEST
    }
    told = [*by_flow.values(), *(week["counts"] for week in by_week)]
    shown = {reason for counts in told for reason in counts} - {OTHER}
    flows = sorted({*by_flow, *(definition for week in by_week for definition in week["by_flow"])} - {OTHER})
    return {
        "names": {reason: text_of(known.get(reason), reason) for reason in sorted(shown)} | {OTHER: _OTHER_NAMES},
        "flows": {definition: _name(definition, bundle) for definition in (*flows, OTHER)},
        "weeks": by_week,
        "by_flow": by_flow,
    }


def _name(definition: str, bundle: Bundle) -> dict[str, str]:
    if definition == OTHER:
        return _OTHER_NAMES
    kind, _, name = definition.partition(":")
    known = (bundle.flows if kind == "flow" else bundle.campaigns).get(name, {})
    return text_of(known.get("name"), name or definition)


def text_of(names: Any, otherwise: str) -> dict[str, str]:
    """Both languages, whatever the playbook gives; a removed definition is called by its id."""
    given = names if isinstance(names, dict) else {}
    english = str(given.get("en") or otherwise)
    return {"en": english, "zh-CN": str(given.get("zh-CN") or english)}


def _add(each: Iterable[Mapping[str, Mapping[str, int]]]) -> dict[str, Counter[str]]:
    total: dict[str, Counter[str]] = {}
    for breakdown in each:
        for name, counts in breakdown.items():
            total.setdefault(name, Counter()).update(counts)
    return total


def _sum(each: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counts in each:
        total.update(counts)
    return total


def _plain(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: number for name, number in sorted(counts.items()) if number}
