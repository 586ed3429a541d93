"""Customers → the columns that rules ask for: each read as the profile's own code reads it, once a question.

What is asked most (when something last happened, how often on which day) is
taken from the facets without building what nobody asked for; everything else
comes through the same functions that judge one customer. Refuses to judge.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.aws import bulk_json
from chalicelib.money import Money, exponent
from chalicelib.profile import conditions, happenings, hits, shopping, traits
from chalicelib.segment.columns import (
    DIGITS,
    NEVER,
    Amount,
    Coded,
    Column,
    Days,
    Instants,
    Question,
    Score,
    Single,
    Whole,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.profile.customer import Customer

    Array = NDArray[Any]

Customers = Sequence["Customer"]
COMPUTED = {
    "rfm": ("rfm", "group"),
    "rfm_before": ("rfm", "moved_from"),
    "stage": ("stage", "name"),
    "engagement": ("engagement", "tier"),
    "top_fifth": ("value", "is_top"),
}
"""Traits that stand in what was computed of a customer: read from the item as it is stored."""

_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)


@dataclass
class Batch:
    """`rows` customers as of `now`; `held` remembers what single conditions came to, for rules that share them."""

    rows: int
    now: datetime
    columns: Mapping[Question, Column]
    held: dict[str, "Array"] = field(default_factory=dict)


def batch_of(customers: Customers, questions: Iterable[Question], now: datetime) -> Batch:
    """The columns that answer the questions, in the customers' order."""
    columns = {question: GATHERERS[question.kind](customers, question, now) for question in questions}
    return Batch(len(customers), now, columns)


def coded(values: Iterable[Any]) -> Coded:
    """Values as codes, in the order in which each first comes."""
    import numpy as np

    places: dict[Any, int] = {}
    codes = [places.setdefault((type(value), value), len(places)) for value in values]
    return Coded(np.array(codes, dtype=np.int32), [value for _, value in places])


