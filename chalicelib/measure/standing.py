"""What the numbers keep of the hourly segments and the daily computation: sizes by day, and what each model chose when.

    metrics/standing.json   {days, now, run, cards, since}

`days` → day → {customers, sizes, stage, best}; `now` is the newest day with all
that was counted; `cards` are those of the daily run `run`, and `since` says of
each choice in them when it was first made without a break. What the hours
leave under `segments/sizes/<day>/` is read while the day may still change, so a run
reads two days of it. Refuses to know a customer: all of it is counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from chalicelib.aws.services import Services

STANDING = "metrics/standing.json"
SIZES = "segments/sizes/"
CURRENT = "models/current.json"
KEPT = 120
"""Days of sizes: the longest period the page shows, and the one before its first day."""

Card = dict[str, Any]


@dataclass
class Standing:
    """As kept; see above. Dates are text, as in JSON."""

    days: dict[str, dict[str, Any]] = field(default_factory=dict)
    now: dict[str, Any] = field(default_factory=dict)
    run: str = ""
    cards: dict[str, Card] = field(default_factory=dict)
    since: dict[str, list[str]] = field(default_factory=dict)


def gather(services: Services, today: date) -> Standing:
    """What is known now; kept if there is news."""
    held = services.data.get_json(STANDING)
    standing = Standing(**(held or {}))
    _take_models(services, standing)
    _take_sizes(services, standing, today)
    if vars(standing) != held:
        services.data.put_json(STANDING, vars(standing))
    return standing


def jobs_of(cards: Mapping[str, Card]) -> dict[str, Card]:
    """Every choice or blank by its own name: a model's, and behind a dot those of its parts."""
    found: dict[str, Card] = {}
    for name, card in cards.items():
        parts = {f"{name}.{part}": inner for part, inner in card.items() if _is_card(inner)}
        common = {key: card[key] for key in ("as_of", "customers") if key in card}
        if _is_card(card) or not parts:
            found[name] = card
        found |= {part: common | inner for part, inner in parts.items()}
    return found


def _is_card(value: Any) -> bool:
    return isinstance(value, dict) and ("candidates" in value or "blank" in value)


def choice_of(card: Card) -> str:
    """What decides whether a choice is still the same one."""
    return str(card.get("chosen") or ("" if "blank" in card else "learnt"))


def _take_models(services: Services, standing: Standing) -> None:
    current = services.data.get_json(CURRENT)
    if current is None or current["run"] == standing.run:
        return
    cards = services.data.get_json(f"models/{current['run']}/cards.json")
    if cards is None:  # a newer run is tidying up; its pointer is read next time
        return
    chosen = {name: choice_of(card) for name, card in jobs_of(cards).items()}
    day = current["run"][:10]  # a run is named by when it began
    same = {name: told for name, told in standing.since.items() if told[0] == chosen.get(name)}
    standing.run, standing.cards = current["run"], cards
    standing.since = {name: same.get(name, [choice, day]) for name, choice in chosen.items()}


def _take_sizes(services: Services, standing: Standing, today: date) -> None:
    oldest = str(today - timedelta(days=KEPT))
    settled = max(standing.days, default=oldest)  # slices of a day may end when the next has begun
    first = max(oldest, str(date.fromisoformat(settled) - timedelta(days=1)))
    told: dict[str, list[dict[str, Any]]] = {}
    for key in services.data.list(SIZES, after=f"{SIZES}{first}/"):
        found = services.data.get_json(key)
        if found is not None:
            told.setdefault(key.removeprefix(SIZES).partition("/")[0], []).append(found)
    for day, slices in sorted(told.items()):
        whole = _together(slices)
        if whole is not None and day >= first:
            best = standing.cards.get("value", {}).get("share")
            kept = {name: whole[name] for name in ("customers", "sizes", "stage")}
            known = standing.days.get(day, {}).get("best")
            is_newest = day >= max(standing.days, default="")
            standing.days[day] = kept | {"best": best if is_newest else known}
            standing.now = whole if is_newest else standing.now
    standing.days = {day: each for day, each in sorted(standing.days.items()) if day >= oldest}


def _together(slices: list[dict[str, Any]]) -> dict[str, Any] | None:
    """All slices added up; None while one is missing. Their number may have changed in the day: the newest counts."""
    newest = max(slices, key=lambda each: str(each["run"]))
    of_one_cut = [each for each in slices if each["of"] == newest["of"]]
    if len(of_one_cut) < newest["of"]:
        return None
    total: dict[str, Any] = {"customers": sum(each["customers"] for each in of_one_cut)}
    for part in ("sizes", "email", "sms", "rfm", "stage"):
        counts = total[part] = dict[str, int]()
        for each in of_one_cut:
            for name, number in each.get(part, {}).items():
                counts[name] = counts.get(name, 0) + number
    return total
