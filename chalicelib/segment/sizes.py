"""How many customers each segment had, day by day: written by the hourly slices, read by the operator and `measure`.

    segments/sizes/<day>/<slice>.json   {run, of, customers, sizes, email, sms, rfm, stage}

`email` and `sms` are how many of each segment marketing may reach there, under "" of everybody; `rfm` and `stage`
are how many are in each group and stage.

A slice writes its own object when it has seen all of its range, over what an
earlier hour of the day left there, so a day shows its last hour and a repeated
message changes nothing. Refuses to say who was in a segment: that is in the log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.aws.services import Services
from chalicelib.segment.reach import CHANNELS, is_reachable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.profile.customer import Customer

SIZES = "segments/sizes/"
COMPUTED = {"rfm": "group", "stage": "name"}
"""Part of the insights → where in it the name stands."""
EVERYBODY = ""

Counts = dict[str, dict[str, int]]
"""`sizes`, a channel or a part of the insights → segment, group or stage → customers."""


@dataclass(frozen=True)
class Day:
    """All slices of a day together; `run` is the hour they were last counted in. Not `complete` while one is missing
    or was counted in another hour than the rest."""

    day: date
    run: str
    customers: int
    sizes: Mapping[str, int]
    complete: bool


def add(counts: Counts, customers: "Sequence[Customer]", judged: "Mapping[str, NDArray[Any]]") -> None:
    """Count these customers into `counts`; `judged` is segment → which of them are inside."""
    import numpy as np

    _add(counts, "sizes", {segment: int(inside.sum()) for segment, inside in judged.items()})
    for channel in CHANNELS:
        reached = np.array([is_reachable(each, channel) for each in customers], dtype=bool)
        found = {segment: int((inside & reached).sum()) for segment, inside in judged.items()}
        _add(counts, channel, found | {EVERYBODY: int(reached.sum())})
    for part, name in COMPUTED.items():
        told = [each.insights_body.get(part, {}).get(name) for each in customers]
        _add(counts, part, {each: told.count(each) for each in set(told) if each})


def _add(counts: Counts, part: str, found: Mapping[str, int]) -> None:
    held = counts.setdefault(part, {})
    for name, number in found.items():
        held[name] = held.get(name, 0) + number


def keep(services: Services, body: Mapping[str, Any], customers: int, counts: Counts) -> None:
    """Store what one slice came to; `body` is its message, with `slice`, `of` and `run`."""
    run = str(body["run"])
    told = {"run": run, "of": body["of"], "customers": customers, "sizes": {}} | counts
    services.data.put_json(f"{SIZES}{run[:10]}/{int(body['slice']):04}.json", told)


def read(services: Services, now: datetime, days: int) -> list[Day]:
    """The last `days` days, today included, the earliest first; days on which nothing was counted are absent."""
    first = now.date() - timedelta(days=days - 1)
    told: dict[str, list[Mapping[str, object]]] = {}
    for key in services.data.list(SIZES, after=f"{SIZES}{first}/"):
        day = key.removeprefix(SIZES).partition("/")[0]
        found = services.data.get_json(key) if day >= str(first) else None
        if found is not None:
            told.setdefault(day, []).append(found)
    return [_together(date.fromisoformat(day), slices) for day, slices in sorted(told.items())]


def _together(day: date, slices: list[Mapping[str, object]]) -> Day:
    newest = max(slices, key=lambda each: str(each["run"]))
    of_one_cut = [each for each in slices if each["of"] == newest["of"]]  # the number of slices may have changed
    sizes: dict[str, int] = {}
    customers = 0
    for each in of_one_cut:
        counted, total = each["sizes"], each["customers"]
        assert isinstance(counted, Mapping)
        assert isinstance(total, int)
        customers += total
        for segment, number in counted.items():
            sizes[segment] = sizes.get(segment, 0) + number
    whole = len(of_one_cut) == newest["of"] and all(each["run"] == newest["run"] for each in of_one_cut)
    return Day(day, str(newest["run"]), customers, sizes, whole)