def milliseconds(instant: datetime) -> int:
    """Since 1970, of an instant of whole milliseconds; of any other the next."""
    return -((_EPOCH - instant) // _MILLISECOND)


def _trait(customers: Customers, question: Question, now: datetime) -> Column:
    if question.name in COMPUTED:
        part, name = COMPUTED[question.name]
        found = [customer.insights_body.get(part, {}).get(name) for customer in customers]
        return coded(
            [bool(each) for each in found] if question.name == "top_fifth" else [each or None for each in found]
        )
    read, kind = traits.TRAITS[question.name].read, traits.TRAITS[question.name].kind
    values = [read(customer, now) for customer in customers]
    return _whole(values) if kind == "number" else coded(values)


def _whole(values: Sequence[int | None]) -> Whole:
    import numpy as np

    known = None if None not in values else np.array([value is not None for value in values], dtype=bool)
    return Whole(_integers([value or 0 for value in values]), known)


def _integers(values: Sequence[int]) -> "Array":
    """An array of whole numbers, however large one of them is."""
    import numpy as np

    try:
        found = np.array(values, dtype=np.int64)
    except OverflowError:
        return np.array(values, dtype=object)
    return found if not len(found) or int(abs(found).max()) < 2**61 else np.array(values, dtype=object)


def _money(customers: Customers, question: Question, now: datetime) -> Column:
    """A money trait by the `currency` and `rates` of `detail`, which is JSON."""
    import numpy as np

    is_average = question.name == "average_order"
    wanted = bulk_json.read(question.detail)
    totals = [conditions.total_of(wanted, traits.spend(customer, now))[0] for customer in customers]
    values = _integers([0 if total is None else int(total.scaleb(DIGITS)) for total in totals])
    known = None if None not in totals else np.array([total is not None for total in totals], dtype=bool)
    if not is_average:
        return Amount(values, None, known)
    orders = np.array([traits.orders_count(customer, now) for customer in customers], dtype=np.int64)
    bought = orders > 0
    return Amount(values, np.maximum(orders, 1), bought if known is None else known & bought)


def _last(customers: Customers, question: Question, now: datetime) -> Column:
    import numpy as np

    name = question.name
    if name in hits.NAMES:
        seen = [customer.last(name) for customer in customers]
        return Instants(np.array([NEVER if at is None else milliseconds(at) for at in seen], dtype=np.int64))
    texts = [
        customer.facets["seen"][name][1] if name in customer.facets.get("seen", ()) else "" for customer in customers
    ]
    if any(text and (len(text) != 24 or text[-1] != "Z") for text in texts):  # as no fact of ours writes it
        seen = [customer.last(name) for customer in customers]
        return Instants(np.array([NEVER if at is None else milliseconds(at) for at in seen], dtype=np.int64))
    at = np.array([text[:23] or "NaT" for text in texts], dtype="datetime64[ms]")
    return Instants(np.where(np.isnat(at), NEVER, at.astype(np.int64)))


def _days(customers: Customers, question: Question, now: datetime) -> Column:
    import numpy as np

    owner: list[int] = []
    days: list[int] = []
    times: list[int] = []
    for row, customer in enumerate(customers):
        found = customer.days_of(question.name)
        if found:
            owner += [row] * len(found)
            days += map(int, found)
            times += found.values()
    return Days(len(customers), np.array(owner, np.int64), np.array(days, np.int64), np.array(times, np.int64))


def _single(customers: Customers, question: Question, now: datetime) -> Column:
    import numpy as np

    kind, name = happenings.ACTS.get(question.name, ""), question.name
    owner: list[int] = []
    at: list[int] = []
    part_of: list[int] = []
    parts: list[Any] = []
    for row, customer in enumerate(customers):
        if kind and not shopping.has_act(customer.facets, kind):
            continue
        for instant, each in happenings.happenings(customer, name):
            part_of += [len(owner)] * len(each)
            owner.append(row)
            at.append(milliseconds(instant))
            parts += each
    currency = coded([part.price.currency if part.price else "" for part in parts])
    return Single(
        len(customers),
        np.array(owner, np.int64),
        np.array(at, np.int64),
        np.array(part_of, np.int64),
        cache(lambda asked: _field(asked, parts)),
        currency,
    )


def _field(name: str, parts: Sequence[Any]) -> Coded | Whole | Amount:
    if name == "price":
        prices = (part.price if part.price and part.price.currency else Money(0, "") for part in parts)
        return Amount(_integers([price.amount * 10 ** (DIGITS - exponent(price.currency)) for price in prices]))
    if name in happenings.NUMBERS:
        return _whole([getattr(part, name) for part in parts])
    length = happenings.KEPT[name]
    return coded([getattr(part, name)[:length] or None for part in parts])


def _member(customers: Customers, question: Question, now: datetime) -> Column:
    return coded([question.name in customer.segments for customer in customers])


def _tag(customers: Customers, question: Question, now: datetime) -> Column:
    """`detail` is the thresholds as JSON, '' for none."""
    wanted = {"eq": question.name, "thresholds": bulk_json.read(question.detail) if question.detail else None}
    return coded([conditions.tag_of(wanted, customer, now) is not None for customer in customers])


def _attribute(customers: Customers, question: Question, now: datetime) -> Column:
    return coded([conditions.named_value("attribute", question.name, customer) for customer in customers])


def _computed(customers: Customers, question: Question, now: datetime) -> Column:
    """A score of the insights, read from the item as it is stored."""
    import numpy as np

    part, value = {"prediction": ("predictions", "value"), "diagnosis": ("diagnosis", "score")}[question.kind]
    found = (customer.insights_body.get(part, {}).get(question.name, {}).get(value) for customer in customers)
    return Score(np.array([np.nan if each is None else each for each in found], dtype=np.float64))


GATHERERS: Mapping[str, Callable[[Customers, Question, datetime], Column]] = {
    "trait": _trait,
    "money": _money,
    "last": _last,
    "days": _days,
    "single": _single,
    "member": _member,
    "tag": _tag,
    "attribute": _attribute,
    "prediction": _computed,
    "diagnosis": _computed,
}
