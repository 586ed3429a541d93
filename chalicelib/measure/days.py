"""The day rows: everything counted on one day of the store's calendar.

`Tally` takes facts in any order and gives the rows of the days from `first` on;
rows of earlier days are frozen in `metrics/daily/<YYYY-MM>.json`. Facts about
lists, skips, flows and coupons that were received in the window but happened
before it are left out: an import of old consents is not this month's growth.
Orders are not here but in the order book, which is never frozen.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib import clock
from chalicelib.aws.bucket import Bucket
from chalicelib.measure import funnel, orders
from chalicelib.measure.facts import Fact

_QUARTER = 900_000  # every zone's offset is a multiple of 15 minutes


class Calendar:
    """Milliseconds → day in one zone, remembered by quarter of an hour because it is asked millions of times."""

    def __init__(self, zone_name: str) -> None:
        self.zone_name = zone_name
        self._zone = clock.zone(zone_name)
        self._known: dict[int, date] = {}

    def day_of(self, when: int) -> date:
        quarter = when // _QUARTER
        if quarter not in self._known:
            self._known[quarter] = datetime.fromtimestamp(quarter * _QUARTER / 1000, tz=self._zone).date()
        return self._known[quarter]


@dataclass
class Row:
    """One day. `definitions` → stage → number; `skipped` → reason → number; `reasons` → flow → reason → number.

    `flows` → [entered, ordered, revenue] of the treated, then the same of the held out; `moved` → segment →
    [entered, left].
    """

    definitions: dict[str, Counter[str]] = field(default_factory=dict)
    skipped: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    flows: dict[str, list[int]] = field(default_factory=dict)
    moved: dict[str, list[int]] = field(default_factory=dict)
    joined: int = 0
    left: int = 0
    coupons: int = 0
    coupon_amount: int = 0

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Row":
        row = cls(**data)
        for nested in (row.definitions, row.skipped, row.reasons):
            nested.update({name: Counter(counts) for name, counts in nested.items()})
        return row


Rows = dict[date, Row]


@dataclass
class Tally:
    """Facts in, day rows out; holds what must be joined first (messages, runs)."""

    calendar: Calendar
    currency: str
    first: date
    messages: funnel.Messages = field(default_factory=dict)
    book: orders.Book = field(default_factory=dict)
    shared_opens: dict[tuple[date, str], int] = field(default_factory=dict)
    """(UTC day, definition) → opens of the pixel that its recipients share; nobody's, so counted on their own day."""
    _skipped: dict[str, tuple[date, str, str]] = field(default_factory=dict)
    _list: set[tuple[str, date, str]] = field(default_factory=set)
    _runs: dict[tuple[str, str, str], tuple[int, bool]] = field(default_factory=dict)
    _rows: Rows = field(default_factory=dict)

    def take(self, fact: Fact) -> None:
        kind, when, profile_id = fact[:3]
        if kind in orders.KINDS:
            orders.take(self.book, fact)
            return
        if kind in funnel.KINDS:
            funnel.take(self.messages, fact)
        day = self.calendar.day_of(when)
        if day >= self.first and kind in _TAKERS:
            _TAKERS[kind](self, day, when, profile_id, fact[3:])

    def row(self, day: date) -> Row:
        return self._rows.setdefault(day, Row())

    def _take_skip(self, day: date, when: int, profile_id: str, rest: list[Any]) -> None:
        message_id, definition, reason = rest
        self._skipped[message_id] = min(
            self._skipped.get(message_id, (day, definition, reason)), (day, definition, reason)
        )

    def _take_consent(self, day: date, when: int, profile_id: str, rest: list[Any]) -> None:
        self._list.add(("joined" if rest[0] else "left", day, profile_id))

    def _take_joined(self, day: date, when: int, profile_id: str, rest: list[Any]) -> None:
        self._list.add(("joined", day, profile_id))

    def _take_left(self, day: date, when: int, profile_id: str, rest: list[Any]) -> None:
        self._list.add(("left", day, profile_id))

    def _take_reason(self, day: date, when: int, profile_id: str, rest: list[Any]) -> None:
        definition, reason = rest
        self.row(day).reasons.setdefault(definition, Counter())[reason] += 1

    def _take_move(self, day: date, when: int, profile_id: str, rest: list[Any]) -> None:
        segment, entered = rest
        self.row(day).moved.setdefault(segment, [0, 0])[0 if entered else 1] += 1

    def _take_entry(self, day: date, when: int, profile_id: str, rest: list[Any]) -> None:
        flow, run, held_out = rest
        key = (profile_id, flow, run)
        self._runs[key] = min(self._runs.get(key, (when, held_out)), (when, held_out))

    def _take_coupon(self, day: date, when: int, profile_id: str, rest: list[Any]) -> None:
        amount, currency = rest
        self.row(day).coupons += 1
        self.row(day).coupon_amount += amount if currency == self.currency else 0

    def rows(self, customer_of: Callable[[str], str], goals: Mapping[str, int], default_goal: int) -> Rows:
        """The rows from `first` on, once every fact was taken and the book has its credits.

        `goals`: flow → ms in which an order counts as the flow's result, treated or held out.
        """
        owed = {order.message_id for order in self.book.values() if order.counts and order.message_id}
        for day, definitions in funnel.count(self.messages, owed, self.calendar.day_of, self.first).items():
            self.row(day).definitions = definitions
        for (day, definition), number in self.shared_opens.items():
            if day >= self.first:
                self.row(day).definitions.setdefault(definition, Counter())["opened_raw"] += number
        for day, definition, reason in self._skipped.values():
            self.row(day).skipped.setdefault(definition, Counter())[reason] += 1
        for change, day, _ in self._list:
            setattr(self.row(day), change, getattr(self.row(day), change) + 1)
        self._count_runs(customer_of, goals, default_goal)
        return self._rows

    def _count_runs(self, customer_of: Callable[[str], str], goals: Mapping[str, int], default_goal: int) -> None:
        paid: dict[str, list[tuple[int, int]]] = {}
        for order in self.book.values():
            if order.counts:
                amount = order.amount if order.currency == self.currency else 0
                paid.setdefault(customer_of(order.profile_id), []).append((order.paid, amount))
        for each in paid.values():
            each.sort()
        for (profile_id, flow, _), (when, held_out) in self._runs.items():
            theirs = paid.get(customer_of(profile_id), [])
            begin = bisect_right(theirs, (when, -1))
            end = bisect_right(theirs, (when + goals.get(flow, default_goal), 1 << 62))
            counts = self.row(self.calendar.day_of(when)).flows.setdefault(flow, [0] * 6)
            start = 3 if held_out else 0
            counts[start] += 1
            counts[start + 1] += end > begin
            counts[start + 2] += sum(amount for _, amount in theirs[begin:end])


