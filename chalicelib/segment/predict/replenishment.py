"""When will somebody buy this again: a distribution over the days to come for each customer and category.

Two things are mixed day by day: how long customers of a like rhythm took (from
the store's own past, counted, with those who never came back), and how long this customer
took so far. Both are bent by the weekdays on which the customer shops. From the distribution come
the day to remind on, the likely date and the confidence of both. Refuses to
believe in "overdue": how often somebody buys says more than where in the cycle
they are, so the due list is another module.
"""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[Any]

HORIZON = 92
"""Days looked ahead; a purchase later than that counts as none."""

FEWEST = 4
"""Purchase days before anything is said of a customer and a category."""

BANDS = 40
"""Groups of like rhythm, by the expected gap."""
FEWEST_TEACHING = 5 * BANDS


class Weights(NamedTuple):
    """`band` is what the group's distribution weighs beside each gap of one's own; `gaps` is how many gaps of the
    category's median a customer's own mean is drawn to it by."""

    band: float
    gaps: float


OF_OTHERS, OF_ONESELF = Weights(60.0, 3.0), Weights(8.0, 0.5)
"""As in a grocery, where rhythms are loose; and where everybody keeps a rhythm of their own."""

SMOOTHED = 1.5
"""Days by which each gap of one's own is spread (standard deviation)."""

PSEUDO_TRIPS = 10.0
"""Shopping days of everybody's weekdays that a customer's own are drawn by."""

BEFOREHAND = 3
"""A reminder is in time when the purchase follows within so many days; a date is right within as many."""

TAUGHT = 155
"""How far back the past that teaches goes, from where its HORIZON was over."""

CHUNK = 5_000
"""Rows whose distributions are held at once."""


@dataclass(frozen=True)
class Rhythms:
    """Purchase days of customers and units (a category, a type, a product), sorted by pair and day.

    `customer`, `unit`, `day` are columns; `pair` numbers each customer and unit; `number` counts the
    pair's purchase days up to and with this one; `mean_log` is the mean log gap so far (0 without one);
    `ahead` is the gap to the next purchase day, 0 if there is none yet.
    """

    customer: "Array"
    unit: "Array"
    day: "Array"
    pair: "Array"
    number: "Array"
    mean_log: "Array"
    ahead: "Array"

    @classmethod
    def of(cls, customer: "Array", unit: "Array", day: "Array") -> "Rhythms":
        """From order lines in any order; several on one day are one."""
        import numpy as np

        first = int(day.min(initial=0))
        days, units = int(day.max(initial=0)) - first + 1, int(unit.max(initial=0)) + 1
        keys = np.unique((customer.astype(np.int64) * units + unit) * days + (day - first))
        rest, day = np.divmod(keys, days)
        customer, unit = np.divmod(rest, units)
        day = day + first
        begins = np.ones(len(keys), bool)
        begins[1:] = (customer[1:] != customer[:-1]) | (unit[1:] != unit[:-1])
        pair = np.cumsum(begins) - 1
        start = np.flatnonzero(begins)
        place = np.arange(len(keys))
        number = place - start[pair] + 1
        back = np.zeros(len(keys))
        back[1:] = np.where(begins[1:], 0, np.diff(day))
        logs = np.cumsum(np.log(np.maximum(back, 1)))
        total = logs - logs[start][pair]
        ahead = np.zeros(len(keys), np.int64)
        ahead[:-1] = np.where(begins[1:], 0, np.diff(day))
        return cls(customer, unit, day, pair, number, total / np.maximum(number - 1, 1), ahead)

    def since(self) -> "Array":
        """Days from the pair's purchase day before; 0 for its first."""
        import numpy as np

        back = np.zeros(len(self.day), np.int64)
        back[1:] = np.where(self.pair[1:] == self.pair[:-1], np.diff(self.day), 0)
        return back


