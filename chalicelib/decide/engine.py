"""What a run does next: pure, `(run, flow, customer, now, settings) → one action`.

Everything that may have changed while the run waited is judged anew before
every step: exits and goal, the order, the audience, consent, suppression.
Refuses to write: `jobs.py` carries an action out and says what became of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib import events, ids
from chalicelib.decide import timing
from chalicelib.decide.definitions import Settings
from chalicelib.decide.flow import Branch, Email, Ending, Flow, Moment, Path, Wait
from chalicelib.events import Event
from chalicelib.profile import rule
from chalicelib.profile.customer import Customer

CHANNEL = "email"
STALE = timedelta(days=3)
"""An event older than this starts nothing: a reminder about it would come as a surprise."""


class Outcome(StrEnum):
    """Why a run ended."""

    FINISHED = "finished"
    GOAL = "goal"
    EXIT = "exit"
    ORDER_CLOSED = "order_closed"
    NO_LONGER_MATCHES = "no_longer_matches"
    UNSUBSCRIBED = "unsubscribed"
    NO_CONSENT = "no_consent"
    SUPPRESSED = "suppressed"
    NO_ADDRESS = "no_address"
    TOO_LATE = "too_late"
    MERGED = "merged"
    DEFINITION_REMOVED = "definition_removed"
    CUSTOMER_GONE = "customer_gone"


@dataclass(frozen=True)
class Run:
    """One customer's way through one flow.

    `since` is when the entering event occurred, `moved_at` the planned instant
    of arrival at `path`, `wake_at` what it waits for there.
    """

    profile_id: str
    flow: str
    occurrence: str
    entered_at: datetime
    since: datetime
    moved_at: datetime
    order_id: str = ""
    status: str = "active"
    path: Path = (0,)
    wake_at: datetime | None = None
    last_message_at: datetime | None = None
    outcome: str = ""
    version: int = 0
    leases: int = 0


@dataclass(frozen=True)
class Send:
    """Plan this message; `planned` is the instant it was meant for."""

    path: Path
    step: Email
    planned: datetime


@dataclass(frozen=True)
class Move:
    """Go to `path`, and write that down before anything else: a branch was chosen."""

    path: Path
    moved_at: datetime


@dataclass(frozen=True)
class WaitUntil:
    path: Path
    moved_at: datetime
    instant: datetime


@dataclass(frozen=True)
class End:
    outcome: Outcome


Action = Send | Move | WaitUntil | End


def next_action(run: Run, flow: Flow, customer: Customer, now: datetime, settings: Settings) -> Action:
    """The first thing to do from where the run is. Waits that are over are passed on the way."""
    outcome = over(run, flow, customer, now, settings)
    if outcome:
        return End(outcome)
    path, since = run.path, run.moved_at
    while True:
        step = flow.step_at(path)
        if step is None:
            return End(Outcome.FINISHED)
        if isinstance(step, Branch):
            return Move(_choose(step, path, flow, run, customer, now), since)
        if isinstance(step, Email):
            refused = _refuse(flow, step, customer, settings)
            if refused:
                return End(refused)
            if path == run.path and run.wake_at is not None:  # it was put off by the cap
                since = timing.as_planned(run.wake_at, now)
            return Send(path, step, since)
        due = due_at(step, since, customer, now, settings, flow)
        if due is None:
            return End(Outcome.TOO_LATE)
        if due > now:
            return WaitUntil(path, since, due)
        path, since = flow.after(path), timing.as_planned(due, now)


def due_at(
    step: Wait | Moment, since: datetime, customer: Customer, now: datetime, settings: Settings, flow: Flow
) -> datetime | None:
    """When a step that only waits is over for this customer, as their zone is believed now."""
    if isinstance(step, Wait):
        return timing.after_wait(since, step.duration, step.until, zone_of(customer, settings), now)
    zone = step.zone or zone_of(customer, settings, step.fallback)
    delay = step.spread * ids.share("spread", flow.id, customer.profile_id)
    return timing.on_day(step.day, step.wall, zone, now, delay)


def zone_of(customer: Customer, settings: Settings, fallback: str = "") -> str:
    return customer.zone.name if customer.zone else fallback or settings.timezone


def may_enter(run: Run, flow: Flow, customer: Customer, now: datetime, settings: Settings) -> bool:
    """Whether the event is fresh, `who` holds on the customer as of now, and nothing has ended it already."""
    return (
        now - run.since <= STALE
        and (not flow.who or rule.matches(flow.who, customer, now, order_id=run.order_id))
        and over(run, flow, customer, now, settings) is None
    )


def over(run: Run, flow: Flow, customer: Customer, now: datetime, settings: Settings) -> Outcome | None:
    """Why the run is at its end by what the profile says now; None while it goes on."""
    for ending, outcome in _endings(flow):
        when = _happened(ending.event, run, customer)
        if when is not None:
            return _in_time(ending, run, when) if outcome is Outcome.GOAL else outcome
    if flow.enter in _OF_CART and customer.cart is None:
        return Outcome.NO_LONGER_MATCHES
    if run.order_id:
        order = customer.orders.get(run.order_id)
        if flow.enter == events.OrderCreated.name and (order is None or not order.is_open):
            return Outcome.ORDER_CLOSED
        if not rule.matches(flow.about_order, customer, now, order_id=run.order_id):
            return Outcome.NO_LONGER_MATCHES
    if flow.is_campaign and not in_audience(flow, customer, now):
        return Outcome.NO_LONGER_MATCHES
    if customer.consent_of(CHANNEL).state == "unsubscribed" and settings.has_marketing(flow):
        return Outcome.UNSUBSCRIBED
    return None


def in_audience(campaign: Flow, customer: Customer, now: datetime) -> bool:
    """In any wanted segment (none named: everyone), in no unwanted one, satisfying the rule, no topic declined."""
    members = customer.segments.keys()
    return (
        (not campaign.segments_in or not campaign.segments_in.isdisjoint(members))
        and campaign.segments_not_in.isdisjoint(members)
        and not customer.preferences.declines(campaign.topics)
        and (not campaign.who or rule.matches(campaign.who, customer, now))
    )


def ended_by(event: Event, run: Run, flow: Flow, customer: Customer, settings: Settings) -> Outcome | None:
    """Whether this event ends the run. A fact about an order ends the run of that order, or one about none."""
    order_id = getattr(event, "order_id", "")
    concerns = order_id == run.order_id if run.order_id and order_id else event.occurred_at >= run.since
    if not concerns:
        return None
    withdrawn = isinstance(event, events.Unsubscribed) or (
        isinstance(event, events.ConsentRecorded) and not event.subscribed
    )
    if withdrawn and event.channel == CHANNEL and settings.has_marketing(flow):  # type: ignore[attr-defined]
        # taken back in the meantime, or overtaken by a newer consent: then it ends nothing
        return Outcome.UNSUBSCRIBED if customer.consent_of(CHANNEL).state != "subscribed" else None
    for ending, outcome in _endings(flow):
        if ending.event == event.name:
            return _in_time(ending, run, event.occurred_at) if outcome is Outcome.GOAL else outcome
    return None


def pending_email(run: Run, flow: Flow) -> Email | None:
    """The e-mail a run may have been planning when it was interrupted: the next one before any branch."""
    path = run.path
    while True:
        step = flow.step_at(path)
        if step is None or isinstance(step, Branch):
            return None
        if isinstance(step, Email):
            return step
        path = flow.after(path)


def refusal(flow: Flow, customer: Customer, settings: Settings) -> Outcome | None:
    """Why a campaign's message could not go to this customer at all."""
    return next((_refuse(flow, email, customer, settings) for email in flow.emails()), None)