_TAKERS: dict[str, Callable[[Tally, date, int, str, list[Any]], None]] = {
    "skipped": Tally._take_skip,
    "consent": Tally._take_consent,
    "joined": Tally._take_joined,
    "left": Tally._take_left,
    "reason": Tally._take_reason,
    "entered": Tally._take_entry,
    "moved": Tally._take_move,
    "coupon": Tally._take_coupon,
}


def load(bucket: Bucket, first: date, before: date) -> Rows:
    """The frozen rows of `first`..`before`, the latter not included."""
    rows: Rows = {}
    for month in _months(first, before):
        for text, data in (bucket.get_json(_month_object(month)) or {}).items():
            day = date.fromisoformat(text)
            if first <= day < before:
                rows[day] = Row.from_json(data)
    return rows


def save(bucket: Bucket, rows: Rows, first: date, last: date) -> None:
    """Replace the rows of `first`..`last`; what lies before `first` in its month stays as it is."""
    for month in _months(first, last + timedelta(days=1)):
        kept = {text: data for text, data in (bucket.get_json(_month_object(month)) or {}).items() if text < str(first)}
        made = {str(day): row.to_json() for day, row in rows.items() if first <= day <= last and str(day)[:7] == month}
        bucket.put_json(_month_object(month), kept | made)


def _months(first: date, before: date) -> list[str]:
    days = range((before - first).days)
    return sorted({str(first + timedelta(days=number))[:7] for number in days})


def _month_object(month: str) -> str:
    return f"metrics/daily/{month}.json"
