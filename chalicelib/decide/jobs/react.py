"""Ends and begins runs when something happened to a customer.

Facts may come twice, late and in any order: what counts is the customer as the
profile is now. An open or click comes a minute late, and counts if it is not a
machine's by then. Refuses to begin anything for a fact older than engine.STALE.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib import events, ids
from chalicelib.aws.services import Services
from chalicelib.decide import definitions, engine, experiment, message, store
from chalicelib.decide.definitions import Definitions, Settings
from chalicelib.decide.engine import Run, WaitUntil
from chalicelib.decide.flow import Flow
from chalicelib.decide.jobs import runs
from chalicelib.events import Event
from chalicelib.profile import hits, log
from chalicelib.profile import store as profiles
from chalicelib.profile.customer import Customer

_LONGEST_OCCURRENCE = 200


def react(services: Services, profile_id: str, facts: Iterable[Mapping[str, Any] | Event], now: datetime) -> None:
    """End the runs that these facts end, begin those that they begin."""
    happened = sorted(
        (each if isinstance(each, Event) else events.parse(each) for each in facts), key=lambda event: event.order_key
    )
    known = definitions.load(services, now)
    if not any(known.heeds(event.name) for event in happened):
        return
    customer = profiles.load(services, profile_id)
    if customer is None:
        return
    happened = [event for event in happened if hits.counts(customer.facets, event)]
    if any(event.name in known.ending_events for event in happened):
        _end_runs(services, customer, happened, known, now)
    for event in happened:
        for flow in known.started_by(event.name):
            _enter(services, customer, flow, event, known.settings, now)


def _end_runs(services: Services, customer: Customer, happened: list[Event], known: Definitions, now: datetime) -> None:
    for run in store.runs_of(services, customer.profile_id):
        flow = known.get(run.flow)
        if run.status != "active" or flow is None:
            continue
        outcomes = (engine.ended_by(event, run, flow, customer, known.settings) for event in happened)
        outcome = next((each for each in outcomes if each), None)
        if outcome:
            runs.end(services, run, flow, customer, outcome, now)


def _enter(services: Services, customer: Customer, flow: Flow, event: Event, settings: Settings, now: datetime) -> None:
    """Begin a run, once for an order (or for an event that is about none), however often this is called."""
    order_id = getattr(event, "order_id", "")
    run = Run(
        profile_id=customer.profile_id,
        flow=flow.id,
        occurrence=_occurrence(order_id) or event.id,
        entered_at=now,
        since=min(event.occurred_at, now),
        moved_at=now,
        order_id=order_id,
    )
    if not engine.may_enter(run, flow, customer, now, settings):
        return
    if flow.again_after is not None and not store.claim_entry(services, run, flow.again_after):
        return
    due_at: datetime | None = now + store.LEASE
    if experiment.is_held_out(flow.id, run.profile_id, settings.share_held_out(flow)):
        run, due_at = replace(run, status="held"), None
    else:
        first = engine.next_action(run, flow, customer, now, settings)
        if isinstance(first, WaitUntil):
            run = replace(run, path=first.path, moved_at=first.moved_at, wake_at=first.instant)
            due_at = first.instant
    if not store.create_run(services, run, due_at, now):
        run = store.read_run(services, store.key_of(run)) or run
    log.append(services, message.entered(run, now))
    if run.status == "active" and run.version == 0 and run.wake_at is None:
        services.queue("steps").send([{"profile_id": run.profile_id, "sk": store.key_of(run).sk}])


def _occurrence(order_id: str) -> str:
    """The order's id, or its digest when it is too long for a key."""
    return order_id if len(order_id.encode()) <= _LONGEST_OCCURRENCE else ids.digest("order", order_id)
