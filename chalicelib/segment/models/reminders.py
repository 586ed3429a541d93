"""On which day to remind a customer of what is bought again, and how surely the purchase follows within three days.

The day and a first chance come from a distribution over the days to come, of customers of a like rhythm or rather
of one's own, knowing how long was waited already and that some never come back. How often such chances came true is
learnt from days past (the snapshots), when everybody had waited as long as they then had: the confidence. Judged on
snapshots after those. Reminders are given where those of REMINDED confidence and more were in
time in this very store, REMINDED of them beyond noise, and came as often as was promised; by the distribution of
which most were in time. Nowhere else (the fallback; reminding two days before the usual gap stands beside it to compare
with). Refuses days past, and days further ahead than AHEAD: of these it is told when they are nearer.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.segment.models.evidence import LOOKS, Judged, of_means, rounded
from chalicelib.segment.predict import logistic, replenishment
from chalicelib.segment.predict.logistic import Logistic
from chalicelib.segment.predict.replenishment import BEFOREHAND, FEWEST, HORIZON, Past, Rhythms, Weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.ledger import Ledger
    from chalicelib.segment.predict.history import Purchases

    Array = NDArray[Any]

AHEAD = 28
"""Days from today on which a reminder may fall."""
OVER = AHEAD + BEFOREHAND
"""Days after which it is known of each reminder whether it was in time."""
APART = 7
"""Days between two snapshots."""
ASKED = 20_000
"""Pairs asked about at a snapshot, at most: all of some customers, who are anybody."""
FEWEST_ASKED = 200
FEWEST_IN_TIME = 20
"""Reminders that were in time, and that were not, before a confidence is learnt."""
REMINDED = 0.3
"""Confidence from which a reminder is given, and the share of these that must be in time."""
TOLERATED = 0.05
"""By how much less may come true than was promised."""
FALLBACK = "usual gap"
OF_OTHERS, OF_ONESELF = "distribution", "own distribution"
CANDIDATES = {OF_OTHERS: replenishment.OF_OTHERS, OF_ONESELF: replenishment.OF_ONESELF}


class Dates(NamedTuple):
    """Pairs and what is said of each: rows of the rhythms, likely day, day to remind on, confidence."""

    rows: "Array"
    likely: "Array"
    remind: "Array"
    confidence: "Array"


@dataclass(frozen=True)
class Drawn:
    """What a distribution says on a day: pairs as in `Dates`, and the columns that the confidence is told by."""

    rows: "Array"
    likely: "Array"
    remind: "Array"
    usual: "Array"
    columns: "Array"


@dataclass(frozen=True)
class Snapshot:
    """What was drawn on a day past, whose each pair was, and by which way of reminding it was in time."""

    customer: "Array"
    columns: "Array"
    in_time: "Array"
    usual_in_time: "Array"


@dataclass(frozen=True)
class Verdict:
    """`judged` by candidate over all pairs; `given` the candidate reminders are given by, '' for none, and of how many
    its confidence and what came true; `asked` pairs, from day `since` on."""

    judged: dict[str, Judged]
    since: int
    asked: int
    given: str
    number: int = 0
    promised: float = 0.0
    in_time: float = 0.0


def rhythms_of(ledger: "Ledger", day: int, unit: str) -> Rhythms:
    """Purchase days by customer and `category` or `product`, as known when `day` began."""
    items = ledger.items(day)
    units = getattr(items, unit)
    kept = units >= 0
    return Rhythms.of(items.customer[kept], units[kept], items.day[kept])


def draw(
    past: Past,
    rhythms: Rhythms,
    known: "Purchases",
    day: int,
    everybody: "Array | None" = None,
    most: int | None = None,
) -> Drawn:
    """For each pair with enough purchases, the last less than HORIZON days ago; `rhythms` and `known` are what was
    bought before `day`, `everybody` is the whole store's share of each weekday."""
    import numpy as np

    rows = last_of(rhythms)
    rows = rows[(rhythms.number[rows] >= FEWEST) & (day - rhythms.day[rows] < HORIZON)][:most]
    habits = replenishment.weekdays(known.customer, known.day, known.customers, everybody)
    start = rhythms.day[rows]
    waited = (day - 1 - start).astype(np.int64)
    found = replenishment.forecast(rhythms, rows, past, habits, elapsed=waited, ahead=AHEAD)
    expected = past.expected(rhythms, rows)
    chance = np.clip(found.confidence, 1e-4, 1 - 1e-4)
    odds, late = np.log(chance / (1 - chance)), np.log((1 + waited) / (1 + expected))
    usual = np.clip(start + np.round(expected) - 2, day, day + AHEAD - 1)
    columns = np.column_stack((odds, late, np.maximum(late, 0)))
    return Drawn(rows, start + found.around, start + found.reminder, usual, columns)


