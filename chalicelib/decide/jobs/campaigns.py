"""Reads a campaign's audience in slices and gives each member a run that is due at their hour.

Everything is put if absent: launching again, or a slice that comes twice,
changes nothing. What each page of the audience came to is kept beside the
campaign, so that those left out are counted too. Refuses to judge caps: the
run asks when it is due, like every other.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib import clock
from chalicelib.aws import telemetry
from chalicelib.aws.services import Services
from chalicelib.aws.table import Key, campaign_key, campaign_page_key
from chalicelib.decide import campaign, definitions, engine, experiment, message, store
from chalicelib.decide.campaign import Launch
from chalicelib.decide.definitions import Settings
from chalicelib.decide.engine import Run
from chalicelib.decide.flow import Flow
from chalicelib.profile import log
from chalicelib.profile import store as profiles
from chalicelib.profile.customer import Customer

SLICES = 16
LIMIT = 2_000
"""Customers a call reads before it hands the rest of its slice on through the queue."""


def launch_campaigns(services: Services, now: datetime) -> list[str]:
    """Launch each campaign whose time has come and that was not launched before; their ids."""
    launched = []
    for flow in definitions.load(services, now).campaigns.values():
        if campaign.launch_state(flow, now) is not Launch.NOW:
            continue
        key = campaign_key(flow.id.removeprefix(campaign.PREFIX))
        state = {"status": "launching", "launched_at": clock.to_text(now), "slices": SLICES}
        if not services.catalog.put_if_absent(key, state):
            known = services.catalog.get(key, consistent=True)
            if known is None or known["status"] != "launching":
                continue  # launched before; one still launching lost its slices half way
        services.queue("campaign_slices").send(
            {"campaign": flow.id, "segment": segment, "after": None} for segment in range(SLICES)
        )
        services.catalog.update(key, set={"status": "launched"}, only_if={"status": "launching"})
        telemetry.log("a campaign was launched", campaign=flow.id)
        launched.append(flow.id)
    return launched


def plan_campaign_slice(services: Services, body: Mapping[str, Any], now: datetime, *, limit: int = LIMIT) -> None:
    """Give everybody in the audience of one hash range a run, as far as `limit` reaches; the rest goes on the queue.

    `body` is `{"campaign": "campaign:<id>", "segment": 0…SLICES-1, "after": [pk, sk] or null}`.
    """
    known = definitions.load(services, now)
    flow = known.campaigns.get(body["campaign"])
    if flow is None:
        telemetry.log("a campaign is no longer in the playbook", campaign=body["campaign"])
        return
    segment, after = body["segment"], Key(*body["after"]) if body["after"] else None
    read = 0
    while True:
        customers, next_key = profiles.scan(services, segment=segment, segments=SLICES, after=after)
        counts = Counter(_plan(services, flow, customer, known.settings, now) for customer in customers)
        page = campaign_page_key(flow.id.removeprefix(campaign.PREFIX), segment, after.pk if after else "")
        services.catalog.put(page, {"counts": dict(counts)})
        if next_key is None:
            return
        read, after = read + counts.total(), next_key
        if read >= limit:
            services.queue("campaign_slices").send([{"campaign": flow.id, "segment": segment, "after": list(after)}])
            return


def read_counts(services: Services, campaign_id: str) -> dict[str, int]:
    """What the audience came to, summed over pages: planned, next_day, held_out, not_in_audience or an Outcome."""
    total: Counter[str] = Counter()
    for page in services.catalog.query(campaign_key(campaign_id).pk, begins_with="page#", consistent=True):
        total.update(page["counts"])
    return dict(total)


def _plan(services: Services, flow: Flow, customer: Customer, settings: Settings, now: datetime) -> str:
    """Make one customer's run, if they are to get one; the word they are counted under."""
    if not engine.in_audience(flow, customer, now):
        return "not_in_audience"
    refused = engine.refusal(flow, customer, settings)
    if refused:
        return refused.value
    run = Run(
        profile_id=customer.profile_id,
        flow=flow.id,
        occurrence=campaign.ONCE,
        entered_at=now,
        since=now,
        moved_at=now,
        wake_at=engine.due_at(campaign.moment_of(flow), now, customer, now, settings, flow),
    )
    if run.wake_at is None:
        return engine.Outcome.TOO_LATE.value
    if experiment.is_held_out(flow.id, customer.profile_id, settings.share_held_out(flow)):
        held = replace(run, status="held", wake_at=None)
        store.create_run(services, held, None, now)
        log.append(services, message.entered(held, now))
        return "held_out"
    store.create_run(services, run, run.wake_at, now)
    moment = campaign.moment_of(flow)
    zone = moment.zone or engine.zone_of(customer, settings, moment.fallback)
    last = clock.at_local(moment.day, moment.wall, zone) + moment.spread
    return "planned" if run.wake_at <= last else "next_day"
