"""The daily computation of insights: gather all customers slice by slice, learn from them, tell each what follows.

    begin    at a quiet hour of the store's zone, once a local day: one message a slice
    gather   a slice's customers → columns in S3; what is left goes on in a new message
    learn    when the last slice is in: parameters and models → S3, the pointer last; one message a part. Once a week,
             and when the store has grown by a fifth or was set up anew; on other days yesterday's still hold
    apply    a part's customers → insights beside their profiles, where they say something new

Every step may be delivered twice and may crash anywhere: what it writes has names that follow from what it
is about, and it is noted as done only after that. A run that a newer one has
overtaken ends by itself. Refuses to write facts: insights are derived, and the
hourly segments read them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

from chalicelib import clock
from chalicelib.aws import telemetry
from chalicelib.aws.services import Services
from chalicelib.aws.table import Key
from chalicelib.catalogue import related, snapshot
from chalicelib.money import Rates
from chalicelib.playbook import bundle
from chalicelib.profile import store
from chalicelib.segment import runs
from chalicelib.segment.runs import Run

QUEUE = "insight_slices"
PAGES_A_PART = 25
"""Pages of at most 1 MB of profiles that make a part: about twelve thousand customers."""

LEARNT_FROM = 100_000
"""Customers that models are learnt from, at most: always the same share of the hash range."""
LEARNT_FOR = 7
"""Days for which what was learnt holds: a choice between models that are as good as each other does not turn daily."""
GROWN = 1.2
"""Times as many customers as when it was learnt, at which it is learnt anew before that."""
OBSERVED = 300_000
"""Customers that thresholds and preferences are learnt from, at most; whole parts."""
BLOCK = 100


@dataclass(frozen=True)
class Settings:
    """The playbook's `insights`: the store's local time from which a run may begin, the margin recommendations
    must have, as a share of the price, and lines of orders that are no products."""

    zone: str
    rates: Rates
    slices: int
    earliest: time
    margin_floor: float
    no_products: frozenset[str]

    @property
    def learnt_under(self) -> str:
        """What learning takes from the settings: when it changes, all is learnt anew."""
        return json.dumps([self.zone, self.rates.currency, sorted(self.rates.others.items()), sorted(self.no_products)])

    @classmethod
    def load(cls, services: Services, now: datetime) -> "Settings":
        settings = bundle.load(services.data, now).settings
        told: Mapping[str, Any] = settings.get("insights") or {}
        return cls(
            settings["store"]["timezone"],
            Rates.of(settings),
            settings["segments"]["slices"],
            clock.parse_wall_time(told.get("from", "03:00")),
            float(str(told.get("margin_floor", "0%")).removesuffix("%")) / 100,
            frozenset(map(str, told.get("no_products", ()))),
        )


def begin(services: Services, now: datetime, *, at_once: bool = False) -> str:
    """Start a run if it is time, or `at_once`, when it learns anew; its name, '' when none was started."""
    settings = Settings.load(services, now)
    before = runs.newest(services)
    if not at_once:
        is_early = now.astimezone(clock.zone(settings.zone)).time() < settings.earliest
        if is_early or (before and before.day(settings.zone) >= clock.local_day(now, settings.zone)):
            return ""
    run = Run(clock.to_text(now), settings.slices, "gathering", at_once, settings.learnt_under)
    if before and before.name >= run.name:
        return ""
    if not runs.begin(services, run, before):
        return ""
    services.queue(QUEUE).send(
        {"step": "gather", "run": run.name, "slice": number, "of": run.of} for number in range(run.of)
    )
    return run.name


def work(
    services: Services,
    body: dict[str, Any],
    now: datetime,
    *,
    is_late: Callable[[], bool] = lambda: False,
    pages: int = PAGES_A_PART,
) -> None:
    """One message of the queue: a step of the run it names, if that is still the newest."""
    if not runs.is_at_work(services, body["run"]):
        return
    if body["step"] == "gather":
        gather(services, body, now, is_late=is_late, pages=pages)
    elif body["step"] == "learn":
        learn(services, body["run"], now)
    else:
        apply(services, body["run"], body["part"], now)


def gather(services: Services, body: dict[str, Any], now: datetime, *, is_late: Callable[[], bool], pages: int) -> None:
    from chalicelib.segment import gathering, observations
    from chalicelib.segment.observed import observe

    settings = Settings.load(services, now)
    began = clock.parse(body["run"])
    products = snapshot.load(services)
    after = Key(*body["after"]) if body.get("after") else None
    start, zone, rates = after, settings.zone, settings.rates
    rows, seen = gathering.Rows(zone, rates, settings.no_products), []
    for _ in range(pages):
        customers, after = store.scan(services, segment=body["slice"], segments=body["of"], after=after)
        for customer in customers:  # one after the other, none is kept
            rows.add(customer)
            seen.append(observe(customer, began, zone=zone, rates=rates, products=products))
        if after is None or is_late():
            break
    if seen:
        part = runs.part_of(body["slice"], start, after)
        runs.keep_part(services, body["run"], part, rows.ledger(), observations.columns_of(seen))
    telemetry.log("customers gathered", slice=body["slice"], customers=len(seen), ended=after is None)
    counted = body.get("counted", 0) + len(seen)
    if after is not None:
        services.queue(QUEUE).send([body | {"after": list(after), "counted": counted}])
        return
    runs.mark(services, body["run"], f"gathered#{body['slice']:03d}", customers=counted)
    if len(runs.marks(services, body["run"], "gathered#")) >= body["of"]:
        services.queue(QUEUE).send([{"step": "learn", "run": body["run"]}])


def learn(services: Services, run: str, now: datetime) -> None:
    from chalicelib.segment import insight, observations
    from chalicelib.segment.models import learning, suggest
    from chalicelib.segment.models.filters import barred, is_durable

    parts, settings = runs.parts(services, run), Settings.load(services, now)
    at_work = runs.newest(services)
    if at_work and not runs.marks(services, run, "learnt") and _is_due(services, at_work, settings):
        began = clock.parse(run)
        products = snapshot.load(services)
        ledger, customers = _sampled(services, run, parts)
        learnt = learning.learn(
            ledger,
            clock.local_day(began, settings.zone).toordinal(),
            lambda names: barred(products, names, margin_floor=settings.margin_floor),
            lambda name, repeated: is_durable(products.get(name), repeated),
        )
        columns, seen = [], 0
        for part in parts:
            found = runs.read_observed(services, run, part)
            if found is not None and seen < OBSERVED:
                columns.append(found)
                seen += found.customers
        parameters = insight.learn_parameters(
            observations.join(columns), began, zone=settings.zone, rates=settings.rates
        )
        models = learning.to_models(learnt)
        cards = {name: each.card | {"customers": ledger.customers} for name, each in learnt.items()}
        cards |= {name: each | {"customers": parameters.customers} for name, each in insight.cards(parameters).items()}
        cards = {name: each | {"as_of": run} for name, each in cards.items()}
        related.keep(services, suggest.beside(learnt["shelf"].parameters))
        # Under which it was gathered: where the settings changed since, tomorrow's run learns anew.
        pointer = {"customers": customers, "settings": at_work.under}
        runs.keep_models(services, run, models, parameters, cards, pointer)
        runs.mark(services, run, "learnt")
        telemetry.log("models learnt", customers=customers, blank=sorted(models.blanks))
    runs.advance(services, run, "applying")
    services.queue(QUEUE).send({"step": "apply", "run": run, "part": part} for part in parts)
    if not parts:
        _finish(services, run)


def _is_due(services: Services, run: Run, settings: Settings) -> bool:
    """Whether this run learns anew. Asked again after a crash it may say no: then the models are there."""
    current = runs.current(services)
    if not current or run.learns or current.get("settings") != settings.learnt_under:
        return True
    learnt_on = clock.local_day(clock.parse(current["run"]), settings.zone)
    customers = sum(each["customers"] for each in runs.marks(services, run.name, "gathered#"))
    return (run.day(settings.zone) - learnt_on).days >= LEARNT_FOR or customers > GROWN * current["customers"]


def apply(services: Services, run: str, part: str, now: datetime) -> None:
    current = runs.current(services)
    learnt = runs.read_models(services, current["run"]) if current else None
    ledger = runs.read_ledger(services, run, part)
    if learnt is not None and ledger is not None:
        written = _apply(services, run, part, learnt, ledger, Settings.load(services, now))
        telemetry.log("insights applied", customers=ledger.customers, written=written)
    runs.mark(services, run, f"applied#{part}")
    applied = {each["sk"] for each in runs.marks(services, run, "applied#")}
    if applied >= {f"applied#{each}" for each in runs.parts(services, run)}:  # an erasure may have taken one away
        _finish(services, run)


def _apply(services: Services, run: str, part: str, learnt: Any, ledger: Any, settings: Settings) -> int:
    from chalicelib.segment import insight
    from chalicelib.segment.models import filters, suggest, telling

    models, parameters = learnt
    began = clock.parse(run)
    day = clock.local_day(began, parameters.zone).toordinal()
    products = snapshot.load(services)
    shelf = dict(models.parameters.get("shelf", {}))
    if shelf:  # what may be shown is asked every day
        shelf["barred"] = sorted(filters.barred(products, shelf["items"], margin_floor=settings.margin_floor))
        models = replace(models, parameters={**models.parameters, "shelf": shelf})
    told = telling.tell(models, ledger, day, began)
    shown = telling.recommend(models, ledger, day)
    beside = suggest.beside(shelf)
    written = 0
    names = [each.decode() for each in ledger.ids.tolist()]
    due = telling.due(models, ledger, day)
    runs.keep_due(services, run, part, (runs.DueRow(one.chance, names[one.who], *one[2:]) for one in due))
    for start in range(0, len(names), BLOCK):
        block = names[start : start + BLOCK]
        found = store.load_many(services, block)
        for place, profile_id in enumerate(block, start):
            customer = found.get(profile_id)
            if customer is None or customer.profile_id != profile_id:
                continue  # erased since, or merged into somebody who is told of on their own
            recommended = {kind: lists[place] for kind, lists in shown.items() if lists[place]}
            if customer.cart and (fits := related.with_cart(beside, [each.product_id for each in customer.cart.lines])):
                recommended["with_cart"] = fits
            insights = insight.compute(
                customer,
                parameters,
                told[place],
                began,
                recommendations=recommended,
                nothing_shown=models.blanks.get("shelf", telling.NOTHING_TO_SHOW),
                products=products,
                before=customer.insights,
            )
            written += store.keep_insights(services, customer, insights, run)
    return written


def _finish(services: Services, run: str) -> None:
    if runs.advance(services, run, "done"):
        runs.clear(services, run)


def _sampled(services: Services, run: str, parts: list[str]) -> tuple[Any, int]:
    """The columns that models are learnt from, and how many customers there are in all."""
    from chalicelib.segment import ledger

    share, held, number = 1.0, list[Any](), 0
    for part in parts:
        found = runs.read_ledger(services, run, part)
        if found is None:
            continue
        number += found.customers
        held.append(found.sampled(share))
        if sum(each.customers for each in held) > LEARNT_FROM:
            share /= 2
            held = [each.sampled(share) for each in held]
    return ledger.join(held), number