@dataclass(frozen=True)
class Past:
    """What a store's past before a day teaches: the usual gap of each unit, and how each band went on.

    `usual` is the log of a unit's median gap; `edges` part the bands by the log of the expected gap;
    `bands[band, days]` is the share that bought again after so many days, `bands[band, 0]` that did not.
    """

    usual: "Array"
    edges: "Array"
    bands: "Array"
    weights: Weights = OF_OTHERS

    def expected(self, rhythms: Rhythms, rows: "Array") -> "Array":
        """The gap to come after each of `rows`: the own log mean, drawn to the unit's median, or to that of all units
        where the unit was not there yet."""
        import numpy as np

        gaps = rhythms.number[rows] - 1.0
        usual = np.append(self.usual, np.median(self.usual))[np.minimum(rhythms.unit[rows], len(self.usual))]
        own = gaps * rhythms.mean_log[rows] + self.weights.gaps * usual
        return np.exp(own / (gaps + self.weights.gaps))


def teaching(rhythms: Rhythms, day: int) -> "Array":
    """The purchases that may teach when `day` begins: with a rhythm behind them, and followed for the whole horizon."""
    import numpy as np

    return np.flatnonzero((rhythms.number >= FEWEST) & (rhythms.day >= day - TAUGHT) & (rhythms.day < day - HORIZON))


def learn(rhythms: Rhythms, day: int, weights: Weights = OF_OTHERS) -> Past | None:
    """From what was known when `day` began; None when fewer than FEWEST_TEACHING purchases teach."""
    import numpy as np

    known = (rhythms.ahead > 0) & (rhythms.day + rhythms.ahead < day)
    taught = teaching(rhythms, day)
    if len(taught) < FEWEST_TEACHING:
        return None
    usual = _medians(rhythms.unit[known], rhythms.ahead[known], int(rhythms.unit.max()) + 1)
    blank = Past(np.log(usual), np.empty(0), np.empty((0, HORIZON + 1)), weights)
    expected = np.log(blank.expected(rhythms, taught))
    edges = np.quantile(expected, np.linspace(0, 1, BANDS + 1)[1:-1])
    ahead = rhythms.ahead[taught]
    counts = np.zeros((BANDS, HORIZON + 1))
    counts[:, 0] = 1  # one more who never came back: where few waited as long, nothing is certain
    np.add.at(counts, (np.searchsorted(edges, expected), np.where(ahead <= HORIZON, ahead, 0)), 1)
    return Past(blank.usual, edges, counts / counts.sum(axis=1, keepdims=True), weights)


def _medians(group: "Array", value: "Array", groups: int) -> "Array":
    """Median of each group; of everything for a group without any."""
    import numpy as np

    order = np.lexsort((value, group))
    number = np.bincount(group, minlength=groups)
    start = np.cumsum(number) - number
    sorted_values = value[order].astype(float)
    low = start + np.maximum(number - 1, 0) // 2
    high = start + number // 2
    last = len(sorted_values) - 1
    middle = (sorted_values[np.minimum(low, last)] + sorted_values[np.minimum(high, last)]) / 2
    return np.where(number > 0, middle, np.median(sorted_values))


