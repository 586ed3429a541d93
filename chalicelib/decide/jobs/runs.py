"""Carries runs on: what is due is done, until the run waits or ends.

Order of writes for a message: its item (put if absent, under an id made of run
and step) → its coupon and points as facts → the outbox queue → the run. A crash
anywhere leaves the run due again within ten minutes, and every write before it
is one that a second time changes nothing. Refuses to send.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.aws import telemetry
from chalicelib.aws.services import Services
from chalicelib.aws.table import Key
from chalicelib.decide import caps, definitions, engine, message, store, timing
from chalicelib.decide.definitions import Definitions
from chalicelib.decide.engine import CHANNEL, End, Move, Outcome, Run, Send, WaitUntil
from chalicelib.decide.flow import Flow
from chalicelib.errors import BadPlaybook, Unavailable
from chalicelib.profile import log
from chalicelib.profile import store as profiles
from chalicelib.profile.customer import Customer

STUCK = 50
"""Handed out this often without getting on (about eight hours): said aloud, and tried four times a day from then on."""
SELDOM = timedelta(hours=6)
_STEPS = 100
_TRIES = 6


def advance(services: Services, body: Mapping[str, str], now: datetime) -> None:
    """Do what the run named by `{"profile_id", "sk"}` has due, until it waits or ends."""
    key = Key(body["profile_id"], body["sk"])
    run = store.read_run(services, key)
    if run is None or run.status != "active":
        return
    if run.leases >= STUCK:
        telemetry.count("RunStuck")
        telemetry.log("a run was handed out again and again", flow=run.flow, leases=run.leases)
        store.put_off(services, key, now + SELDOM)
    known = definitions.load(services, now)
    customer = profiles.load(services, run.profile_id)
    try:
        flow = known.find(run.flow)
    except BadPlaybook:
        end(services, run, None, customer, Outcome.DEFINITION_REMOVED, now)
        return
    if customer is None:
        end(services, run, flow, None, Outcome.CUSTOMER_GONE, now)
    elif customer.profile_id != run.profile_id and _is_double(services, run, customer):
        end(services, run, flow, customer, Outcome.MERGED, now)
    else:
        _go_on(services, run, flow, customer, known, now)


def end(
    services: Services, run: Run, flow: Flow | None, customer: Customer | None, outcome: Outcome, now: datetime
) -> None:
    """Say why the run ended, then end it: a crash between the two is made good when the run is due again."""
    for _ in range(_TRIES):
        if flow and customer and outcome is not Outcome.FINISHED:
            _complete_promises(services, run, flow, now)
        if customer and not (flow and flow.is_campaign and outcome is Outcome.FINISHED):
            log.append(services, message.left(run, outcome, now))
        ended = replace(run, status="ended", outcome=outcome.value, wake_at=None)
        if store.save_run(services, ended, None, now):
            telemetry.count("RunEnded", reason=outcome.value)
            return
        fresh = store.read_run(services, store.key_of(run))
        if fresh is None or fresh.status != "active":
            return
        run = fresh
    raise Unavailable(f"a run of {run.flow} kept changing")


def _go_on(services: Services, run: Run, flow: Flow, customer: Customer, known: Definitions, now: datetime) -> None:
    for _ in range(_STEPS):
        action = engine.next_action(run, flow, customer, now, known.settings)
        if isinstance(action, End):
            end(services, run, flow, customer, action.outcome, now)
            return
        if isinstance(action, WaitUntil):
            waiting = replace(run, path=action.path, moved_at=action.moved_at, wake_at=action.instant)
            store.save_run(services, waiting, action.instant, now)
            return
        if isinstance(action, Move):
            moved = replace(run, path=action.path, moved_at=action.moved_at, wake_at=None)
            saved = store.save_run(services, moved, now + store.LEASE, now)
            if saved is None:
                return  # another process is ahead with this run
            run = saved
            continue
        put_off = _plan_message(services, run, flow, customer, action, known, now)
        if put_off is not None:
            waiting = replace(run, path=action.path, moved_at=_tried_since(run, action), wake_at=put_off)
            store.save_run(services, waiting, put_off, now)
            return
        # Saved with what follows; until then the message's id keeps it from being planned again.
        run = replace(run, path=flow.after(action.path), moved_at=action.planned, wake_at=None, last_message_at=now)
    raise BadPlaybook(f"{flow.definition}: a run made {_STEPS} steps without waiting")


def _tried_since(run: Run, send: Send) -> datetime:
    """When this message was first meant to go: a run that waits at an e-mail was put off by the cap before."""
    return run.moved_at if run.path == send.path else send.planned


def _plan_message(
    services: Services, run: Run, flow: Flow, customer: Customer, send: Send, known: Definitions, now: datetime
) -> datetime | None:
    """Put the message on the agenda and into the outbox; an instant means: over the cap, try again then.

    A message that the cap leaves no room in time, or that comes due in a pause, is kept as skipped, with its fact.
    """
    message_id = message.id_of(run, flow, send.step)
    planned = store.read_message(services, run.profile_id, message_id)
    if planned is None:
        put_off, skipped = _ask_cap(services, run, flow, customer, send, known, message_id, now)
        if put_off is not None:
            return put_off
        planned = message.compose(run, flow, send.step, customer, known.settings, now)
        if skipped:
            planned = message.skip(planned, skipped, now)
        if not store.create_message(services, run.profile_id, message_id, planned, now):
            planned = store.read_message(services, run.profile_id, message_id) or planned
    if message.was_never_planned(planned):
        log.append(services, message.skipped(planned, run.profile_id, message_id, now))
        return None
    for fact in message.promises(planned, run.profile_id, message_id, now):
        log.append(services, fact)
    if planned["status"] == "planned":
        services.queue("outbox").send([{"profile_id": run.profile_id, "message_id": message_id}])
    return None


def _ask_cap(
    services: Services,
    run: Run,
    flow: Flow,
    customer: Customer,
    send: Send,
    known: Definitions,
    message_id: str,
    now: datetime,
) -> tuple[datetime | None, str]:
    """When to try again, if the message is put off, and why it is given up, if it is."""
    settings = known.settings
    if not settings.is_marketing(flow, send.step.template):
        return None, ""
    if customer.preferences.is_paused(now):
        return None, message.PAUSED
    if _must_yield(services, run, flow, known, now):
        return now + store.LEASE, ""
    cap = caps.wished(settings.cap, customer.preferences)
    last_at = store.claim_cadence(services, customer.profile_id, CHANNEL, message_id, cap, now)
    if last_at is None:
        return None, ""
    zone = engine.zone_of(customer, settings)
    attempt = caps.retry_at(cap, last_at, _tried_since(run, send), send.step.until, zone)
    return attempt, "" if attempt else message.OVER_CAP


def _must_yield(services: Services, run: Run, flow: Flow, known: Definitions, now: datetime) -> bool:
    """Whether a run of higher priority came due for the same customer: the window of the cap is for that one."""
    if flow.priority >= known.highest_priority:
        return False
    for other in store.runs_of(services, run.profile_id):
        rival = known.get(other.flow)
        if (
            rival is not None
            and rival.priority > flow.priority
            and other.status == "active"
            and other.wake_at is not None
            and now - timing.LATE <= other.wake_at <= now  # one due for longer is stuck, and holds nobody up
            and known.settings.has_marketing(rival)
            and engine.pending_email(other, rival) is not None
        ):
            return True
    return False


def _complete_promises(services: Services, run: Run, flow: Flow, now: datetime) -> None:
    """For a run that ends where it may have been interrupted: a planned message keeps its promises."""
    step = engine.pending_email(run, flow)
    if step is None or not (step.offer or step.points):
        return
    message_id = message.id_of(run, flow, step)
    planned = store.read_message(services, run.profile_id, message_id)
    if planned and planned["status"] != "skipped":
        for fact in message.promises(planned, run.profile_id, message_id, now):
            log.append(services, fact)


def _is_double(services: Services, run: Run, customer: Customer) -> bool:
    """Whether the customer this run's was merged into is in the same flow: for the same order, or still waiting."""
    return any(
        other.occurrence == run.occurrence or (other.status == "active" and not run.order_id)
        for other in store.runs_of(services, customer.profile_id, run.flow)
    )