class Looked:
    """The store's days past, each gone through once."""

    def __init__(self, ledger: "Ledger", unit: str) -> None:
        self._ledger, self._unit = ledger, unit
        self._held: dict[int, dict[str, Snapshot]] = {}

    def before(self, name: str, day: int) -> list[Snapshot]:
        """What was over when `day` began, of LOOKS snapshots; without those on which too little was known."""
        days = (day - OVER - back * APART for back in range(LOOKS))
        return [held[name] for held in map(self._at, days) if name in held]

    def confidence(self, name: str, day: int) -> Logistic | None:
        """How sure a reminder is, from what was over when `day` began; None where too few were in time, or not."""
        import numpy as np

        known = self.before(name, day)
        if not known:
            return None
        in_time = np.concatenate([each.in_time for each in known])
        if min(in_time.sum(), len(in_time) - in_time.sum()) < FEWEST_IN_TIME:
            return None
        return logistic.fit(np.concatenate([each.columns for each in known]), in_time)

    def _at(self, day: int) -> dict[str, Snapshot]:
        if day not in self._held:
            self._held[day] = self._look(day)
        return self._held[day]

    def _look(self, day: int) -> dict[str, Snapshot]:
        rhythms, known = rhythms_of(self._ledger, day, self._unit), self._ledger.purchases(day)
        found = {}
        for name, weights in CANDIDATES.items():
            past = replenishment.learn(rhythms, day, weights)
            if past is None:
                continue
            drawn = draw(past, rhythms, known, day, most=ASKED)
            next_day = self._next(rhythms, drawn.rows, day)
            timely = [
                ((next_day >= remind) & (next_day <= remind + BEFOREHAND)).astype(float)
                for remind in (drawn.remind, drawn.usual)
            ]
            found[name] = Snapshot(rhythms.customer[drawn.rows], drawn.columns, *timely)
        return found

    def _next(self, rhythms: Rhythms, rows: "Array", day: int) -> "Array":
        """The day on which each of `rows` was bought next, of the OVER days from `day` on; 0 where it was not."""
        import numpy as np

        items = self._ledger.items(day + OVER)
        unit = getattr(items, self._unit)
        fresh = (items.day >= day) & (unit >= 0)
        width = len(self._ledger.categories) + len(self._ledger.products)
        keys = items.customer[fresh].astype(np.int64) * width + unit[fresh]
        order = np.lexsort((items.day[fresh], keys))
        keys, first = np.unique(keys[order], return_index=True)
        asked = rhythms.customer[rows].astype(np.int64) * width + rhythms.unit[rows]
        if not len(keys):
            return np.zeros(len(rows), np.int64)
        place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
        return np.where(keys[place] == asked, items.day[fresh][order][first][place], 0)