@dataclass(frozen=True)
class Forecast:
    """Per row, in days after its purchase: the middle of the distribution, the likeliest date, the day to remind on.

    `likely` is looked for among all days, `around` among those on which the reminder would be in time; `confidence` is
    the chance that the purchase follows the reminder within BEFOREHAND days, of all that may come: that it comes
    later than HORIZON, or never, too.
    """

    middle: "Array"
    likely: "Array"
    reminder: "Array"
    around: "Array"
    confidence: "Array"

    @classmethod
    def of(cls, density: "Array", never: "Array", earliest: "Array", latest: "Array") -> "Forecast":
        """From row × days → share, and the share of each row that lies past them; reminders from `earliest` to
        `latest` days after the purchase."""
        import numpy as np

        running = np.cumsum(density, axis=1)
        days = np.arange(HORIZON + 1)

        def mass(before: int, after: int) -> "Array":
            """Row × day → share of the days from `before` before it to `after` after it."""
            upto = running[:, np.minimum(days + after, HORIZON)]
            below = days - before - 1
            return upto - np.where(below >= 0, running[:, np.maximum(below, 0)], 0.0)

        def best(share: "Array", first: "Array", last: "Array") -> "Array":
            asked = (days >= first[:, None]) & (days <= last[:, None])
            return np.asarray(np.where(asked, share, -1.0).argmax(axis=1))

        follows, near = mass(0, BEFOREHAND), mass(BEFOREHAND, BEFOREHAND)
        reminder = best(follows, earliest, np.minimum(latest, HORIZON))
        inside = running[:, -1]
        return cls(
            (running >= inside[:, None] / 2).argmax(axis=1),
            best(near, earliest, np.full(len(earliest), HORIZON)),
            reminder,
            best(near, reminder, reminder + BEFOREHAND),
            follows[np.arange(len(reminder)), reminder] / np.maximum(inside + never, 1e-12),
        )

    @classmethod
    def joined(cls, parts: "Sequence[Forecast]") -> "Forecast":
        import numpy as np

        names = [each.name for each in fields(cls)]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def weekdays(customer: "Array", day: "Array", customers: int, everybody: "Array | None" = None) -> "Array":
    """Customer × weekday → how much more than evenly they shop on it, from distinct shopping days.

    `everybody` is the whole store's share of each weekday, where these customers are a part of it.
    """
    import numpy as np

    counts = np.zeros((customers, 7))
    np.add.at(counts, (customer, day % 7), 1)
    if everybody is None:
        everybody = counts.sum(axis=0) / max(counts.sum(), 1)
    return 7 * (counts + PSEUDO_TRIPS * everybody) / (counts.sum(axis=1, keepdims=True) + PSEUDO_TRIPS)


def forecast(
    rhythms: Rhythms,
    rows: "Array",
    past: Past,
    habits: "Array",
    *,
    elapsed: "Array | None" = None,
    ahead: int = HORIZON,
) -> Forecast:
    """When the purchase after each of `rows` comes; with `elapsed` (days), knowing that it has not come by then.

    Reminders are looked for among the `ahead` days that follow.
    """
    import numpy as np

    waited = np.zeros(len(rows), np.int64) if elapsed is None else elapsed
    parts = []
    for start in range(0, max(len(rows), 1), CHUNK):
        part, since = rows[start : start + CHUNK], waited[start : start + CHUNK]
        density, never = _distribution(rhythms, part, past, habits)
        density[np.arange(HORIZON + 1) <= since[:, None]] = 0
        parts.append(Forecast.of(density, never, since + 1, since + ahead))
    return Forecast.joined(parts)


def _distribution(rhythms: Rhythms, rows: "Array", past: Past, habits: "Array") -> "tuple[Array, Array]":
    """Row × days → share, none on the day itself; and each row's share of what lies past HORIZON or never comes.

    The weekdays move the days' shares among each other and leave the rest as it is.
    """
    import numpy as np

    mixed = _mixed(rhythms, rows, past)
    mixed[:, 0] = 0
    inside = mixed.sum(axis=1)
    bent = mixed * habits[rhythms.customer[rows][:, None], (rhythms.day[rows][:, None] + np.arange(HORIZON + 1)) % 7]
    bent *= (inside / np.maximum(bent.sum(axis=1), 1e-12))[:, None]
    return bent, 1 - inside


def _mixed(rhythms: Rhythms, rows: "Array", past: Past) -> "Array":
    """Row × days → share: the band's past and one's own gaps, these spread a little."""
    import numpy as np

    band = np.searchsorted(past.edges, np.log(past.expected(rhythms, rows)))
    own = np.zeros((len(rows), HORIZON + 1))
    since, number = rhythms.since(), rhythms.number[rows] - 1
    for step in range(int(number.max(initial=0))):
        has = np.flatnonzero(number > step)
        gap = since[rows[has] - step]
        inside = gap <= HORIZON
        np.add.at(own, (has[inside], gap[inside]), 1.0)
    reach = np.arange(-4, 5)
    kernel = np.exp(-0.5 * (reach / SMOOTHED) ** 2)
    spread = np.zeros_like(own)
    for step, share in zip(reach.tolist(), kernel / kernel.sum(), strict=True):
        spread[:, max(step, 0) : HORIZON + 1 + min(step, 0)] += (
            share * own[:, max(-step, 0) : HORIZON + 1 - max(step, 0)]
        )
    return (past.weights.band * past.bands[band] + spread) / (past.weights.band + number)[:, None]
