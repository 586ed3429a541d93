"""Predictions of a slice's customers, each with its figures in a reason; or a blank, with why.

What a model learnt is applied to the columns of any part of the store and says
of a customer the same whatever part that is. Values are rounded to what they
are worth, so that yesterday's and today's are the same unless something
happened. Refuses to leave a prediction out without a word.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib import clock
from chalicelib.profile.insights import Prediction, Reason
from chalicelib.segment.models import hours, purchases, refill, reminders, response, silence, suggest
from chalicelib.segment.predict.due import LONGEST
from chalicelib.segment.predict.replenishment import FEWEST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.ledger import Ledger

    Array = NDArray[Any]

PAIRS = 3
"""Of each customer so many categories and products are told of, the soonest first."""
NAMED = {
    "silence": ("dormancy_60d",),
    "purchases": ("purchases_90d", "purchases_365d", "value_90d", "value_365d"),
    "response": ("coupon_response",),
    "hours": ("best_hour",),
    "refill": ("days_to_reorder",),
}
"""Model → the predictions that are blank when it has learnt nothing, or nothing of a customer."""

UNITS = (("category", "refill"), ("product", "refill_product"))
"""What is bought again, and the model that knows of it."""

NOTHING_TO_SHOW = Reason("nothing_to_show")
"""Why a customer has no recommendations where the shelf learnt some."""

Told = dict[str, Prediction]


@dataclass(frozen=True)
class Models:
    """What a run learnt: by model its parameters, the reason of its blank, and arrays."""

    parameters: Mapping[str, Mapping[str, Any]]
    blanks: Mapping[str, Reason]
    arrays: "Mapping[str, Mapping[str, Array]]"


def tell(models: Models, ledger: "Ledger", day: int, as_of: datetime) -> list[Told]:
    """For each customer of `ledger`, in its order: name → prediction."""
    found: list[Told] = [{} for _ in range(ledger.customers)]
    for model, names in NAMED.items():
        if model in models.blanks:
            for name in names:
                blank = Prediction(None, "", as_of, models.blanks[model])
                for told in found:
                    told[name] = blank
        else:
            for who, name, value, why in _OF[model](dict(models.parameters[model]), ledger, day):
                found[who][name] = Prediction(value, models.parameters[model].get("kind", ""), as_of, why)
    listed = due(models, ledger, day)
    told_of = next((unit for unit, model in UNITS if models.parameters.get(model, {}).get("due")), "")
    for each in reversed(listed):  # the likeliest of a customer comes last and holds
        if each.unit == told_of:
            why = Reason("due", {"category": each.name, "chance": each.chance})
            found[each.who]["due_7d"] = Prediction(each.chance, "due list", as_of, why)
    for unit, model in UNITS:
        if models.parameters.get(model):
            _tell_pairs(found, models, model, ledger, day, as_of, unit)
    _fill(found, models, as_of)
    return found


class Due(NamedTuple):
    """`name` of a category or else of a product (`unit`), which the customer at that index of the ledger buys."""

    chance: float
    who: int
    unit: str
    name: str


def due(models: Models, ledger: "Ledger", day: int) -> list[Due]:
    """What is bought again within seven days of `day`, the likeliest first: categories and products, of either as far
    as it was learnt."""
    found = []
    for unit, model in UNITS:
        rhythms = refill.rhythms_of(ledger, day, unit)
        rows, chances = refill.dues(dict(models.parameters.get(model, {})), ledger, rhythms, day, unit)
        names = ledger.categories if unit == "category" else ledger.products
        pairs = zip(chances.tolist(), rhythms.customer[rows].tolist(), rhythms.unit[rows].tolist(), strict=True)
        found += [Due(round(chance, 2), who, unit, str(names[each])) for chance, who, each in pairs]
    return sorted(found, key=lambda each: (-each.chance, *each[1:]))


def recommend(models: Models, ledger: "Ledger", day: int) -> dict[str, list[tuple[str, ...]]]:
    """Kind → for each customer the products, best first; nothing where no product can be told of."""
    if "shelf" in models.blanks or "shelf" not in models.parameters:
        return {}
    return suggest.suggest(models.parameters["shelf"], models.arrays.get("shelf", {}), ledger, day)


def _silence(parameters: dict[str, Any], ledger: "Ledger", day: int) -> Iterator[tuple[int, str, float, Reason]]:
    who, chance = silence.chances(parameters, ledger, day)
    known = ledger.purchases(day)
    for each, value in zip(who.tolist(), chance.tolist(), strict=True):
        figures = {"chance": round(value, 2), "orders": int(known.number[each]), "on": clock.day_text(known.last[each])}
        yield each, "dormancy_60d", round(value, 2), Reason("dormancy", figures)


def _purchases(
    parameters: dict[str, Any], ledger: "Ledger", day: int
) -> Iterator[tuple[int, str, float | None, Reason]]:
    who, expected, worth = purchases.foretell(parameters, ledger, day)
    known = ledger.purchases(day)
    for span, numbers in expected.items():
        for each, number, value in zip(who.tolist(), numbers.tolist(), worth.tolist(), strict=True):
            orders = int(known.number[each])
            yield each, f"purchases_{span}d", _short(number), Reason("purchases", {"orders": orders, "span": span})
            if value != value:  # of none of their orders the amount is known
                yield each, f"value_{span}d", None, Reason("no_amounts")
                continue
            figures = {"number": _short(number), "worth": _short(value), "span": span}
            yield each, f"value_{span}d", _short(number * value), Reason("value", figures)


def _response(parameters: dict[str, Any], ledger: "Ledger", day: int) -> Iterator[tuple[int, str, float, Reason]]:
    import numpy as np

    who, chance = response.chances(parameters, ledger, day)
    offers = ledger.offers(day)
    given = np.bincount(offers.customer, minlength=ledger.customers)
    used = np.bincount(offers.customer[offers.used > 0], minlength=ledger.customers)
    for each, value in zip(who.tolist(), chance.tolist(), strict=True):
        figures = {"given": int(given[each]), "used": int(used[each])}
        yield each, "coupon_response", round(value, 2), Reason("coupon_response", figures)


def _hours(parameters: dict[str, Any], ledger: "Ledger", day: int) -> Iterator[tuple[int, str, float, Reason]]:
    for each, hour, number in zip(*(each.tolist() for each in hours.best(parameters, ledger, day)), strict=True):
        why = Reason("hour_own", {"hour": hour, "answers": number}) if number else Reason("hour_all", {"hour": hour})
        yield each, "best_hour", hour, why


def _nothing(parameters: dict[str, Any], ledger: "Ledger", day: int) -> Iterator[tuple[int, str, float, Reason]]:
    return iter(())


_OF = {"silence": _silence, "purchases": _purchases, "response": _response, "hours": _hours, "refill": _nothing}


def _tell_pairs(
    found: list[Told], models: Models, model: str, ledger: "Ledger", day: int, as_of: datetime, unit: str
) -> None:
    parameters = dict(models.parameters[model])
    rhythms = refill.rhythms_of(ledger, day, unit)
    names = ledger.categories if unit == "category" else ledger.products
    gate = parameters.get("dated_from")
    regular = set(rhythms.customer[rhythms.number >= FEWEST].tolist())
    if parameters.get("due"):
        for who in regular:
            found[who].setdefault("due_7d", Prediction(None, "", as_of, Reason("not_lately", {"days": LONGEST})))
    if model in models.blanks or gate is None:
        return
    for who in regular:
        why = Reason("no_sure_reminder", {"days": reminders.AHEAD, "needed": gate})
        found[who].setdefault("days_to_reorder", Prediction(None, "", as_of, why))
    dates = reminders.dates(parameters, ledger, rhythms, day, unit)
    sure = sorted(
        (
            (int(rhythms.customer[row]), remind - day, likely, remind, confidence, str(names[rhythms.unit[row]]))
            for row, likely, remind, confidence in zip(*(each.tolist() for each in dates), strict=True)
            if confidence >= gate
        ),
    )
    told: dict[int, int] = {}
    for who, days, likely, remind, confidence, name in sure:
        told[who] = told.get(who, 0) + 1
        if told[who] > PAIRS:
            continue
        figures = {
            "item": name,
            "date": clock.day_text(likely),
            "remind": clock.day_text(remind),
            "confidence": round(confidence, 2),
        }
        prefix = "reorder" if unit == "category" else "reorder_product"
        made = Prediction(days, parameters["chosen"], as_of, Reason("reorder", figures))
        found[who][f"{prefix}:{name}"] = made
        soonest = found[who].get("days_to_reorder")
        if soonest is None or soonest.value is None or days < soonest.value:
            found[who]["days_to_reorder"] = made


def _fill(found: list[Told], models: Models, as_of: datetime) -> None:
    """A blank with its reason for what was not told of a customer."""
    blank = {
        "dormancy_60d": Reason("no_order"),
        "purchases_90d": Reason("no_order"),
        "value_90d": Reason("no_order"),
        "coupon_response": Reason("no_coupon"),
        "best_hour": Reason("no_order"),
        "days_to_reorder": Reason("no_rhythm", {"needed": FEWEST}),
        "due_7d": Reason("no_rhythm", {"needed": FEWEST}),
    }
    known = [models.parameters.get(model, {}) for _, model in UNITS]
    if any(each.get("due_blank") for each in known) and not any(each.get("due") for each in known):
        blank["due_7d"] = Reason.from_json(next(each["due_blank"] for each in known if each.get("due_blank")))
    if not models.blanks.get("refill") and models.parameters.get("refill", {}).get("dated_from") is None:
        blank["days_to_reorder"] = Reason("no_dated_reminders", {"needed": reminders.REMINDED})
    too_young = Reason("no_year_yet", {"needed": purchases.YEAR})
    for told in found:
        for name, why in blank.items():
            if name not in told:
                told[name] = Prediction(None, "", as_of, why)
        for name in ("purchases_365d", "value_365d"):
            if name not in told:
                has_order = told["purchases_90d"].value is not None
                told[name] = Prediction(None, "", as_of, too_young if has_order else Reason("no_order"))


def _short(value: float) -> float:
    """Two digits of it: more is not known, and it would change every day."""
    return float(f"{value:.2g}") if value >= 0.01 else 0.0
