"""What will go out in the coming hours, what will not and why: for `dripline plan`. Changes nothing.

Each run that comes due is asked what it would do at that moment if its customer
stayed as they are now. What only then shows (a payment, an unsubscribe) is not
known, nor are runs that have not begun.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from chalicelib import clock
from chalicelib.aws.services import Services
from chalicelib.aws.table import Item, Key, cadence_key, campaign_key
from chalicelib.decide import campaign, caps, definitions, engine, message, store
from chalicelib.decide.campaign import Launch
from chalicelib.decide.definitions import Definitions
from chalicelib.decide.engine import CHANNEL, End, Move, Run, Send, WaitUntil
from chalicelib.decide.jobs.campaigns import read_counts
from chalicelib.profile import store as profiles
from chalicelib.profile.customer import Customer

_PAGE = 100
_STEPS = 100


def plan(services: Services, now: datetime, hours: int = 24) -> dict[str, Any]:
    """JSON-ready: `out` and `not` are counts by definition, template and hour (UTC) or reason.

    `{"from", "until", "playbook", "out": [{"definition", "template", "hour", "count"}],
    "not": [{"definition", "reason", "count"}], "campaigns": [{"campaign", "status", "launches_at", "counts"}]}`
    """
    known = definitions.load(services, now)
    until = now + timedelta(hours=hours)
    out: Counter[tuple[str, str, str]] = Counter()
    left_out: Counter[tuple[str, str]] = Counter()
    taken: dict[str, datetime] = {}
    items = _due(services, now, until)
    while page := list(islice(items, _PAGE)):
        _count(services, page, known, now, until, taken, out, left_out)
    return {
        "from": clock.to_text(now),
        "until": clock.to_text(until),
        "playbook": known.version,
        "out": [
            {"definition": definition, "template": template, "hour": hour, "count": count}
            for (definition, template, hour), count in sorted(out.items())
        ],
        "not": [
            {"definition": definition, "reason": reason, "count": count}
            for (definition, reason), count in sorted(left_out.items())
        ],
        "campaigns": [_describe(services, flow.id, known, now) for flow in known.campaigns.values()],
    }


def _due(services: Services, now: datetime, until: datetime) -> Iterator[Item]:
    """Index entries of everything due from the sweep's cursor up to `until`."""
    first, _ = store.read_cursor(services, now)
    for bucket in store.buckets(first, until):
        for shard in store.SHARDS:
            yield from store.due_items(services, bucket, shard, until)


def _count(
    services: Services,
    page: list[Item],
    known: Definitions,
    now: datetime,
    until: datetime,
    taken: dict[str, datetime],
    out: Counter[tuple[str, str, str]],
    left_out: Counter[tuple[str, str]],
) -> None:
    keys = [Key(item["pk"], item["sk"]) for item in page]
    customers = profiles.load_many(services, {key.pk for key in keys})
    wanted = [*keys, *(cadence_key(customer.profile_id, CHANNEL) for customer in customers.values())]
    items = {Key(item["pk"], item["sk"]): item for item in services.agenda.get_many(wanted)}
    for key in keys:
        item = items.get(key)
        if item is None:
            continue
        if key.sk.startswith("message#") and item["status"] == "planned":
            out[item["definition"], item["template"], _hour(max(clock.parse(item["due_at"]), now))] += 1
        elif key.sk.startswith("run#") and item["status"] == "active":
            run, customer = store.to_run(item), customers.get(key.pk)
            cadence = items.get(cadence_key(customer.profile_id, CHANNEL)) if customer else None
            if customer and cadence:
                taken.setdefault(customer.profile_id, clock.parse(cadence["last_at"]))
            _foresee(run, customer, known, now, until, taken, out, left_out)


def _foresee(
    run: Run,
    customer: Customer | None,
    known: Definitions,
    now: datetime,
    until: datetime,
    taken: dict[str, datetime],
    out: Counter[tuple[str, str, str]],
    left_out: Counter[tuple[str, str]],
) -> None:
    """Go on with a run as the jobs would, on paper, up to its end or to `until`; `taken` is when each window was."""
    flow = known.get(run.flow)
    if flow is None or customer is None:
        gone = engine.Outcome.DEFINITION_REMOVED if flow is None else engine.Outcome.CUSTOMER_GONE
        left_out[run.flow if flow is None else flow.definition, gone.value] += 1
        return
    at = max(run.wake_at or now, now)
    pid = customer.profile_id
    for _ in range(_STEPS):
        if at > until:
            return
        action = engine.next_action(run, flow, customer, at, known.settings)
        if isinstance(action, End):
            if action.outcome is not engine.Outcome.FINISHED:
                left_out[flow.definition, action.outcome.value] += 1
            return
        if isinstance(action, Move):
            run = replace(run, path=action.path, moved_at=action.moved_at, wake_at=None)
        elif isinstance(action, WaitUntil):
            run = replace(run, path=action.path, moved_at=action.moved_at, wake_at=action.instant)
            at = action.instant
        else:
            capped = known.settings.is_marketing(flow, action.step.template)
            last_at = taken.get(pid)
            cap = caps.wished(known.settings.cap, customer.preferences)
            if capped and customer.preferences.is_paused(at):
                left_out[flow.definition, message.PAUSED] += 1
            elif capped and last_at and not caps.is_free(cap, last_at, at):
                left_out[flow.definition, f"{message.OVER_CAP} at {_hour(at)}"] += 1
                put_off = _put_off(run, action, customer, known, last_at)
                if put_off is not None:
                    moved_at = run.moved_at if run.path == action.path else action.planned
                    run, at = replace(run, path=action.path, moved_at=moved_at, wake_at=put_off), put_off
                    continue
            else:
                out[flow.definition, action.step.template, _hour(at)] += 1
                if capped:
                    taken[pid] = at
            run = replace(run, path=flow.after(action.path), moved_at=action.planned, wake_at=None)


def _put_off(run: Run, send: Send, customer: Customer, known: Definitions, last_at: datetime) -> datetime | None:
    first_tried = run.moved_at if run.path == send.path else send.planned
    zone = engine.zone_of(customer, known.settings)
    cap = caps.wished(known.settings.cap, customer.preferences)
    return caps.retry_at(cap, last_at, first_tried, send.step.until, zone)


def _describe(services: Services, flow_id: str, known: Definitions, now: datetime) -> dict[str, Any]:
    """Whether a campaign is launched, when it will be, and what its audience came to."""
    campaign_id = flow_id.removeprefix(campaign.PREFIX)
    flow = known.campaigns[flow_id]
    state = services.catalog.get(campaign_key(campaign_id), consistent=True)
    status = state["status"] if state else campaign.launch_state(flow, now).value
    return {
        "campaign": campaign_id,
        "status": "due" if status == Launch.NOW.value else status,
        "launches_at": clock.to_text(campaign.launches_at(flow)),
        "counts": read_counts(services, campaign_id) if state else {},
    }


def _hour(instant: datetime) -> str:
    return clock.to_text(instant.replace(minute=0, second=0, microsecond=0))[:16] + "Z"
