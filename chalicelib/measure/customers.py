"""The customers as published: segments, groups, stages, the best fifth, and what the predictions rest on.

Pure: what `standing.py` keeps and the day rows in, one JSON document out;
`schema.py` is its contract. Every number of people is in tens and none is
below ten (`rounding.py`), so no size, movement or difference of two is about
few. What the models were judged on are totals of the store. Refuses to name
anybody.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from chalicelib.measure.days import Rows
from chalicelib.measure.overview import PERIODS, text_of
from chalicelib.measure.rounding import shown
from chalicelib.measure.standing import Card, Standing, choice_of, jobs_of
from chalicelib.measure.yaml_text import to_yaml
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import words
from chalicelib.profile.insights import Reason
from chalicelib.profile.vocabulary import RFM_GROUPS, STAGES

FORMAT = 1
DAYS = max(PERIODS) + 1
"""Days of sizes: with the one that a period of 90 days is compared with."""

Names = dict[str, str]
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


def build(standing: Standing, rows: Rows, bundle: Bundle, today: date) -> dict[str, Any]:
    """The document; `today` is the store's day, up to which movements are counted."""
    newest = max(standing.days, default=str(today))
    last = date.fromisoformat(newest)
    days = [str(last - timedelta(days=back)) for back in range(DAYS - 1, -1, -1)]
    known = [standing.days.get(day, {}) for day in days]
    now = standing.now

    def history(part: str, name: str) -> list[int | None]:
        return [shown(day.get(part, {}).get(name)) for day in known]

    return {
        "format": FORMAT,
        "sample": False,
        "days": days,
        "counted": bool(now),
        "customers": [shown(day.get("customers")) for day in known],
        "reachable": _reachable(now, ""),
        "segments": [
            {
                "id": segment,
                "name": text_of(definition.get("name"), segment),
                "definition": to_yaml(_without_addresses(definition["who"])),
                "size": shown(now.get("sizes", {}).get(segment)),
                "reachable": _reachable(now, segment),
                "history": history("sizes", segment),
                "moved": {str(length): _moved(rows, segment, today, length) for length in PERIODS},
            }
            for segment, definition in bundle.segments.items()
        ],
        "groups": [
            {"id": group, "name": _named(bundle, "group", group), "size": shown(now.get("rfm", {}).get(group))}
            for group in RFM_GROUPS
        ],
        "stages": [
            {
                "id": stage,
                "name": _named(bundle, "stage", stage),
                "size": shown(now.get("stage", {}).get(stage)),
                "history": history("stage", stage),
            }
            for stage in STAGES
        ],
        "best": _best(standing.cards.get("value", {}), [day.get("best") for day in known]),
        "models": [
            _model(name, card, standing.since.get(name, ["", ""]), bundle)
            for name, card in jobs_of(standing.cards).items()
        ],
    }


def _without_addresses(rule: Any) -> Any:
    """The rule as it is but for mail addresses that are compared with: those are people's."""
    if isinstance(rule, dict):
        return {name: _without_addresses(each) for name, each in rule.items()}
    if isinstance(rule, list):
        return [_without_addresses(each) for each in rule]
    return _ADDRESS.sub("…", rule) if isinstance(rule, str) else rule


def _reachable(now: Mapping[str, Any], segment: str) -> dict[str, int | None]:
    return {channel: shown(now.get(channel, {}).get(segment)) for channel in ("email", "sms")}


def _moved(rows: Rows, segment: str, today: date, length: int) -> dict[str, int | None]:
    entered = left = 0
    for back in range(length):
        row = rows.get(today - timedelta(days=back))
        counts = row.moved.get(segment, (0, 0)) if row else (0, 0)
        entered, left = entered + counts[0], left + counts[1]
    return {"entered": shown(entered), "left": shown(left)}


def _best(card: Card, history: list[float | None]) -> dict[str, Any] | None:
    if "share" not in card:
        return None
    return {**{name: card[name] for name in ("share", "kept", "captured")}, "history": history}


def _model(name: str, card: Card, since: Iterable[str], bundle: Bundle) -> dict[str, Any]:
    chosen, day = since
    why = Reason.from_json(card["blank"]) if "blank" in card else None
    return {
        "id": name,
        "name": _named(bundle, "job", name),
        "blank": _said(bundle, why) if why and not card.get("chosen") else None,
        "unjudged": _said(bundle, why) if why and card.get("chosen") else None,
        "measure": _named(bundle, "measure", card["measure"]) if "measure" in card else None,
        "chosen": _method(bundle, card["chosen"]) if card.get("chosen") else None,
        "fallback": _method(bundle, card["fallback"]) if card.get("fallback") else None,
        "candidates": [
            {
                "name": _method(bundle, candidate),
                "chosen": candidate == card["chosen"],
                "fallback": candidate == card["fallback"],
                **{key: judged.get(key) for key in ("figure", "gain", "error")},
            }
            for candidate, judged in card.get("candidates", {}).items()
        ],
        "rows": card.get("rows"),
        "judged_on": card.get("judged_on"),
        "reliability": card.get("reliability"),
        "days": card.get("ranges"),
        "since": day if chosen == choice_of(card) and day else None,
        "as_of": card.get("as_of"),
        "customers": shown(card.get("customers")),
    }


def _named(bundle: Bundle, kind: str, value: str) -> Names:
    return {language: words.name(kind, value, bundle.reasons.get(language, {})) for language in words.LANGUAGES}


def _method(bundle: Bundle, name: str) -> Names:
    """`EASE 300 log` is named as `EASE {n} log` is, with its figure."""
    figures = re.findall(r"\d+(?:\.\d+)?", name)
    found = _named(bundle, "method", name)
    if figures and found["en"] == name:
        pattern = name.replace(figures[0], "{n}", 1)
        named = _named(bundle, "method", pattern)
        found = {language: text.replace("{n}", figures[0]) for language, text in named.items()}
    return found


def _said(bundle: Bundle, reason: Reason) -> Names:
    return {language: words.say(reason, bundle.reasons.get(language, {})) for language in words.LANGUAGES}
