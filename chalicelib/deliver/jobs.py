"""Sends one message at most once, and settles what became of it.

`deliver`: read → gate → render → reserve → one call → confirm → fact. SES has
no idempotency token, so from the reservation on the message is never sent
again, whatever is lost: an unanswered call is `unknown` and waits, listed, for
the event that SES publishes with our tag. Refuses to decide when or how often.

`settle` applies such events. Both may run any number of times, in any order.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib import clock, events, ids, settings
from chalicelib.aws import telemetry
from chalicelib.aws.services import Services
from chalicelib.aws.ses import Mail, MailRefused, SendingPaused, Throttled, Unanswered
from chalicelib.aws.table import Item
from chalicelib.deliver import status as state
from chalicelib.deliver import store
from chalicelib.deliver.address import to_sendable
from chalicelib.deliver.channels import email
from chalicelib.deliver.gate import SkipReason, gate, is_marketing
from chalicelib.deliver.render import Rendered, render, zone_of
from chalicelib.deliver.status import News, Status
from chalicelib.errors import LimitExceeded
from chalicelib.playbook import bundle as playbook
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import log
from chalicelib.profile import store as profiles
from chalicelib.profile.customer import Customer
from chalicelib.profile.tracking import INDIVIDUAL, pixel_mode

SOURCE = "dripline"
WHILE_PAUSED = timedelta(minutes=15)
_FIRST_BACKOFF = timedelta(minutes=2)
_LAST_BACKOFF = timedelta(hours=1)  # a daily quota frees up by the hour, over a rolling day


class Outcome(StrEnum):
    """What one run of `deliver` did."""

    SENT = "sent"
    SKIPPED = "skipped"
    DEFERRED = "deferred"  # paused or throttled: planned for later
    UNKNOWN = "unknown"
    HELD = "held"  # another run is at it, or was and its lease has not ended
    SETTLED = "settled"  # sent or skipped before; its fact is made sure of
    MISSING = "missing"


def deliver(services: Services, body: Mapping[str, str], now: datetime) -> Outcome:
    """Send the message named by `{"profile_id", "message_id"}` if it still should be, at most once ever."""
    message = store.read(services, body["profile_id"], body["message_id"])
    outcome = Outcome.MISSING if message is None else _deliver(services, message, now)
    telemetry.count("MessageHandled", reason=outcome.value)
    return outcome


def _deliver(services: Services, message: Item, now: datetime) -> Outcome:
    if message["status"] != Status.PLANNED:
        return _complete(services, message, now)
    if store.read_pause(services):
        store.put_off(services, message, now + WHILE_PAUSED)
        return Outcome.DEFERRED
    bundle = playbook.load(services.data, now)
    customer = profiles.load(services, message["pk"])
    reason = gate(message, customer, bundle, now)
    if reason or customer is None:
        return _skip(services, message, reason or SkipReason.NO_CUSTOMER, now)
    rendered = render(message, customer, bundle, keys=services.secrets.link_keys, public_url=settings.public_url())
    if isinstance(rendered, SkipReason):
        return _skip(services, message, rendered, now)
    mail = _compose(message, customer, bundle, rendered, now)
    details = _details(message, customer, bundle, rendered, now)
    token = store.reserve(services, message, now, details)
    if not token:
        return Outcome.HELD
    return _send(services, message | details, token, mail, now)


def _compose(message: Item, customer: Customer, bundle: Bundle, rendered: Rendered, now: datetime) -> Mail:
    recipient = to_sendable(customer.email) or ""  # the gate has seen that it is one
    tag = f"{message['pk']}.{message['message_id']}"
    sender, mime = email.compose(rendered, bundle.settings["sender"], recipient, tag=tag, now=now)
    return Mail(sender=sender, recipient=recipient, mime=mime, tag=tag)


def _details(message: Item, customer: Customer, bundle: Bundle, rendered: Rendered, now: datetime) -> Item:
    """What the Message Sent fact will say, kept with the message so that any later run can write it."""
    zone = zone_of(customer, bundle.settings)
    return {
        "links": rendered.links,
        "language": rendered.language,
        "zone": zone,
        "local_hour": clock.local_hour(now, zone),
        "marketing": is_marketing(message, bundle),
        "consent_id": customer.consent_of("email").event_id,
        "followed": pixel_mode(customer, bundle.settings) == INDIVIDUAL,
    }


def _send(services: Services, message: Item, token: str, mail: Mail, now: datetime) -> Outcome:
    """The one call, and what its answer or its silence means."""
    try:
        ses_id = services.mailer.send(mail)
    except Throttled:
        tries = min(int(message.get("refusals", 0)), 10)
        store.plan_again(services, message, token, now + min(_FIRST_BACKOFF * 2**tries, _LAST_BACKOFF))
        return Outcome.DEFERRED
    except SendingPaused as fault:
        store.plan_again(services, message, token, now + WHILE_PAUSED)
        store.pause(services, str(fault), now)
        telemetry.log_fault("sending is paused", fault)
        return Outcome.DEFERRED
    except (MailRefused, LimitExceeded) as fault:
        telemetry.log_fault("a mail was refused", fault, message_id=message["message_id"])
        return _skip(services, message, SkipReason.REFUSED, now, token)
    except Unanswered:
        store.lose(services, message, token, now)
        return Outcome.UNKNOWN
    _confirm(services, message, now, ses_id)
    return Outcome.SENT


def _confirm(services: Services, message: Item, now: datetime, ses_id: str) -> None:
    moved = store.move(services, message["pk"], message["message_id"], News.ACCEPTED, now, ses_id=ses_id)
    if moved:
        log.append(services, _sent_fact(moved, now))


def _skip(services: Services, message: Item, reason: SkipReason, now: datetime, token: str = "") -> Outcome:
    if not store.skip(services, message, reason, now, token):
        return _look_again(services, message, now)
    log.append(services, _skipped_fact(message | {"reason": reason.value, "skipped_at": clock.to_text(now)}, now))
    telemetry.count("MessageSkipped", reason=reason.value)
    return Outcome.SKIPPED


def _look_again(services: Services, message: Item, now: datetime) -> Outcome:
    """Our write was refused: another run was first, or it was ours, repeated after its answer got lost."""
    current = store.read(services, message["pk"], message["message_id"])
    if current is None:
        return Outcome.MISSING
    return Outcome.HELD if current["status"] == Status.PLANNED else _complete(services, current, now)


def _complete(services: Services, message: Item, now: datetime) -> Outcome:
    """A message that some run has already taken: finish what that run may have left undone, short of sending."""
    status = Status(message["status"])
    if status is Status.SENDING:
        if clock.parse(message["lease_until"]) > now:
            return Outcome.HELD
        return Outcome.UNKNOWN if store.lose(services, message, message["reserved_by"], now) else Outcome.HELD
    if status is Status.UNKNOWN:
        return Outcome.UNKNOWN
    if "due_at" in message:
        store.take_off_index(services, message)
    if status is Status.SKIPPED:
        log.append(services, _skipped_fact(message, now))
    elif state.was_taken(status):
        log.append(services, _sent_fact(message, now))
    return Outcome.SETTLED


def settle(
    services: Services, profile_id: str, facts: Iterable[Mapping[str, Any] | events.Event], now: datetime
) -> int:
    """Apply what SES said to the messages it is about; how many facts found their message.

    `profile_id` is the customer the facts were folded into; the message lies
    under the profile that its tag names, which may have been merged since.
    """
    found = 0
    for each in facts:
        fact = each if isinstance(each, events.Event) else events.parse(each)
        news = state.news_in(fact)
        if news is None:
            continue
        owner = fact.who.get("profile") or profile_id
        moved = store.move(services, owner, fact.message_id, news, fact.occurred_at)  # type: ignore[attr-defined]
        if moved is None:
            telemetry.count("FeedbackWithoutMessage", reason=news.value)
            continue
        found += 1
        if state.was_taken(Status(moved["status"])) and "ses_id" not in moved:  # no answer of SES has said it
            log.append(services, _sent_fact(moved, now))
    return found


def list_unknown(services: Services) -> Iterator[Item]:
    """Messages of which nobody knows whether they went out, for the operator; none is ever sent again."""
    return store.list_unknown(services)


def resume_sending(services: Services) -> None:
    """End the pause that SES's refusal began; what was planned meanwhile goes out as it comes due."""
    store.resume(services)


def _sent_fact(message: Item, now: datetime) -> events.MessageSent:
    """Made of the item alone, so that every run writes the same fact."""
    return events.MessageSent(
        id=ids.event_id(SOURCE, "sent", message["message_id"]),
        occurred_at=clock.parse(message["sent_at"]),
        received_at=now,
        source=SOURCE,
        who={"profile": message["pk"]},
        message_id=message["message_id"],
        channel=message["channel"],
        definition=message["definition"],
        template=message["template"],
        step=message.get("step", ""),
        arm=message.get("arm", ""),
        local_hour=message.get("local_hour", 0),
        order_id=message.get("order_id", ""),
        marketing=message.get("marketing", True),
        consent_id=message.get("consent_id", ""),
        followed=message.get("followed", True),
    )


def _skipped_fact(message: Item, now: datetime) -> events.MessageSkipped:
    return events.MessageSkipped(
        id=ids.event_id(SOURCE, "skipped", message["message_id"]),
        occurred_at=clock.parse(message["skipped_at"]),
        received_at=now,
        source=SOURCE,
        who={"profile": message["pk"]},
        message_id=message["message_id"],
        channel=message["channel"],
        definition=message["definition"],
        reason=message["reason"],
        step=message.get("step", ""),
    )