def _refuse(flow: Flow, step: Email, customer: Customer, settings: Settings) -> Outcome | None:
    """Transactional mail needs no subscription, but goes to nobody who left or must not be written to."""
    if not customer.email:
        return Outcome.NO_ADDRESS
    if CHANNEL in customer.suppressed:
        return Outcome.SUPPRESSED
    state = customer.consent_of(CHANNEL).state
    if state == "unsubscribed":
        return Outcome.UNSUBSCRIBED
    if state != "subscribed" and settings.is_marketing(flow, step.template):
        return Outcome.NO_CONSENT
    return None


def _choose(step: Branch, path: Path, flow: Flow, run: Run, customer: Customer, now: datetime) -> Path:
    for number, (condition, _) in enumerate(step.choices):
        if condition is None or rule.matches(condition, customer, now, order_id=run.order_id):
            return (*path, number, 0)
    return flow.after(path)


def _endings(flow: Flow) -> list[tuple[Ending, Outcome]]:
    goal = [(flow.goal, Outcome.GOAL)] if flow.goal else []
    return goal + [(each, Outcome.EXIT) for each in flow.exits]


def _in_time(goal: Ending, run: Run, when: datetime) -> Outcome:
    """A goal long after the last message is not the flow's doing; the run ends all the same."""
    after = run.last_message_at or run.entered_at
    return Outcome.GOAL if goal.within is None or when <= after + goal.within else Outcome.EXIT


def _happened(event_name: str, run: Run, customer: Customer) -> datetime | None:
    """When an ending happened by the profile: to the run's own order, or at all since the run began."""
    order = customer.orders.get(run.order_id) if run.order_id else None
    if run.order_id and event_name in _OF_ORDER:
        return _OF_ORDER[event_name](order) if order else None
    last = customer.last(event_name)
    return last if last is not None and last > run.since else None


_OF_CART = frozenset((events.CartUpdated.name, events.CheckoutStarted.name))
"""A flow that these begin is about the open cart, and over with it."""

_OF_ORDER = {
    events.OrderCompleted.name: lambda order: order.paid_at,
    events.OrderCancelled.name: lambda order: order.cancelled_at,
    events.OrderFulfilled.name: lambda order: order.fulfilled_at,
}
