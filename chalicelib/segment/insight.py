"""What a store's data say of all customers together, and what follows from that for one: `learn` and `compute`.

Pure: columns → parameters, and (customer, parameters, predictions, now) → insights.
The same function fills the stored insights and answers `dripline customer
show`. Refuses to fill a blank: what the data do not carry stays away and has
its reason in `blanks`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib import clock
from chalicelib.money import Rates
from chalicelib.profile.insights import Insights, Prediction, Reason
from chalicelib.profile.timezone import zone_for
from chalicelib.segment import diagnosis, engagement, lifecycle, observed, preferences, stages
from chalicelib.segment.lifecycle import Waits
from chalicelib.segment.rfm import Thirds

if TYPE_CHECKING:
    from chalicelib.profile.customer import Customer
    from chalicelib.segment.observations import Columns


@dataclass(frozen=True)
class Parameters:
    """Learnt of a store as of a day; `zone` and `rates` are the store's. JSON-able, and its model card."""

    as_of: datetime
    zone: str
    rates: Rates
    customers: int
    thirds: Thirds | None
    buyers: Mapping[str, int]
    """Buyers, and days since the first order: what decides whether there are thirds."""
    waits: Waits
    best: stages.Best | Reason
    preferences: preferences.Learnt
    usual: diagnosis.Usual

    def to_json(self) -> dict[str, Any]:
        return {
            "as_of": clock.to_text(self.as_of),
            "zone": self.zone,
            "currency": self.rates.currency,
            "currencies": dict(self.rates.others),
            "customers": self.customers,
            "thirds": self.thirds.to_json() if self.thirds else None,
            "buyers": dict(self.buyers),
            "waits": self.waits.to_json(),
            "best": self.best.to_json(),
            "preferences": self.preferences.to_json(),
            "usual": self.usual.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Parameters":
        return cls(
            as_of=clock.parse(data["as_of"]),
            zone=data["zone"],
            rates=Rates(data["currency"], data.get("currencies", {})),
            customers=data["customers"],
            thirds=Thirds.from_json(data["thirds"]) if data["thirds"] else None,
            buyers=data["buyers"],
            waits=Waits.from_json(data["waits"]),
            best=_best(data["best"]),
            preferences=preferences.Learnt.from_json(data["preferences"]),
            usual=diagnosis.Usual.from_json(data["usual"]),
        )


def _best(data: Any) -> stages.Best | Reason:
    if not data:
        return stages.NO_BEST
    return stages.Best.from_json(data) if isinstance(data, Mapping) else Reason.from_json(data)


def learn_parameters(columns: "Columns", now: datetime, *, zone: str, rates: Rates) -> Parameters:
    """All that is learnt of a store; an empty store has parameters too, in which everything is blank."""
    today = clock.local_day(now, zone).toordinal()
    thirds, figures = stages.learn_thirds(columns, today)
    return Parameters(
        as_of=now,
        zone=zone,
        rates=rates,
        customers=columns.customers,
        thirds=thirds,
        buyers=figures,
        waits=stages.learn_waits(columns, today),
        best=stages.learn_best(columns, today),
        preferences=preferences.learn(columns),
        usual=diagnosis.learn(columns),
    )


def cards(parameters: Parameters) -> dict[str, dict[str, Any]]:
    """What the store can be shown of each: what it rests on, or why it is blank."""
    thirds, waits, best, learnt = parameters.thirds, parameters.waits, parameters.best, parameters.preferences
    too_few = Reason("waits_by_default", {"have": waits.returns, "need": lifecycle.ENOUGH})
    found: dict[str, dict[str, Any]] = {
        "rfm": (thirds.to_json() if thirds else {"blank": stages.no_groups(parameters.buyers).to_json()})
        | {"rows": parameters.buyers["buyers"]},
        "stage": ({} if waits.returns >= lifecycle.ENOUGH else {"blank": too_few.to_json()})
        | {"rows": waits.returns, "ranges": waits.ranges},
        "value": {"blank": best.to_json()} if isinstance(best, Reason) else stages.card_of(best),
    }
    for kind, why in learnt.blanks.items():
        found[f"tags_{kind}"] = {"blank": why.to_json()}
    for name, habit in learnt.shown.items():
        held = found.setdefault(f"tags_{name.partition(':')[0]}", {"shown": 0, "reliability": 0.0})
        held["shown"] += 1
        held["reliability"] = max(held["reliability"], habit.reliability)
    return found


def compute(
    customer: "Customer",
    parameters: Parameters,
    predictions: Mapping[str, Prediction],
    now: datetime,
    *,
    recommendations: Mapping[str, tuple[str, ...]] | None = None,
    nothing_shown: Reason | None = None,
    products: observed.Products | None = None,
    before: Insights | None = None,
) -> Insights:
    """One customer's insights at `now`. `products` are those the customer met, for their brands; `before` is what was
    stored last time, for the movement between groups; `nothing_shown` is why there are no recommendations."""
    zone = zone_for(customer, parameters.zone)
    today = clock.local_day(now, zone).toordinal()
    learnt_on = clock.local_day(parameters.as_of, zone).toordinal()
    seen = observed.observe(customer, now, zone=parameters.zone, rates=parameters.rates, products=products or {})
    blanks: dict[str, Reason] = {}

    def kept(name: str, found: Any) -> Any:
        if isinstance(found, Reason):
            blanks[name] = found
            return None
        return found

    silence = predictions.get("dormancy_60d")
    tags, silent = preferences.tags_of(seen, parameters.preferences)
    explained = diagnosis.diagnose(customer, seen, parameters.usual, now)
    if isinstance(explained, Reason):
        blanks["diagnosis"] = explained
    if nothing_shown is not None and not recommendations:
        blanks["recommendations"] = nothing_shown
    return Insights(
        as_of=now,
        rfm=kept("rfm", stages.rfm_of(seen, parameters.thirds, parameters.buyers, now, before, today)),
        stage=kept("stage", stages.stage_of(seen, parameters.waits, today, zone, silence.value if silence else None)),
        value=kept("value", stages.value_of(seen, parameters.best, today, learnt_on)),
        engagement=engagement.engagement_of(customer, now),
        tags=tags,
        diagnosis={} if isinstance(explained, Reason) else explained,
        predictions=dict(predictions),
        recommendations=dict(recommendations or {}),
        blanks=blanks | {f"tags.{kind}": why for kind, why in silent.items()},
    )