def judge(looked: Looked, day: int) -> Verdict:
    """Which candidate's reminders are given, by the LOOKS newest snapshots; `judged` is empty where they are few."""
    import numpy as np

    begun = day - OVER - (LOOKS - 1) * APART
    seen = {name: looked.before(name, day) for name in CANDIDATES}
    shown = {name: looked.confidence(name, begun) for name in CANDIDATES}
    rows = {name: np.concatenate([each.in_time for each in held]) for name, held in seen.items() if held}
    asked = len(rows.get(OF_OTHERS, ()))
    if asked < FEWEST_ASKED:
        return Verdict({}, begun, asked, "")
    customer = np.concatenate([each.customer for each in seen[OF_OTHERS]])
    rows[FALLBACK] = np.concatenate([each.usual_in_time for each in seen[OF_OTHERS]])
    best = Verdict(of_means(rows, FALLBACK, groups=customer), begun, asked, "")
    for name, learnt in shown.items():
        if learnt is None:
            continue
        promised = np.concatenate([learnt.chance(each.columns) for each in seen[name]])
        sure = promised >= REMINDED
        in_time, promised = rows[name][sure], promised[sure]
        if _are_true(in_time, promised, customer[sure]) and in_time.sum() > best.in_time * best.number:
            figures = float(promised.mean()), float(in_time.mean())
            best = Verdict(best.judged, begun, best.asked, name, len(in_time), *figures)
    return best


def _are_true(in_time: "Array", promised: "Array", customer: "Array") -> bool:
    """Whether REMINDED of the reminders were in time beyond noise, and no fewer than promised, TOLERATED apart."""
    import numpy as np

    if len(in_time) < FEWEST_ASKED / 2:
        return False
    asked = {"needed": np.full(len(in_time), REMINDED), "least": promised - TOLERATED, "had": in_time}
    needed, promise = (of_means(asked, than, groups=customer)["had"] for than in ("needed", "least"))
    return needed.beats and not promise.loses


def told_by(name: str, past: Past, looked: Looked, ledger: "Ledger", day: int, unit: str) -> dict[str, Any]:
    """What `dates` is told by, for the candidate `name`, as JSON."""
    import numpy as np

    learnt = looked.confidence(name, day) if name in CANDIDATES else None
    known = ledger.purchases(day)
    counts = np.bincount(known.day % 7, minlength=7)
    names = ledger.categories if unit == "category" else ledger.products
    usual = {str(item): rounded(value) for item, value in zip(names, past.usual, strict=False)}
    everybody = float(np.median(past.usual))
    return {
        "chosen": name,
        "dated_from": REMINDED if learnt else None,
        "confidence": {key: value.tolist() for key, value in vars(learnt).items()} if learnt else None,
        "everybody": everybody,
        "weights": list(past.weights),
        "usual": {item: value for item, value in usual.items() if value != rounded(everybody)},
        "edges": past.edges.tolist(),
        "bands": past.bands.tolist(),
        "weekdays": (counts / max(counts.sum(), 1)).tolist(),
    }


def dates(parameters: dict[str, Any], ledger: "Ledger", rhythms: Rhythms, day: int, unit: str) -> Dates:
    """Reminders from `day` on, where any are given."""
    import numpy as np

    if parameters.get("dated_from") is None:
        empty = np.empty(0, np.int64)
        return Dates(empty, empty, empty, np.empty(0))
    names = ledger.categories if unit == "category" else ledger.products
    everybody = parameters["everybody"]
    usual = np.array([parameters["usual"].get(str(name), everybody) for name in names] or [everybody])
    weights = Weights(*parameters["weights"])
    past = Past(usual, np.array(parameters["edges"]), np.array(parameters["bands"]), weights)
    drawn = draw(past, rhythms, ledger.purchases(day), day, np.array(parameters["weekdays"]))
    confidence = Logistic(**{key: np.array(values) for key, values in parameters["confidence"].items()})
    return Dates(drawn.rows, drawn.likely, drawn.remind, confidence.chance(drawn.columns))


def last_of(rhythms: Rhythms) -> "Array":
    """The row of each pair's last purchase."""
    import numpy as np

    if not len(rhythms.day):
        return np.empty(0, np.int64)
    return np.flatnonzero(np.append(rhythms.pair[1:] != rhythms.pair[:-1], True))
