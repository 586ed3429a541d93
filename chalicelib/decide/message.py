"""A message as it is planned, and the facts of messages and runs. Pure.

Each fact's id is made of what it is about, so that writing it again is writing
the same one. Refuses to hold text: that is rendered when the message is sent.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock, ids
from chalicelib.decide import engine, offer
from chalicelib.decide.definitions import Settings
from chalicelib.decide.engine import CHANNEL, Outcome, Run
from chalicelib.decide.flow import Email, Flow
from chalicelib.decide.offer import Offer
from chalicelib.events import Event, FlowEntered, FlowLeft, MessageSkipped, PointsChanged
from chalicelib.profile.customer import Customer

SOURCE = "dripline"
OVER_CAP = "frequency_cap"
"""Why a message is skipped whose window stayed taken until it was too late for it."""
PAUSED = "paused"
"""Why one is skipped that came due while the customer wished for none; deliver says the same of one planned before."""
FRESH = timedelta(days=2)
"""A coupon promised this recently is the one that a message shows, rather than one more."""


def id_of(run: Run, flow: Flow, step: Email) -> str:
    """The run's own customer is in it, not the one they were merged into: the id stays the same for good."""
    return ids.message_id(run.profile_id, flow.definition, step.id, run.occurrence)


def compose(run: Run, flow: Flow, step: Email, customer: Customer, settings: Settings, now: datetime) -> dict[str, Any]:
    """The message's item, planned for now; `offer` holds what it promises, `points` among it."""
    zone = engine.zone_of(customer, settings)
    message: dict[str, Any] = {
        "status": "planned",
        "channel": CHANNEL,
        "definition": flow.definition,
        "step": step.id,
        "template": step.template,
        "arm": "",
        "order_id": run.order_id,
        "planned_at": clock.to_text(now),
        "planned_for": clock.to_text(now),
        "give_up_at": clock.to_text(now + settings.cap.retry),
        "zone": zone,
        "local_hour": clock.local_hour(now, zone),
        "transactional": not settings.is_marketing(flow, step.template),
    }
    promised = _promise(settings.offers[step.offer], customer, now) if step.offer else {}
    if step.points:
        promised["points"] = step.points
    return message | ({"offer": promised} if promised else {})


def _promise(terms: Offer, customer: Customer, now: datetime) -> dict[str, Any]:
    """What the message shows of its offer; a coupon that the customer holds and just got is not granted again."""
    for held in customer.coupons:
        if (
            (held.offer, held.code) == (terms.id, terms.code)
            and now - held.granted_at <= FRESH
            and held.expires_at > now
        ):
            return offer.promise(terms, now) | {"expires_at": clock.to_text(held.expires_at), "held": True}
    return offer.promise(terms, now)


def skip(message: Mapping[str, Any], reason: str, now: datetime) -> dict[str, Any]:
    """The item of a message that is not to be sent: the cap left it no room in time, or the customer paused."""
    kept = {name: value for name, value in message.items() if name != "offer"}
    return kept | {"status": "skipped", "reason": reason, "skipped_at": clock.to_text(now)}


def was_never_planned(message: Mapping[str, Any]) -> bool:
    """Whether it promises nothing: skipped before it was handed to deliver, or by deliver for the same reason."""
    return message["status"] == "skipped" and message.get("reason") in (OVER_CAP, PAUSED)


def promises(message: Mapping[str, Any], profile_id: str, message_id: str, now: datetime) -> Iterator[Event]:
    """The coupon and the points of a planned message as facts, made of its item so that they are always the same."""
    promised = message.get("offer") or {}
    if promised.get("code") and not promised.get("held"):
        yield offer.granted(promised, profile_id, message_id, now)
    if promised.get("points"):
        yield PointsChanged(
            id=ids.event_id(SOURCE, "points", message_id),
            occurred_at=now,
            received_at=now,
            source=SOURCE,
            who={"profile": profile_id},
            delta=promised["points"],
            reason=message["definition"],
        )


def skipped(message: Mapping[str, Any], profile_id: str, message_id: str, now: datetime) -> MessageSkipped:
    """The fact, under the id that deliver gives it too."""
    return MessageSkipped(
        id=ids.event_id(SOURCE, "skipped", message_id),
        occurred_at=clock.parse(message["skipped_at"]),
        received_at=now,
        source=SOURCE,
        who={"profile": profile_id},
        message_id=message_id,
        channel=message["channel"],
        definition=message["definition"],
        reason=message["reason"],
        step=message["step"],
    )


def entered(run: Run, now: datetime) -> FlowEntered:
    return FlowEntered(
        id=ids.event_id(SOURCE, "entered", run.profile_id, run.flow, run.occurrence),
        occurred_at=run.entered_at,
        received_at=now,
        source=SOURCE,
        who={"profile": run.profile_id},
        flow=run.flow,
        run=run.occurrence,
        held_out=run.status == "held",
    )


def left(run: Run, outcome: Outcome, now: datetime) -> FlowLeft:
    return FlowLeft(
        id=ids.event_id(SOURCE, "left", run.profile_id, run.flow, run.occurrence),
        occurred_at=now,
        received_at=now,
        source=SOURCE,
        who={"profile": run.profile_id},
        flow=run.flow,
        run=run.occurrence,
        outcome=outcome.value,
    )
